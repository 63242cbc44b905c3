"""How the chat is used: counts over many people, never what anyone said.

The database sums up each figure itself. Over several activities the rule of outside counts (1 to 7 hidden, the rest rounded to 5); within
one, fewer people than a small group are hidden, and so is how much they said. Somebody on two devices is one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, cast, distinct, func, select, true
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists
from facilitator.parity.figures import VALUES, Side, add, mean
from facilitator.parity.outside import rounded
from facilitator.parity.release import SMALL_GROUP
from facilitator.storage.models import AnswerRow, ConversationRow, MessageRow, ReleaseRow
from facilitator.vocabulary import Author, Kind, Rating, Stage

WEEKS = 12
FALLBACK = "nlu_fallback"
MOST = 10


@dataclass(frozen=True)
class Scope:
    """Whose figures: these activities, or with None everything there is. `least`: fewer than so many people are hidden; where it is None
    the rule of outside counts."""

    activities: frozenset[str] | None
    least: int | None = None

    def shows(self, number: int, people: int | None = None) -> int | None:
        """A number as it may be shown; None when it is hidden. `people`: how many are behind it, where it counts something else."""
        if self.least is None:
            return rounded(number)
        return None if 0 < (number if people is None else people) < self.least else number

    def holds(self) -> ColumnElement[bool]:
        return true() if self.activities is None else ConversationRow.activity_id.in_(self.activities)


@dataclass(frozen=True)
class Week:
    """What began in a week, and how much was said in it. `unclear`: of what was typed or pressed, the share the bot did not understand."""

    monday: date
    people: int | None
    turns: int | None
    unclear: float | None


@dataclass(frozen=True)
class Done:
    """How many people began a stage, answered as many questions as its short way has, and all of them."""

    stage: Stage
    began: int | None
    short: int | None
    whole: int | None


@dataclass(frozen=True)
class Reach:
    item: str
    people: int | None


@dataclass(frozen=True)
class Insights:
    weeks: Sequence[Week]
    done: Sequence[Done]
    reach: Mapping[Stage, Sequence[Reach]]
    asked: Sequence[tuple[str, int | None]]
    gaps: Sequence[tuple[str, float]]


def insights(session: Session, scope: Scope, checklists: Checklists, today: date) -> Insights:
    """Everything the page shows."""
    return Insights(
        _weeks(session, scope, today),
        _done(session, scope, checklists),
        _reach(session, scope, checklists),
        _asked(session, scope, today),
        _gaps(session, scope, checklists),
    )


# ── over time ──


def _weeks(session: Session, scope: Scope, today: date) -> list[Week]:
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    since = datetime.combine(first, time(), UTC)
    began, said, unclear = Counter[date](), Counter[date](), Counter[date]()
    kept = (ConversationRow.kept.is_(True), scope.holds())
    # of those alone who began something lately: looking at everybody's first day takes longer with each year (100,000 conversations of one
    # year: 0.60 s and now 0.27 on SQLite, 0.19 and now 0.14 on PostgreSQL)
    lately = select(ConversationRow.person_id).where(*kept, ConversationRow.created_at >= since).correlate(None)
    each = select(func.min(ConversationRow.created_at).label("at")).where(*kept, ConversationRow.person_id.in_(lately))
    firsts = each.group_by(ConversationRow.person_id).subquery()
    day = func.date(firsts.c.at)
    for when, number in session.execute(select(day, func.count()).where(firsts.c.at >= since).group_by(day)):
        began[_monday(when)] += number
    day = func.date(MessageRow.created_at)
    missed = func.sum(cast(case((MessageRow.intent == FALLBACK, 1), else_=0), Integer))
    typed = (MessageRow.author == Author.PERSON, MessageRow.created_at >= since)
    for when, number, lost in session.execute(_of_messages(select(day, func.count(), missed).where(*typed), scope).group_by(day)):
        said[_monday(when)] += number
        unclear[_monday(when)] += lost or 0
    speakers = _behind(session, scope, day, typed, _monday)
    return [
        Week(one, scope.shows(began[one]), scope.shows(said[one], speakers[one]), _share(scope, unclear[one], said[one], speakers[one]))
        for one in (first + timedelta(weeks=week) for week in range(WEEKS))
    ]


def _of_messages(query: Any, scope: Scope) -> Any:
    """Messages of these activities. For everything there is no need to look at conversations."""
    if scope.activities is None:
        return query
    return query.where(MessageRow.conversation_id.in_(select(ConversationRow.id).where(scope.holds())))


def _behind[Key](session: Session, scope: Scope, what: Any, where: Sequence[Any], key: Callable[[object], Key]) -> Counter[Key]:
    """How many people are behind messages, by a key made of `what`. Only within one activity: outside, nothing hangs on it."""
    if scope.least is None:
        return Counter()
    query = select(what, ConversationRow.person_id).join(ConversationRow, ConversationRow.id == MessageRow.conversation_id)
    found = session.execute(query.where(scope.holds(), *where).distinct())
    return Counter(one for one, _ in {(key(value), person) for value, person in found})


def _monday(when: object) -> date:
    """SQLite gives a day as text, PostgreSQL as a date."""
    day = date.fromisoformat(str(when))
    return day - timedelta(days=day.weekday())


def _share(scope: Scope, part: int, whole: int, people: int) -> float | None:
    fit, total = scope.shows(part), scope.shows(whole, people)
    return None if fit is None or not total else min(1.0, fit / total)


# ── how far people get ──


def _done(session: Session, scope: Scope, checklists: Checklists) -> list[Done]:
    each = select(AnswerRow.stage, func.count(distinct(AnswerRow.item)).label("given"))
    people = _of_answers(each, scope).group_by(AnswerRow.stage, ConversationRow.person_id).subquery()
    columns: list[Any] = [people.c.stage, func.count()]
    for enough in ("short", "whole"):
        reached = [and_(people.c.stage == stage, people.c.given >= _questions(checklists, stage)[enough]) for stage in Stage]
        columns.append(func.sum(case(*((one, 1) for one in reached), else_=0)))
    found = {stage: numbers for stage, *numbers in session.execute(select(*columns).group_by(people.c.stage))}
    return [Done(stage, *(scope.shows(int(number)) for number in found.get(stage, (0, 0, 0)))) for stage in Stage]


def _questions(checklists: Checklists, stage: Stage) -> dict[str, int]:
    items = checklists.stage(stage).items
    return {"short": sum(item.quick for item in items), "whole": len(items)}


def _reach(session: Session, scope: Scope, checklists: Checklists) -> dict[Stage, list[Reach]]:
    query = select(AnswerRow.item, func.count(distinct(ConversationRow.person_id)))
    found = {item: number for item, number in session.execute(_of_answers(query, scope).group_by(AnswerRow.item))}
    return {stage: [Reach(item.id, scope.shows(found.get(item.id, 0))) for item in checklists.stage(stage).items] for stage in Stage}


def _of_answers(query: Any, scope: Scope) -> Any:
    """Answers that stand in these activities, with whose they are."""
    query = query.join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id).where(AnswerRow.superseded_at.is_(None))
    return query if scope.activities is None else query.where(AnswerRow.activity_id.in_(scope.activities))


# ── what is asked, and where the sides differ ──


def _asked(session: Session, scope: Scope, today: date) -> list[tuple[str, int | None]]:
    """Passages that questions were answered with, the most asked first."""
    passage = MessageRow.say["values"]["passage"].as_string()
    since = datetime.combine(today - timedelta(weeks=WEEKS), time(), UTC)
    given = (MessageRow.kind == Kind.ANSWER, MessageRow.created_at >= since, passage.is_not(None))
    found: Counter[str] = Counter()
    for name, number in session.execute(_of_messages(select(passage, func.count()).where(*given), scope).group_by(passage)):
        found[_topic(name)] += number
    askers = _behind(session, scope, passage, given, _topic)
    shown = [(name, scope.shows(number, askers[name])) for name, number in found.most_common()]
    return [one for one in shown if one[1] is not None][:MOST]


def _topic(passage: object) -> str:
    return str(passage).partition("#")[0].partition("/")[0]


def _gaps(session: Session, scope: Scope, checklists: Checklists) -> list[tuple[str, float]]:
    """Topics by the average gap of their points, from figures last released in each activity. Nobody is counted anew."""
    query = select(ReleaseRow.item, ReleaseRow.side, ReleaseRow.counts, ReleaseRow.basis)
    query = query if scope.activities is None else query.where(ReleaseRow.activity_id.in_(scope.activities))
    counts: dict[tuple[str, str], list[dict[Rating, int]]] = defaultdict(list)
    for item, side, released, basis in session.execute(query):
        # figures whose people have mostly left are shown nowhere
        if sum(past[-1] in VALUES for past in basis.values()) >= (scope.least or SMALL_GROUP):
            counts[item, side].append({Rating(rating): number for rating, number in released["all"].items()})
    gaps: dict[str, list[float]] = defaultdict(list)
    for item in (item for stage in checklists.stages for item in checklists.stage(stage).items):
        means = [_mean(scope, add(counts[item.id, side])) for side in Side]
        if means[0] is not None and means[1] is not None:
            gaps[item.topic].append(abs(means[0] - means[1]))
    averages = [(topic, sum(those) / len(those)) for topic, those in gaps.items()]
    return sorted(averages, key=lambda one: -one[1])[:MOST]


def _mean(scope: Scope, counts: Mapping[Rating, int]) -> float | None:
    """The mean of a side; None when too few rated, or, outside, when one of the counts it would be made from is hidden."""
    raters = {rating: counts.get(rating, 0) for rating in VALUES}
    if scope.least is not None:
        return mean(raters) if sum(raters.values()) >= scope.least else None
    fit = {rating: number for rating in VALUES if (number := rounded(raters[rating])) is not None}
    return mean(fit) if len(fit) == len(VALUES) else None
