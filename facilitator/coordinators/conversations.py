"""The list of conversations: what was kept, by last activity, with filters that combine; and filters somebody saved.

Only conversations that people chose to keep are listed. Whose words may not be read is listed with counts alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, true
from sqlalchemy.orm import Session

from facilitator.coordinators.flags import FIRST, FlagState, name_if_read
from facilitator.coordinators.paging import Page, Query, page_of
from facilitator.coordinators.rights import Post, Viewer
from facilitator.errors import NotFoundError
from facilitator.storage import search
from facilitator.storage.conversations import new_id, now
from facilitator.storage.models import ActivityRow, ConversationRow, ConversationTagRow, FlagRow, SavedFilterRow
from facilitator.vocabulary import FlagKind, Role, Stage

MOST_SAVED = 30
MAX_NAME, MAX_QUERY = 80, 1000


class Review(StrEnum):
    """What a coordinator has marked a conversation as."""

    REVIEWED = "reviewed"
    FOLLOW_UP = "follow_up"


class Length(StrEnum):
    """How long a conversation is, by its messages."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


LENGTHS: Mapping[Length, tuple[int, int | None]] = {Length.SHORT: (0, 10), Length.MEDIUM: (10, 50), Length.LONG: (50, None)}
"""From so many messages, to fewer than so many."""
SINCE = (7, 30, 90)
CHANNELS = ("widget", "slack")


@dataclass(frozen=True)
class Filters:
    """What is asked of the list; every part that is given has to hold. `review` may also be `none`, `flags` any kind or `any`."""

    q: str = ""
    activity: str = ""
    stage: Stage | None = None
    role: Role | None = None
    channel: str = ""
    length: Length | None = None
    fallbacks: bool = False
    flags: str = ""
    review: str = ""
    tag: str = ""
    readable: bool | None = None
    since: int | None = None

    @property
    def searches(self) -> bool:
        return bool(search.terms(self.q))


@dataclass(frozen=True)
class ConversationLine:
    """A conversation in the list. `pseudonym` is as in `name_if_read`."""

    id: str
    pseudonym: str | None
    role: str | None
    stage: str | None
    channel: str
    last_active_at: datetime
    messages: int
    fallbacks: int
    review: str | None
    readable: bool
    activity: str | None
    join_code: str | None
    flags: Sequence[FlagKind] = ()
    tags: Sequence[str] = ()


def listed(session: Session, viewer: Viewer, asked: Filters, cursor: str = "") -> Page[ConversationLine]:
    """One page, the last active first. Where words are searched for, call `search.catch_up` first, and write it to the audit."""
    found = page_of(session, _query(session, viewer, asked), [ConversationRow.last_active_at, ConversationRow.id], cursor=cursor)
    ids = [row[0] for row in found.rows]
    flags, tags = _open_flags(session, ids), tags_of(session, ids)
    lines = [replace(ConversationLine(*row), flags=flags.get(row[0], ()), tags=tags.get(row[0], ())) for row in found.rows]
    return Page(lines, found.before, found.after)


def _query(session: Session, viewer: Viewer, asked: Filters) -> Query:
    row = ConversationRow
    columns = (row.id, name_if_read(), row.role, row.stage, row.channel, row.last_active_at, row.messages, row.fallbacks, row.review)
    readable = func.coalesce(row.share_words, False)
    query = select(*columns, readable, ActivityRow.title, ActivityRow.join_code).outerjoin(ActivityRow, ActivityRow.id == row.activity_id)
    query = query.where(row.kept.is_(True), visible(viewer), *_plain(asked))
    if asked.flags:
        live = select(FlagRow.conversation_id).where(FlagRow.state != FlagState.CLOSED)
        query = query.where(row.id.in_(live if asked.flags == "any" else live.where(FlagRow.kind == asked.flags)))
    if asked.tag:
        query = query.where(row.id.in_(select(ConversationTagRow.conversation_id).where(ConversationTagRow.tag == asked.tag)))
    if asked.searches:
        query = query.where(row.share_words.is_(True), search.condition(session, asked.q))
    return query


