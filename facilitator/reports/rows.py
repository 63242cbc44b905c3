"""Rows of exports, in batches: what people let coordinators read, under the names the group knows them by.

Each batch is a look of its own. So no connection waits for a slow reader, memory does not grow, and who takes their consent back while
an export runs is left out of what has not been sent yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists
from facilitator.coordinators.audit import mark
from facilitator.coordinators.conversations import tags_of
from facilitator.coordinators.flags import may_be_read
from facilitator.coordinators.overview import SHARED
from facilitator.reports.files import Cell, Row
from facilitator.storage.database import Database
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationNoteRow, ConversationRow, FlagRow, MessageRow, ReflectionRow

BATCH = 100
"""Conversations at a time."""


class What(StrEnum):
    ANSWERS = "answers"
    REFLECTIONS = "reflections"
    CONVERSATIONS = "conversations"
    EVERYTHING = "everything"


@dataclass(frozen=True)
class Spoken:
    """Words for what is stored as ids. `tables` is knowledge/messages/review.yml."""

    tables: Mapping[str, Mapping[str, str]]
    checklists: Checklists
    prompts: Mapping[str, str]
    topics: Mapping[str, str]

    def word(self, table: str, key: str | None) -> str | None:
        return self.tables[table].get(key, key) if key else None

    def question(self, item: str) -> str:
        """An item that has left the checklist since is named by its id."""
        return self.checklists.item(item).question if self.checklists.has(item) else item


@dataclass(frozen=True)
class Progress:
    """How many conversations have been looked at, and how many rows came of them."""

    conversations: int
    rows: int


Told = Callable[[Progress], None]
Read = Callable[[Session, Sequence[ConversationRow]], list[Any]]

HEADS: Mapping[What, tuple[str, ...]] = {
    What.ANSWERS: ("activity", "person", "conversation", "role", "stage", "topic", "item", "question", "rating", "comment", "at"),
    What.REFLECTIONS: ("activity", "person", "conversation", "role", "stage", "asked", "text", "visible_to", "at"),
    What.CONVERSATIONS: (
        "activity", "person", "conversation", "role", "stage", "channel", "language", "started", "last_active", "answers", "comments",
        "messages", "not_understood", "flags", "review", "tags", "notes",
    ),
}  # fmt: skip
"""Columns by id; their words are under `columns` in review.yml."""


def how_many(session: Session, activity_id: str | None) -> int:
    """Conversations an export would hold. `activity_id` None: of every activity, and about none."""
    query = select(func.count()).select_from(ConversationRow).where(may_be_read())
    return session.scalar(query.where(ConversationRow.activity_id == activity_id) if activity_id else query) or 0


def rows(database: Database, what: What, activity_id: str | None, spoken: Spoken, told: Told) -> Iterator[Row]:
    """The rows of a table, oldest id first; `told` is called after each batch."""
    yield from in_batches(database, activity_id, lambda session, people: _TABLES[what](session, people, spoken), told)


def in_batches(database: Database, activity_id: str | None, read: Read, told: Told, size: int = BATCH) -> Iterator[Any]:
    """What `read` makes of some conversations after others; `told` is called after each batch of `size`."""
    last, seen, given = "", 0, 0
    while True:
        with database.reading() as session:
            people = _next(session, activity_id, last, size)
            found = read(session, people) if people else []
        if not people:
            return
        yield from found
        last, seen, given = people[-1].id, seen + len(people), given + len(found)
        told(Progress(seen, given))


def _next(session: Session, activity_id: str | None, last: str, size: int) -> Sequence[ConversationRow]:
    query = select(ConversationRow).where(may_be_read(), ConversationRow.id > last)
    query = query.where(ConversationRow.activity_id == activity_id) if activity_id else query
    return session.scalars(query.order_by(ConversationRow.id).limit(size)).all()


# ── tables ──


def titles_of(session: Session, people: Sequence[ConversationRow]) -> dict[str, str]:
    """Titles of these conversations' activities by id."""
    ids = {person.activity_id for person in people if person.activity_id}
    found = session.execute(select(ActivityRow.id, ActivityRow.title).where(ActivityRow.id.in_(ids)))
    return {key: title for key, title in found}


