"""The report of one activity: what is in place, where people see it differently, what was shared and what is next.

It goes to the people who take part. So its ratings are released figures (facilitator/parity), its words are reflections shared with the
whole group, and of next steps it has only how many. What people shared with coordinators alone, and the ladder, whose counts are not
released in steps, have pages of their own. A copy for sharing outside follows the stricter rule: small counts are hidden, others rounded,
and nobody's words are in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from facilitator.activities import Activity
from facilitator.checklist.content import Checklists
from facilitator.coordinators import overview
from facilitator.coordinators.overview import Lane, Part, Said
from facilitator.parity.figures import Side
from facilitator.parity.outside import OutsideSide, rounded
from facilitator.parity.release import Rule
from facilitator.parity.store import parity_view
from facilitator.parity.view import WIDE, ItemView, Movement, SideView
from facilitator.vocabulary import Rating, Role, Stage, VisibleTo

IN_PLACE = 0.75
"""From this average on, both sides, a point is called in place: closer to yes than to partly."""
MOST_THOUGHTS = 200


class Group(StrEnum):
    """Where a point stands. Every point is in one of them."""

    APART = "apart"
    NOT_YET = "not_yet"
    IN_PLACE = "in_place"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class SideFigures:
    """One side of one point; a count is None where it is hidden, and everything is where the side is."""

    counts: Mapping[Rating, int | None]
    mean: float | None


@dataclass(frozen=True)
class Point:
    item: str
    topic: str
    stage: Stage
    sides: Mapping[Side, SideFigures | None]

    @property
    def means(self) -> dict[Side, float | None]:
        return {side: figures.mean if figures else None for side, figures in self.sides.items()}

    @property
    def difference(self) -> float | None:
        """The side that provides less the side that uses."""
        use, provide = self.means[Side.SERVICES_USED], self.means[Side.SERVICES_PROVIDED]
        return None if use is None or provide is None else provide - use

    @property
    def group(self) -> Group:
        if self.difference is None:
            return Group.TOO_FEW
        if abs(self.difference) >= WIDE:
            return Group.APART
        return Group.IN_PLACE if min(mean or 0 for mean in self.means.values()) >= IN_PLACE else Group.NOT_YET


@dataclass(frozen=True)
class Report:
    """What a report holds. `shared` is a copy for outside; `words` whether it may hold what people wrote."""

    activity: Activity
    made_on: date
    shared: bool
    words: bool
    people: Mapping[Role, int | None]
    points: Mapping[Group, Sequence[Point]]
    movements: Sequence[Movement]
    steps: Mapping[Lane, int | None]
    thoughts: Sequence[Said]
    more_thoughts: bool

    @property
    def shown(self) -> list[Point]:
        """Points with figures of both sides, the widest gap first."""
        found = [point for group in (Group.APART, Group.NOT_YET, Group.IN_PLACE) for point in self.points[group]]
        return sorted(found, key=lambda point: -abs(point.difference or 0))


def report(
    session: Session, activity: Activity, checklists: Checklists, *, rule: Rule, today: date, words: bool, shared: bool = False
) -> Report:
    """Collect a report. Call it in a unit of work: figures may be released by looking.

    Args:
        words: whether the reader may read what people wrote; a copy for sharing has none whatever this says.
    """
    words = words and not shared
    view = parity_view(session, activity.id, checklists, rule=rule)
    points = [_point(item, shared=shared) for item in view.items]
    steps = overview.board(session, activity.id, today).counts
    thoughts, more = _thoughts(session, activity.id) if words else ([], False)
    return Report(
        activity,
        today,
        shared,
        words,
        people_of(overview.participation(session, [activity.id])[activity.id], shared=shared),
        {group: [point for point in points if point.group is group] for group in Group},
        () if shared else view.movements,
        {lane: rounded(number) if shared else number for lane, number in steps.items()},
        thoughts,
        more,
    )


def people_of(parts: Mapping[Role | None, Part], *, shared: bool) -> dict[Role, int | None]:
    """How many people of each role have joined."""
    return {role: rounded(parts[role].people) if shared else parts[role].people for role in Role}


def _point(item: ItemView, *, shared: bool) -> Point:
    return Point(item.item, item.topic, item.stage, {side: _side(item.sides[side], shared=shared) for side in Side})


def _side(view: SideView, *, shared: bool) -> SideFigures | None:
    if view.figures is None:
        return None
    if not shared:
        return SideFigures({rating: view.figures.counts.get(rating, 0) for rating in Rating}, view.figures.mean)
    outside = OutsideSide(view.side, {rating: rounded(view.figures.counts.get(rating, 0)) for rating in Rating})
    return SideFigures(outside.counts, outside.mean)


def _thoughts(session: Session, activity_id: str) -> tuple[list[Said], bool]:
    """The newest reflections that were shared with the whole group, and whether there are more."""
    found: list[Said] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < MOST_THOUGHTS:
        page = overview.thoughts(session, activity_id, cursor, (VisibleTo.GROUP,))
        found += page.rows
        cursor = page.after
    return found[:MOST_THOUGHTS], cursor is not None or len(found) > MOST_THOUGHTS
