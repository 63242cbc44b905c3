"""Signing in and out, and the one-time link. The only pages that are open to everybody; each is on the list in tests/integration/review."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from facilitator.coordinators import accounts, sessions
from facilitator.coordinators.accounts import AccountError
from facilitator.coordinators.passwords import PasswordsBusyError
from facilitator.coordinators.provider import is_configured
from facilitator.coordinators.sessions import SignedIn, TooManyTriesError
from web.chat.api import AddressDep, PartsDep
from web.parts import Parts
from web.review import cookies, pages
from web.review.guard import CODE, ROOT, SIGN_IN, Fields, Refused, ReviewRoute, SelfSeat, fields_of, on_the_way, safe_next, to

router = APIRouter(prefix=ROOT, include_in_schema=False, route_class=ReviewRoute)
FieldsDep = Annotated[Fields, Depends(fields_of)]


@router.get("/sign-in")
def sign_in_page(request: Request, parts: PartsDep) -> Response:
    return _open_page(request, parts, "sign_in", next=request.query_params.get("next", ""), email="")


@router.post("/sign-in")
def sign_in(request: Request, parts: PartsDep, fields: FieldsDep, address: AddressDep) -> Response:
    _ours(request, fields)
    email, wanted = fields.get("email"), fields.get("next")
    try:
        made = sessions.sign_in(parts.built.database, email[:200], fields.get("password")[:1000], address)
    except TooManyTriesError as error:
        return _open_page(request, parts, "sign_in", 429, next=wanted, email=email, problem="tries", minutes=error.minutes)
    except PasswordsBusyError:
        return _open_page(request, parts, "sign_in", 503, next=wanted, email=email, problem="busy")
    if made is None:
        return _open_page(request, parts, "sign_in", 422, next=wanted, email=email, problem="wrong")
    return inside(request, made, wanted)


@router.get("/sign-in/code")
def ask_for_code(request: Request, parts: PartsDep) -> Response:
    wanted = request.query_params.get("next", "")
    return _open_page(request, parts, "code", next=wanted) if _is_half(request, parts) else to(SIGN_IN)


@router.post("/sign-in/code")
def give_code(request: Request, parts: PartsDep, fields: FieldsDep, address: AddressDep) -> Response:
    _ours(request, fields)
    if not _is_half(request, parts):
        return to(SIGN_IN)
    wanted = fields.get("next")
    try:
        with parts.built.database.unit_of_work() as session:
            made = sessions.give_code(session, cookies.session_of(request), fields.get("code")[:40], address)
    except TooManyTriesError as error:
        return _open_page(request, parts, "code", 429, next=wanted, problem="tries", minutes=error.minutes)
    if made is None:
        return _open_page(request, parts, "code", 422, next=wanted, problem="wrong")
    return inside(request, made, wanted)


@router.get("/welcome/{token}")
def link_page(token: str, request: Request, parts: PartsDep) -> Response:
    """Looking uses nothing up: mail programs open links before people do."""
    with parts.built.database.reading() as session:
        found = accounts.link(session, token)
        row = accounts.account(session, found.coordinator_id) if found.coordinator_id else None
    return _open_page(request, parts, "welcome", known=row, name="", email="")


@router.post("/welcome/{token}")
def use_link(token: str, request: Request, parts: PartsDep, fields: FieldsDep) -> Response:
    _ours(request, fields)
    password, name, email = fields.get("password")[:1000], fields.get("name")[:200], fields.get("email")[:300]
    try:
        with parts.built.database.unit_of_work() as session:
            row = accounts.use_link(session, token, password, name=name, email=email)
            made = sessions.start(session, row, complete=not row.two_factor_on)
    except AccountError as error:
        with parts.built.database.reading() as session:
            found = accounts.link(session, token)
            known = accounts.account(session, found.coordinator_id) if found.coordinator_id else None
        return _open_page(request, parts, "welcome", 422, known=known, name=name, email=email, errors=account_errors(error))
    return inside(request, made, ROOT)


@router.post("/sign-out")
def sign_out(seat: SelfSeat) -> Response:
    with seat.work() as session:
        sessions.end(session, seat.token)
    response = to(SIGN_IN, "signed_out")
    cookies.end_session(response)
    return response


def account_errors(error: AccountError) -> dict[str, str]:
    """The fault beside the field it is about."""
    fault = error.fault.value
    place = "name" if fault == "name" else "email" if fault in ("email", "taken") else "post" if fault == "last_admin" else "password"
    return {place: pages.words()["faults"][fault]}


def inside(request: Request, made: SignedIn, wanted: str) -> Response:
    """They are in: on to where they wanted to go, or first to the page that asks for the code."""
    response = to(safe_next(wanted) if made.complete else on_the_way(CODE, wanted))
    cookies.keep_session(request, response, made.token)
    return response


def _is_half(request: Request, parts: Parts) -> bool:
    with parts.built.database.reading() as session:
        found = sessions.find(session, cookies.session_of(request))
    return found is not None and not found.complete


def _ours(request: Request, fields: Fields) -> None:
    if not cookies.is_ours(request, fields.get("form")):
        raise Refused("form")


def _open_page(request: Request, parts: Parts, template: str, status: int = 200, /, **context: Any) -> Response:
    secret = cookies.form_secret(request)
    settings = parts.built.settings
    provider = (settings.facilitator_oidc_name or pages.words()["organisation"]["yours"]) if is_configured(settings) else ""
    known: dict[str, Any] = {"problem": "", "minutes": 0, "provider": provider}
    response = pages.render(request, parts, template, status, form=secret, **{**known, **context})
    cookies.keep_form_secret(request, response, secret)
    return response
