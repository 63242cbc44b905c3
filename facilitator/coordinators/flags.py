"""Flags: what a coordinator needs to see, from open to closed, with who did what; and written replies to people who asked for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from facilitator.coordinators import accounts, audit
from facilitator.coordinators.audit import Action
from facilitator.coordinators.paging import Key, Page, Query, page_of
from facilitator.coordinators.rights import Post, Right, Viewer
from facilitator.errors import FacilitatorError, NotFoundError
from facilitator.storage import inbox
from facilitator.storage.conversations import find, new_id, now
from facilitator.storage.models import ActivityRow, ConversationRow, FlagEventRow, FlagRow, MessageRow
from facilitator.vocabulary import Author, FlagKind, Kind

MAX_NOTE = 2000
MAX_REPLY = 4000
REPLIED = "replied"


class FlagState(StrEnum):
    OPEN = "open"
    SEEN = "seen"
    CLOSED = "closed"


MOVES: Mapping[FlagState, tuple[FlagState, ...]] = {
    FlagState.OPEN: (FlagState.SEEN, FlagState.CLOSED),
    FlagState.SEEN: (FlagState.CLOSED, FlagState.OPEN),
    FlagState.CLOSED: (FlagState.OPEN,),
}
"""Where a flag may go from where. Buttons and the check below both come from here."""

FIRST = (FlagKind.CRISIS, FlagKind.DISTRESS, FlagKind.ASKED_FOR_PERSON, FlagKind.BY_TEAM, FlagKind.UNANSWERED)
LIVE = (FlagState.OPEN, FlagState.SEEN)


class FlagFault(StrEnum):
    """Why something cannot be done; each has its words in knowledge/messages/review.yml."""

    MOVED = "moved"
    NOTE_NEEDED = "note_needed"
    NOTE_LONG = "note_long"
    REPLY_EMPTY = "reply_empty"
    REPLY_LONG = "reply_long"
    REPLY_DETAILS = "reply_details"
    NO_REPLY = "no_reply"


class FlagError(FacilitatorError):
    def __init__(self, fault: FlagFault) -> None:
        super().__init__(f"The flag stays as it is: {fault.value.replace('_', ' ')}.")
        self.fault = fault


@dataclass(frozen=True)
class FlagLine:
    """A flag in a list. The activity is None for a conversation in none, and where it has been erased; the role for a conversation that is
    not kept, or has been erased."""

    id: int
    kind: FlagKind
    state: FlagState
    created_at: datetime
    activity: str | None
    join_code: str | None
    role: str | None

    @property
    def days(self) -> int:
        """Whole days since it was raised."""
        return (now() - self.created_at).days


@dataclass(frozen=True)
class FlagStep:
    state: str
    note: str | None
    by: str | None
    at: datetime


@dataclass(frozen=True)
class Reply:
    text: str
    at: datetime
    back_since: bool
    """Whether the person has said something since."""


@dataclass(frozen=True)
class FlagView:
    """A flag by itself. `words` and `pseudonym` only where the person lets coordinators read their words. People are told that a flag says
    their role and not who they are."""

    line: FlagLine
    conversation_id: str | None
    pseudonym: str | None
    lang: str | None
    kept: bool
    may_read: bool
    words: str | None
    steps: Sequence[FlagStep]
    replies: Sequence[Reply]
    """Empty too where this viewer may not read words."""

    @property
    def moves(self) -> tuple[FlagState, ...]:
        return MOVES[self.line.state]


# ── looking ──


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Flags that are this viewer's to see. A flag can outlive its conversation: by then it may not have been looked at."""
    if viewer.post is Post.ADMIN:
        return true()
    # while a new version takes over, the one before raises flags that do not say their activity
    theirs = select(ConversationRow.id).where(ConversationRow.activity_id.in_(viewer.activities))
    return FlagRow.activity_id.in_(viewer.activities) | (FlagRow.activity_id.is_(None) & FlagRow.conversation_id.in_(theirs))


def role_if_kept() -> ColumnElement[str | None]:
    """The role of somebody who keeps answers. What others said of themselves before they chose is not for coordinators."""
    return case((ConversationRow.kept.is_(True), ConversationRow.role))


