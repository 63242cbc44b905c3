"""The action server: `python -m bot.actions.server`.

Our own entry point, for four reasons: a single process, so that nothing is left holding the port when it is killed (rasa-sdk's own
starts a child); a token on every call; loopback unless told otherwise; and errors that carry an id and a class name, never the
conversation (rasa-sdk's handler sends the whole request back).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from typing import Any

import structlog
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.actions.base import FacilitatorAction
from bot.actions.catalogue import MOVES
from facilitator.bootstrap import Bootstrap
from facilitator.errors import SettingsError, StorageUnavailableError
from facilitator.logs import configure_logs

log = structlog.get_logger("actions")
MAX_BODY_BYTES = 2_000_000


class TimedExecutor(ActionExecutor):  # type: ignore[misc]
    """Runs an action within its own time limit."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def run(self, action_call: Any) -> Any:
        async with asyncio.timeout(self._seconds):
            return await super().run(action_call)


def build_app(bootstrap: Bootstrap) -> Sanic[Any, Any]:
    """The server's application.

    Raises:
        SettingsError: no token is set.
    """
    token = bootstrap.settings.facilitator_actions_token.get_secret_value()
    if not token:
        raise SettingsError("FACILITATOR_ACTIONS_TOKEN is not set. `facilitator up` makes one by itself.")
    executor = TimedExecutor(bootstrap.settings.facilitator_action_timeout)
    for name, move in MOVES.items():
        executor.register_action(FacilitatorAction(bootstrap, name, move))
    app: Sanic[Any, Any] = create_app(executor, cors_origins=[])
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.MOTD = False
    expected = f"Bearer {token}".encode()

    @app.on_request
    async def refuse_strangers(request: Request) -> HTTPResponse | None:
        given = request.headers.get("authorization", "").encode()
        return None if hmac.compare_digest(given, expected) else json({"error": "unauthorised"}, status=401)

    @app.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        is_ready = await asyncio.to_thread(_is_ready, bootstrap)
        return json({"ready": is_ready}, status=200 if is_ready else 503)

    app.error_handler.add(Exception, _fail)
    return app


def _is_ready(bootstrap: Bootstrap) -> bool:
    return bool(bootstrap.library) and bootstrap.database.is_ready()


async def _fail(request: Request, exception: Exception) -> HTTPResponse:
    """An id for us to look up and a class name; never the request."""
    reference = secrets.token_hex(4)
    status = getattr(exception, "status_code", None) or (503 if isinstance(exception, StorageUnavailableError) else 500)
    log.error("action_failed", reference=reference, error=type(exception).__name__, status=status)
    return json({"error": type(exception).__name__, "reference": reference}, status=status)


def main() -> None:
    configure_logs()
    bootstrap = Bootstrap()
    settings = bootstrap.settings
    app = build_app(bootstrap)
    app.prepare(settings.facilitator_actions_host, settings.facilitator_actions_port, single_process=True, access_log=False)
    Sanic.serve_single(app)


if __name__ == "__main__":
    main()
