"""What coordinators do with a conversation: notes, tags, marking it, flagging a message. Each is in the audit, without its words."""

from __future__ import annotations

import re
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from facilitator.coordinators import audit
from facilitator.coordinators.audit import Action
from facilitator.coordinators.conversations import Review, tags_of
from facilitator.coordinators.flags import FlagState
from facilitator.coordinators.rights import Viewer
from facilitator.errors import FacilitatorError, NotFoundError
from facilitator.storage.conversations import conversation, flag_of, now
from facilitator.storage.models import ConversationNoteRow, ConversationRow, ConversationTagRow, FlagEventRow, FlagRow, MessageRow
from facilitator.vocabulary import FlagKind

MAX_NOTE = 2000
MAX_TAG, MOST_TAGS = 40, 20
NOTE, UNMARKED = "note", "unmarked"
"""Kinds of a note, beside those of `Review`."""
_TAG = re.compile(r"\w[\w -]*")


class ReviewFault(StrEnum):
    """Why something cannot be done; each has its words in knowledge/messages/review.yml."""

    NOTE_NEEDED = "note_needed"
    NOTE_LONG = "note_long"
    TAG = "tag"
    TAGS_MANY = "tags_many"
    TAG_DETAILS = "tag_details"
    EXAMPLE_EMPTY = "example_empty"
    EXAMPLE_LONG = "example_long"
    EXAMPLE_CLOSE = "example_close"
    EXAMPLE_DETAILS = "example_details"
    EXAMPLE_INTENT = "example_intent"


class ReviewError(FacilitatorError):
    def __init__(self, fault: ReviewFault) -> None:
        super().__init__(f"The conversation stays as it is: {fault.value.replace('_', ' ')}.")
        self.fault = fault


def mark(session: Session, viewer: Viewer, conversation_id: str, to: Review | None, note: str = "") -> None:
    """Mark a conversation as reviewed or to be followed up, or take that back (None). Raises ReviewError: the note is too long."""
    row = conversation(session, conversation_id, for_change=True)
    before, row.review = row.review, to
    row.reviewed_at, row.reviewed_by = (now(), viewer.id) if to else (None, None)
    _note(session, viewer, row, to or UNMARKED, note.strip(), None)
    audit.write(session, viewer.id, Action.REVIEWED, audit.mark(row.id), before=before, after=to)


def annotate(session: Session, viewer: Viewer, conversation_id: str, text: str, message_id: str = "") -> None:
    """Add a note to a conversation, or to one of its messages. Raises ReviewError, NotFoundError."""
    row = conversation(session, conversation_id, for_change=True)
    if not text.strip():
        raise ReviewError(ReviewFault.NOTE_NEEDED)
    _note(session, viewer, row, NOTE, text.strip(), message_of(session, row, message_id).id if message_id else None)
    audit.write(session, viewer.id, Action.REVIEWED, audit.mark(row.id), noted=True)


def _note(session: Session, viewer: Viewer, row: ConversationRow, kind: str, text: str, message_id: str | None) -> None:
    if len(text) > MAX_NOTE:
        raise ReviewError(ReviewFault.NOTE_LONG)
    session.add(ConversationNoteRow(conversation_id=row.id, message_id=message_id, kind=kind, text=text or None, by=viewer.id, at=now()))
    session.flush()


def set_tags(session: Session, viewer: Viewer, conversation_id: str, typed: str) -> None:
    """Put these tags on a conversation, separated by commas, and take off the others. Raises ReviewError."""
    row = conversation(session, conversation_id, for_change=True)
    wanted = {" ".join(part.lower().split()) for part in typed.split(",") if part.strip()}
    if len(wanted) > MOST_TAGS:
        raise ReviewError(ReviewFault.TAGS_MANY)
    if any(len(tag) > MAX_TAG or not _TAG.fullmatch(tag) for tag in wanted):
        raise ReviewError(ReviewFault.TAG)
    before = set(tags_of(session, [row.id]).get(row.id, ()))
    gone = (ConversationTagRow.conversation_id == row.id) & ConversationTagRow.tag.in_(before - wanted)
    session.execute(delete(ConversationTagRow).where(gone))
    session.add_all(ConversationTagRow(conversation_id=row.id, tag=tag) for tag in sorted(wanted - before))
    session.flush()
    if wanted != before:
        audit.write(session, viewer.id, Action.REVIEWED, audit.mark(row.id), tags=len(wanted))


def raise_flag(session: Session, viewer: Viewer, conversation_id: str, message_id: str, note: str = "") -> int:
    """Flag a message for the team. Returns the flag's id; one that is there already is opened again. Raises NotFoundError, ReviewError."""
    row = conversation(session, conversation_id, for_change=True)
    message = message_of(session, row, message_id)
    if len(note) > MAX_NOTE:
        raise ReviewError(ReviewFault.NOTE_LONG)
    same = (FlagRow.conversation_id == row.id) & (FlagRow.message_id == message.id) & (FlagRow.kind == FlagKind.BY_TEAM)
    flag = session.scalar(select(FlagRow).where(same))
    if flag is None:
        flag = flag_of(row, FlagKind.BY_TEAM, message.id)
        session.add(flag)
    flag.state = FlagState.OPEN
    session.flush()
    about = {"flag_id": flag.id, "conversation_id": row.id, "state": FlagState.OPEN}
    session.add(FlagEventRow(**about, note=note.strip() or None, by=viewer.id, at=now()))
    audit.write(session, viewer.id, Action.FLAG_CHANGED, f"flag:{flag.id}", raised=True)
    return flag.id


def message_of(session: Session, row: ConversationRow, message_id: str) -> MessageRow:
    """A message whose words coordinators may read. Raises NotFoundError."""
    found = session.scalar(select(MessageRow).where(MessageRow.id == message_id, MessageRow.conversation_id == row.id))
    if found is None or not row.kept or not row.share_words:
        raise NotFoundError("There is no such message.")
    return found
