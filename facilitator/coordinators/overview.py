"""What an activity has come to: who takes part and how far they are (counts), and what people wrote and let coordinators read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, distinct, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from facilitator.activities import Activity, list_activities
from facilitator.coordinators.flags import may_be_read, name_if_read, role_if_kept
from facilitator.coordinators.paging import Page, page_of
from facilitator.coordinators.rights import Viewer
from facilitator.parity.figures import SIDE_OF, Side
from facilitator.parity.store import may_count
from facilitator.storage.models import AnswerRow, ConversationRow, LadderRow, NextStepRow, ReflectionRow
from facilitator.vocabulary import Role, Stage, StepState, VisibleTo

COMMENTS_SHOWN = 30
SHARED = (VisibleTo.COORDINATORS, VisibleTo.GROUP)
"""What a reflection says of who may read it, where coordinators may."""
WEEK = timedelta(days=7)


# ── counts ──


@dataclass(frozen=True)
class Part:
    """How many people of one role take part. Of those: how many keep answers, let coordinators read their words, and count in group
    results; and in `stages`, how many have answered something in each."""

    people: int = 0
    kept: int = 0
    words: int = 0
    ratings: int = 0
    stages: Mapping[Stage, int] = field(default_factory=dict)


def participation(session: Session, activity_ids: Iterable[str]) -> dict[str, dict[Role | None, Part]]:
    """People by activity and role, every role in its usual order. Somebody on two devices is one.

    None: those who have not said, and everyone who does not keep answers.
    """
    ids = list(activity_ids)
    inside, role_of = ConversationRow.activity_id.in_(ids), role_if_kept()
    people = select(
        ConversationRow.activity_id,
        role_of,
        func.count(distinct(ConversationRow.person_id)),
        _people_who(ConversationRow.kept),
        _people_who(ConversationRow.share_words),
        _people_who(ConversationRow.share_ratings),
    ).where(inside)
    answered = (
        select(ConversationRow.activity_id, ConversationRow.role, AnswerRow.stage, func.count(func.distinct(ConversationRow.person_id)))
        .join(AnswerRow, AnswerRow.conversation_id == ConversationRow.id)
        .where(inside, AnswerRow.superseded_at.is_(None))
        .group_by(ConversationRow.activity_id, ConversationRow.role, AnswerRow.stage)
    )
    stages: dict[tuple[str, str | None], dict[Stage, int]] = defaultdict(dict)
    for activity_id, role, stage, number in session.execute(answered):
        stages[str(activity_id), role][Stage(stage)] = number
    found: dict[str, dict[Role | None, Part]] = {one: {role: Part() for role in (*Role, None)} for one in ids}
    for activity_id, role, count, kept, words, ratings in session.execute(people.group_by(ConversationRow.activity_id, role_of)):
        found[str(activity_id)][Role(role) if role else None] = Part(count, kept, words, ratings, stages[str(activity_id), role])
    return found


def _people_who(agreed: InstrumentedAttribute[bool | None]) -> ColumnElement[int]:
    """How many people have agreed to something, each once."""
    return func.count(distinct(case((agreed.is_(True), ConversationRow.person_id))))


def own_activities(session: Session, viewer: Viewer) -> list[Activity]:
    """Activities this viewer sees: those with a date first, the latest first; then the others by title."""
    return [activity for activity in list_activities(session) if viewer.sees(activity.id)]


def this_week(activities: Iterable[Activity], today: date) -> list[Activity]:
    """Those that happen within a week before or after today, the soonest first."""
    near = [one for one in activities if one.happens_on and abs(one.happens_on - today) <= WEEK]
    return sorted(near, key=lambda one: (one.happens_on or today, one.title))


# ── words ──


@dataclass(frozen=True)
class Said:
    """Something somebody wrote, under the name the group knows them by. That is None of somebody who does not let coordinators read
    their words: beside their flags and figures it would say more of them than they agreed to."""

    text: str
    role: Role | None
    pseudonym: str | None
    at: datetime
    prompt: str | None = None
    stage: Stage | None = None
    visible_to: VisibleTo | None = None


def comments(session: Session, activity_id: str) -> dict[str, list[Said]]:
    """Comments by item, the newest first, only of people who let coordinators read their words."""
    query = (
        select(AnswerRow, ConversationRow.role, ConversationRow.pseudonym)
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(AnswerRow.activity_id == activity_id, AnswerRow.superseded_at.is_(None), AnswerRow.comment.is_not(None), may_be_read())
        .order_by(AnswerRow.id.desc())
    )
    found: dict[str, list[Said]] = defaultdict(list)
    for row, role, name in session.execute(query):
        comment = row.comment or ""
        if len(found[row.item]) < COMMENTS_SHOWN and comment.strip():
            found[row.item].append(Said(comment, Role(role) if role else None, name, row.created_at))
    return dict(found)


def thoughts(session: Session, activity_id: str, cursor: str = "", shared_with: Iterable[VisibleTo] = SHARED) -> Page[Said]:
    """Reflections that their writers share with coordinators or the group, or as `shared_with` says; the newest first."""
    query = (
        select(ReflectionRow, ConversationRow.role, name_if_read())
        .join(ConversationRow, ConversationRow.id == ReflectionRow.conversation_id)
        .where(
            ReflectionRow.activity_id == activity_id,
            ReflectionRow.visible_to.in_(shared_with),
            ConversationRow.kept.is_(True),
        )
    )
    page = page_of(session, query, [ReflectionRow.id], cursor=cursor)
    return Page([_thought(*row) for row in page.rows], page.before, page.after)


def _thought(row: ReflectionRow, role: str | None, name: str | None) -> Said:
    stage = Stage(row.stage) if row.stage else None
    return Said(row.text, Role(role) if role else None, name, row.created_at, row.prompt, stage, VisibleTo(row.visible_to))


# ── next steps ──


class Lane(StrEnum):
    """Where a next step stands on the board."""

    OVERDUE = "overdue"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True)
class BoardStep:
    what: str
    who: str | None
    by: str | None
    """The writer, as the group knows them; `who` may be `me`, which means them."""
    due_on: date | None
    closed_at: datetime | None


@dataclass(frozen=True)
class Board:
    """Next steps by lane: how many there are, and those whose writers let coordinators read their words."""

    counts: Mapping[Lane, int]
    steps: Mapping[Lane, Sequence[BoardStep]]

    def unread(self, lane: Lane) -> int:
        return self.counts[lane] - len(self.steps[lane])


def board(session: Session, activity_id: str, today: date) -> Board:
    """Every next step of an activity but those dropped, the soonest due first."""
    query = (
        select(NextStepRow, ConversationRow.pseudonym, may_be_read().label("read"))
        .join(ConversationRow, ConversationRow.id == NextStepRow.conversation_id)
        .where(NextStepRow.activity_id == activity_id, NextStepRow.state != StepState.DROPPED, ConversationRow.kept.is_(True))
        .order_by(NextStepRow.due_on.is_(None), NextStepRow.due_on, NextStepRow.created_at, NextStepRow.id)
    )
    counts: dict[Lane, int] = dict.fromkeys(Lane, 0)
    steps: dict[Lane, list[BoardStep]] = {lane: [] for lane in Lane}
    for row, name, read in session.execute(query):
        lane = _lane(row, today)
        counts[lane] += 1
        if read:
            steps[lane].append(BoardStep(row.what, row.who, name, row.due_on, row.closed_at))
    return Board(counts, steps)


def _lane(row: NextStepRow, today: date) -> Lane:
    if row.state == StepState.DONE:
        return Lane.DONE
    return Lane.OVERDUE if row.due_on and row.due_on < today else Lane.OPEN


# ── the ladder ──


@dataclass(frozen=True)
class LadderMonth:
    """Where people of each side placed their group in one month, the last word of each; a side with too few of them is None."""

    month: date
    sides: Mapping[Side, Mapping[str, int] | None]


def ladder(session: Session, activity_id: str, small_group: int) -> list[LadderMonth]:
    """The ladder by month, oldest first. For viewers who may read words: these counts are not released in steps."""
    query = (
        select(LadderRow, ConversationRow.person_id, ConversationRow.role)
        .join(ConversationRow, ConversationRow.id == LadderRow.conversation_id)
        .where(LadderRow.activity_id == activity_id, may_count())
        .order_by(LadderRow.created_at, LadderRow.id)
    )
    last: dict[tuple[date, Side], dict[str, str]] = defaultdict(dict)
    for row, person, role in session.execute(query):
        last[row.created_at.date().replace(day=1), SIDE_OF[Role(str(role))]][person] = row.stands
    months = sorted({month for month, _ in last})
    return [LadderMonth(month, {side: _rungs(last.get((month, side), {}), small_group) for side in Side}) for month in months]


def _rungs(stands: Mapping[str, str], small_group: int) -> Mapping[str, int] | None:
    if len(stands) < small_group:
        return None
    counts: dict[str, int] = defaultdict(int)
    for rung in stands.values():
        counts[rung] += 1
    return dict(counts)
