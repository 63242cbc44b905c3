"""During a turn, nobody but us writes a log line with words in it.

Rasa logs the parsed text, slots, entities and events at DEBUG, the text of a message it cannot parse at WARNING, and
on failure a traceback whose last line often quotes the message. Log levels are no defence: `rasa run --debug` is the
first thing anyone types when something is wrong. So while a turn is being handled, records of other loggers keep
their level, logger and line number, and lose their message. The same for sanic's lines on requests and errors at any
time: they hold addresses, with what follows the question mark.

Every line of a turn carries the request's id, which `web` sent and the action server is sent in its turn.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from bot.engine.replacing import replace_once

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Handled:
    """What is being handled: a message, for a request of `web`."""

    message_id: str
    request_id: str


_turn: ContextVar[Optional[Handled]] = ContextVar("facilitator_turn", default=None)
_NEVER_QUOTED = ("sanic.access", "sanic.error", "asyncio")
_OURS = "bot.engine"
_MARK = "_facilitator_quiet"


def install() -> None:
    """Make every log record, and every call to the action server, pass through here. Doing it twice is the same as once."""
    from rasa.utils.endpoints import EndpointConfig

    replace_once(EndpointConfig, "request", _with_the_request_id)
    make_record = logging.getLogRecordFactory()
    if getattr(make_record, _MARK, False):
        return

    def quiet_record(name: str, level: int, path: str, line: int, message: Any, arguments: Any,
                     exc_info: Any, *rest: Any, **named: Any) -> logging.LogRecord:  # fmt: skip
        turn, name_ = _turn.get(), str(name)  # makeLogRecord gives no name
        if name_.startswith(_OURS):
            message = f"{message} request={turn.request_id}" if turn else message
        elif turn is not None or name_.startswith(_NEVER_QUOTED):
            about = f", turn {turn.message_id}, request {turn.request_id}" if turn else ""
            arguments = (name_, line, _exception_name(exc_info), about)
            message, exc_info = "%s line %d%s (words withheld%s)", None
        if exc_info:
            message, arguments, exc_info = _without_traceback(message, arguments, exc_info), (), None
        return make_record(name, level, path, line, message, arguments, exc_info, *rest, **named)

    setattr(quiet_record, _MARK, True)
    logging.setLogRecordFactory(quiet_record)
    logging.captureWarnings(True)  # warnings go straight to stderr otherwise


@contextmanager
def handling(message_id: str, request_id: str = "") -> Iterator[str]:
    """The turn being handled, for the current task and what it awaits. Gives the request's id: `request_id` if it is one."""
    known = request_id if _REQUEST_ID.fullmatch(request_id) else secrets.token_hex(16)
    token = _turn.set(Handled(message_id, known))
    try:
        yield known
    finally:
        _turn.reset(token)


def _with_the_request_id(request: Any) -> Any:
    """Calls of a turn to the action server carry the id, as a header."""

    async def with_id(endpoint: Any, *arguments: Any, **named: Any) -> Any:
        turn = _turn.get()
        if turn is not None:
            named["headers"] = {**named.get("headers", {}), REQUEST_ID_HEADER: turn.request_id}
        return await request(endpoint, *arguments, **named)

    return with_id


def _without_traceback(message: Any, arguments: Any, exc_info: Any) -> str:
    """The line with the exception's class and place: a traceback ends with the exception's words."""
    try:
        said = str(message) % arguments if arguments else str(message)
    except (TypeError, ValueError):
        said = str(message)  # a mistake in somebody's log line must not become a failed turn
    return f"{said}{_exception_name(exc_info)} at {_place(exc_info)}"


def _place(exc_info: Any) -> str:
    trace = exc_info[2] if isinstance(exc_info, tuple) else getattr(exc_info, "__traceback__", None)
    if trace is None:
        return "?"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _exception_name(exc_info: Any) -> str:
    kind = exc_info[0] if isinstance(exc_info, tuple) else None
    return f" {kind.__name__}" if kind else ""
