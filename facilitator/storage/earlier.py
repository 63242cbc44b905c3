"""What somebody had said before they deleted it, and a backup brought back: it goes again, and what they said since stays.

Told apart by the time of each row, so that it does not matter who came back first. Works inside the caller's unit of work.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from facilitator.parity.store import forget
from facilitator.storage import replies, search
from facilitator.storage.conversations import SAID_AT, erase_answer, erase_written, leave_unsaid, review_anew
from facilitator.storage.inbox import MISSES
from facilitator.storage.models import (
    AnswerRow,
    ChoiceRow,
    ConversationRow,
    ConversationTagRow,
    MessageRow,
    NextStepRow,
    OutcomeRow,
    TrackerRow,
)
from facilitator.vocabulary import Author

# How turns were understood and answered.
_SCRATCH: dict[type[OutcomeRow | TrackerRow], InstrumentedAttribute[datetime]] = {
    OutcomeRow: OutcomeRow.created_at,
    TrackerRow: TrackerRow.updated_at,
}


def said_before(session: Session, row: ConversationRow, at: datetime) -> bool:
    """Whether anything is left from before. The message that asked for the deletion is, and says nothing."""
    says = or_(MessageRow.author != Author.PERSON, MessageRow.text.is_not(None), MessageRow.intent.is_not(None))
    left = [select(table).where(table.conversation_id == row.id, when < at).exists() for table, when in SAID_AT.items()]
    return bool(session.scalar(select(or_(select(MessageRow.id).where(_messages(row), MessageRow.created_at < at, says).exists(), *left))))


def said_since(session: Session, row: ConversationRow, at: datetime) -> bool:
    """Whether the person has sent anything since."""
    since = select(MessageRow.id).where(_messages(row), MessageRow.created_at >= at, MessageRow.author == Author.PERSON)
    return session.scalar(since.limit(1)) is not None


def erase_before(session: Session, row: ConversationRow, at: datetime) -> None:
    """Delete what was said before a moment, and what repeats it since. That they keep answers, as whom, and where they stand stays.

    With their words they had taken back who may see them: both questions about that are open again.
    """
    forget(session, row.id, row.activity_id)
    _erase_said(session, row, at)
    old = select(MessageRow.id).where(_messages(row), MessageRow.created_at < at)
    session.execute(delete(ChoiceRow).where(ChoiceRow.message_id.in_(old)))
    session.execute(delete(MessageRow).where(MessageRow.id.in_(old)))
    for table, when in _SCRATCH.items():
        session.execute(delete(table).where(table.conversation_id == row.id, when < at))
    leave_unsaid(session, row)
    search.forget(session, [row.id])
    row.share_words, row.share_ratings, row.search_due = None, None, False
    review_anew(row)
    said = session.scalars(select(MessageRow.say).where(_messages(row))).all()
    row.messages, row.fallbacks = len(said), sum((say or {}).get("response") in MISSES for say in said)


def _erase_said(session: Session, row: ConversationRow, at: datetime) -> None:
    answered = select(AnswerRow.item).where(AnswerRow.conversation_id == row.id, AnswerRow.created_at < at)
    for item in session.scalars(answered.distinct()).all():
        erase_answer(session, row, item, remember=False, before=at)
    for step in session.scalars(select(NextStepRow.id).where(NextStepRow.conversation_id == row.id, NextStepRow.created_at < at)).all():
        erase_written(session, row, step, remember=False)
    for table, when in SAID_AT.items():
        session.execute(delete(table).where(table.conversation_id == row.id, when < at))
    session.execute(delete(ConversationTagRow).where(ConversationTagRow.conversation_id == row.id))
    replies.forget(session, row.id, replies.Taken(rungs=replies.climbed_again(session, row.id)))


def _messages(row: ConversationRow) -> ColumnElement[bool]:
    return MessageRow.conversation_id == row.id
