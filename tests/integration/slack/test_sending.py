"""Words get to Slack in order, once, whatever Slack answers: too many requests, errors of its own, or nothing at all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from facilitator.storage.models import MessageRow, SlackOutRow, SlackSeatRow
from tests.integration.slack.people import Member, event, part_of
from tests.slack_server import buttons_of
from web.slack import blocks as kit
from web.slack.seats import Who


class Clock:
    """The time, which only tests move."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock(system) -> Clock:
    made = Clock()
    part_of(system).slack.sender._now = made
    return made


def seat(system) -> SlackSeatRow:
    with system.built.database.reading() as session:
        return session.scalars(select(SlackSeatRow)).one()


async def send(system) -> None:
    await part_of(system).slack.sender.send_all()


async def test_too_many_requests_are_waited_out_for_as_long_as_slack_says(system, sam, slack, clock):
    slack.limit(30, methods=("chat.postMessage",))
    await sam.say("hello")
    assert slack.messages[sam.dm] == []
    clock.pass_(29)
    await send(system)
    assert slack.messages[sam.dm] == []
    clock.pass_(2)
    await send(system)
    assert len(slack.messages[sam.dm]) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"status": 500},
        {"status": 503, "body": {"ok": False, "error": "service_unavailable"}},
        {"status": 200, "lost": True},
        {"hang": True},
    ],
)
async def test_errors_and_time_outs_lose_nothing_double_nothing_and_keep_the_order(system, sam, slack, clock, how):
    part_of(system).slack.caller.client.timeout = 1
    await sam.begin()
    shown = len(slack.messages[sam.dm])
    slack.fail(2, methods=("chat.postMessage",), **how)
    for text in ("why do you ask?", "how far am i", "will i get paid for coming?"):
        await sam.door.event(event("message_im", text=text, channel=sam.dm))
    for _ in range(8):
        await sam.door.settle()
        clock.pass_(10)
    said = "\n".join(slack.texts(sam.dm)[shown:])
    places = [said.find(part) for part in ("You have done 0 of", "payment-benefits short")]
    assert -1 not in places and places == sorted(places)
    assert said.count("payment-benefits short") == 1 and said.count("You have done 0 of") == 1


async def test_a_call_that_was_carried_out_but_never_answered_is_found_and_not_made_again(system, sam, slack, clock):
    part_of(system).slack.caller.client.timeout = 1
    slack.fail(methods=("chat.postMessage",), lost=True)
    await sam.say("hello")
    assert len(slack.messages[sam.dm]) == 1
    clock.pass_(5)
    await send(system)
    assert len(slack.messages[sam.dm]) == 1 and slack.count("conversations.history") == 1
    await sam.press("Keep")  # its controls are known all the same
    assert buttons_of(slack.messages[sam.dm][0]) == {}


async def test_what_was_said_since_does_not_hide_that_a_call_was_carried_out(system, sam, slack, clock):
    part_of(system).slack.caller.client.timeout = 1
    await sam.begin()
    slack.fail(methods=("chat.postMessage",), lost=True)
    await sam.say("how far am i")
    await sam.say("will i get paid for coming?")  # waits behind it
    clock.pass_(5)
    await send(system)
    said = "\n".join(slack.texts(sam.dm))
    assert said.count("You have done 0 of") == 1 and said.count("payment-benefits short") == 1


async def test_two_replicas_send_each_thing_once(system, sam, slack, another):
    await sam.begin()
    senders = [part_of(system).slack.sender, another().part.slack.sender]
    for text in ("why do you ask?", "how far am i", "will i get paid for coming?"):
        await sam.door.event(event("message_im", text=text, channel=sam.dm))
    await asyncio.gather(*(sender.send_all() for sender in senders for _ in range(4)))
    await sam.door.settle()
    said = "\n".join(slack.texts(sam.dm))
    assert said.count("payment-benefits short") == 1 and said.count("You have done 0 of") == 1
    assert sum(bool(buttons_of(message)) for message in slack.messages[sam.dm]) == 1


async def test_what_waits_is_sent_by_the_process_that_starts_next(system, sam, slack, another, clock):
    slack.limit(1, methods=("chat.postMessage",))
    await sam.say("hello")
    assert slack.messages[sam.dm] == []
    sender = another().part.slack.sender
    sender._now = lambda: clock() + timedelta(seconds=5)
    await sender.send_all()
    assert len(slack.messages[sam.dm]) == 1


