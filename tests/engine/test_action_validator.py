"""The compiled validator against the one it replaces."""

from __future__ import annotations

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
    {"events": action_validator._THEN_LISTEN},
    {"events": action_validator._THEN_LISTEN, "responses": [{"text": "hi"}, {}]},
    {"events": action_validator._THEN_LISTEN, "responses": ["hi"]},
    {"events": action_validator._THEN_LISTEN, "responses": None},
    {"events": [*action_validator._THEN_LISTEN, {"event": "slot"}]},
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


def test_the_schema_is_made_once_for_all_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making it anew at every call is what the stock check spends its time on."""
    made: list[dict[str, Any]] = []

    def counted() -> dict[str, Any]:
        made.append(spec := stock())
        return spec

    stock = RemoteAction.action_response_format_spec
    monkeypatch.setattr(RemoteAction, "action_response_format_spec", counted)
    action_validator._validator.cache_clear()
    for answer in ANSWERS:
        action_validator.is_valid(answer)
    assert len(made) == 1


def test_what_our_actions_always_say_is_not_held_against_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_validator, "_validator", lambda: pytest.fail("asked the schema"))
    assert action_validator.is_valid({"events": [dict(action_validator._THEN_LISTEN[0])], "responses": [{"text": "hi", "buttons": []}]})
