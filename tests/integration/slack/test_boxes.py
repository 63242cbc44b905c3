"""Boxes to write in: what is in them meets the screen first, whatever has become of the question, and is never lost."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from facilitator import erasure
from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage.models import ActivityRow, AnswerRow, ChoiceRow, ConversationRow, FlagRow, MessageRow, NextStepRow, ReflectionRow
from tests.integration.slack.people import part_of, rows, screen_fails, storage_is_down
from tests.slack_server import buttons_of
from web.chat.problems import Problem
from web.slack import receiving

HELD = "Your words are still here"
NOT_THERE = "What it was for is gone"


def words_stored(system) -> str:
    return " ".join(f"{row.text}" for row in rows(system, MessageRow)) + " ".join(f"{row.comment}" for row in rows(system, AnswerRow))


async def opened(sam, slack, *titles):
    await sam.begin()
    for title in titles or ("Partly", "Write a comment"):
        await sam.press(title)
    return slack.views[-1]


async def moved_on(system, sam):
    await sam.press("Nothing to add")


async def erased(system, sam):
    with system.built.database.unit_of_work() as session:
        erasure.erase(session, erasure.these([row.id for row in session.scalars(select(ConversationRow))]), None)


async def left_for_a_day(system, sam):
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).values(kept=None, last_active_at=store.now() - timedelta(hours=25)))


WAYS = [(moved_on, "We have moved on"), (erased, "That chat has ended"), (left_for_a_day, "That chat has ended")]
GONE = pytest.mark.parametrize(("gone", "why"), WAYS)


def why_open(answer) -> str:
    told = answer.json()
    assert answer.status_code == 200 and told["response_action"] == "errors" and len(told["errors"]) == 1
    return next(iter(told["errors"].values()))


@GONE
async def test_somebody_in_danger_is_helped_whatever_has_become_of_the_question(system, sam, slack, gone, why):
    view = await opened(sam, slack)
    await gone(system, sam)
    await sam.fill(view, text="I am in DANGER")
    assert any("999" in text for text in slack.texts(sam.dm))
    assert [flag.kind for flag in rows(system, FlagRow)] == ["crisis"]


@GONE
async def test_words_for_a_question_that_has_gone_stay_in_the_box_with_what_to_do(system, sam, slack, gone, why):
    view = await opened(sam, slack)
    await gone(system, sam)
    for _ in range(2):
        told = why_open(await sam.send_off(view, text="heliotrope papers"))
        assert HELD in told and why in told
    await sam.door.settle()
    assert "heliotrope" not in words_stored(system)


async def test_a_question_come_back_to_takes_words_from_a_new_box(system, sam, slack):
    view = await opened(sam, slack)
    await moved_on(system, sam)
    why_open(await sam.send_off(view, text="heliotrope papers"))
    await sam.say("back")
    await sam.press("Partly")
    await sam.press("Write a comment")
    await sam.fill(slack.views[-1], text="heliotrope papers")
    assert "heliotrope papers" in [row.comment for row in rows(system, AnswerRow)]


@pytest.mark.parametrize("box", ["comment", "next step", "new activity", "reflection"])
async def test_a_box_that_could_not_be_screened_stays_open_and_says_whom_to_call(system, sam, slack, monkeypatch, box):
    if box == "comment":
        view, written = await opened(sam, slack), {"text": "heliotrope papers"}
    elif box == "next step":
        view, written = await opened(sam, slack, "Not yet", "Plan a next step", "Write a next step"), {"text": "heliotrope papers"}
    elif box == "reflection":
        await sam.begin()
        view, written = await sam.shortcut("heliotrope papers"), {"text": "heliotrope papers"}
    else:
        await sam.command("new")
        view, written = slack.views[-1], {"title": "heliotrope papers"}

    with monkeypatch.context() as broken:
        screen_fails(broken)
        told = why_open(await sam.send_off(view, **written))
    assert HELD in told and "116 123" in told
    assert "heliotrope" not in words_stored(system) and rows(system, ActivityRow) == rows(system, NextStepRow) == []
    await sam.fill(view, **written)


async def test_a_box_that_comes_too_soon_stays_open_until_it_may_come(system, sam, slack, monkeypatch):
    view = await opened(sam, slack)

    async def too_many(*_args):
        raise Problem(429, "rate-limited", seconds=20)

    with monkeypatch.context() as often:
        often.setattr(type(part_of(system).slack.parts.limits), "check", too_many)
        told = why_open(await sam.send_off(view, text="heliotrope papers"))
    assert HELD in told and "20 seconds" in told and "heliotrope" not in words_stored(system)
    await sam.fill(view, text="heliotrope papers")
    assert [row.comment for row in rows(system, AnswerRow) if row.comment] == ["heliotrope papers"]


NOTHING_TO_READ = pytest.mark.parametrize("text", ["  \n", "\0"])


@NOTHING_TO_READ
@pytest.mark.parametrize("box", ["comment", "reflection"])
async def test_a_box_with_nothing_to_read_in_it_stays_open(system, sam, slack, box, text):
    view = await opened(sam, slack)
    if box == "reflection":
        view = await sam.shortcut("heliotrope papers")
    assert "only read words" in why_open(await sam.send_off(view, text=text))
    assert rows(system, ReflectionRow) == []


@NOTHING_TO_READ
async def test_an_activity_without_a_title_keeps_the_rest_of_the_box(sam, slack, text):
    await sam.command("new")
    assert "no title yet" in why_open(await sam.send_off(slack.views[-1], title=text, who="heliotrope people"))


async def test_signs_that_no_reader_can_show_are_left_out_of_every_box(system, sam, slack):
    """PostgreSQL holds no text with a zero in it."""
    view = await opened(sam, slack)
    await sam.fill(view, text="heliotrope\0 papers")
    await sam.fill(await sam.shortcut("heliotrope papers"), text="heliotrope\0 papers")
    await sam.command("new")
    await sam.fill(slack.views[-1], title="heliotrope\0 papers", who="heliotrope\0 people")
    assert [row.comment for row in rows(system, AnswerRow) if row.comment] == ["heliotrope papers"]
    assert [row.text for row in rows(system, ReflectionRow)] == ["heliotrope papers"]
    assert [(row.title, row.description) for row in rows(system, ActivityRow)] == [("heliotrope papers", "heliotrope people")]


async def test_taken_once_a_box_closes_though_the_question_has_been_answered_meanwhile(system, sam, slack, monkeypatch):
    """Storing went well, noting that it did not: Slack is told no, and the person sends the same box off again."""
    view = await opened(sam, slack)
    with monkeypatch.context() as broken:
        cannot_be_noted(system, broken)
        why_open(await sam.send_off(view, text="heliotrope papers"))
        await sam.door.settle()
    await sam.door.system.parts.desk._delivery.deliver(rows(system, ConversationRow)[0].id)
    await sam.fill(view, text="heliotrope papers")
    assert [row.comment for row in rows(system, AnswerRow) if row.comment] == ["heliotrope papers"]


def cannot_be_noted(system, monkeypatch, error=KeyError):
    """Storing goes well, noting that it did does not: Slack is told no, and the box stays open."""

    def failing(key):
        raise error(key)

    monkeypatch.setattr(part_of(system).receiver, "_finish", failing)


async def wait_for_their_answer(system, sam, monkeypatch, view, text):
    """The words are stored, and the box is still open."""
    with monkeypatch.context() as broken:
        cannot_be_noted(system, broken)
        why_open(await sam.send_off(view, text=text))
        await part_of(system).receiver.settle()


def supported(sam, slack) -> int:
    return sum("999" in text for text in slack.texts(sam.dm))


async def test_words_changed_in_an_open_box_are_looked_at_while_the_database_is_down(system, sam, slack, monkeypatch):
    view = await opened(sam, slack)
    with monkeypatch.context() as down:
        storage_is_down(system, down)
        told = why_open(await sam.send_off(view, text="fine"))
        assert HELD in told and "116 123" in told
        await part_of(system).receiver.settle()
        assert supported(sam, slack) == 0
        for _ in range(2):
            why_open(await sam.send_off(view, text="I am in DANGER"))
            await part_of(system).receiver.settle()
            assert supported(sam, slack) == 1


async def test_a_screen_that_failed_while_the_database_was_down_is_tried_again(system, sam, slack, monkeypatch):
    view = await opened(sam, slack)

    with monkeypatch.context() as down:
        storage_is_down(system, down)
        with monkeypatch.context() as broken:
            screen_fails(broken)
            why_open(await sam.send_off(view, text="I am in DANGER"))
            await part_of(system).receiver.settle()
        why_open(await sam.send_off(view, text="I am in DANGER"))
        await part_of(system).receiver.settle()
    assert supported(sam, slack) == 1


@pytest.mark.parametrize("error", [KeyError, StorageUnavailableError])
async def test_words_changed_to_danger_in_a_box_that_stayed_open_raise_a_flag(system, sam, slack, monkeypatch, error):
    view = await opened(sam, slack)
    with monkeypatch.context() as broken:
        cannot_be_noted(system, broken, error)
        why_open(await sam.send_off(view, text="heliotrope papers"))
        await part_of(system).receiver.settle()
    await sam.fill(view, text="I am in DANGER")
    assert supported(sam, slack) == 1 and [flag.kind for flag in rows(system, FlagRow)] == ["crisis"]


async def test_harmless_words_changed_in_a_box_that_stayed_open_are_not_dropped_in_silence(system, sam, slack, monkeypatch):
    """Nor are they taken for the next question, while the first words still wait for their answer."""
    view = await opened(sam, slack)
    await wait_for_their_answer(system, sam, monkeypatch, view, "heliotrope papers")
    assert "try again in a minute" in why_open(await sam.send_off(view, text="marmalade papers"))
    await system.parts.desk._delivery.deliver(rows(system, ConversationRow)[0].id)
    assert "We have moved on" in why_open(await sam.send_off(view, text="marmalade papers"))
    await sam.door.settle()
    assert [row.comment for row in rows(system, AnswerRow) if row.comment] == ["heliotrope papers"]


async def sent_off_too_late(system, sam, slack, monkeypatch, view, text, again=None) -> str:
    """Slack waits three seconds: after two the box closes. `again` is done before the second try. What is said then."""
    before = len(slack.texts(sam.dm))
    go_on, genuine, tries = asyncio.Event(), part_of(system).receiver._handle, itertools.count()

    async def slow(delivered):
        await go_on.wait()
        if next(tries) == 1 and again is not None:
            await again()
        return await genuine(delivered)

    monkeypatch.setattr(part_of(system).receiver, "_handle", slow)
    monkeypatch.setattr(receiving, "AGAIN_S", (0.01, 0.01))
    with monkeypatch.context() as short:
        short.setattr(receiving, "PATIENCE_S", 0.05)
        answer = await sam.send_off(view, text=text)
    assert (answer.status_code, answer.text) == (200, "")
    go_on.set()
    await sam.door.settle()
    return "\n".join(slack.texts(sam.dm)[before:])


async def test_words_refused_after_slack_had_to_be_told_are_given_back_without_names(system, sam, slack, monkeypatch):
    view = await opened(sam, slack)
    await moved_on(system, sam)
    told = await sent_off_too_late(system, sam, slack, monkeypatch, view, "Priya has <no> papers & no heliotrope")
    assert "the box has closed" in told and "116 123" in told
    assert "We have moved on" in told and "send them again" not in told  # sent again, they would answer another question
    assert "[name] has" in told and "papers" in told and "heliotrope" in told and "Priya" not in told


async def test_nobody_waits_for_the_numbers_where_a_box_has_closed_and_the_screen_failed(system, sam, slack, monkeypatch):
    """They may be in danger: the words come back at once, with the numbers, though another try might have read them."""
    view = await opened(sam, slack)
    with monkeypatch.context() as broken:
        screen_fails(broken)
        tried = []

        async def again():
            tried.append(True)

        told = await sent_off_too_late(system, sam, slack, monkeypatch, view, "heliotrope papers", again)
    assert not tried
    assert "heliotrope papers" in told and "116 123" in told


async def test_a_box_that_closed_while_the_first_words_wait_is_tried_again(system, sam, slack, monkeypatch):
    """Once the first words have their answer, it is known that these have no question any more."""
    view = await opened(sam, slack)
    await wait_for_their_answer(system, sam, monkeypatch, view, "heliotrope papers")

    async def answered():
        await system.parts.desk._delivery.deliver(rows(system, ConversationRow)[0].id)

    told = await sent_off_too_late(system, sam, slack, monkeypatch, view, "marmalade papers", answered)
    assert "We have moved on" in told and "marmalade papers" in told
    assert [row.comment for row in rows(system, AnswerRow) if row.comment] == ["heliotrope papers"]


@pytest.mark.parametrize("why", ["the screen fails", "the first words wait"])
async def test_words_given_back_after_the_last_try_have_the_support_numbers_beside_them_once(system, sam, slack, monkeypatch, why):
    view = await opened(sam, slack)
    with monkeypatch.context() as broken:
        if why == "the screen fails":
            screen_fails(broken)
        else:
            await wait_for_their_answer(system, sam, monkeypatch, view, "heliotrope papers")
        told = await sent_off_too_late(system, sam, slack, monkeypatch, view, "marmalade papers")
    assert "marmalade papers" in told and "send them again" in told and told.count("116 123") == 1


# ── buttons whose time has gone ──


async def test_a_button_of_a_chat_that_has_ended_says_so_and_begins_again(system, sam, slack):
    await sam.say("hello")
    await sam.press("Talk without keeping")
    late = dict(sam.last)
    await erased(system, sam)
    for _ in range(2):
        before = len(slack.messages[sam.dm])
        await sam.press(next(iter(buttons_of(late))), message=late)
        said = slack.texts(sam.dm)[before:]
        assert NOT_THERE in said[0] and len(said) == 2 and buttons_of(sam.last)
    assert len(rows(system, ConversationRow)) == 1


async def test_a_day_without_a_word_ends_it_before_it_is_cleared_away_too(system, sam, slack):
    await sam.say("hello")
    await sam.press("Talk without keeping")
    late = dict(sam.last)
    with system.built.database.unit_of_work() as session:
        first = session.scalars(select(ConversationRow)).one()
        first.last_active_at -= 2 * receiving.KNOWN_FOR
        gone = first.id
    before = len(slack.messages[sam.dm])
    await sam.press(next(iter(buttons_of(late))), message=late)
    assert NOT_THERE in slack.texts(sam.dm)[before] and list(buttons_of(sam.last)) == ["Keep my answers", "Talk without keeping"]
    assert [row.id for row in rows(system, ConversationRow)] != [gone]


async def test_a_box_of_a_chat_that_has_ended_is_not_opened_and_that_is_said(system, sam, slack):
    await sam.begin()
    late = dict(sam.last)
    await erased(system, sam)
    before = len(slack.messages[sam.dm])
    await sam.press("Add a comment", message=late)
    assert NOT_THERE in slack.texts(sam.dm)[before] and slack.views == []


async def test_a_chat_left_for_a_day_opens_no_box_and_does_not_go_on(system, sam, slack):
    await sam.begin()
    late = dict(sam.last)
    await left_for_a_day(system, sam)
    [gone] = rows(system, ConversationRow)
    before = len(slack.messages[sam.dm])
    await sam.press("Add a comment", message=late)
    assert NOT_THERE in slack.texts(sam.dm)[before] and slack.views == []
    assert [row.id for row in rows(system, ConversationRow)] != [gone.id]


async def test_danger_in_a_box_of_a_chat_left_for_a_day_does_not_make_it_go_on(system, sam, slack):
    view = await opened(sam, slack)
    await left_for_a_day(system, sam)
    [gone] = rows(system, ConversationRow)
    await sam.fill(view, text="I am in DANGER")
    assert supported(sam, slack) == 1
    assert gone.id not in [row.id for row in rows(system, ConversationRow)]


async def test_of_a_button_that_went_while_its_chat_goes_on_only_what_is_true_is_said(system, sam, slack):
    """Whoever deletes a next step deletes the button beside it too."""
    await sam.begin()
    late = dict(sam.last)
    with system.built.database.unit_of_work() as session:
        session.execute(delete(ChoiceRow))
    before = len(slack.messages[sam.dm])
    await sam.press("Yes", message=late)
    said = "\n".join(slack.texts(sam.dm)[before:])
    assert NOT_THERE in said and "ended" not in said and len(rows(system, ConversationRow)) == 1


async def test_a_button_of_an_activity_that_was_erased_says_so(system, sam, slack):
    await sam.command("new")
    await sam.fill(slack.views[-1], title="Ward review")
    made = dict(sam.last)
    with system.built.database.unit_of_work() as session:
        code = session.scalars(select(ActivityRow)).one().join_code
        erasure.erase(session, erasure.of_activity(session, code), None)
    before = len(slack.messages[sam.dm])
    await sam.press("Get ready", message=made)
    assert NOT_THERE in slack.texts(sam.dm)[before] and buttons_of(sam.last)
