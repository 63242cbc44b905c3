"""One conversation, message by message: what was said, what the bot took it for and how surely, its sources, and the answers beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from facilitator.coordinators import accounts
from facilitator.coordinators.conversations import tags_of
from facilitator.coordinators.flags import FlagState
from facilitator.coordinators.paging import Page, after, page_of
from facilitator.coordinators.rights import Right, Viewer
from facilitator.errors import NotFoundError
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationNoteRow, ConversationRow, FlagRow, MessageRow
from facilitator.vocabulary import Author, FlagKind, Rating

BEFORE = 3
"""How many messages are shown before the one somebody came for."""


@dataclass(frozen=True)
class Note:
    """A note, or what the conversation was marked as: who, when, and about which message, if one."""

    kind: str
    text: str | None
    by: str | None
    at: datetime
    message_id: str | None


@dataclass(frozen=True)
class Flagged:
    id: int
    kind: FlagKind
    state: FlagState
    message_id: str | None


@dataclass(frozen=True)
class Head:
    """What is known of a conversation. `may_read` says whether this viewer may see its messages."""

    row: ConversationRow
    activity: str | None
    join_code: str | None
    may_read: bool
    tags: Sequence[str]
    notes: Sequence[Note]
    flags: Sequence[Flagged]
    reviewed_by: str | None
    current_answers: int


@dataclass(frozen=True)
class Given:
    """An answer that a message gave. `changed` when another has taken its place since."""

    item: str
    rating: Rating | None
    comment: str | None
    changed: bool


@dataclass(frozen=True)
class Line:
    """A message. `text` is None once its words are past their time, or are other people's (`shows_others`),
    or the person's own shown again (`shows_own`)."""

    id: str
    author: Author
    kind: str
    at: datetime
    text: str | None
    intent: str | None
    confidence: float | None
    typed: bool
    shows_others: bool
    shows_own: bool
    sources: Sequence[Mapping[str, Any]] = ()
    answers: Sequence[Given] = ()
    notes: Sequence[Note] = ()
    flags: Sequence[Flagged] = field(default_factory=tuple)


def head(session: Session, viewer: Viewer, conversation_id: str) -> Head:
    """Raises NotFoundError: no such conversation, or one that is not kept."""
    row = session.get(ConversationRow, conversation_id)
    if row is None or not row.kept:
        raise NotFoundError("There is no such conversation.")
    activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    current = select(func.count()).select_from(AnswerRow).where(AnswerRow.conversation_id == row.id, AnswerRow.superseded_at.is_(None))
    return Head(
        row,
        activity.title if activity else None,
        activity.join_code if activity else None,
        bool(row.share_words) and viewer.may(Right.WORDS),
        tags_of(session, [row.id]).get(row.id, []),
        _notes(session, row.id),
        _flags(session, row.id),
        accounts.names(session).get(row.reviewed_by or ""),
        session.scalar(current) or 0,
    )


def _notes(session: Session, conversation_id: str) -> list[Note]:
    called = accounts.names(session)
    rows = session.scalars(
        select(ConversationNoteRow).where(ConversationNoteRow.conversation_id == conversation_id).order_by(ConversationNoteRow.id)
    )
    return [Note(row.kind, row.text, called.get(row.by), row.at, row.message_id) for row in rows]


def _flags(session: Session, conversation_id: str) -> list[Flagged]:
    rows = session.scalars(select(FlagRow).where(FlagRow.conversation_id == conversation_id).order_by(FlagRow.id))
    return [Flagged(row.id, FlagKind(row.kind), FlagState(row.state), row.message_id) for row in rows]


def lines(session: Session, about: Head, *, cursor: str = "", at: str = "") -> Page[Line]:
    """A page of messages, the oldest first; with `at`, the page around that message. Whoever shows it writes that to the audit."""
    if not about.may_read:
        return Page([])
    if at and not cursor:
        cursor = _around(session, about.row.id, at)
    query = select(MessageRow).where(MessageRow.conversation_id == about.row.id)
    found = page_of(session, query, [MessageRow.seq], cursor=cursor, descending=False)
    answers = _answers(session, about.row.id, [row.id for row in found.rows])
    return Page([_line(row, about, answers) for row in found.rows], found.before, found.after)


def _around(session: Session, conversation_id: str, message_id: str) -> str:
    """The cursor of the page that begins a few messages before this one; none where it would begin at the beginning."""
    seq = session.scalar(select(MessageRow.seq).where(MessageRow.id == message_id, MessageRow.conversation_id == conversation_id))
    earlier = select(MessageRow.seq).where(MessageRow.conversation_id == conversation_id, MessageRow.seq < (seq or 0))
    start = session.scalar(earlier.order_by(MessageRow.seq.desc()).offset(BEFORE).limit(1))
    return after(start) if start else ""


def _answers(session: Session, conversation_id: str, message_ids: Sequence[str]) -> dict[str, list[Given]]:
    own = (AnswerRow.conversation_id == conversation_id) & AnswerRow.message_id.in_(message_ids)
    found: dict[str, list[Given]] = defaultdict(list)
    for row in session.scalars(select(AnswerRow).where(own).order_by(AnswerRow.id)):
        rating = Rating(row.rating) if row.rating else None
        found[row.message_id].append(Given(row.item, rating, row.comment, row.superseded_at is not None))
    return found


def _line(row: MessageRow, about: Head, answers: Mapping[str, Sequence[Given]]) -> Line:
    own = row.author == Author.PERSON
    shown = (row.say or {}).get("values") or {}
    return Line(
        row.id,
        Author(row.author),
        row.kind,
        row.created_at,
        row.text,
        row.intent,
        row.confidence,
        typed=own and row.choice_id is None and row.text is not None,
        shows_others="others" in shown,
        shows_own="own" in shown,
        sources=row.sources or (),
        answers=answers.get(row.id, ()),
        notes=[note for note in about.notes if note.message_id == row.id],
        flags=[flag for flag in about.flags if flag.message_id == row.id],
    )
