"""What there is to be reminded of, and when. Pure: days and steps in, reminders out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from facilitator.reminders.hours import at, last_working_day, next_working_day, zone

MORNING = time(9, 30)
AFTERNOON = time(16)


class ReminderKind(StrEnum):
    BEFORE = "before"
    """What is not ready, the working day before."""
    DURING = "during"
    """To use the ground rules, on the day; at a weekend, on the Friday."""
    AFTER = "after"
    """To look back, the working day after."""
    STEP = "step"
    """A next step is due."""


@dataclass(frozen=True)
class Planned:
    """One reminder. `about` is the activity's day, or the next step."""

    kind: ReminderKind
    about: str
    due_at: datetime


def planned(happens_on: date | None, steps: Mapping[str, date], time_zone: str) -> tuple[Planned, ...]:
    """Everything to be reminded of.

    Args:
        happens_on: the activity's day. steps: the person's open next steps and when each is due. time_zone: where the person is.
    """
    return (*_of_the_day(happens_on, time_zone), *_of_steps(steps, time_zone))


def _of_the_day(day: date | None, time_zone: str) -> tuple[Planned, ...]:
    if day is None:
        return ()
    where, about = zone(time_zone), day.isoformat()
    on_the_day = last_working_day(day)
    return (
        Planned(ReminderKind.BEFORE, about, at(last_working_day(day - timedelta(days=1)), MORNING, where)),
        Planned(ReminderKind.DURING, about, at(on_the_day, time(9) if on_the_day == day else AFTERNOON, where)),
        Planned(ReminderKind.AFTER, about, at(next_working_day(day + timedelta(days=1)), MORNING, where)),
    )


def _of_steps(steps: Mapping[str, date], time_zone: str) -> tuple[Planned, ...]:
    where = zone(time_zone)
    return tuple(Planned(ReminderKind.STEP, step, at(next_working_day(due_on), MORNING, where)) for step, due_on in steps.items())


def snoozed(now: datetime, time_zone: str) -> datetime:
    """The next working morning."""
    where = zone(time_zone)
    return at(next_working_day(now.astimezone(where).date() + timedelta(days=1)), MORNING, where)
