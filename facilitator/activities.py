"""Activities: the meeting, workshop or piece of work that people think about together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import TypedDict, Unpack

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from facilitator.checklist.timing import stage_on
from facilitator.codes import new_join_code, tidy_join_code
from facilitator.errors import FacilitatorError, NotFoundError, SettingsError
from facilitator.periods import Periods, periods_of
from facilitator.storage.conversations import new_id, now
from facilitator.storage.models import ActivityRow, ConversationRow
from facilitator.vocabulary import Stage

MAX_TITLE = 200
MAX_DESCRIPTION = 2000


@dataclass(frozen=True)
class Activity:
    """An activity as a plain value. The days are how long words and answers are kept, None as the settings say."""

    id: str
    title: str
    description: str
    happens_on: date | None
    join_code: str
    raw_text_days: int | None
    answer_days: int | None
    created_at: datetime


class LongerThanToldError(FacilitatorError):
    """People were told a shorter time. `told` is what they were told, by the name of each field that would be longer, in days."""

    def __init__(self, told: dict[str, int]) -> None:
        self.told = told
        days = " and ".join(f"{_CALLED[name]} for {days} days" for name, days in told.items())
        super().__init__(f"There are chats in this activity, and the people in them were told: {days}. It can be less, and not more.")


_CALLED = {"raw_text_days": "the chat is kept", "answer_days": "answers are kept"}


class Changes(TypedDict, total=False):
    """What can be edited; what is not named stays as it is."""

    title: str
    description: str
    happens_on: date | None
    raw_text_days: int | None
    answer_days: int | None


def add_activity(
    session: Session,
    title: str,
    description: str = "",
    happens_on: date | None = None,
    raw_text_days: int | None = None,
    answer_days: int | None = None,
) -> str:
    """Create an activity and return its join code.

    Raises:
        SettingsError: the title is empty or longer than 200 characters, the description longer than 2,000, or a number of days below 1.
    """
    row = ActivityRow(id=new_id(), join_code=_unused_code(session), created_at=now())
    _set(row, {"title": title, "description": description, "happens_on": happens_on})
    _set(row, {"raw_text_days": raw_text_days, "answer_days": answer_days})
    session.add(row)
    return row.join_code


def edit_activity(session: Session, join_code: str, everywhere: Periods, **changes: Unpack[Changes]) -> Activity:
    """Change an activity; its join code stays.

    Args:
        everywhere: the periods that count where the activity has none of its own.
    Raises:
        NotFoundError: no activity has this code. SettingsError: as for `add_activity`.
        LongerThanToldError: something would be kept longer than people in it were told.
    """
    row = _row(session, join_code)
    if row is None:
        raise NotFoundError("activity")
    before = periods_of(row, everywhere)
    _set(row, changes)
    _keep_to_what_was_told(session, row, before, periods_of(row, everywhere))
    session.flush()
    return _activity(row)


def find_by_code(session: Session, join_code: str) -> Activity | None:
    """The activity with this code, however it was typed; None when there is none."""
    row = _row(session, join_code)
    return _activity(row) if row else None


def list_activities(session: Session) -> list[Activity]:
    """Every activity: those with a date first, the latest first; then the others by title."""
    activities = [_activity(row) for row in session.scalars(select(ActivityRow))]
    return sorted(activities, key=lambda a: (a.happens_on is None, -(a.happens_on or date.min).toordinal(), a.title.casefold(), a.id))


def stage_for(activity: Activity, today: date) -> Stage | None:
    """The stage that fits the day: before until the day before, during on the day, after from the next; None without a date."""
    return stage_on(today, activity.happens_on)


def _keep_to_what_was_told(session: Session, row: ActivityRow, before: Periods, after: Periods) -> None:
    """Every chat counts, also where nothing is kept so far: its first message says the periods, and who said no may say yes later without
    being told again. A chat that nobody kept is gone a day after its last message."""
    asked = asdict(after)
    longer = {name: days for name, days in asdict(before).items() if asked[name] > days}
    if longer and session.scalar(select(exists().where(ConversationRow.activity_id == row.id))):
        raise LongerThanToldError(longer)


def _row(session: Session, join_code: str) -> ActivityRow | None:
    return session.scalar(select(ActivityRow).where(ActivityRow.join_code == tidy_join_code(join_code)))


def _unused_code(session: Session) -> str:
    while True:
        code = new_join_code()
        if _row(session, code) is None:
            return code


def _set(row: ActivityRow, changes: Changes) -> None:
    if "title" in changes:
        row.title = _text(changes["title"], "a title", 1, MAX_TITLE)
    if "description" in changes:
        row.description = _text(changes["description"], "a description", 0, MAX_DESCRIPTION)
    if "happens_on" in changes:
        day = changes["happens_on"]
        # noon, so that it is the same day in whatever zone a database gives times back
        row.happens_on = datetime.combine(day, time(12), UTC) if day else None
    if "raw_text_days" in changes:
        row.raw_text_days = _days(changes["raw_text_days"])
    if "answer_days" in changes:
        row.answer_days = _days(changes["answer_days"])


def _text(text: str, what: str, least: int, most: int) -> str:
    tidy = text.strip()
    if not least <= len(tidy) <= most:
        raise SettingsError(f"An activity needs {what} of {least} to {most} characters.")
    return tidy


def _days(days: int | None) -> int | None:
    if days is not None and days < 1:
        raise SettingsError("Answers are kept for at least 1 day.")
    return days


def _activity(row: ActivityRow) -> Activity:
    return Activity(
        row.id,
        row.title,
        row.description,
        row.happens_on.date() if row.happens_on else None,
        row.join_code,
        row.raw_text_days,
        row.answer_days,
        row.created_at,
    )
