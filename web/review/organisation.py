"""Signing in with the organisation's own accounts: out to its provider, and back. Both addresses are open to everybody; without the
settings there is nothing at them. What is asked of the provider is in facilitator/coordinators/provider.py.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from facilitator.coordinators import provider, sessions
from facilitator.coordinators.provider import ProviderError, ProviderFault
from facilitator.coordinators.sessions import TooManyTriesError
from facilitator.errors import NotFoundError
from facilitator.settings import Settings
from web.chat.api import AddressDep, PartsDep
from web.parts import Parts
from web.review import cookies, pages, sealed
from web.review.guard import ROOT, SIGN_IN, ReviewRoute, safe_next
from web.review.signing import inside

HERE = f"{SIGN_IN}/organisation"
BACK = f"{HERE}/back"
AWAY = frozenset({ProviderFault.AWAY, ProviderFault.ANSWER})
router = APIRouter(include_in_schema=False, route_class=ReviewRoute)


@router.get(HERE)
def leave(request: Request, parts: PartsDep, address: AddressDep) -> Response:
    """To the provider. A link and not a form: pages here may send forms nowhere else."""
    settings = _settings(parts)
    try:
        _check(parts, address)
        # before something is erased: whoever sits at a screen left open should not get past the provider by still being known there
        url, begun = provider.begin(settings, _back(settings), again="again" in request.query_params)
    except (ProviderError, TooManyTriesError) as error:
        return _failed(request, parts, address, error)
    response = RedirectResponse(url, 303)
    kept = sealed.seal(_key(settings), begun, safe_next(request.query_params.get("next", "")))
    cookies.keep_begun(request, response, kept, sealed.LIVES_S)
    return response


@router.get(BACK)
def come_back(request: Request, parts: PartsDep, address: AddressDep) -> Response:
    settings = _settings(parts)
    try:
        _check(parts, address)
        if not cookies.begun_of(request):
            # nothing was begun here, as when another site points at this address: not counted, or it could lock somebody out
            return _page(request, parts, 403, pages.words()["organisation"]["failed"])
        kept = sealed.unseal(_key(settings), cookies.begun_of(request))
        if kept is None:
            raise ProviderError(ProviderFault.STATE)
        identity = provider.finish(settings, _back(settings), kept.begun, request.query_params)
        with parts.built.database.unit_of_work() as session:
            made = sessions.sign_in_from_provider(session, identity)
    except (ProviderError, TooManyTriesError) as error:
        return _failed(request, parts, address, error)
    response = inside(request, made, kept.next)
    cookies.end_begun(response)
    return response


def _failed(request: Request, parts: Parts, address: str, error: ProviderError | TooManyTriesError) -> Response:
    """A plain page with words of ours alone. What was begun is over: it cannot be tried again with another answer."""
    if isinstance(error, TooManyTriesError):
        return _page(request, parts, 429, str(pages.words()["organisation"]["tries"]).format(minutes=error.minutes))
    with parts.built.database.unit_of_work() as session:
        sessions.failed_at_provider(session, address, error.fault)
    if error.fault in AWAY:
        return _page(request, parts, 503, pages.words()["organisation"]["away"])
    if error.fault in (ProviderFault.UNKNOWN, ProviderFault.CLOSED):
        return _page(request, parts, 403, pages.words()["organisation"]["unknown"])
    return _page(request, parts, 403, pages.words()["organisation"]["failed"])


def _page(request: Request, parts: Parts, status: int, why: str) -> Response:
    response = pages.render(request, parts, "organisation", status, why=why)
    cookies.end_begun(response)
    return response


def _check(parts: Parts, address: str) -> None:
    with parts.built.database.reading() as session:
        sessions.check_address(session, address)


def _settings(parts: Parts) -> Settings:
    """Raises NotFoundError: this way in is not set up."""
    if not provider.is_configured(parts.built.settings):
        raise NotFoundError(ROOT)
    return parts.built.settings


def _back(settings: Settings) -> str:
    return f"{settings.address}{BACK}"


def _key(settings: Settings) -> bytes:
    return settings.facilitator_oidc_client_secret.get_secret_value().encode()
