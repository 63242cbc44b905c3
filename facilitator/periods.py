"""For how long things are kept: the organisation's periods, and an activity's own where it has any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Periods:
    """For how many days the chat itself, and answers, are kept."""

    raw_text_days: int
    answer_days: int


class HasOwn(Protocol):
    """An activity, as a row or a value. None where everybody's period counts."""

    @property
    def raw_text_days(self) -> int | None: ...
    @property
    def answer_days(self) -> int | None: ...


def periods_of(activity: HasOwn | None, everywhere: Periods) -> Periods:
    """For how long words and answers are kept, as `retention.Limits` counts it: the activity's own periods, or everybody's."""
    if activity is None:
        return everywhere
    return Periods(activity.raw_text_days or everywhere.raw_text_days, activity.answer_days or everywhere.answer_days)