def _plain(asked: Filters) -> list[ColumnElement[bool]]:
    """Filters that look at the conversation's own row."""
    row = ConversationRow
    wanted: list[ColumnElement[bool]] = []
    for value, column in ((asked.stage, row.stage), (asked.role, row.role), (asked.channel, row.channel)):
        wanted += [column == value] if value else []
    if asked.activity:
        wanted.append(row.activity_id == select(ActivityRow.id).where(ActivityRow.join_code == asked.activity).scalar_subquery())
    if asked.length:
        least, below = LENGTHS[asked.length]
        wanted += [row.messages >= least, *([row.messages < below] if below else [])]
    if asked.fallbacks:
        wanted.append(row.fallbacks > 0)
    if asked.review:
        wanted.append(row.review.is_(None) if asked.review == "none" else row.review == asked.review)
    if asked.readable is not None:
        wanted.append(row.share_words.is_(True) if asked.readable else row.share_words.is_not(True))
    if asked.since:
        wanted.append(row.last_active_at >= now() - timedelta(days=asked.since))
    return wanted


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Conversations that are this viewer's to look after."""
    return true() if viewer.post is Post.ADMIN else ConversationRow.activity_id.in_(viewer.activities)


def _open_flags(session: Session, ids: Sequence[str]) -> dict[str, list[FlagKind]]:
    query = select(FlagRow.conversation_id, FlagRow.kind).where(FlagRow.conversation_id.in_(ids), FlagRow.state != FlagState.CLOSED)
    kinds: dict[str, set[FlagKind]] = defaultdict(set)
    for conversation_id, kind in session.execute(query):
        kinds[conversation_id].add(FlagKind(kind))
    return {one: [kind for kind in FIRST if kind in found] for one, found in kinds.items()}


def tags_of(session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
    query = select(ConversationTagRow).where(ConversationTagRow.conversation_id.in_(ids)).order_by(ConversationTagRow.tag)
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.conversation_id].append(row.tag)
    return found


def tags_in_use(session: Session, viewer: Viewer) -> list[str]:
    """Every tag on a conversation this viewer sees."""
    query = select(ConversationTagRow.tag).distinct().order_by(ConversationTagRow.tag)
    if viewer.post is not Post.ADMIN:
        query = query.join(ConversationRow, ConversationRow.id == ConversationTagRow.conversation_id).where(visible(viewer))
    return list(session.scalars(query.limit(500)))


def to_follow_up(session: Session, viewer: Viewer) -> int:
    """How many conversations are marked to be followed up."""
    row = ConversationRow
    query = select(func.count()).select_from(row).where(row.review == Review.FOLLOW_UP, row.kept.is_(True), visible(viewer))
    return session.scalar(query) or 0


# ── filters somebody saved ──


def saved(session: Session, viewer: Viewer) -> Sequence[SavedFilterRow]:
    return session.scalars(select(SavedFilterRow).where(SavedFilterRow.coordinator_id == viewer.id).order_by(SavedFilterRow.name)).all()


def save(session: Session, viewer: Viewer, name: str, query: str) -> bool:
    """Keep filters under a name, in place of any of that name. False for no name, too long a one, or too many."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or len(query) > MAX_QUERY:
        return False
    mine = saved(session, viewer)
    known = next((row for row in mine if row.name == name), None)
    if known is not None:
        known.query = query
        return True
    if len(mine) >= MOST_SAVED:
        return False
    session.add(SavedFilterRow(id=new_id(), coordinator_id=viewer.id, name=name, query=query, created_at=now()))
    return True


def unsave(session: Session, viewer: Viewer, filter_id: str) -> None:
    """Forget filters. Raises NotFoundError for another's, and for none."""
    own: Any = session.execute(delete(SavedFilterRow).where(SavedFilterRow.id == filter_id, SavedFilterRow.coordinator_id == viewer.id))
    if not own.rowcount:
        raise NotFoundError("There are no such filters.")
