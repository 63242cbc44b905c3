"""What the review app leaves in a browser: the session, and before it a secret for the sign-in form, and what was begun at the
organisation's own sign-in. None of them can be read by scripts.
"""

from __future__ import annotations

import hmac
import secrets

from fastapi import Request, Response

from facilitator.coordinators.sessions import LIVES

PATH = "/review"
SESSION, FORM, BEGUN = "review-session", "review-form", "review-organisation"


def session_of(request: Request) -> str:
    return request.cookies.get(SESSION, "")


def keep_session(request: Request, response: Response, token: str) -> None:
    """Under a new token at every sign-in, so that one known before it opens nothing."""
    _set(request, response, SESSION, token, int(LIVES.total_seconds()))
    response.delete_cookie(FORM, path=PATH)


def end_session(response: Response) -> None:
    response.delete_cookie(SESSION, path=PATH)
    # everything of ours that the browser still holds goes too
    response.headers["Clear-Site-Data"] = '"cache"'


def form_secret(request: Request) -> str:
    """The secret that forms carry before anybody is signed in; a new one if this browser has none."""
    return request.cookies.get(FORM) or secrets.token_urlsafe(24)


def keep_form_secret(request: Request, response: Response, secret: str) -> None:
    if request.cookies.get(FORM) != secret:
        _set(request, response, FORM, secret, None)


def begun_of(request: Request) -> str:
    return request.cookies.get(BEGUN, "")


def keep_begun(request: Request, response: Response, value: str, seconds: int) -> None:
    _set(request, response, BEGUN, value, seconds)


def end_begun(response: Response) -> None:
    response.delete_cookie(BEGUN, path=PATH)


def is_ours(request: Request, sent: str) -> bool:
    """Whether a form that was sent before signing in came from a page of ours in this browser."""
    return same(sent, request.cookies.get(FORM, ""))


def same(sent: str, known: str) -> bool:
    return bool(known) and hmac.compare_digest(sent.encode(), known.encode())


def _set(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    secure = request.url.scheme == "https" or request.app.state.parts.built.settings.address.startswith("https:")
    response.set_cookie(name, value, max_age=max_age, path=PATH, httponly=True, samesite="lax", secure=secure)
