"""The compiled validator against the one it replaces."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jsonschema import ValidationError, validate
from rasa.core.actions.action import RemoteAction

from bot.engine import action_validator

ANSWERS: list[Any] = [
    {"events": [], "responses": []},
    {},
    {"events": [{"event": "slot", "name": "item", "value": None, "timestamp": None}], "responses": [{"text": "hi"}]},
    {"events": [{"event": "followup", "name": "action_listen"}, {"event": "rewind"}]},
    {"events": [{"event": "active_loop", "name": None}]},
    {"events": [{"event": "user", "text": "x", "parse_data": {}}]},
    {"events": {}},
    {"events": [{"event": "slot"}]},
    {"events": [{"event": "no such event"}]},
    {"events": ["slot"]},
    {"responses": ["hi"]},
    {"responses": {}},
    None,
    [],
    "hi",
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_it_agrees_with_the_schema_of_rasa(answer: Any) -> None:
    try:
        validate(answer, RemoteAction.action_response_format_spec())
        expected = True
    except ValidationError:
        expected = False
    assert action_validator.is_valid(answer) is expected


def test_installing_twice_is_installing_once() -> None:
    action_validator.install()
    once = RemoteAction.run
    action_validator.install()
    assert RemoteAction.run is once


def test_a_check_is_quick() -> None:
    answer = ANSWERS[2]
    action_validator.is_valid(answer)
    started = time.perf_counter()
    for _ in range(20):
        action_validator.is_valid(answer)
    assert (time.perf_counter() - started) / 20 < 0.005, "the stock check takes about 48 ms"
