"""What lasts: through a stop and a start, and a client that asks twice. Killed processes: tests/faults."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.conversation.stack import Caller, Stack, running


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system that these tests may stop."""
    with running(tmp_path_factory.mktemp("own")) as started:
        yield started


def to_the_second_item(stack: Stack) -> Caller:
    caller = Caller(stack)
    caller.open()
    for title in ("Keep", "I use", "Before", "Short", "Partly"):
        caller.choose(title)
    caller.type("my words about the first point")
    return caller


def test_stopping_everything_and_starting_again_resumes_at_the_same_item(own: Stack) -> None:
    caller = to_the_second_item(own)
    asked = caller.question
    own.stop()
    assert own.processes() == {}, "no child is left behind"
    own.start()
    again = Caller(own)
    again.open(resume_code=caller.opened["resume_code"])
    assert again.question == asked
    assert again.last["progress"] == {"stage": "before", "answered": 1, "total": 5}
    caller.type("skip")
    assert caller.last["progress"]["answered"] == 2, "the old token still works"
    [stored] = own.query(
        "SELECT rating, comment FROM answer WHERE conversation_id = :id AND item = 'before-leadership' AND superseded_at IS NULL",
        id=caller.id,
    )
    assert stored == ("partly", "my words about the first point")


def test_a_message_sent_while_rasa_is_starting_is_kept_and_answered(own: Stack) -> None:
    caller = to_the_second_item(own)
    os.kill(own.processes()["rasa"], signal.SIGKILL)
    response = caller.post({"client_message_id": "while-away", "text": "sort of but it was rushed"})
    assert response.status_code == 200
    assert response.json()["state"] == "waiting"
    assert response.json()["messages"][0]["kind"] == "notice"
    own.wait_until(lambda: own.readiness().get("all") == "ready", 120)
    caller._wait(response.json())
    assert "partly" in caller.seen
    again = caller.post({"client_message_id": "while-away", "text": "sort of but it was rushed"})
    assert again.json()["messages"] == caller.last["messages"]
    assert own.query("SELECT count(*) FROM answer WHERE conversation_id = :id AND item = 'before-purpose'", id=caller.id) == [(1,)]


def test_the_same_client_message_id_stores_one_answer(own: Stack) -> None:
    caller = to_the_second_item(own)
    first = caller.type("not yet because nobody told us anything", "one-id")
    second = caller.type("not yet because nobody told us anything", "one-id")
    assert first["messages"] == second["messages"]
    assert own.query("SELECT count(*) FROM answer WHERE conversation_id = :id AND item = 'before-purpose'", id=caller.id) == [(1,)]


def test_a_killed_supervisor_leaves_no_child_behind(own: Stack) -> None:
    os.kill(own.processes()["supervisor"], signal.SIGKILL)
    own.wait_until_gone()
    own.start()
    assert httpx.get(f"{own.url}/healthz", trust_env=False).status_code == 200
