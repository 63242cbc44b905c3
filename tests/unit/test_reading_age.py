"""Reading age of everything a person reads: at most 11, by the measure of `facilitator knowledge check`.

The measure is made for passages, and swings on a single sentence: one long word in seven is enough. So a whole text has to keep to
the limit, and a sentence too unless it is listed here. Names have no plainer form, and count as short words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from facilitator.knowledge.check import check
from facilitator.knowledge.reading import load_exceptions, reading_age, sentences
from facilitator.settings import ROOT

LIMIT = 11
LEAST_WORDS = 5  # a label of a word or two is measured by nothing
LONGEST = 24  # words, as in `facilitator knowledge check`; we aim at 20
NOT_READ = {"review", "source", "checked_on", "payload", "examples", "id", "href", "url", "words", "phrases"}
TITLES = frozenset({"coordinator", "coordinators"})
NAMES = (
    load_exceptions(ROOT / "knowledge" / "reading-exceptions.yml")
    | TITLES
    | set("lifeline northern ireland ireland's equality commission think local act personal national advisory group javascript".split())  # noqa: SIM905
)
FILES = [
    ROOT / "bot" / "domain.yml",
    *sorted(path for path in (ROOT / "knowledge" / "messages").glob("*.yml") if path.stem not in {"cy", "pseudonyms"}),
    *sorted((ROOT / "knowledge" / "checklist").glob("*.yml")),
    ROOT / "knowledge" / "glossary.yml",
    ROOT / "knowledge" / "declined.yml",
    ROOT / "knowledge" / "support" / "uk.yml",
]
# Names and titles that are a sentence by themselves. Nothing is added here but another of those.
KNOWN_HARD = {
    "Short for community mental health team.",
    "Short for community psychiatric nurse.",
}


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield re.sub(r"\{\w*\}", "three", node)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in NOT_READ:
                yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


def texts_of(path: Path) -> Iterator[str]:
    content = yaml.safe_load(path.read_text("utf-8"))
    return texts(content["responses"] if path.name == "domain.yml" else content)


def too_hard(text: str) -> bool:
    return len(text.split()) >= LEAST_WORDS and round(reading_age(text, NAMES)) > LIMIT


def told(path: Path, hard: list[str]) -> str:
    return "\n".join(f"{path.relative_to(ROOT)}: reads at age {reading_age(text, NAMES):.1f}: {text}" for text in hard)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sentence_can_be_read_at_eleven(path: Path) -> None:
    found = [sentence.strip() for text in texts_of(path) for sentence in sentences(text)]
    hard = [sentence for sentence in found if too_hard(sentence) and sentence not in KNOWN_HARD]
    assert not hard, told(path, hard)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_text_can_be_read_at_eleven(path: Path) -> None:
    hard = [text for text in texts_of(path) if too_hard(text) and text.strip() not in KNOWN_HARD]
    assert not hard, told(path, hard)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_sentence_is_long(path: Path) -> None:
    found = (sentence for text in texts_of(path) for sentence in sentences(text))
    assert [sentence for sentence in found if len(sentence.split()) > LONGEST] == []


def test_every_passage_of_the_knowledge_base_can_be_read_at_eleven() -> None:
    assert [str(fault) for fault in check(ROOT / "knowledge") if "reads at age" in fault.text] == []


def test_the_measure_knows_hard_from_easy() -> None:
    assert too_hard("Collaborative implementation necessitates organisational accountability.")
    assert not too_hard("You can stop at any time, and come back when you like.")
