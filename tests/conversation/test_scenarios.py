"""Whole conversations, written as YAML in scenarios/: what the person says, what they see, what is stored.

A step is one of `say` (typed words) or `choose` (the beginning of a choice's title), and may expect
`see` (texts that are shown), `not` (texts that are not), `state`, `progress` (`answered/total`), `source` (in a source's section),
`asks` (in the question), `same_question: true`. At the end, `stored` compares answers and comments, `rows` other tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conversation.stack import Caller, Stack

SCENARIOS = [
    pytest.param(scenario, id=f"{path.stem}: {scenario['name']}")
    for path in sorted((Path(__file__).parent / "scenarios").glob("*.yml"))
    for scenario in yaml.safe_load(path.read_text(encoding="utf-8"))
]
EXPECTATIONS = {"see", "not", "state", "progress", "source", "asks", "same_question"}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: dict[str, Any], stack: Stack, caller: Caller) -> None:
    caller.open(**scenario.get("open", {}))
    for number, step in enumerate(scenario["steps"], 1):
        asked = caller.question
        unknown = set(step) - EXPECTATIONS - {"say", "choose"}
        assert not unknown, f"step {number} has unknown keys {unknown}"
        if "say" in step:
            caller.type(step["say"])
        elif "choose" in step:
            caller.choose(step["choose"])
        _expect(step, caller, asked, f"step {number}: {step}\n{caller.seen}")
    _stored(scenario.get("stored"), stack, caller)
    for table, rows in scenario.get("rows", {}).items():
        _rows(table, rows, stack, caller)


def _expect(step: dict[str, Any], caller: Caller, asked: str, where: str) -> None:
    for wanted in _listed(step.get("see")):
        assert wanted.lower() in caller.seen.lower(), where
    for unwanted in _listed(step.get("not")):
        assert unwanted.lower() not in caller.seen.lower(), where
    if "state" in step:
        assert caller.last["state"] == step["state"], where
    if "progress" in step:
        walked = caller.last["progress"]
        assert f"{walked['answered']}/{walked['total']}" == step["progress"], where
    if "source" in step:
        assert any(step["source"].lower() in f"{s['title']} {s['section']}".lower() for s in caller.sources), (where, caller.sources)
    if "asks" in step:
        assert step["asks"].lower() in caller.question.lower(), where
    if step.get("same_question"):
        assert caller.question == asked, where


def _stored(expected: dict[str, Any] | None, stack: Stack, caller: Caller) -> None:
    if expected is None:
        return
    rows = stack.query("SELECT item, rating, comment FROM answer WHERE conversation_id = :id AND superseded_at IS NULL", id=caller.id)
    assert {item: rating for item, rating, _ in rows} == expected.get("answers", {})
    assert {item: comment for item, _, comment in rows if comment} == expected.get("comments", {})


def _rows(table: str, expected: list[dict[str, Any]], stack: Stack, caller: Caller) -> None:
    """The rows of a table that belong to this conversation, by the columns that the scenario names."""
    columns = sorted({name for row in expected for name in row}) or ["id"]
    found = stack.query(f"SELECT {', '.join(columns)} FROM {table} WHERE conversation_id = :id ORDER BY created_at", id=caller.id)
    assert [dict(zip(columns, row, strict=True)) for row in found] == expected


def _listed(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value
