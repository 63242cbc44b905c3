"""The action server's manners: its token, its time limit, and errors that hold nothing of the conversation.

Sanic rewrites its own methods when an application starts and cannot do that twice in a process, so one test starts it once.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from rasa_sdk import Tracker

from bot.actions.base import FacilitatorAction, read_turn
from bot.actions.server import build_app, build_executor
from facilitator.bootstrap import Bootstrap
from facilitator.errors import SettingsError, StorageUnavailableError
from facilitator.settings import Settings
from tests.fakes import FakeKnowledge

CANARY = "zanzibar-canary"
CALL = {"next_action": "action_greet", "tracker": {"latest_message": {"text": CANARY}}}


class Executor:
    """Runs what the test says."""

    behave: Callable[[dict[str, Any]], Awaitable[Any]]

    async def run(self, call: dict[str, Any]) -> Any:
        return await self.behave(call)


@asynccontextmanager
async def serving(executor: Executor, folder) -> AsyncIterator[httpx.AsyncClient]:
    built = Bootstrap(Settings(facilitator_actions_token="right", facilitator_action_timeout=0.2, facilitator_data_dir=folder))
    built.__dict__["knowledge"] = FakeKnowledge()
    listening = socket.create_server(("127.0.0.1", 0))
    server = await build_app(built, executor).create_server(sock=listening, return_asyncio_server=True, access_log=False)
    await server.startup()
    await server.start_serving()
    headers = {"Authorization": "Bearer right"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", headers=headers, trust_env=False) as client:
        yield client
    server.close()
    await server.wait_closed()
    listening.close()


async def test_the_servers_manners(tmp_path, caplog):
    executor = Executor()
    async with serving(executor, tmp_path) as client:
        await it_answers(executor, client)
        await it_refuses_a_stranger(executor, client)
        for error, status in ((RuntimeError(CANARY), 500), (KeyError(CANARY), 500), (StorageUnavailableError("gone"), 503)):
            await it_fails_with_a_class_name_and_a_reference_only(executor, client, error, status)
        await it_gives_up_a_slow_action_within_its_limit(executor, client)
        assert (await client.get("/ready")).status_code == 503, "not ready before the library is loaded"
    assert CANARY not in caplog.text


async def test_every_action_ends_as_rasa_expects_it_to(tmp_path, monkeypatch):
    """Rasa's side knows this very form and is spared looking it up (bot/engine/action_validator.py)."""
    monkeypatch.setattr(FacilitatorAction, "act", lambda *_: [])
    tracker = {"sender_id": "c1", "latest_message": {"text": "hi", "metadata": {"message_id": "m1"}}, "events": [], "slots": {}}
    result = await build_executor(Bootstrap(Settings(facilitator_data_dir=tmp_path))).run(
        {"next_action": "action_greet", "tracker": tracker, "domain": {}}
    )
    assert result.model_dump()["events"] == [{"event": "followup", "timestamp": None, "name": "action_listen"}]


@pytest.mark.parametrize("unseen", [True, False])
def test_an_action_is_told_that_words_were_typed_before_the_question_was_asked(unseen):
    message = {"text": "yes", "intent": {"name": "affirm"}, "metadata": {"message_id": "m1", **({"unseen": True} if unseen else {})}}
    assert read_turn(Tracker("c1", {}, message, [], False, None, {}, "")).unseen is unseen


async def it_answers(executor: Executor, client: httpx.AsyncClient) -> None:
    async def behave(call):
        assert call["domain"] == {}
        return SimpleNamespace(model_dump=lambda: {"events": [], "responses": []})

    executor.behave = behave
    assert (await client.post("/webhook", json=CALL)).json() == {"events": [], "responses": []}


async def it_refuses_a_stranger(executor: Executor, client: httpx.AsyncClient) -> None:
    async def behave(call):
        raise AssertionError("ran for a stranger")

    executor.behave = behave
    for token in ("Bearer wrong", "right", ""):
        assert (await client.post("/webhook", json=CALL, headers={"Authorization": token})).status_code == 401


async def it_fails_with_a_class_name_and_a_reference_only(
    executor: Executor, client: httpx.AsyncClient, error: Exception, status: int
) -> None:
    async def behave(call):
        raise error

    executor.behave = behave
    reply = await client.post("/webhook", json=CALL)
    assert (reply.status_code, reply.json()["error"]) == (status, type(error).__name__)
    assert set(reply.json()) == {"error", "reference"}
    assert CANARY not in reply.text


async def it_gives_up_a_slow_action_within_its_limit(executor: Executor, client: httpx.AsyncClient) -> None:
    async def behave(call):
        await asyncio.sleep(30)

    executor.behave = behave
    reply = await client.post("/webhook", json=CALL)
    assert (reply.status_code, reply.json()["error"]) == (503, "TimeoutError")


def test_without_a_token_it_does_not_start(tmp_path):
    with pytest.raises(SettingsError, match="FACILITATOR_ACTIONS_TOKEN"):
        build_app(Bootstrap(Settings(facilitator_data_dir=tmp_path)), name="tokenless")
