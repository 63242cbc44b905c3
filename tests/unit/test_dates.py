"""Dates in words: what people type when asked "by when?", and dates inside longer texts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilitator.dates import read_date

TODAY = date(2026, 11, 23)  # a Monday

TABLE = [
    # days
    ("today", "2026-11-23"),
    ("Tomorrow", "2026-11-24"),
    ("the day after tomorrow", "2026-11-25"),
    ("Tuesday", "2026-11-24"),
    ("next Tuesday", "2026-11-24"),
    ("this Friday", "2026-11-27"),
    ("on Friday please", "2026-11-27"),
    ("fri", "2026-11-27"),
    ("Thurs", "2026-11-26"),
    ("Monday", "2026-11-30"),
    ("next monday", "2026-11-30"),
    ("Tuesday week", "2026-12-01"),
    ("a week on Tuesday", "2026-12-01"),
    ("two weeks on Friday", "2026-12-11"),
    ("a fortnight on Wednesday", "2026-12-09"),
    # in a while
    ("in two weeks", "2026-12-07"),
    ("in 2 weeks", "2026-12-07"),
    ("within 10 days", "2026-12-03"),
    ("in a fortnight", "2026-12-07"),
    ("in a week's time", "2026-11-30"),
    ("two weeks from now", "2026-12-07"),
    ("in a month", "2026-12-23"),
    ("in 3 months", "2027-02-23"),
    ("in a couple of weeks", "2026-12-07"),
    ("in a few days", "2026-11-26"),
    # day and month
    ("14 January", "2027-01-14"),
    ("14th January", "2027-01-14"),
    ("14th of January", "2027-01-14"),
    ("the 14th of January 2027", "2027-01-14"),
    ("January 14", "2027-01-14"),
    ("January the 14th", "2027-01-14"),
    ("14 Jan", "2027-01-14"),
    ("14 jan '28", "2028-01-14"),
    ("Thursday 14 January", "2027-01-14"),
    ("Fri 4 Dec", "2026-12-04"),
    ("23 November", "2026-11-23"),
    ("22 November", "2027-11-22"),
    ("1 May 2026", "2026-05-01"),
    ("29 February", "2028-02-29"),
    ("31 June", None),
    ("31 June 2027", None),
    # figures: the day first
    ("14/01/2027", "2027-01-14"),
    ("3/4/2027", "2027-04-03"),
    ("03/04", "2027-04-03"),
    ("14.1.27", "2027-01-14"),
    ("14-01-2027", "2027-01-14"),
    ("2027-01-14", "2027-01-14"),
    ("1/14/2027", None),
    ("31/02/2027", None),
    # stretches of time: their last day
    ("next week", "2026-12-04"),
    ("this week", "2026-11-27"),
    ("by the end of the week", "2026-11-27"),
    ("end of next week", "2026-12-04"),
    ("this weekend", "2026-11-28"),
    ("next month", "2026-12-31"),
    ("end of the month", "2026-11-30"),
    ("the end of January", "2027-01-31"),
    ("by March", "2027-03-31"),
    ("January", "2027-01-31"),
    ("January 2028", "2028-01-31"),
    ("before Christmas", "2026-12-25"),
    ("before easter", "2027-03-28"),
    ("Good Friday", "2027-03-26"),
    ("by Easter Monday", "2027-03-29"),
    ("by the new year", "2027-01-01"),
    ("boxing day", "2026-12-26"),
    ("the end of the year", "2026-12-31"),
    ("the 3rd", "2026-12-03"),
    ("by the 30th", "2026-11-30"),
    # inside a longer text: the first one named
    ("Sam will ring the café by next Friday, or the week after", "2026-11-27"),
    ("Book the room for 14 January 2027 at 2pm", "2027-01-14"),
    ("I can do it tomorrow but not Wednesday", "2026-11-24"),
    ("We said 3/12 in the meeting", "2026-12-03"),
    # no date
    ("", None),
    ("soon", None),
    ("I am not sure", None),
    ("when I can", None),
    ("I may do it", None),
    ("we sat and talked", None),
    ("march on", None),
    ("the second one", None),
    ("one of us will", None),
    ("1/2 of the group", None),
    ("2 people", None),
    ("ward 14", None),
    ("at 10.30", None),
    ("24/7", None),
    ("someone@tuesday.org", None),
    ("every day", None),
    ("99/99/9999", None),
    ("in 999 years", None),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_dates_are_read_as_british_people_mean_them(text, expected):
    assert read_date(text, TODAY) == (date.fromisoformat(expected) if expected else None)


def test_the_table_is_long_enough_to_mean_something():
    assert len(TABLE) >= 60


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2028, 2, 29), date(2026, 12, 31)])
def test_a_weekday_said_on_that_day_is_in_a_week(day):
    assert (read_date(f"{day:%A}", day) - day).days == 7


def test_the_end_of_the_month_is_right_in_december_and_in_leap_years():
    assert read_date("end of the month", date(2026, 12, 5)) == date(2026, 12, 31)
    assert read_date("next month", date(2026, 12, 5)) == date(2027, 1, 31)
    assert read_date("next month", date(2028, 1, 31)) == date(2028, 2, 29)
    assert read_date("in a month", date(2027, 1, 31)) == date(2027, 2, 28)


@given(st.text(max_size=60), st.dates())
def test_nothing_typed_ever_raises(text, today):
    read_date(text, today)


WORDS = [
    "next",
    "week",
    "the",
    "31",
    "30th",
    "feb",
    "may",
    "2027",
    "tuesday",
    "in",
    "two",
    "months",
    "/",
    "-",
    "12",
    "end of",
    "year",
    "fortnight",
    "on",
    "99",
]


@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_mixture_of_date_words_gives_a_date_or_none(text, today):
    found = read_date(text, today)
    assert found is None or abs(found.year - today.year) <= 20


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_whole_date_is_read_back_whatever_the_day(day, today):
    if abs(day.year - today.year) > 20:
        return
    for form in (day.isoformat(), f"{day.day} {day:%B %Y}", f"{day:%d/%m/%Y}", f"by {day:%A} {day.day} {day:%B} {day.year}."):
        assert read_date(form, today) == day, form
