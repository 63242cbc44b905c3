"""Starting and staying connected: by HTTP or by a socket, with a right token, a wrong one, or with Slack out of reach."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.integration.slack.people import event, payload, with_slack
from tests.integration.web import Running
from tests.slack_server import APP_TOKEN, FakeSlack, words_of
from web.slack import connecting

# A port that nobody listens on.
NOWHERE = "http://127.0.0.1:9/api/"
SOCKET = {"slack_app_token": APP_TOKEN, "slack_signing_secret": ""}


async def until(held: Callable[[], Any], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not held():
            await asyncio.sleep(0.02)


@pytest.fixture
async def start(system, place, tmp_path, slack) -> AsyncIterator[Callable[..., Any]]:
    """Start a replica as the web application does, with other settings."""
    made: list[Running] = []

    async def started(**changes: Any) -> Running:
        made.append(with_slack(place, tmp_path, slack, **changes))
        began = time.perf_counter()
        await made[-1].app.state.slack.start()
        assert time.perf_counter() - began < 5, "starting waits for nobody: Slack is given longer than that"
        return made[-1]

    yield started
    for one in made:
        await one.app.state.slack.stop()
        await one.parts.link.close()
        one.built.database.dispose()


async def deliver(slack: FakeSlack, kind: str, body: Any, number: int, **more: Any) -> None:
    """Deliver something by the socket that was opened last, and wait until it is acknowledged."""
    envelope = {"envelope_id": f"e{number}", "type": kind, "accepts_response_payload": kind != "events_api", "payload": body}
    await slack.sockets[-1].send_json(envelope | more)
    await until(lambda: f"e{number}" in slack.acknowledged)


async def test_with_a_token_that_counts_the_log_says_once_that_slack_is_ready(start, slack, capsys):
    await start()
    await until(lambda: slack.count("auth.test") == 1)
    said = ""
    async with asyncio.timeout(60):
        while "slack_ready" not in said:
            await asyncio.sleep(0.02)
            said += capsys.readouterr().out
    assert said.count("slack_ready") == 1 and "http" in said


@pytest.mark.parametrize("way_in", [{}, SOCKET])
async def test_with_a_wrong_token_we_start_calmly_and_the_log_says_so_once(start, slack, capsys, monkeypatch, way_in):
    monkeypatch.setattr(connecting, "FIRST_WAIT_S", 0.01)
    wrong = {"slack_bot_token": "xoxb-wrong"} | ({"slack_app_token": "xapp-wrong"} if way_in else {})
    made = await start(**{**way_in, **wrong})
    await until(lambda: made.app.state.slack.slack.caller.signed_out)
    await until(lambda: len(slack.refused) >= (4 if way_in else 1))
    said = capsys.readouterr().out
    assert said.count("slack_signed_out") == 1 and said.count("slack_socket_waits") == (1 if way_in else 0)
    assert "invalid_auth" in said and "wrong" not in said
    assert slack.calls == []


@pytest.mark.parametrize("way_in", [{}, SOCKET])
async def test_with_slack_out_of_reach_we_start_calmly_and_the_log_says_so_once(start, capsys, monkeypatch, way_in):
    monkeypatch.setattr(connecting, "FIRST_WAIT_S", 0.01)
    tries: list[float] = []
    waits = connecting._waits

    def counted():
        for wait in waits():
            tries.append(wait)
            yield wait

    monkeypatch.setattr(connecting, "_waits", counted)
    await start(slack_api_url=NOWHERE, **way_in)
    said = ""
    async with asyncio.timeout(60):
        while len(tries) < 8 or "slack_out_of_reach" not in said or (way_in and "slack_socket_waits" not in said):
            await asyncio.sleep(0.02)
            said += capsys.readouterr().out
    assert said.count("slack_out_of_reach") == 1 and said.count("slack_socket_waits") == (1 if way_in else 0)


def test_it_is_tried_again_ever_less_often_but_at_least_every_five_minutes():
    waits = connecting._waits()
    assert [next(waits) for _ in range(9)] == [5, 10, 20, 40, 80, 160, 300, 300, 300]


async def test_by_socket_the_same_conversation_without_any_address(start, slack):
    made = await start(**SOCKET)
    assert made.app.state.slack.router.routes == []
    await until(lambda: slack.sockets)
    body = event("message_im", text="hello")
    for number, reason in enumerate(("", "timeout", "error")):
        await deliver(slack, "events_api", body, number, retry_attempt=number, retry_reason=reason)
    await until(lambda: slack.messages["D0001"])
    assert len(slack.messages["D0001"]) == 1
    await deliver(slack, "slash_commands", payload("slash_command") | {"response_url": f"{slack.url}/response/1"}, 8)
    await until(lambda: slack.responses)
    assert "prep" in words_of(slack.responses[0])


async def test_by_socket_a_box_that_cannot_be_taken_stays_open(start, slack):
    made = await start(**SOCKET)
    await until(lambda: slack.sockets)

    async def fails(_delivered):
        raise KeyError

    made.app.state.slack.receiver._handle = fails
    box = deepcopy(payload("view_submission"))
    box["view"]["blocks"] = [{"type": "input", "block_id": "text"}]
    await deliver(slack, "interactive", box, 1)
    assert slack.answers["e1"]["response_action"] == "errors"


async def test_an_event_that_could_not_be_taken_is_not_acknowledged_by_socket_so_that_it_comes_again(start, slack):
    made = await start(**SOCKET)
    await until(lambda: slack.sockets)
    receiver = made.app.state.slack.receiver
    genuine, failed = receiver._handle, []

    async def fails(_delivered):
        failed.append(1)
        raise KeyError

    receiver._handle = fails
    body = event("message_im", text="hello")
    await slack.sockets[-1].send_json({"envelope_id": "e1", "type": "events_api", "accepts_response_payload": False, "payload": body})
    await until(lambda: failed)
    await receiver.settle()
    receiver._handle = genuine
    await deliver(slack, "events_api", body, 2, retry_attempt=1, retry_reason="timeout")
    assert slack.acknowledged == ["e2"]
    await until(lambda: slack.messages["D0001"])


async def test_what_is_not_as_slack_documents_it_is_not_acknowledged_by_socket_and_hinders_nothing(start, slack):
    await start(**SOCKET)
    await until(lambda: slack.sockets)
    body = event("message_im", text="hello")
    for number, odd in enumerate(({**body, "event_id": None}, {**body, "authorizations": 3}, {**body, "event": 7})):
        await slack.sockets[-1].send_json({"envelope_id": f"e{number}", "type": "events_api", "payload": odd})
    await deliver(slack, "events_api", body, 9)
    assert slack.acknowledged == ["e9"]


@pytest.mark.parametrize("how", ["told", "broken"])
async def test_a_socket_that_slack_closes_or_that_breaks_is_opened_again(start, slack, capsys, monkeypatch, how):
    monkeypatch.setattr(connecting, "WATCH_EVERY_S", 0.001)
    made = await start(**SOCKET)
    await until(lambda: slack.sockets)
    made.app.state.slack._socket._client.ping_interval = 0.05
    if how == "told":
        await slack.sockets[0].send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "x"}})
    else:
        await slack.sockets[0].close()
    await until(lambda: len(slack.sockets) == 2)
    said = ""
    async with asyncio.timeout(60):
        while "slack_socket_open" not in said and how == "broken":
            await asyncio.sleep(0.02)
            said += capsys.readouterr().out
    await deliver(slack, "events_api", event("message_im", text="hello"), 1)
    await until(lambda: slack.messages["D0001"])
