"""Everything people let coordinators read, one JSON document a line (JSON Lines), for programs.

Words are exactly as stored, written in ASCII: signs that stack up or turn text round stand there as their numbers, so that nothing in
the file can act on what shows it, and nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import batched
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.coordinators.audit import mark
from facilitator.coordinators.overview import SHARED
from facilitator.reports.rows import Told, in_batches, titles_of
from facilitator.storage.database import Database
from facilitator.storage.models import (
    AnswerRow,
    ConversationNoteRow,
    ConversationRow,
    ConversationTagRow,
    FlagRow,
    LadderRow,
    MessageRow,
    NextStepRow,
    ReflectionRow,
)

LINES_AT_A_TIME = 200
CONVERSATIONS_AT_A_TIME = 25
"""Fewer than in tables: whole conversations are held at once, and some are long."""


def as_lines(database: Database, activity_id: str | None, told: Told) -> Iterator[bytes]:
    """The file. Its last line says how many came before it, so that a file cut short can be told from a whole one."""
    count = 0
    for some in batched(in_batches(database, activity_id, _lines, told, CONVERSATIONS_AT_A_TIME), LINES_AT_A_TIME):
        count += len(some)
        yield b"".join(_line(one) for one in some)
    yield _line({"kind": "end", "lines": count})


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), default=_plain).encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _lines(session: Session, people: Sequence[ConversationRow]) -> list[dict[str, Any]]:
    ids = [person.id for person in people]
    titles = titles_of(session, people)
    return [
        *(_person(person, titles) for person in people),
        *(_one("answer", row, _ANSWER) for row in _all(session, AnswerRow, ids)),
        *(_one("reflection", row, _REFLECTION) for row in _all(session, ReflectionRow, ids, ReflectionRow.visible_to.in_(SHARED))),
        *(_one("next_step", row, _STEP) for row in _all(session, NextStepRow, ids)),
        *(_one("ladder", row, _LADDER) for row in _all(session, LadderRow, ids)),
        *(_one("flag", row, _FLAG) for row in _all(session, FlagRow, ids)),
        *(_one("note", row, _NOTE) for row in _all(session, ConversationNoteRow, ids)),
        *(_one("tag", row, _TAG) for row in _all(session, ConversationTagRow, ids)),
        *(_one("message", row, _MESSAGE) for row in _all(session, MessageRow, ids, MessageRow.text.is_not(None))),
    ]


_ANSWER = ("stage", "topic", "item", "rating", "comment", "created_at", "superseded_at")
_REFLECTION = ("stage", "prompt", "text", "visible_to", "created_at")
_STEP = ("stage", "item", "what", "who", "due_on", "state", "created_at", "closed_at")
_LADDER = ("stands", "wanted", "created_at")
_FLAG = ("kind", "state", "created_at")
_NOTE = ("kind", "text", "at")
_TAG = ("tag",)
_MESSAGE = ("author", "kind", "text", "intent", "confidence", "created_at")


def _person(row: ConversationRow, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": "conversation",
        "conversation": mark(row.id),
        "activity": titles.get(row.activity_id or ""),
        "known_as": row.pseudonym,
        **{name: getattr(row, name) for name in ("role", "channel", "lang", "created_at", "last_active_at")},
    }


def _one(kind: str, row: Any, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    # what is called `kind` in a row is its sort
    values = {("sort" if name == "kind" else name): value for name, value in values.items()}
    return {"kind": kind, "conversation": mark(row.conversation_id), **values}


_ORDER: dict[Any, tuple[Any, ...]] = {
    MessageRow: (MessageRow.seq,),
    ConversationTagRow: (ConversationTagRow.tag,),
    **{table: (table.created_at, table.id) for table in (AnswerRow, ReflectionRow, NextStepRow, LadderRow, FlagRow)},
    ConversationNoteRow: (ConversationNoteRow.id,),
}


def _all(session: Session, table: Any, ids: Sequence[str], *where: Any) -> Sequence[Any]:
    order = (table.conversation_id, *_ORDER.get(table, (table.conversation_id,)))
    return session.scalars(select(table).where(table.conversation_id.in_(ids), *where).order_by(*order)).all()
