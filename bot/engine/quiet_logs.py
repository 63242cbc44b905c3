"""During a turn, nobody but us writes a log line with words in it.

Rasa logs the parsed text, slots, entities and events at DEBUG, the text of a message it cannot parse at WARNING, and
on failure a traceback whose last line often quotes the message. Log levels are no defence: `rasa run --debug` is the
first thing anyone types when something is wrong. So while a turn is being handled, records of other loggers keep
their level, logger and line number, and lose their message.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_turn: ContextVar[str | None] = ContextVar("facilitator_turn", default=None)
_OURS = "bot.engine"
_MARK = "_facilitator_quiet"


def install() -> None:
    """Make every log record pass through here. Doing it twice is the same as once."""
    make_record = logging.getLogRecordFactory()
    if getattr(make_record, _MARK, False):
        return

    def quiet_record(name: str, level: int, path: str, line: int, message: Any, arguments: Any,
                     exc_info: Any, *rest: Any, **named: Any) -> logging.LogRecord:  # fmt: skip
        turn = _turn.get()
        if turn is not None and not str(name).startswith(_OURS):  # makeLogRecord gives no name
            arguments = (name, line, _exception_name(exc_info), turn)
            message, exc_info = "%s line %d%s (words withheld, turn %s)", None
        return make_record(name, level, path, line, message, arguments, exc_info, *rest, **named)

    setattr(quiet_record, _MARK, True)
    logging.setLogRecordFactory(quiet_record)
    logging.captureWarnings(True)  # warnings go straight to stderr otherwise


@contextmanager
def handling(message_id: str) -> Iterator[None]:
    """The turn being handled, for the current task and what it awaits."""
    token = _turn.set(message_id)
    try:
        yield
    finally:
        _turn.reset(token)


def _exception_name(exc_info: Any) -> str:
    kind = exc_info[0] if isinstance(exc_info, tuple) else None
    return f" {kind.__name__}" if kind else ""
