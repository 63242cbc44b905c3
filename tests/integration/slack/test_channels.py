"""In channels: questions only, in the thread. What is personal, and any crisis, is answered in private. And leaving a workspace."""

from __future__ import annotations

import pytest

from facilitator.storage.models import (
    AnswerRow,
    ConversationRow,
    FlagRow,
    MessageRow,
    ReflectionRow,
    SlackMemberRow,
    SlackOutRow,
    SlackSeatRow,
)
from tests.integration.slack.people import event, part_of, rows


async def test_a_question_is_answered_in_the_thread_with_its_source(system, sam, slack):
    await sam.mention("How are people paid for coming?", ts="1700000000.5", channel="C0001")
    answer = slack.messages["C0001"][-1]
    assert answer["thread_ts"] == "1700000000.5" and "payment-benefits short" in answer["text"]
    assert "From: Embedding" in "\n".join(slack.texts("C0001"))
    assert slack.messages[sam.dm] == [] and rows(system, ConversationRow) == []


async def test_a_question_in_a_thread_is_answered_in_that_thread(sam, slack):
    await sam.mention("How are people paid?", ts="1700000001.5", thread_ts="1700000000.1", channel="C0001")
    assert slack.messages["C0001"][-1]["thread_ts"] == "1700000000.1"


@pytest.mark.parametrize(
    "text",
    [
        "will my money be cut if I get paid?",
        "I feel I am not paid enough",
        "we were not paid",
        "does Priya get paid?",
        "should I take my medicine?",
        "what about the moon?",
    ],
)
async def test_anything_personal_or_not_covered_is_answered_in_private(system, sam, slack, text):
    await sam.mention(text, channel="C0001")
    assert slack.messages["C0001"] == []
    assert "where only you can read it" in sam.text
    assert "Priya" not in sam.text


@pytest.mark.parametrize("word", ["DANGER", "DISTRESS"])
async def test_a_crisis_in_a_channel_is_answered_in_private_and_nothing_shows_in_the_channel(system, sam, slack, word):
    await sam.mention(f"is this {word}?", channel="C0001")
    assert slack.messages["C0001"] == []
    assert "999" in sam.text or "116 123" in sam.text
    assert len(rows(system, FlagRow)) == 1


async def test_a_mention_alone_says_what_can_be_asked(sam, slack):
    await sam.mention("", channel="C0001")
    assert "You can ask me a question" in sam.text and slack.messages["C0001"] == []


async def test_nothing_of_a_mention_is_kept(system, sam):
    await sam.mention("How are heliotrope people paid?", channel="C0001")
    assert rows(system, MessageRow) == [] and rows(system, SlackOutRow) == []


# ── save as reflection ──


async def test_an_own_message_is_saved_as_a_reflection_for_the_person_only(system, sam, slack):
    await sam.begin()
    view = await sam.shortcut("It went well, Priya said")
    assert view["blocks"][0]["element"]["initial_value"] == "It went well, Priya said"
    await sam.fill(view, text="It went well, Priya said")
    found = rows(system, ReflectionRow)
    assert [(row.text, row.visible_to) for row in found] == [("It went well, [name] said", "me")]
    assert "Only you can see it" in "\n".join(slack.texts(sam.dm))


async def test_somebody_elses_words_are_not_filled_in(sam, slack):
    await sam.begin()
    view = await sam.shortcut("Their words", author="U0009")
    assert "Someone else wrote that" in view["blocks"][0]["text"]["text"]
    assert "Their words" not in str(view)


async def test_without_consent_nothing_is_saved_and_the_choice_is_offered(system, sam, slack):
    view = await sam.shortcut("It went well")
    await sam.fill(view, text="It went well")
    assert rows(system, ReflectionRow) == []
    assert "I have not kept that" in "\n".join(slack.texts(sam.dm))
    assert "Would you like me to keep" in "\n".join(slack.texts(sam.dm))


async def test_danger_in_a_reflection_is_met(system, sam, slack):
    await sam.begin()
    view = await sam.shortcut("x")
    await sam.fill(view, text="DANGER")
    assert rows(system, ReflectionRow) == [] and len(rows(system, FlagRow)) == 1


# ── leaving ──


async def test_uninstalling_forgets_who_talks_where_and_keeps_what_people_said(system, door, sam, slack):
    await sam.begin()
    await sam.press("Yes")
    await sam.command("new")
    await sam.fill(slack.views[-1], title="Ward review")
    assert (await door.event(event("app_uninstalled"))).status_code == 200
    await door.settle()
    assert rows(system, SlackSeatRow) == rows(system, SlackMemberRow) == rows(system, SlackOutRow) == []
    assert len(rows(system, AnswerRow)) == 1
    calls = len(slack.calls)
    await part_of(system).slack.sender.send_all()
    assert len(slack.calls) == calls


async def test_a_token_taken_back_stops_the_sending_and_keeps_everything(system, door, sam, slack):
    await sam.begin()
    assert (await door.event(event("tokens_revoked"))).status_code == 200
    await door.settle()
    assert part_of(system).slack.caller.signed_out
    assert len(rows(system, SlackSeatRow)) == 1


async def test_a_users_own_token_taken_back_is_nothing_to_us(system, door):
    body = event("tokens_revoked", tokens={"oauth": ["U0001"], "bot": []})
    assert (await door.event(body)).status_code == 200
    assert not part_of(system).slack.caller.signed_out