async def test_calls_of_one_person_are_made_in_order_and_one_that_waits_holds_up_only_its_own_lane(system, slack, clock):
    part = part_of(system)
    with system.built.database.unit_of_work() as session:
        for number in range(4):
            for user in ("U0001", "U0002"):
                blocks = [{"type": "section", "text": {"type": "plain_text", "text": f"{user} {number}"}}]
                payload = {"text": "x", "blocks": blocks}
                part.slack.sender.put(session, f"{user}{number}", Who("T0001", user), "chat.postMessage", payload)
    slack.limit(20, methods=("chat.postMessage",))
    await part.slack.sender.drain("T0001/U0001")
    await part.slack.sender.drain("T0001/U0002")
    assert slack.texts("D0001") == [] and slack.texts("D0002") == [f"U0002 {number}" for number in range(4)]
    clock.pass_(21)
    await asyncio.gather(*(part.slack.sender.send_all() for _ in range(3)))
    await part.slack.sender.send_all()
    assert slack.texts("D0001") == [f"U0001 {number}" for number in range(4)]
    with system.built.database.reading() as session:
        assert session.scalars(select(SlackOutRow)).all() == []


async def test_a_fault_of_ours_with_one_person_holds_up_nobody_else(system, sam, slack, monkeypatch, capsys):
    part = part_of(system)
    await sam.begin()
    with system.built.database.unit_of_work() as session:
        blocks = [{"type": "section", "text": {"type": "plain_text", "text": "for another"}}]
        part.slack.sender.put(session, "one", Who("T0001", "U0002"), "chat.postMessage", {"text": "x", "blocks": blocks})

    async def fails(conversation_id):
        raise KeyError("canary")

    monkeypatch.setattr(part.slack.sender._turns, "unseen", lambda: ["broken"])
    monkeypatch.setattr(part.slack.sender, "follow", fails)
    await part.slack.sender.send_all()
    assert slack.texts("D0002") == ["for another"]
    said = capsys.readouterr().out
    assert "slack_not_sent" in said and "canary" not in said


async def test_a_reply_stored_before_slack_had_more_to_say_of_it_is_shown_as_it_was(system, sam, slack):
    """Whose last message cannot be shown again gets no more: not the support message either."""
    await sam.begin()
    await sam.say("who can see this?")
    with system.built.database.unit_of_work() as session:
        row = next(row for row in session.scalars(select(MessageRow)) if (row.say or {}).get("response") == "utter_who_sees_kept")
        row.say = {**row.say, "values": {}}
    await sam.say("DANGER")
    assert "116 123" in "\n".join(slack.texts(sam.dm))


async def test_what_slack_refuses_for_good_holds_nothing_up(system, sam, slack, clock):
    await sam.begin()
    slack.fail(methods=("chat.postMessage",), status=403, body={"ok": False, "error": "restricted_action"})
    await sam.say("how far am i")
    clock.pass_(1)
    await sam.say("will i get paid for coming?")
    assert "payment-benefits short" in sam.text
    assert seat(system).tries == 0


async def test_blocks_that_slack_does_not_take_are_said_in_plain_words(system, sam, slack):
    slack.fail(methods=("chat.postMessage",), status=400, body={"ok": False, "error": "invalid_blocks"})
    await sam.say("hello")
    assert "I am a computer program" in slack.messages[sam.dm][0]["text"]


async def test_a_token_that_counts_no_more_stops_the_sending_and_loses_nothing(system, sam, slack, clock):
    slack.fail(methods=("conversations.open",), status=200, body=None)
    slack.fail(methods=("chat.postMessage",), status=401, body={"ok": False, "error": "token_revoked"})
    await sam.say("hello")
    part = part_of(system)
    assert part.slack.caller.signed_out
    calls = len(slack.calls)
    clock.pass_(1000)
    await send(system)
    assert len(slack.calls) == calls
    part.slack.caller.signed_out = False  # started again with a new token
    await send(system)
    assert len(slack.messages[sam.dm]) == 1


async def test_a_long_reply_is_parted_into_messages_and_a_failure_in_the_middle_repeats_none(system, sam, slack, clock, monkeypatch):
    monkeypatch.setattr(kit, "MAX_BLOCKS", 2)
    await sam.say("hello")
    parts = len(slack.messages[sam.dm])
    assert parts > 1
    ann = Member(sam.door, slack, "U0002")
    slack.failures.clear()
    await sam.door.event(event("message_im", text="hello", user=ann.user, channel=ann.dm))
    await part_of(system).receiver.settle()
    first = slack.texts(ann.dm)
    assert len(first) == parts and len(set(first)) == parts
    slack.fail(methods=("chat.update",), status=500)
    await sam.door.event(event("message_im", text="how far am i", user=ann.user, channel=ann.dm))
    await part_of(system).receiver.settle()
    clock.pass_(5)
    await send(system)
    assert len(slack.texts(ann.dm)) == len(set(slack.texts(ann.dm))) > parts
