"""One's own account: password, second factor."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from facilitator.codes import qr_svg
from facilitator.coordinators import accounts, passwords, sessions, two_factor
from facilitator.coordinators.accounts import AccountError
from facilitator.coordinators.sessions import TooManyTriesError
from web.review import cookies, pages
from web.review.guard import ROOT, ReviewRoute, Seat, SelfSeat, safe_next, to
from web.review.signing import account_errors

router = APIRouter(prefix=f"{ROOT}/me", include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def me(seat: SelfSeat) -> Response:
    return _me(seat)


@router.post("/password")
def change_password(seat: SelfSeat) -> Response:
    """Others who were signed in to this account are out; this browser stays, under a new session."""
    if not is_theirs(seat):
        return _me(seat, 422, errors={"old": pages.words()["me"]["old_wrong"]})
    try:
        with seat.work() as session:
            row = accounts.account(session, seat.viewer.id)
            accounts.set_password(session, seat.viewer.id, row, seat.fields.get("password")[:1000])
            made = sessions.start(session, row, complete=True)
    except AccountError as error:
        return _me(seat, 422, errors=account_errors(error))
    response = to(f"{ROOT}/me", "password")
    cookies.keep_session(seat.request, response, made.token)
    return response


@router.get("/two-factor")
def two_factor_page(seat: SelfSeat) -> Response:
    return _two_factor(seat, seat.request.query_params.get("next", ""))


@router.post("/two-factor")
def two_factor_on(seat: SelfSeat) -> Response:
    with seat.work() as session:
        codes = two_factor.turn_on(session, accounts.account(session, seat.viewer.id), seat.fields.get("code"))
    wanted = seat.fields.get("next")
    if codes is None:
        return _two_factor(seat, wanted, 422, errors={"code": pages.words()["two_factor"]["wrong"]})
    return seat.page("recovery", codes=codes, next=safe_next(wanted))


@router.post("/two-factor/off")
def two_factor_off(seat: SelfSeat) -> Response:
    if not is_theirs(seat):
        return _me(seat, 422, errors={"off": pages.words()["me"]["old_wrong"]})
    with seat.work() as session:
        two_factor.turn_off(session, seat.viewer.id, accounts.account(session, seat.viewer.id))
    return to(f"{ROOT}/me", "two_factor_off")


def is_theirs(seat: Seat) -> bool:
    """Whether the password given is theirs: somebody at a screen left open cannot change it. Failures count as at sign-in."""
    with seat.reading() as session:
        known = accounts.account(session, seat.viewer.id).password_hash
        try:
            sessions.check_tries(session, seat.viewer.email, seat.address)
        except TooManyTriesError:
            return False
    if passwords.matches(known, seat.fields.get("old")[:1000]):
        return True
    with seat.work() as session:
        sessions.failed(session, seat.viewer.email, seat.address)
    return False


def _me(seat: Seat, status: int = 200, **more: Any) -> Response:
    return seat.page("me", status, **more)


def _two_factor(seat: Seat, wanted: str, status: int = 200, **more: Any) -> Response:
    """`wanted`: where to go on to once it is on."""
    if seat.viewer.has_two_factor:
        return to(f"{ROOT}/me")
    title = pages.words()["two_factor"]["qr"]
    service = seat.parts.built.settings.facilitator_organisation or seat.parts.strings["en"]["app_name"]
    with seat.work() as session:
        row = accounts.account(session, seat.viewer.id)
        secret = two_factor.begin(session, row)
        drawn = qr_svg(two_factor.address(row, service), title)
    required = seat.parts.built.settings.facilitator_two_factor == "required"
    return seat.page("two_factor", status, qr=drawn, secret=secret, required=required, next=wanted, **more)
