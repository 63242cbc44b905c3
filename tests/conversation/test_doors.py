"""The inner doors: Rasa and the action server refuse strangers, and what fails inside shows nothing of what was said."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.conversation.stack import Caller, Stack

CANARY = "zanzibar-canary"


def rasa_url(stack: Stack) -> str:
    return stack.inner("FACILITATOR_RASA_URL")


def actions_url(stack: Stack) -> str:
    return stack.inner("FACILITATOR_ACTIONS_URL")


@pytest.mark.parametrize("token", [None, "wrong"])
def test_rasa_refuses_a_stranger(stack: Stack, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"conversation_id": "a", "message_id": "b", "text": "hello"}
    reply = httpx.post(f"{rasa_url(stack)}/webhooks/facilitator/turn", json=body, headers=headers, trust_env=False)
    assert reply.status_code == 401


@pytest.mark.parametrize("path", ["/webhooks/rest/webhook", "/conversations/a/tracker", "/model/parse", "/domain"])
def test_rasas_own_doors_are_shut(stack: Stack, path: str) -> None:
    reply = httpx.post(f"{rasa_url(stack)}{path}", json={"sender": "a", "message": "/restart"}, trust_env=False)
    assert reply.status_code in (404, 405)


@pytest.mark.parametrize("token", [None, "wrong"])
def test_the_action_server_refuses_a_stranger(stack: Stack, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    reply = httpx.post(actions_url(stack), json={"next_action": "action_greet", "tracker": {}}, headers=headers, trust_env=False)
    assert reply.status_code == 401


def test_a_failing_action_answers_without_a_word_of_the_tracker(stack: Stack) -> None:
    headers = {"Authorization": f"Bearer {stack.inner('FACILITATOR_ACTIONS_TOKEN')}"}
    call = {"next_action": "action_greet", "tracker": {"sender_id": "a", "latest_message": {"text": CANARY}}, "sender_id": "a"}
    reply = httpx.post(actions_url(stack), json=call, headers=headers, trust_env=False)
    assert reply.status_code == 500
    assert set(reply.json()) == {"error", "reference"}
    assert CANARY not in reply.text


def test_what_people_type_is_in_no_log_and_in_no_row_of_the_tracker(stack: Stack, caller: Caller) -> None:
    caller.open()
    caller.choose("Keep")
    caller.choose("I would")
    caller.choose("Before")
    caller.choose("Short")
    for words in (f"sort of but {CANARY}", f"/{CANARY}", f"what is {CANARY}?", f'/ask_question{{"a": "{CANARY}"}}'):
        caller.type(words)
    [(state,)] = stack.query("SELECT state FROM tracker_state WHERE conversation_id = :id", id=caller.id)
    assert CANARY not in state
    assert json.loads(state)
    for log in [*(stack.folder / "logs").glob("*"), stack.folder / "up.log"]:
        assert CANARY not in Path(log).read_text(encoding="utf-8", errors="replace"), log.name


def test_an_unkept_persons_words_and_ratings_are_in_no_row_at_all(stack: Stack, caller: Caller) -> None:
    caller.open()
    caller.choose("Talk")
    caller.choose("Before")
    caller.choose("Short")
    caller.choose("Partly")
    caller.type(f"not yet {CANARY}x")
    tables = ["conversation", "message", "answer", "action_outcome", "tracker_state", "reflection"]
    mine = {}
    for table in tables:
        key = "id" if table == "conversation" else "conversation_id"
        mine[table] = str(stack.query(f"SELECT * FROM {table} WHERE {key} = :id", id=caller.id))
    for table, rows in mine.items():
        for trace in (f"{CANARY}x", "answer_partly", "answer_no", "'partly'", "'not_yet'"):
            assert trace not in rows, (table, trace)
