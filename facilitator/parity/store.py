"""The parity view from the database. Figures that may change are released in the caller's unit of work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists, Item
from facilitator.errors import NotFoundError
from facilitator.parity.figures import SIDE_OF, Side
from facilitator.parity.release import Entry, Release, Rule, next_release, without_those_who_left
from facilitator.parity.view import ItemView, ParityView, Shown, SideView, by_gap, movements
from facilitator.storage.conversations import now
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationRow, ReleaseRow
from facilitator.vocabulary import Rating, Role, Stage

FEW = "few_people"
ROLES = "roles_small"


@dataclass(frozen=True)
class _Activity:
    """What the figures of one activity are made from."""

    entries: Mapping[tuple[str, Side], Sequence[Entry]]
    person_of: Mapping[str, str]
    releases: Mapping[tuple[str, str], ReleaseRow]


def parity_view(
    session: Session,
    activity_id: str,
    checklists: Checklists,
    *,
    rule: Rule | None = None,
    stage: Stage | None = None,
    topic: str | None = None,
    at: datetime | None = None,
) -> ParityView:
    """How each side rated each item of an activity, as far as it may be shown, widest gap first.

    Call it in a unit of work, not in `reading()`: figures that may change are released by looking. Two processes that look at once
    wait for each other.

    Args:
        rule: thresholds; three and three when not given. stage, topic: show only these. at: the time of the look, now when not given.
    Raises:
        NotFoundError: there is no such activity.
    """
    rule, at = rule or Rule(), at or now()
    _lock(session, activity_id)
    found = _load(session, activity_id)
    items = [
        ItemView(item.id, item.topic, of_stage, {side: _side(session, activity_id, found, item, side, rule, at) for side in Side})
        for of_stage in checklists.stages
        for item in checklists.stage(of_stage).items
    ]
    view = ParityView(activity_id, by_gap(items), movements(items), rule.small_group, rule.step)
    return view.only(stage=stage, topic=topic)


def forget(session: Session, conversation_id: str, activity_id: str | None, *, item: str | None = None) -> None:
    """Take a conversation's ratings, or its rating of one item, out of what released figures remember.

    Call it in the unit of work that erases answers or takes consent back. The figures stay as they are until the next step, or are
    hidden when too few of their people are left.
    """
    if activity_id is None or not _lock(session, activity_id, required=False):
        return
    for row in session.scalars(_releases(activity_id)):
        if conversation_id in row.basis and item in (None, row.item):
            row.basis = {key: value for key, value in row.basis.items() if key != conversation_id}
    session.flush()


def hold(session: Session, activity_ids: Iterable[str]) -> None:
    """Make others who look at the figures of these activities wait until this unit of work ends."""
    for activity_id in sorted(activity_ids):
        _lock(session, activity_id, required=False)


def _lock(session: Session, activity_id: str, *, required: bool = True) -> bool:
    """Make others who look, or take answers back, wait. New answers need not (hence no lock on the key, which they refer to)."""
    found = session.scalar(select(ActivityRow.id).where(ActivityRow.id == activity_id).with_for_update(key_share=True))
    if found is None and required:
        raise NotFoundError("activity")
    return found is not None


def _releases(activity_id: str) -> Any:
    return select(ReleaseRow).where(ReleaseRow.activity_id == activity_id).execution_options(populate_existing=True)


def may_count() -> ColumnElement[bool]:
    """Conversations whose ratings may be part of group results."""
    return ConversationRow.kept.is_(True) & ConversationRow.share_ratings.is_(True) & ConversationRow.role.is_not(None)


def latest_by_person(rows: Iterable[tuple[AnswerRow, ConversationRow]]) -> list[tuple[AnswerRow, ConversationRow]]:
    """One answer to each item from each person, whichever conversation they gave it in: the latest."""
    latest: dict[tuple[str, str], tuple[AnswerRow, ConversationRow]] = {}
    for answer, conversation in sorted(rows, key=lambda row: (row[0].created_at, row[0].id)):
        latest[conversation.person_id, answer.item] = answer, conversation
    return list(latest.values())


def _load(session: Session, activity_id: str) -> _Activity:
    session.flush()
    current = (
        select(AnswerRow, ConversationRow)
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(AnswerRow.activity_id == activity_id, AnswerRow.superseded_at.is_(None), AnswerRow.rating.is_not(None), may_count())
    )
    rows = [(answer, conversation) for answer, conversation in session.execute(current)]
    entries: dict[tuple[str, Side], list[Entry]] = defaultdict(list)
    for answer, conversation in latest_by_person(rows):
        role = Role(str(conversation.role))
        entry = Entry(conversation.id, conversation.person_id, role, Rating(str(answer.rating)))
        entries[answer.item, SIDE_OF[role]].append(entry)
    person_of = {conversation.id: conversation.person_id for _, conversation in rows}
    return _Activity(entries, person_of, {(row.item, row.side): row for row in session.scalars(_releases(activity_id))})


def _side(session: Session, activity_id: str, found: _Activity, item: Item, side: Side, rule: Rule, at: datetime) -> SideView:
    row, entries = found.releases.get((item.id, side)), found.entries.get((item.id, side), ())
    last = without_those_who_left(_from_row(row), entries, found.person_of) if row else None
    released = next_release(last, entries, rule)
    if released is None:
        return SideView(side, hidden=FEW)
    stepped = released is not last
    row = row or ReleaseRow(activity_id=activity_id, item=item.id, side=side)
    _write(row, released)
    if stepped:
        row.released_at = at
    session.add(row)
    if not released.is_shown(rule):
        return SideView(side, hidden=FEW)
    roles = {role: Shown(counts) for role, counts in (released.roles or {}).items()}
    reason = ROLES if released.roles is None else None
    return SideView(side, Shown(released.counts), None, roles, reason, row.released_at.astimezone(UTC).date())


def _from_row(row: ReleaseRow) -> Release:
    roles = row.counts["roles"]
    return Release(
        _ratings(row.counts["all"]),
        {Role(role): _ratings(counts) for role, counts in roles.items()} if roles is not None else None,
        {key: tuple(Rating(rating) for rating in past) for key, past in row.basis.items()},
    )


def _ratings(counts: Mapping[str, int]) -> dict[Rating, int]:
    return {rating: counts.get(rating, 0) for rating in Rating}


def _write(row: ReleaseRow, release: Release) -> None:
    """Set what differs, so that a look that changes nothing writes nothing."""
    roles = {str(role): _plain(counts) for role, counts in release.roles.items()} if release.roles is not None else None
    counts = {"all": _plain(release.counts), "roles": roles}
    basis = {key: [str(rating) for rating in past] for key, past in release.basis.items()}
    if row.counts != counts:
        row.counts = counts
    if row.basis != basis:
        row.basis = basis


def _plain(counts: Mapping[Rating, int]) -> dict[str, int]:
    return {str(rating): number for rating, number in counts.items() if number}
