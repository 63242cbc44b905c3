"""docs/framework-coverage.md holds: every statement of the framework has a passage, and the question beside it reaches that passage."""

from __future__ import annotations

import re
from functools import cache

import pytest

from facilitator.knowledge.base import Decision
from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT

_ROW = re.compile(r"\| (?P<statement>[^|]+) \| `(?P<passage>[^`]+)` \| (?P<question>[^|]+) \|")
# The framework's own bullets: 18 topics in three steps, and the bullets under each change required (DESIGN section 4).
_CHANGES = {
    "change-vision-strategy": 9,
    "change-motivate-staff": 7,
    "change-lead-by-example": 7,
    "change-invest-service-users": 6,
    "change-knowledge-skills": 8,
    "change-reflection": 4,
    "conclusion": 7,
}


@cache
def rows() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "framework-coverage.md").read_text(encoding="utf-8")
    return [(match["passage"], match["question"]) for match in map(_ROW.fullmatch, text.splitlines()) if match]


@pytest.mark.parametrize(("passage", "question"), rows(), ids=[question for _, question in rows()])
def test_the_question_reaches_the_passage(real: LiveKnowledge, passage: str, question: str) -> None:
    found = real.search(question)
    assert (found.decision, found.hits[0].passage) == (Decision.ANSWER, passage)


def test_every_topic_is_in_the_table(real: LiveKnowledge) -> None:
    assert {passage.partition("#")[0] for passage, _ in rows()} == set(real.content.topics)


def test_every_change_required_has_a_row_for_each_of_its_bullets() -> None:
    passages = [passage.partition("#")[0] for passage, _ in rows()]
    assert {topic: passages.count(topic) >= bullets for topic, bullets in _CHANGES.items()} == dict.fromkeys(_CHANGES, True)


def test_no_row_was_lost_to_a_slip_in_the_table() -> None:
    lines = (ROOT / "docs" / "framework-coverage.md").read_text(encoding="utf-8").splitlines()
    assert len(rows()) == sum(line.startswith("| ") and "the framework says" not in line for line in lines) > 100