def _about(session: Session, people: Sequence[ConversationRow], spoken: Spoken) -> dict[str, tuple[Cell, ...]]:
    """The columns every table begins with, by conversation."""
    titles = titles_of(session, people)
    return {
        person.id: (titles.get(person.activity_id or ""), person.pseudonym, mark(person.id), spoken.word("roles", person.role or "none"))
        for person in people
    }


def _answers(session: Session, people: Sequence[ConversationRow], spoken: Spoken) -> list[Row]:
    about = _about(session, people, spoken)
    current = select(AnswerRow).where(AnswerRow.conversation_id.in_(about), AnswerRow.superseded_at.is_(None))
    return [
        (
            *about[row.conversation_id],
            spoken.word("stages", row.stage),
            spoken.topics.get(row.topic, row.topic),
            row.item,
            spoken.question(row.item),
            spoken.word("ratings", row.rating),
            row.comment,
            row.created_at,
        )
        for row in session.scalars(current.order_by(AnswerRow.conversation_id, AnswerRow.id))
    ]


def _reflections(session: Session, people: Sequence[ConversationRow], spoken: Spoken) -> list[Row]:
    about = _about(session, people, spoken)
    shared = select(ReflectionRow).where(ReflectionRow.conversation_id.in_(about), ReflectionRow.visible_to.in_(SHARED))
    return [
        (
            *about[row.conversation_id],
            spoken.word("stages", row.stage),
            spoken.prompts.get(row.prompt or ""),
            row.text,
            spoken.word("reflections", row.visible_to),
            row.created_at,
        )
        for row in session.scalars(shared.order_by(ReflectionRow.conversation_id, ReflectionRow.id))
    ]


def _conversations(session: Session, people: Sequence[ConversationRow], spoken: Spoken) -> list[Row]:
    about = _about(session, people, spoken)
    answers = _counted(session, AnswerRow, list(about), AnswerRow.superseded_at.is_(None))
    comments = _counted(session, AnswerRow, list(about), AnswerRow.superseded_at.is_(None), AnswerRow.comment.is_not(None))
    messages, flags = _counted(session, MessageRow, list(about)), _flags(session, list(about), spoken)
    tags, notes = tags_of(session, list(about)), _notes(session, list(about))
    return [
        (
            *about[person.id],
            spoken.word("stages", person.stage),
            person.channel,
            person.lang,
            person.created_at,
            person.last_active_at,
            answers.get(person.id, 0),
            comments.get(person.id, 0),
            messages.get(person.id, 0),
            person.fallbacks,
            "; ".join(flags.get(person.id, ())),
            spoken.word("reviews", person.review),
            "; ".join(tags.get(person.id, ())),
            "\n".join(notes.get(person.id, ())),
        )
        for person in people
    ]


def _counted(session: Session, table: Any, ids: Sequence[str], *where: Any) -> dict[str, int]:
    query = select(table.conversation_id, func.count()).where(table.conversation_id.in_(ids), *where)
    return {key: number for key, number in session.execute(query.group_by(table.conversation_id))}


def _flags(session: Session, ids: Sequence[str], spoken: Spoken) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.scalars(select(FlagRow).where(FlagRow.conversation_id.in_(ids)).order_by(FlagRow.id)):
        found[row.conversation_id].append(f"{spoken.word('kinds', row.kind)} ({spoken.word('states', row.state)})")
    return found


def _notes(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    """What coordinators wrote about each conversation, the oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    noted = select(ConversationNoteRow).where(ConversationNoteRow.conversation_id.in_(ids), ConversationNoteRow.text.is_not(None))
    for row in session.scalars(noted.order_by(ConversationNoteRow.id)):
        found[row.conversation_id].append(f"{row.at:%Y-%m-%d}: {row.text}")
    return found


_TABLES: Mapping[What, Callable[[Session, Sequence[ConversationRow], Spoken], list[Row]]] = {
    What.ANSWERS: _answers,
    What.REFLECTIONS: _reflections,
    What.CONVERSATIONS: _conversations,
}
