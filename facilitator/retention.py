"""Forgetting on time: what people were promised when they chose to keep their answers (or not to).

Raw text goes after `raw_text_days`, answers and reflections after `answer_days`, a conversation nobody kept after a day without a
message, and a token when it has expired. What is younger stays.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from facilitator.storage.conversations import UNLOGGED_IDLE, erase_conversation
from facilitator.storage.models import AnswerRow, Base, ConversationRow, MessageRow, ReflectionRow, TokenRow

BATCH = 500


@dataclass(frozen=True)
class Purged:
    """How many of each went, or would go."""

    texts: int
    answers: int
    reflections: int
    conversations: int
    tokens: int

    def counts(self) -> dict[str, int]:
        return asdict(self)


def purge(session: Session, now: datetime, *, raw_text_days: int, answer_days: int, dry_run: bool = False) -> Purged:
    """Delete what is due, in the caller's transaction; a dry run only counts. At most 500 conversations at a time."""
    old_text = MessageRow.created_at < now - timedelta(days=raw_text_days), MessageRow.text.is_not(None)
    answers_due = now - timedelta(days=answer_days)
    ended = list(session.scalars(select(ConversationRow.id).where(_is_over(now, answers_due)).limit(BATCH)))
    due = Purged(
        texts=_count(session, MessageRow, *old_text),
        answers=_count(session, AnswerRow, AnswerRow.created_at < answers_due),
        reflections=_count(session, ReflectionRow, ReflectionRow.created_at < answers_due),
        conversations=len(ended),
        tokens=_count(session, TokenRow, TokenRow.expires_at < now),
    )
    if not dry_run:
        # The sentence's id stays with the bot's messages, so that its side can still be shown; a person's words are gone.
        session.execute(update(MessageRow).where(*old_text).values(text=None, choice_id=None))
        for table in (AnswerRow, ReflectionRow):
            session.execute(delete(table).where(table.created_at < answers_due))
        session.execute(delete(TokenRow).where(TokenRow.expires_at < now))
        for conversation_id in ended:
            erase_conversation(session, conversation_id)
    return due


def _is_over(now: datetime, answers_due: datetime) -> ColumnElement[bool]:
    unkept = ConversationRow.kept.is_not(True) & (ConversationRow.last_active_at < now - UNLOGGED_IDLE)
    return or_(unkept, ConversationRow.last_active_at < answers_due)


def _count(session: Session, table: type[Base], *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0
