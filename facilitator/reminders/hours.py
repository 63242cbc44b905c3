"""When people work: Monday to Friday, nine to five, where they are. Public holidays are not known here."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, CLOSES = time(9), time(17)
HOME = "Europe/London"


def zone(name: str | None) -> ZoneInfo:
    """The time zone of that name; London's where there is no such zone."""
    try:
        return ZoneInfo(name or HOME)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(HOME)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5


def at(day: date, clock: time, where: ZoneInfo) -> datetime:
    """That day and time there, in UTC."""
    return datetime.combine(day, clock, where).astimezone(UTC)


def last_working_day(day: date) -> date:
    """The day itself, or the last working day before it."""
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def next_working_day(day: date) -> date:
    """The day itself, or the next working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def working_moment(moment: datetime, where: ZoneInfo) -> datetime:
    """The moment itself where people are at work then, else when they next begin. In UTC."""
    local = moment.astimezone(where)
    if is_working_day(local.date()) and OPENS <= local.time() < CLOSES:
        return moment.astimezone(UTC)
    later = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return at(next_working_day(later), OPENS, where)
