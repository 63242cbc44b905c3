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
NAMES = load_exceptions(ROOT / "knowledge" / "reading-exceptions.yml") | set(
    "lifeline northern ireland ireland's equality commission think local act personal national advisory group javascript".split()  # noqa: SIM905
)
FILES = [
    ROOT / "bot" / "domain.yml",
    *sorted(path for path in (ROOT / "knowledge" / "messages").glob("*.yml") if path.stem not in {"cy", "pseudonyms"}),
    *sorted((ROOT / "knowledge" / "checklist").glob("*.yml")),
    ROOT / "knowledge" / "glossary.yml",
    ROOT / "knowledge" / "declined.yml",
    ROOT / "knowledge" / "support" / "uk.yml",
]
# Sentences still over the limit, by file: shorter or plainer ones are welcome. Nothing is added here but a name.
KNOWN_HARD = {
    # bot/domain.yml
    "An advocate, Citizens Advice or a solicitor can.",
    "Coordinators can only act on what they are allowed to read.",
    "Coordinators can read your words only if you say so later.",
    "Coordinators may read your words.",
    "Coordinators may read your words:",
    "Different things matter before, during and after.",
    "I am sorry, I only understand English.",
    "I can help with working together on mental health services.",
    "I help people get ready for working together on mental health services, and look back on it after.",
    "I help people work together on mental health services.",
    "If it looks as if someone may be in danger, a note is made that help was offered, without your words.",
    "May coordinators read what you typed?",
    "No coordinator can read your words unless you allow it.",
    "No coordinator can read your words.",
    "People who use services and people who run them often see things differently.",
    "Please ask a welfare rights adviser, such as Citizens Advice, before you accept any payment.",
    "Please use only letters, numbers, spaces and hyphens.",
    "This is a ladder of working together, from the lowest rung to the highest:",
    "When people on all sides say where they think the group is, it is easier to talk about what should change.",
    "You have written reflections before.",
    # knowledge/messages/parity.yml
    "Not sure, does not apply and skipped are shown, but never counted as a difference.",
    "Outside this activity, counts of 1 to 7 are hidden.",
    # knowledge/messages/review.yml
    "Code from your authenticator app",
    "Coordinators you tick may read and change this activity.",
    "For people who look after activities.",
    "No activity a week before or after today.",
    "Only what people chose to share, with coordinators or with their group.",
    "Point an authenticator app at this picture.",
    "Set up an authenticator app",
    "The authenticator app is turned off.",
    "Their writers do not let coordinators read their words.",
    "Turn off their authenticator app",
    "Your organisation asks for this before you go on.",
    "turned off the authenticator app",
    "turned on the authenticator app",
    # knowledge/messages/summary.yml
    "Coordinators can see this too.",
    # knowledge/messages/terms.yml
    "the time after the activity",
    "the time before the activity",
    # knowledge/checklist/after.yml
    "Do people work together better now?",
    "Learn together, with leaders, staff, carers and people who use services.",
    # knowledge/checklist/before.yml
    "Is it clear to everyone what this activity is for?",
    # knowledge/checklist/during.yml
    "After each session, check that everyone has had their money.",
    "Does each person's experience count as much as anyone else's?",
    "Does your experience count as much as anyone else's here?",
    "You learn a lot from living with a mental health problem, or caring for someone.",
    # knowledge/checklist/reflection.yml
    "The papers come late, so people without a computer cannot read them in time.",
    # knowledge/glossary.yml
    "For example, having a mental health problem or caring for someone who does.",
    "It is a group of staff who support people with mental health problems outside hospital.",
    "Keeping private things private, and saying clearly when something may have to be passed on.",
    "Short for community mental health team.",
    "Short for community mental health team. It is a group of staff who support people with mental health problems outside hospital.",
    "Short for community psychiatric nurse.",
    "Someone who looks after a family member or friend and is not paid to do it.",
    "Something good a person or place can offer, such as a skill, time, contacts or what they have lived through.",
    # knowledge/support/uk.yml
    "You can also tell someone you trust, like a GP, a social worker or a safeguarding lead.",
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
