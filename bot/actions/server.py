"""The action server: `python -m bot.actions.server`.

rasa-sdk's executor behind our own small application, for four reasons: a single process, so that nothing is left holding the port when
it is killed (`python -m rasa_sdk` starts a child); a token on every call; loopback unless told otherwise; and errors that carry an id
and a class name, never the conversation (rasa-sdk's handler sends the whole request back).
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from typing import Any

import structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.actions.base import FacilitatorAction
from bot.actions.catalogue import MOVES
from facilitator.bootstrap import Bootstrap
from facilitator.errors import NotFoundError, SettingsError, StorageUnavailableError
from facilitator.logs import REQUEST_ID_HEADER, begin_request, configure_logs, error_and_place

log = structlog.get_logger("actions")
MAX_BODY_BYTES = 2_000_000
_STATUS = {NotFoundError: 404, ActionNotFoundException: 404, StorageUnavailableError: 503, TimeoutError: 503}


def build_app(bootstrap: Bootstrap, executor: ActionExecutor | None = None, name: str = "actions") -> Sanic[Any, Any]:
    """The server's application. `executor` lets tests put in their own actions.

    Raises:
        SettingsError: no token is set.
    """
    token = bootstrap.settings.facilitator_actions_token.get_secret_value()
    if not token:
        raise SettingsError("FACILITATOR_ACTIONS_TOKEN is not set. `facilitator up` makes one by itself.")
    runs = executor or build_executor(bootstrap)
    seconds = bootstrap.settings.facilitator_action_timeout
    expected = f"Bearer {token}".encode()
    app: Sanic[Any, Any] = Sanic(name, configure_logging=False)
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.MOTD = False

    @app.on_request
    async def refuse_strangers(request: Request) -> HTTPResponse | None:
        begin_request(request.headers.get(REQUEST_ID_HEADER, ""))
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return None if hmac.compare_digest(given, expected) else json({"error": "unauthorised"}, status=401)

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        # Rasa is told not to send its domain (endpoints.yml), which today's executor takes for a mistake; none of our actions reads it.
        call = {"domain": {}, **(request.json or {})}
        began = time.perf_counter()
        async with asyncio.timeout(seconds):
            result = await runs.run(call)
        # The name is one of ours: an action that does not exist was refused above.
        log.info("action", action=call.get("next_action"), ms=round((time.perf_counter() - began) * 1000))
        return json(result.model_dump() if result else None)

    @app.get("/ready")
    async def ready(request: Request) -> HTTPResponse:
        is_ready = getattr(app.ctx, "warm", False) and await asyncio.to_thread(bootstrap.database.is_ready)
        return json({"ready": is_ready}, status=200 if is_ready else 503)

    async def warm_up() -> None:
        # Off the loop, so that /ready can answer meanwhile.
        await asyncio.to_thread(bootstrap.warm_library)
        app.ctx.warm = True

    @app.after_server_start
    async def load(_app: Any) -> None:
        app.add_task(warm_up())

    app.error_handler.add(Exception, _fail)
    return app


def build_executor(bootstrap: Bootstrap) -> ActionExecutor:
    executor = ActionExecutor()
    for name, move in MOVES.items():
        executor.register_action(FacilitatorAction(bootstrap, name, move))
    return executor


async def _fail(request: Request, exception: Exception) -> HTTPResponse:
    """An id for us to look up and a class name; never the request."""
    reference = secrets.token_hex(4)
    status = getattr(exception, "status_code", None) or _STATUS.get(type(exception), 500)
    log.error("action_failed", reference=reference, status=status, **error_and_place(exception))
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
