"""Figures across activities, and anything marked for sharing: counts of 1 to 7 are hidden and the rest rounded to 5 (DOMAIN section 5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from facilitator.checklist.content import Checklists
from facilitator.parity.figures import SIDE_OF, VALUES, Side, count, mean
from facilitator.parity.store import latest_by_person, may_count
from facilitator.storage.models import AnswerRow, ConversationRow
from facilitator.vocabulary import Rating, Role, Stage

HIDDEN_UP_TO = 7
ROUNDED_TO = 5


def rounded(number: int) -> int | None:
    """The number as it may be shown outside an activity: 0 as it is, None for 1 to 7, else to the nearest 5."""
    if 0 < number <= HIDDEN_UP_TO:
        return None
    return (number + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


@dataclass(frozen=True)
class OutsideSide:
    """One side of one item over all activities, fit for outside."""

    side: Side
    counts: Mapping[Rating, int | None]

    @property
    def total(self) -> int | None:
        """From the rounded counts, so that it tells nothing more; None when one of them is hidden."""
        known = [number for number in self.counts.values() if number is not None]
        return sum(known) if len(known) == len(self.counts) else None

    @property
    def mean(self) -> float | None:
        """From the rounded counts; None when nobody rated or a rating's count is hidden."""
        known = {rating: number for rating, number in self.counts.items() if rating in VALUES and number is not None}
        return mean(known) if len(known) == len(VALUES) else None


@dataclass(frozen=True)
class OutsideItem:
    item: str
    topic: str
    stage: Stage
    sides: Mapping[Side, OutsideSide]

    @property
    def gap(self) -> float | None:
        use, provide = (self.sides[side].mean for side in Side)
        return None if use is None or provide is None else abs(provide - use)


def across_activities(session: Session, checklists: Checklists) -> tuple[OutsideItem, ...]:
    """Every item over all activities, in the checklist's order. Somebody in several activities counts once, with their latest answer."""
    current = (
        select(AnswerRow, ConversationRow)
        .join(ConversationRow, ConversationRow.id == AnswerRow.conversation_id)
        .where(AnswerRow.activity_id.is_not(None), AnswerRow.superseded_at.is_(None), AnswerRow.rating.is_not(None), may_count())
    )
    given: dict[tuple[str, Side], list[Rating]] = defaultdict(list)
    for answer, conversation in latest_by_person([(answer, conversation) for answer, conversation in session.execute(current)]):
        given[answer.item, SIDE_OF[Role(str(conversation.role))]].append(Rating(str(answer.rating)))
    return tuple(
        OutsideItem(item.id, item.topic, stage, {side: _side(side, given[item.id, side]) for side in Side})
        for stage in checklists.stages
        for item in checklists.stage(stage).items
    )


def _side(side: Side, ratings: list[Rating]) -> OutsideSide:
    return OutsideSide(side, {rating: rounded(number) for rating, number in count(ratings).items()})
