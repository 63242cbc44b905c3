"""What there is to be reminded of, and when: in working hours, where the person is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilitator.conversation.turn import Given, NextStep, Talk
from facilitator.reminders.hours import last_working_day, next_working_day, working_moment, zone
from facilitator.reminders.plan import ReminderKind, planned, snoozed
from facilitator.vocabulary import Rating, Stage, StepState
from web.slack.activities import all_ready

BEFORE, DURING, AFTER, STEP = ReminderKind
zones = st.sampled_from(sorted(available_timezones()))
days = st.dates(date(2024, 1, 1), date(2040, 12, 31))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))


@given(days, zones, st.dictionaries(st.text("ab", min_size=1, max_size=3), days, max_size=3))
def test_everything_is_in_working_hours_where_the_person_is(day, name, steps):
    for plan in planned(day, steps, name):
        local = plan.due_at.astimezone(zone(name))
        assert local.weekday() < 5 and time(9) <= local.time() < time(17)


@given(days, zones)
def test_before_comes_before_the_day_on_the_day_not_after_it_and_after_after(day, name):
    found = {plan.kind: plan.due_at.astimezone(zone(name)).date() for plan in planned(day, {}, name)}
    assert found[BEFORE] < day and found[DURING] <= day < found[AFTER]


@given(moments, zones)
def test_a_working_moment_is_the_next_one_and_itself_when_it_is_one(moment, name):
    found = working_moment(moment, zone(name))
    local = found.astimezone(zone(name))
    assert found >= moment and found - moment < timedelta(days=4)
    assert local.weekday() < 5 and time(9) <= local.time() < time(17)
    assert working_moment(found, zone(name)) == found


@pytest.mark.parametrize(
    ("day", "before", "during", "after"),
    [
        (date(2026, 11, 24), "Mon 23 09:30", "Tue 24 09:00", "Wed 25 09:30"),
        (date(2026, 11, 28), "Fri 27 09:30", "Fri 27 16:00", "Mon 30 09:30"),
        (date(2026, 11, 29), "Fri 27 09:30", "Fri 27 16:00", "Mon 30 09:30"),
        (date(2026, 11, 30), "Fri 27 09:30", "Mon 30 09:00", "Tue 01 09:30"),
    ],
)
def test_the_days_around_a_weekend(day, before, during, after):
    found = {
        plan.kind: plan.due_at.astimezone(ZoneInfo("Europe/London")).strftime("%a %d %H:%M") for plan in planned(day, {}, "Europe/London")
    }
    assert (found[BEFORE], found[DURING], found[AFTER]) == (before, during, after)


def test_the_clocks_go_back_and_it_is_half_past_nine_all_the_same():
    for day in (date(2026, 10, 22), date(2026, 10, 29)):
        due = next(plan.due_at for plan in planned(day, {}, "Europe/London") if plan.kind is BEFORE)
        assert due.astimezone(ZoneInfo("Europe/London")).time() == time(9, 30)


def test_without_a_day_only_next_steps_are_reminded_of():
    assert [(plan.kind, plan.about) for plan in planned(None, {"s1": date(2026, 11, 28)}, "Europe/London")] == [(STEP, "s1")]
    assert planned(None, {}, "Europe/London") == ()


def test_later_is_the_next_working_morning():
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert snoozed(friday, "Europe/London") == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", [None, "", "Nowhere/Land", "../etc", "Europe"])
def test_a_zone_nobody_knows_is_londons(name):
    assert zone(name).key == "Europe/London"


def test_working_days():
    assert last_working_day(date(2026, 11, 29)) == date(2026, 11, 27) and next_working_day(date(2026, 11, 28)) == date(2026, 11, 30)


YES, PARTLY, NOT_YET, NOT_SURE, NOT_APPLICABLE, SKIPPED = Rating


@pytest.mark.parametrize(
    ("ratings", "ready"),
    [
        ([YES], True),
        ([YES, NOT_APPLICABLE], True),
        ([NOT_SURE, NOT_SURE], False),
        ([NOT_APPLICABLE], False),
        ([None], False),
        ([YES, SKIPPED], False),
        ([YES, NOT_SURE], False),
        ([YES, None], False),
        ([YES, PARTLY], False),
        ([YES, NOT_YET], False),
        ([], False),
    ],
)
def test_ready_is_what_somebody_said_yes_to_and_nothing_else(library, ratings, ready):
    items = library.checklists.stage(Stage.BEFORE).items
    talk = Talk("c", answers={item.id: Given(rating, "words") for item, rating in zip(items, ratings, strict=False)})
    assert all_ready(talk, Stage.BEFORE, library) is ready


def test_my_steps_are_those_i_took_on_or_gave_to_nobody():
    steps = {who or "nobody": NextStep("x", who) for who in ("me", None, "carer", "Quiet River")}
    done = {"done": NextStep("x", "me", state=StepState.DONE)}
    assert set(Talk("c", next_steps={**steps, **done}).my_steps) == {"me", "nobody"}
