"""Reminders fire once, whoever is running and however often it starts again; time is travelled, never waited for."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from facilitator import erasure
from facilitator.storage.models import ActivityRow, NextStepRow, ReminderRow, SlackOutRow
from facilitator.vocabulary import Depth
from tests.integration.slack.people import part_of
from tests.slack_server import buttons_of, words_of
from web.slack import reminding

LONDON = ZoneInfo("Europe/London")
DAY = date(2030, 6, 12)  # a Wednesday


class Clock:
    def __init__(self) -> None:
        self.at = datetime(2030, 6, 3, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(system) -> Clock:
    made = Clock()
    set_clock(part_of(system), made)
    return made


def set_clock(part, clock) -> None:
    object.__setattr__(part.slack, "now", clock)
    part.slack.sender._now = clock


def there(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2030, month, day, hour, minute, tzinfo=LONDON).astimezone(UTC)


async def set_up(sam, slack, *, day: date = DAY) -> None:
    await sam.command("new")
    await sam.fill(slack.views[-1], title="Ward review", when=day.isoformat())
    slack.messages[sam.dm].clear()


async def tick(*parts) -> None:
    for part in parts:
        await asyncio.to_thread(reminding.plan, part.slack)
    await asyncio.gather(*(reminding.fire(part.slack) for part in parts))


def states(system) -> dict[str, str]:
    with system.built.database.reading() as session:
        return {row.kind: row.state for row in session.scalars(select(ReminderRow))}


async def test_the_day_before_on_the_day_and_the_day_after_each_once(system, sam, slack, clock):
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    said: list[tuple[datetime, str]] = []
    for hour in range(24 * 14):
        clock.at = there(3, 0) + timedelta(hours=hour)
        await tick(part)
        said += [(clock.at.astimezone(LONDON), words_of(message)) for message in slack.messages[sam.dm]]
        slack.messages[sam.dm].clear()
    assert [(at.day, at.hour) for at, _ in said] == [(11, 10), (12, 9), (13, 10)]
    assert "A few short questions" in said[0][1] and "ground rules" in said[1][1] and "Looking back soon" in said[2][1]


async def test_one_reminder_across_a_restart_and_two_replicas(system, sam, slack, clock, another):
    await set_up(sam, slack)
    parts = [part_of(system), another().part]
    set_clock(parts[1], clock)
    await tick(*parts)
    clock.at = there(11, 9, 31)
    for _ in range(3):
        await tick(*parts, *parts)
    restarted = another().part
    set_clock(restarted, clock)
    await tick(restarted, *parts)
    await asyncio.gather(*(part.slack.sender.send_all() for part in (*parts, restarted)))
    assert len(slack.messages[sam.dm]) == 1


async def test_a_reminder_claimed_by_a_process_that_ended_is_on_its_way_all_the_same(system, sam, slack, clock, another):
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    clock.at = there(11, 9, 31)
    slack.limit(5, methods=("chat.postMessage",))
    await tick(part)
    assert slack.messages[sam.dm] == []
    clock.at += timedelta(seconds=6)
    after = another().part
    set_clock(after, clock)
    await after.slack.sender.send_all()
    assert len(slack.messages[sam.dm]) == 1


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 13), ("Asia/Kolkata", 4), ("Europe/London", 8)])
async def test_in_the_morning_where_the_person_is(system, sam, slack, clock, zone, hour):
    slack.time_zone = zone
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    for quarter in range(24 * 4):
        clock.at = datetime(2030, 6, 11, tzinfo=UTC) + timedelta(minutes=15 * quarter)
        await tick(part)
        if slack.messages[sam.dm]:
            break
    assert clock.at.hour == hour
    assert 9 <= clock.at.astimezone(ZoneInfo(zone)).hour < 17


async def test_nothing_at_the_weekend_nor_at_night_even_after_everything_was_down(system, sam, slack, clock):
    await set_up(sam, slack, day=date(2030, 6, 15))  # a Saturday
    part = part_of(system)
    await tick(part)
    clock.at = there(14, 23)  # down all Friday
    await tick(part)
    clock.at = there(16, 12)
    await tick(part)
    clock.at = there(17, 9)
    await tick(part)
    assert slack.messages[sam.dm] == []  # what was for before the day is of no use after it
    clock.at = there(17, 9, 31)
    await tick(part)
    assert "Looking back soon" in sam.text and len(slack.messages[sam.dm]) == 1


async def test_what_is_not_ready_is_said_before(system, sam, slack, clock):
    await set_up(sam, slack)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short", "Not yet", "Nothing to add"):
        await sam.press(title)
    slack.messages[sam.dm].clear()
    await tick(part_of(system))
    clock.at = there(11, 9, 31)
    await tick(part_of(system))
    item = system.built.checklists.stage("before").walk(Depth.QUICK)[0]
    assert "not ready yet" in sam.text and item.short in sam.text and "Get ready" in buttons_of(sam.last)


async def test_on_the_friday_before_a_weekend_the_day_is_said(system, sam, slack, clock):
    await set_up(sam, slack, day=date(2030, 6, 15))  # a Saturday
    part = part_of(system)
    await tick(part)
    clock.at = there(14, 9, 31)
    await tick(part)
    slack.messages[sam.dm].clear()
    clock.at = there(14, 16, 1)
    await tick(part)
    assert "Ward review is on 15 June 2030. On the day, begin with your ground rules" in sam.text and "It is time" not in sam.text


@pytest.mark.parametrize(
    ("answer", "said"), [("Yes", "is ready. Well done"), ("Not sure", "made a start"), ("Does not apply", "made a start")]
)
async def test_well_done_is_said_to_those_who_said_yes(system, sam, slack, clock, answer, said):
    await set_up(sam, slack)
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short", answer):
        await sam.press(title)
    slack.messages[sam.dm].clear()
    await tick(part_of(system))
    clock.at = there(11, 9, 31)
    await tick(part_of(system))
    assert said in sam.text


@pytest.mark.parametrize("button", ["Remind me later", "No more reminders"])
async def test_a_reminder_of_an_activity_that_was_erased_has_buttons_that_say_so(system, sam, slack, clock, button):
    await set_up(sam, slack)
    await tick(part_of(system))
    clock.at = there(11, 9, 31)
    await tick(part_of(system))
    reminder = dict(sam.last)
    with system.built.database.unit_of_work() as session:
        code = session.scalars(select(ActivityRow)).one().join_code
        erasure.erase(session, erasure.of_activity(session, code), None)
    await sam.press(button, message=reminder)
    assert "will not remind you of it again" in sam.text


async def test_a_next_step_of_mine_is_reminded_of_on_its_day_unless_it_is_done(system, sam, slack, clock):
    await set_up(sam, slack, day=date(2030, 9, 2))
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short"):
        await sam.press(title)
    for what, day in (("Book a room", "2030-06-20"), ("Send the papers", "2030-06-21"), ("Thank the staff", "2030-06-20")):
        await sam.press("Not yet")
        await sam.press("Plan a next step")
        await sam.press("Write a next step")
        await sam.fill(slack.views[-1], text=what, who="Staff" if "staff" in what else "I will", when=day)
        await sam.press("Nothing to add")
    slack.messages[sam.dm].clear()
    await tick(part_of(system))
    with system.built.database.unit_of_work() as session:
        session.execute(update(NextStepRow).where(NextStepRow.what == "Send the papers").values(state="done"))
    for day in (20, 21):
        clock.at = there(day, 9, 31)
        await tick(part_of(system))
    assert [text.splitlines()[0] for text in slack.texts(sam.dm)] == ["A next step is due for Ward review: Book a room"]


@pytest.mark.parametrize("button", ["Remind me later", "No more reminders"])
async def test_a_reminder_that_waits_to_be_changed_goes_with_the_conversation_whose_words_it_quotes(system, sam, slack, clock, button):
    await set_up(sam, slack, day=date(2030, 9, 2))
    await sam.command("prep")
    for title in ("Keep", "I work in services", "Short", "Not yet", "Plan a next step", "Write a next step"):
        await sam.press(title)
    await sam.fill(slack.views[-1], text="Book a room", who="I will", when="2030-06-20")
    slack.messages[sam.dm].clear()
    await tick(part_of(system))
    clock.at = there(20, 9, 31)
    await tick(part_of(system))
    slack.limit(600, methods=("chat.update",))
    await sam.press(button)
    with system.built.database.unit_of_work() as session:
        waiting = session.scalars(select(SlackOutRow)).one()
        assert waiting.method == "chat.update" and "Book a room" in str(waiting.payload)
        erasure.erase(session, erasure.these([waiting.conversation_id]), None)
    before = slack.count("chat.update")
    clock.at += timedelta(seconds=601)
    await part_of(system).slack.sender.send_all()
    with system.built.database.reading() as session:
        assert session.scalars(select(SlackOutRow)).all() == []
    assert slack.count("chat.update") == before


async def test_snoozed_it_comes_again_on_the_next_working_morning_once(system, sam, slack, clock):
    await set_up(sam, slack, day=date(2030, 6, 20))  # a Thursday
    part = part_of(system)
    await tick(part)
    clock.at = there(21, 9, 31)  # the Friday after: looking back
    await tick(part)
    assert len(slack.messages[sam.dm]) == 1
    await sam.press("Remind me later")
    assert "again on 24 June 2030 at 9:30" in sam.text and buttons_of(sam.last) == {}
    clock.at = there(22, 12)
    await tick(part)
    assert len(slack.messages[sam.dm]) == 1
    clock.at = there(24, 9, 31)
    await tick(part)
    await tick(part)
    assert len(slack.messages[sam.dm]) == 2


async def test_put_off_on_the_day_before_it_comes_in_the_afternoon_and_then_no_more(system, sam, slack, clock):
    await set_up(sam, slack, day=date(2030, 6, 15))  # a Saturday
    part = part_of(system)
    await tick(part)
    clock.at = there(14, 9, 31)
    await tick(part)
    await sam.press("Remind me later")
    assert "again on 14 June 2030 at 16:00" in sam.text
    clock.at = there(14, 16, 1)
    await tick(part)
    again = next(message for message in slack.messages[sam.dm] if "Get ready" in buttons_of(message))
    await sam.press("Remind me later", message=again)
    assert "too close" in "\n".join(slack.texts(sam.dm))


async def test_stopped_it_never_comes_again_and_only_the_person_can_stop_it(system, sam, ann, slack, clock):
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    clock.at = there(11, 9, 31)
    await tick(part)
    reminder = sam.last
    await ann.press("No more reminders", message=reminder)
    assert "waiting" in states(system).values()
    await sam.press("No more reminders", message=reminder)
    assert "I will not remind you" in sam.text
    slack.messages[sam.dm].clear()
    for day in (12, 13, 14):
        clock.at = there(day, 11)
        await tick(part)
    assert slack.messages[sam.dm] == []


async def test_a_new_day_for_the_activity_moves_the_reminders(system, sam, slack, clock):
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    with system.built.database.unit_of_work() as session:
        session.execute(update(ActivityRow).values(happens_on=datetime(2030, 7, 10, 12, tzinfo=UTC)))
    await tick(part)
    clock.at = there(12, 11)
    await tick(part)
    assert slack.messages[sam.dm] == []
    clock.at = there(9, 9, 31, month=7)
    await tick(part)
    assert len(slack.messages[sam.dm]) == 1


async def test_a_week_late_is_too_late(system, sam, slack, clock):
    await set_up(sam, slack)
    part = part_of(system)
    await tick(part)
    clock.at = there(24, 11)
    await tick(part)
    assert slack.messages[sam.dm] == []
    assert set(states(system).values()) == {"dropped"}
