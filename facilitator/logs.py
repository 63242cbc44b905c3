"""Structured logs on standard output, one line each: ids, durations, names of errors; never what anyone typed.

Every line written while a request is handled carries the request's id, which `web` makes and passes on to Rasa and the actions.
Messages of exceptions and of other libraries quote what people typed (SQLAlchemy its parameters, asyncio the exception), so of an
exception only its class and place are written, and another library's message only while nobody's request is being handled.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import threading
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog
from structlog.typing import Processor

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
# Their messages hold addresses, with what follows the question mark, or an exception in words.
_NEVER_QUOTED = ("asyncio", "sanic.access", "sanic.error", "uvicorn.access")
_Event = MutableMapping[str, Any]


def configure_logs() -> None:
    """Send our events and other libraries' warnings to standard output, one line each."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_the_error,
    ]
    render = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _withhold_words], processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    threading.excepthook = _log_dead_thread
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )


def begin_request(given: str = "") -> str:
    """Give what is now handled an id, in every log line from here on, and return it. `given` is used if it is an id of ours."""
    request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=request_id)
    return request_id


def current_request() -> str:
    """The id of the request being handled, or an empty string."""
    return str(structlog.contextvars.get_contextvars().get("request", ""))


def error_and_place(error: BaseException) -> dict[str, str]:
    """An exception's class, and the file and line where it was raised: enough to find it, and no words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return {"error": type(error).__name__, "place": place}


def _name_the_error(_logger: Any, _method: str, event: _Event) -> _Event:
    """In place of a traceback, whose last line is the exception's message."""
    info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1] if info else None
    if error is not None:
        event.update(error_and_place(error))
    return event


def _withhold_words(_logger: Any, _method: str, event: _Event) -> _Event:
    """Of another library's line keep who said it and where, and the words only when they cannot be about a person."""
    record: logging.LogRecord = event["_record"]
    event["logger"] = record.name
    if "error" in event or "request" in event or record.name.startswith(_NEVER_QUOTED):
        event["event"] = "words_withheld"
        event["line"] = f"{record.filename}:{record.lineno}"
    return event


def _log_dead_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        structlog.get_logger("threads").error("thread_failed", **error_and_place(arguments.exc_value))