def own_message() -> ColumnElement[bool]:
    """The message a flag is about, which is of the flag's own conversation: the tables hold a flag to neither."""
    return (MessageRow.id == FlagRow.message_id) & (MessageRow.conversation_id == FlagRow.conversation_id)


def may_be_read() -> ColumnElement[bool]:
    """Conversations whose words coordinators may read. True or false, never unknown."""
    return ConversationRow.kept.is_(True) & ConversationRow.share_words.is_(True)


def name_if_read() -> ColumnElement[str | None]:
    """The made-up name of somebody who keeps answers and lets coordinators read their words. The group knows people by it, so beside a
    flag it would say who somebody is who agreed to no more than a note with their role."""
    return case((may_be_read(), ConversationRow.pseudonym))


def counts(session: Session, viewer: Viewer) -> dict[FlagKind, int]:
    """How many flags are not closed, by kind, the most pressing kind first; every kind is there."""
    query = select(FlagRow.kind, func.count()).where(FlagRow.state != FlagState.CLOSED, visible(viewer)).group_by(FlagRow.kind)
    found = {str(kind): int(number) for kind, number in session.execute(query)}
    return {kind: found.get(kind, 0) for kind in FIRST}


def listed(
    session: Session, viewer: Viewer, *, kind: FlagKind | None = None, state: FlagState | None = None, code: str = "", cursor: str = ""
) -> Page[FlagLine]:
    """Flags by how pressing they are, the longest waiting first; closed ones the newest first. Without a state: those not closed."""
    query = _joined(select(FlagRow, role_if_kept(), ActivityRow.title, ActivityRow.join_code)).where(visible(viewer))
    query = query.where(FlagRow.state == state if state else FlagRow.state != FlagState.CLOSED)
    if kind:
        query = query.where(FlagRow.kind == kind)
    if code:
        query = query.where(ActivityRow.join_code == code)
    rank = case({kind.value: place for place, kind in enumerate(FIRST)}, value=FlagRow.kind, else_=len(FIRST))
    closed = state is FlagState.CLOSED
    by: list[Key] = [FlagRow.id] if closed else [rank, FlagRow.id]
    page = page_of(session, query, by, cursor=cursor, descending=closed)
    return Page([_line(*row) for row in page.rows], page.before, page.after)


def activity_of(session: Session, flag_id: str) -> str | None:
    """The id of the activity a flag belongs to, or None. Raises NotFoundError when there is no such flag."""
    return _flag(session, flag_id).activity_id


def view(session: Session, viewer: Viewer, flag_id: str) -> FlagView:
    """A flag with its history. Whoever shows `words` writes that to the audit. Raises NotFoundError."""
    row = _flag(session, flag_id)
    conversation = session.get(ConversationRow, row.conversation_id)
    activity = session.get(ActivityRow, row.activity_id) if row.activity_id else None
    known = conversation if conversation and conversation.kept else None
    may_read = bool(known and known.share_words and viewer.may(Right.WORDS))
    line = _line(row, known.role if known else None, activity.title if activity else None, activity.join_code if activity else None)
    return FlagView(
        line,
        conversation.id if conversation else None,
        known.pseudonym if known and may_read else None,
        conversation.lang if conversation else None,
        known is not None,
        may_read,
        _words(session, row) if may_read else None,
        _steps(session, row),
        _replies(session, conversation) if conversation and viewer.may(Right.WORDS) else (),
    )


def _flag(session: Session, flag_id: str, *, for_change: bool = False) -> FlagRow:
    # more figures than a number in a table has are no flag's
    is_number = flag_id.isascii() and flag_id.isdigit() and len(flag_id) < 10
    found = session.get(FlagRow, int(flag_id), with_for_update=for_change or None) if is_number else None
    if found is None:
        raise NotFoundError("There is no such flag.")
    return found


def _joined(query: Query) -> Query:
    return (
        query.select_from(FlagRow)
        .outerjoin(ConversationRow, ConversationRow.id == FlagRow.conversation_id)
        .outerjoin(ActivityRow, ActivityRow.id == FlagRow.activity_id)
    )


