"""The body of `POST /webhooks/facilitator/turn`: read strictly, refused without quoting it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn, Union

MAX_TEXT = 12_000  # characters, as in the chat API
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_FIELDS = {"conversation_id", "message_id", "text", "intent", "metadata"}
# Typing them does nothing (see the channel); nor may a choice throw a conversation away.
_RASA_COMMANDS = {"restart", "session_start"}

Scalar = Union[str, int, float, bool, None]


class InvalidTurn(ValueError):
    """The body breaks the contract; the message names the field, never its value."""


@dataclass(frozen=True)
class Choice:
    """A pressed button: an intent with its entities, nothing to understand."""

    intent: str
    entities: dict[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Turn:
    """One message of one person. `said` is the text as typed (redacted by `web`) or a choice."""

    conversation_id: str
    message_id: str
    said: str | Choice
    metadata: dict[str, Scalar]


def read_turn(body: bytes) -> Turn:
    """The turn in `body`. Raises InvalidTurn."""
    fields = _object(_parse(body), "body")
    if unknown := set(fields) - _FIELDS:
        raise InvalidTurn(f"{len(unknown)} unknown field(s)")
    if ("text" in fields) == ("intent" in fields):
        raise InvalidTurn("exactly one of text and intent is needed")
    said = _text(fields["text"]) if "text" in fields else _choice(fields["intent"])
    return Turn(
        _matching(fields.get("conversation_id"), _ID, "conversation_id"),
        _matching(fields.get("message_id"), _ID, "message_id"),
        said,
        _flat(fields.get("metadata", {}), "metadata"),
    )


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise InvalidTurn("body: not JSON in UTF-8") from None


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are Python's, not JSON's")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidTurn("text: a string with something in it is needed")
    if len(value) > MAX_TEXT:
        raise InvalidTurn(f"text: longer than {MAX_TEXT} characters")
    return value


def _choice(value: Any) -> Choice:
    fields = _object(value, "intent")
    if set(fields) - {"name", "entities"}:
        raise InvalidTurn("intent: unknown field")
    name = _matching(fields.get("name"), _NAME, "intent.name")
    if name in _RASA_COMMANDS:
        raise InvalidTurn("intent.name: not a choice")
    return Choice(name, _flat(fields.get("entities", {}), "intent.entities"))


def _flat(value: Any, where: str) -> dict[str, Scalar]:
    fields = _object(value, where)
    if not all(_NAME.fullmatch(name) for name in fields):
        raise InvalidTurn(f"{where}: a name has the wrong form")
    if not all(item is None or isinstance(item, (str, int, float, bool)) for item in fields.values()):
        raise InvalidTurn(f"{where}: values are strings, numbers, true, false or null")
    return fields


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidTurn(f"{where}: an object is needed")
    return value


def _matching(value: Any, pattern: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidTurn(f"{where}: missing, or of the wrong form")
    return value
