"""Each process killed twice in the middle of a turn: every acknowledged answer is there exactly once."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from facilitator.checklist.content import load_checklists
from facilitator.settings import ROOT
from tests.conversation.stack import Stack, running
from tests.faults.killing import kill_and_see


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("faults")) as started:
        yield started


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("part", ["web", "actions", "rasa"])
def test_every_acknowledged_answer_is_there_exactly_once(own: Stack, part: str, seed: int) -> None:
    outcome = kill_and_see(own, load_checklists(ROOT / "knowledge" / "checklist"), part, random.Random(seed))
    assert outcome.answers > 0
    assert outcome.is_clean, outcome