def _line(row: FlagRow, role: str | None, title: str | None, code: str | None) -> FlagLine:
    return FlagLine(row.id, FlagKind(row.kind), FlagState(row.state), row.created_at, title, code, role)


def _words(session: Session, row: FlagRow) -> str | None:
    own = (MessageRow.id == row.message_id) & (MessageRow.conversation_id == row.conversation_id) & (MessageRow.author == Author.PERSON)
    return session.scalar(select(MessageRow.text).where(own))


def _steps(session: Session, row: FlagRow) -> list[FlagStep]:
    called = accounts.names(session)
    rows = session.scalars(select(FlagEventRow).where(FlagEventRow.flag_id == row.id).order_by(FlagEventRow.id))
    return [FlagStep(step.state, step.note, called.get(step.by or ""), step.at) for step in rows]


def _replies(session: Session, conversation: ConversationRow) -> list[Reply]:
    own = (MessageRow.conversation_id == conversation.id) & (MessageRow.author == Author.COORDINATOR)
    rows = session.scalars(select(MessageRow).where(own, MessageRow.text.is_not(None)).order_by(MessageRow.seq))
    return [Reply(row.text or "", row.created_at, conversation.last_active_at > row.created_at) for row in rows]


# ── acting ──


def move(session: Session, viewer: Viewer, flag_id: str, to: FlagState, note: str = "") -> None:
    """Take a flag on, with a note. Closing needs one.

    Raises:
        NotFoundError: no such flag. FlagError: it is not where it was, or the note is missing or too long.
    """
    row, note = _flag(session, flag_id, for_change=True), note.strip()
    if to not in MOVES[FlagState(row.state)]:
        raise FlagError(FlagFault.MOVED)
    if to is FlagState.CLOSED and not note:
        raise FlagError(FlagFault.NOTE_NEEDED)
    before, row.state = row.state, to
    _note(session, viewer, row, to, note)
    audit.write(session, viewer.id, Action.FLAG_CHANGED, f"flag:{row.id}", before=before, after=to.value)


def annotate(session: Session, viewer: Viewer, flag_id: str, note: str) -> None:
    """Add a note; the flag stays where it is. Raises as `move`."""
    row = _flag(session, flag_id, for_change=True)
    if not note.strip():
        raise FlagError(FlagFault.NOTE_NEEDED)
    _note(session, viewer, row, row.state, note.strip())
    audit.write(session, viewer.id, Action.FLAG_CHANGED, f"flag:{row.id}", noted=True)


def reply(session: Session, viewer: Viewer, flag_id: str, text: str) -> str:
    """Write to the person, in the same conversation; they see it there when they are back. Returns the message's id.

    Raises:
        NotFoundError: no such flag. FlagError: nothing written, too much, or a person of whom nothing is kept.
    """
    row, text = _flag(session, flag_id, for_change=True), text.strip()
    if not text:
        raise FlagError(FlagFault.REPLY_EMPTY)
    if len(text) > MAX_REPLY:
        raise FlagError(FlagFault.REPLY_LONG)
    conversation = find(session, row.conversation_id, for_change=True)
    if conversation is None or not conversation.kept:
        raise FlagError(FlagFault.NO_REPLY)
    message = MessageRow(
        id=new_id(), conversation_id=conversation.id, author=Author.COORDINATOR, kind=Kind.TEXT, text=text, created_at=now()
    )
    session.add(message)
    session.flush()
    inbox.count(session, conversation.id, messages=1)
    conversation.search_due = True
    if row.state == FlagState.OPEN:
        row.state = FlagState.SEEN
    _note(session, viewer, row, REPLIED, "")
    audit.write(session, viewer.id, Action.REPLIED, f"flag:{row.id}")
    return message.id


def _note(session: Session, viewer: Viewer, row: FlagRow, state: str, note: str) -> None:
    if len(note) > MAX_NOTE:
        raise FlagError(FlagFault.NOTE_LONG)
    session.add(FlagEventRow(flag_id=row.id, conversation_id=row.conversation_id, state=state, note=note or None, by=viewer.id, at=now()))
    session.flush()
