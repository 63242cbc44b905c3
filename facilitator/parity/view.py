"""The view itself. Everything here is worked out from figures already released, so nothing here can tell more than they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from facilitator.parity.figures import Counts, Side, add, mean, raters, spread
from facilitator.vocabulary import Role, Stage

WIDE = 0.25
"""From this gap on, a point is seen differently: half a step of the scale."""


@dataclass(frozen=True)
class Shown:
    """Figures of one group of people, all of them fit to be shown."""

    counts: Counts

    @property
    def raters(self) -> int:
        """How many said yes, partly or not yet."""
        return raters(self.counts)

    @property
    def mean(self) -> float | None:
        """0 (not yet) to 1 (yes). None when nobody rated."""
        return mean(self.counts)

    @property
    def spread(self) -> float | None:
        """How far apart two of them are on average, 0 to 1. None for fewer than two raters."""
        return spread(self.counts)


@dataclass(frozen=True)
class SideView:
    """One side of one item: its figures, or why there are none. `hidden` and `roles_hidden` name a reason in messages/parity.yml."""

    side: Side
    figures: Shown | None = None
    hidden: str | None = None
    roles: Mapping[Role, Shown] = field(default_factory=dict)
    roles_hidden: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class ItemView:
    """One item as both sides rated it."""

    item: str
    topic: str
    stage: Stage
    sides: Mapping[Side, SideView]

    @property
    def difference(self) -> float | None:
        """The mean of those who provide services less the mean of those who use them, -1 to 1. None when a side is hidden."""
        return _difference({side: view.figures.mean if view.figures else None for side, view in self.sides.items()})

    @property
    def gap(self) -> float | None:
        """The size of the difference, 0 to 1."""
        return None if self.difference is None else abs(self.difference)

    @property
    def spread(self) -> float | None:
        """The spread of everybody who rated the item; None when a side is hidden."""
        figures = _figures(self.sides)
        return Shown(add(one.counts for one in figures)).spread if figures else None

    @property
    def gap_hidden(self) -> str | None:
        """Why there is no gap; None when there is one."""
        return "gap_needs_both" if self.gap is None else None


@dataclass(frozen=True)
class StageMean:
    """Each side's mean over the items of one stage that are shown for both sides; None when there is none."""

    stage: Stage
    items: int
    means: Mapping[Side, float | None]

    @property
    def difference(self) -> float | None:
        return _difference(self.means)

    @property
    def gap(self) -> float | None:
        return None if self.difference is None else abs(self.difference)


@dataclass(frozen=True)
class Movement:
    """How one topic went from before to during to after, for the same two sides. `topic` is None for all topics together.

    Stages ask different questions, so this says which way things went, not by how much.
    """

    topic: str | None
    stages: tuple[StageMean, ...]

    def change(self, side: Side) -> float | None:
        """The last stage shown for this side less the first one shown; None when fewer than two are."""
        shown = [value for stage in self.stages if (value := stage.means[side]) is not None]
        return shown[-1] - shown[0] if len(shown) > 1 else None

    @property
    def gap_change(self) -> float | None:
        """The last gap less the first one: below zero, the sides have come closer."""
        gaps = [stage.gap for stage in self.stages if stage.gap is not None]
        return gaps[-1] - gaps[0] if len(gaps) > 1 else None


@dataclass(frozen=True)
class ParityView:
    """The whole view: items by gap, widest first, those without a gap last in the order of the checklist; movement by topic, for
    topics asked about in more than one stage, all topics together first."""

    activity_id: str
    items: tuple[ItemView, ...]
    movements: tuple[Movement, ...]
    small_group: int
    step: int

    def only(self, *, stage: Stage | None = None, topic: str | None = None) -> ParityView:
        """The view of one stage or topic. A filter picks from what is shown; it never counts anew."""
        items = tuple(item for item in self.items if stage in (None, item.stage) and topic in (None, item.topic))
        movements = tuple(movement for movement in self.movements if topic in (None, movement.topic))
        return ParityView(self.activity_id, items, movements, self.small_group, self.step)

    def total(self, side: Side, role: Role | None = None) -> Shown | None:
        """All ratings of a side, or of one role in it, over the items shown for it; None when there is none."""
        return total(self.items, side, role)


def total(items: Iterable[ItemView], side: Side, role: Role | None = None) -> Shown | None:
    """Ratings added up over items, from shown figures only."""
    views = [item.sides[side] for item in items]
    found = [view.roles.get(role) if role else view.figures for view in views]
    shown = [one.counts for one in found if one]
    return Shown(add(shown)) if shown else None


def by_gap(items: Iterable[ItemView]) -> tuple[ItemView, ...]:
    """Widest gap first; equal gaps and items without a gap keep the order given, which is the checklist's."""
    return tuple(sorted(items, key=lambda item: (item.gap is None, -(item.gap or 0))))


def apart(items: Iterable[ItemView], most: int) -> tuple[ItemView, ...]:
    """The points that the two sides see most differently, the widest gap first; none of a gap that is not wide."""
    return tuple(item for item in by_gap(items) if item.gap is not None and item.gap >= WIDE)[:most]


def alike(items: Iterable[ItemView], most: int) -> tuple[ItemView, ...]:
    """The points that the two sides see most alike, the narrowest gap first; none of a wide one."""
    close = ((item.gap, item) for item in items if item.gap is not None and item.gap < WIDE)
    return tuple(item for _, item in sorted(close, key=lambda pair: pair[0]))[:most]


def movements(items: Sequence[ItemView]) -> tuple[Movement, ...]:
    """Movement of all topics together, then of each topic asked about in more than one stage, in the order of the items."""
    topics = dict.fromkeys(item.topic for item in items)
    found = [Movement(topic, tuple(_stage_means(items, topic))) for topic in (None, *topics)]
    return tuple(movement for movement in found if len(movement.stages) > 1)


def _stage_means(items: Iterable[ItemView], topic: str | None) -> Iterable[StageMean]:
    of_topic = [item for item in items if topic in (None, item.topic)]
    for stage in Stage:
        asked = [item for item in of_topic if item.stage == stage]
        # Only items shown for both sides, so that the two means speak of the same questions.
        both = [item for item in asked if item.gap is not None]
        if asked:
            yield StageMean(stage, len(both), {side: _mean_of(item.sides[side] for item in both) for side in Side})


def _mean_of(views: Iterable[SideView]) -> float | None:
    means = [value for view in views if view.figures and (value := view.figures.mean) is not None]
    return sum(means) / len(means) if means else None


def _figures(sides: Mapping[Side, SideView]) -> list[Shown]:
    found = [view.figures for view in sides.values() if view.figures]
    return found if len(found) == len(Side) else []


def _difference(means: Mapping[Side, float | None]) -> float | None:
    use, provide = means[Side.SERVICES_USED], means[Side.SERVICES_PROVIDED]
    return None if use is None or provide is None else provide - use
