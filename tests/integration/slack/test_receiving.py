"""What Slack delivers is taken once, whoever receives it and however often it comes; what is not Slack's is not taken at all."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import select, update

from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage.models import ConversationRow, MessageRow, SlackEventRow, SlackSeatRow
from tests.integration.slack.people import SECRET, Member, event, part_of, with_slack
from tests.integration.web import running
from tests.slack_server import APP_TOKEN, words_of

REASONS = ["http_timeout", "http_error", "connection_failed", "ssl_error", "too_many_redirects"]


@pytest.fixture
def place(address) -> str:
    """On both databases."""
    return address


def count(system, table) -> int:
    with system.built.database.reading() as session:
        return len(session.scalars(select(table)).all())


def of_people(system) -> list[str]:
    with system.built.database.reading() as session:
        return [row.id for row in session.scalars(select(MessageRow)) if row.author == "person"]


async def test_slack_is_asked_whether_the_address_is_ours(door):
    answer = await door.event(
        {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}
    )
    assert answer.status_code == 200
    assert answer.json()["challenge"].startswith("3eZbrw1a")


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": "another"},
        {"at": time.time() - 3600},
        {"at": time.time() + 3600},
        {"x-slack-signature": ""},
        {"x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "soon"},
    ],
)
async def test_a_bad_or_old_signature_gets_401_and_nothing_else_happens(system, door, slack, forged):
    for answer in (
        await door.event(event("message_im"), **forged),
        await door.form({"command": "/coproduction", "text": "help", "user_id": "U1", "team_id": "T1"}, **forged),
        await door.interaction({"type": "block_actions"}, **forged),
    ):
        assert answer.status_code == 401
    await door.settle()
    assert (count(system, SlackEventRow), count(system, ConversationRow), slack.calls) == (0, 0, [])


async def test_a_body_that_was_changed_on_the_way_gets_401(door, system):
    body = json.dumps(event("message_im"))
    genuine = await door.post(body, "application/json")
    assert genuine.status_code == 200
    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body) or ""
    headers = {"content-type": "application/json", "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    answer = await door.http.post("/slack/events", content=body.replace("U0001", "U0002").encode(), headers=headers)
    assert answer.status_code == 401
    assert (await door.http.post("/slack/events", content=b"\xff\xfe", headers=headers)).status_code == 401
    await door.settle()


async def test_the_same_event_five_times_with_different_reasons_yields_one_reply(system, door, sam, slack):
    body = event("message_im", text="hello", channel=sam.dm)
    for number, reason in enumerate(REASONS):
        headers = {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason} if number else {}
        assert (await door.event(body, **headers)).status_code == 200
    await door.settle()
    assert len(slack.messages[sam.dm]) == 1
    assert len(of_people(system)) == 1


async def test_the_same_event_at_the_same_moment_to_two_replicas_yields_one_reply(system, door, sam, slack, another):
    second = another()
    body = event("message_im", text="hello", channel=sam.dm)
    answers = await asyncio.gather(*(one.event(body) for one in (door, second) for _ in range(3)))
    # One that is being worked on is not acknowledged twice: Slack comes again, and finds it done.
    assert {answer.status_code for answer in answers} <= {200, 503} and 200 in {answer.status_code for answer in answers}
    await asyncio.gather(door.settle(), second.settle())
    assert (await second.event(body)).status_code == 200
    await asyncio.gather(door.settle(), second.settle(), door.settle(), second.settle())
    said = "\n".join(slack.texts(sam.dm))
    assert said.count("I am a computer program") == 1 and said.count("or use one of the choices") == 1
    assert len(of_people(system)) == 1


async def test_an_event_is_known_after_a_restart(system, door, sam, slack, another):
    body = event("message_im", text="hello", channel=sam.dm)
    await door.event(body)
    await door.settle()
    again = another()
    assert (await again.event(body)).status_code == 200
    await again.settle()
    assert len(slack.messages[sam.dm]) == 1


async def test_what_a_process_had_begun_when_it_ended_is_taken_up_when_slack_comes_again(system, door, sam, slack):
    body = event("message_im", text="hello", channel=sam.dm)
    part = part_of(system)
    genuine, part.receiver._handle = part.receiver._handle, _never
    assert (await door.event(body)).status_code == 503  # not stored, so not acknowledged
    part.receiver._handle = genuine
    with system.built.database.unit_of_work() as session:
        session.execute(update(SlackEventRow).values(busy_until=store.now() - timedelta(seconds=1)))
    assert (await door.event(body)).status_code == 200
    await door.settle()
    assert len(slack.messages[sam.dm]) == 1


async def _never(_delivered):
    raise RuntimeError("the process ends here")


async def test_ids_are_forgotten_after_a_week(system, door, sam):
    await sam.say("hello")
    with system.built.database.unit_of_work() as session:
        session.execute(update(SlackEventRow).values(created_at=store.now() - timedelta(days=8)))
    part_of(system).receiver.forget_old()
    assert count(system, SlackEventRow) == 0


async def test_what_we_do_not_know_is_acknowledged_and_left_alone(system, door, slack):
    unknown = event("message_im")
    unknown["event"] = {"type": "reaction_added", "user": "U0001"}
    assert (await door.event(unknown)).status_code == 200
    assert (await door.event({"type": "something_new"})).status_code == 200
    assert (await door.interaction({"type": "view_closed", "view": {}})).status_code == 200
    await door.settle()
    assert slack.calls == []


# ── with parts of us down ──


async def test_acknowledged_at_once_while_rasa_is_stopped_and_answered_when_it_is_back(system, door, sam, slack):
    await sam.begin()
    system.rasa.failing = True
    door.times.clear()
    for number in range(100):
        assert (await door.event(event("message_im", text=f"will i get paid for coming? {number}", channel=sam.dm))).status_code == 200
    times = sorted(door.times)
    print(f"acknowledged in ms: median {times[50] * 1000:.0f}, p99 {times[98] * 1000:.0f}")
    assert times[98] <= 0.5
    await door.settle()
    assert "Your message is safe" in "\n".join(slack.texts(sam.dm)[-1:])
    system.rasa.failing = False
    with system.built.database.reading() as session:
        found = session.scalar(select(SlackSeatRow.conversation_id))
    assert await system.parts.delivery.deliver(found)
    await door.settle()
    with system.built.database.reading() as session:
        assert not any(row.status == "pending" for row in session.scalars(select(MessageRow)))


async def test_without_a_database_nothing_is_acknowledged_and_somebody_in_danger_is_helped(system, door, sam, slack, monkeypatch, tmp_path):
    def down(*_args, **_more):
        raise StorageUnavailableError("OperationalError")

    monkeypatch.setattr(system.built.database, "unit_of_work", down)
    assert (await door.event(event("message_im", text="hello", channel=sam.dm))).status_code == 503
    body = event("message_im", text="I am in DANGER", channel=sam.dm)
    assert (await door.event(body)).status_code == 503
    assert (await door.event(body)).status_code == 503
    await part_of(system).receiver.settle()
    assert len(slack.messages[sam.dm]) == 1
    assert "999" in words_of(slack.messages[sam.dm][0]) or "116 123" in words_of(slack.messages[sam.dm][0])
    assert len(list((tmp_path / "flags").glob("*.json"))) >= 1
    monkeypatch.undo()
    assert (await door.event(body)).status_code == 200


# ── off, and the other way in ──


async def test_without_tokens_slack_is_off_with_one_line_in_the_log(place, tmp_path, capsys):
    made = running(place, tmp_path, slack_bot_token="xoxb-x")
    assert made.app.state.slack is None
    said = capsys.readouterr().out
    assert said.count("slack_off") == 1
    assert "xoxb-x" not in said
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://test") as client:
        assert (await client.post("/slack/events", content=b"{}")).status_code == 404
    await made.parts.link.close()
    made.built.database.dispose()


async def test_by_socket_mode_the_same_without_any_address(system, slack, place, tmp_path):
    made = with_slack(place, tmp_path, slack, slack_app_token=APP_TOKEN, slack_signing_secret="")
    part = part_of(made)
    assert part.router.routes == []
    await part.start()
    try:
        await _until(lambda: slack.sockets)
        body = event("message_im", text="hello")
        for number in range(3):
            envelope = {"envelope_id": f"e{number}", "type": "events_api", "accepts_response_payload": False, "payload": body}
            await slack.sockets[0].send_json({**envelope, "retry_attempt": number, "retry_reason": "timeout"})
            await _until(lambda number=number: f"e{number}" in slack.acknowledged)
        await _until(lambda: slack.messages["D0001"])
        assert len(slack.messages["D0001"]) == 1
        command = {"command": "/coproduction", "text": "help", "user_id": "U0001", "team_id": "T0001", "trigger_id": "9.9"}
        command["response_url"] = f"{slack.url}/response/1"
        await slack.sockets[0].send_json(
            {"envelope_id": "e9", "type": "slash_commands", "accepts_response_payload": True, "payload": command}
        )
        await _until(lambda: slack.responses)
        assert "prep" in words_of(slack.responses[0])
    finally:
        await part.stop()
        await made.parts.link.close()
        made.built.database.dispose()


async def _until(held, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not held():
            await asyncio.sleep(0.02)


def test_somebody_is_who_slack_says(door, slack):
    assert Member(door, slack).dm != Member(door, slack, "U0002").dm
