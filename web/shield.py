"""What every request meets before a route: a limit on its size, a last net for errors, and on the way out the security headers."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from facilitator.errors import SettingsError
from facilitator.logs import error_and_place

log = structlog.get_logger("web")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# JSON may spend 12 bytes on one character, and a message has 12,000 of them. What is larger is refused before it is read to the end.
MAX_BODY_BYTES = 1_000_000
HSTS = "max-age=31536000"
_ORIGIN = re.compile(r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")


def checked_origins(origins: Iterable[str]) -> list[str]:
    """Origins as browsers write them: scheme, host, perhaps a port.

    Raises:
        SettingsError: one of them is anything else. A `*` would let every website show the chat.
    """
    found = list(origins)
    for origin in found:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError("FACILITATOR_ALLOWED_ORIGINS: each must be like https://www.example.org, without a path or a star.")
    return found


def security_headers(origins: list[str]) -> dict[str, str]:
    """What every answer carries. `origins` may put the pages in a frame and load the widget."""
    ancestors = " ".join(["'self'", *origins])
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            f"base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
        ),
        # For browsers that do not know frame-ancestors. It cannot name an origin, so it is left out where some may.
        **({} if origins else {"X-Frame-Options": "SAMEORIGIN"}),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        # The microphone is for dictation on our own page.
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


class TooLarge(HTTPException):
    """The body went over the limit while it was being read."""

    def __init__(self) -> None:
        super().__init__(413)


class Shield:
    """ASGI middleware. `refuse` answers a request whose body is too large; `headers` are added to every answer."""

    def __init__(self, app: App, refuse: App, origins: list[str], *, https: bool) -> None:
        self._app, self._refuse, self._https = app, refuse, https
        self._headers = security_headers(origins)
        # Scripts and styles of the widget, which other sites' pages load. CORP cannot name origins; CORS and the API do.
        self._widget_headers = {**self._headers, **({"Cross-Origin-Resource-Policy": "cross-origin"} if origins else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        guarded = _with_headers(send, self._headers_for(scope))
        if _declared_length(scope) > MAX_BODY_BYTES:
            return await self._refuse(scope, receive, guarded)
        await self._app(scope, _counted(receive), guarded)

    def _headers_for(self, scope: Scope) -> dict[str, str]:
        headers = dict(self._widget_headers if scope["path"].startswith("/widget/") else self._headers)
        # The scheme is https when a proxy that the server trusts says so (uvicorn's FORWARDED_ALLOW_IPS).
        if self._https or scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = HSTS
        if scope["path"].startswith("/chat"):
            headers["Cache-Control"] = "no-store"
        return headers


class Net:
    """ASGI middleware, the last before the routes: a fault of ours becomes an answer and a log line with its place, and ends here.

    Otherwise Starlette would hand it on to the server, which logs the traceback with the exception's words.
    """

    def __init__(self, app: App, failed: App, on_failure: Callable[[], None]) -> None:
        self._app, self._failed, self._on_failure = app, failed, on_failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            self._on_failure()
            log.error("request_failed", **error_and_place(error))
            if not started:
                await self._failed(scope, receive, send)


class Origins(CORSMiddleware):
    """Which other sites' pages may call us. A site that is not listed is told so as any other mistake is."""

    def __init__(self, app: Any, origins: list[str], refused: Callable[[], Response], exposed: list[str]) -> None:
        methods, headers = ("GET", "POST", "PATCH", "DELETE"), ("Authorization", "Content-Type")
        super().__init__(app, allow_origins=origins, allow_methods=methods, allow_headers=headers, expose_headers=exposed)
        self._refused = refused

    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        return response if response.status_code < 400 else self._refused()


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # More digits than any number we take: Python refuses to read thousands of them.
            return int(value[:12])
    return 0


def _counted(receive: Receive) -> Receive:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY_BYTES:
            raise TooLarge
        return message

    return counted


def _with_headers(send: Send, extra: dict[str, str]) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in extra.items():
                headers.setdefault(name, value)
        await send(message)

    return with_headers
