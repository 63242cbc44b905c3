"""Reading age of everything a person reads: at most 11, each sentence by itself and each text as a whole.

The measure is the one of `facilitator knowledge check`. It swings on a very short sentence, where one long word is enough; so a sentence
of fewer than five words is judged together with its neighbour, and a label of fewer than five words that stands alone is not judged.
What has no plainer form (names of organisations and laws) is in `knowledge/reading-exceptions.yml`. Not judged, because they are not
our words to people: ways people ask (`phrasings`, `People ask:`, `asked/`, examples of what is declined), and titles of sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from facilitator.knowledge.check import EXCEPTIONS_FILE, check
from facilitator.knowledge.content import load_content
from facilitator.knowledge.reading import OLDEST_READER, SHORTEST, hard_sentences, load_exceptions, reading_age, sentences
from facilitator.settings import ROOT

LONGEST = 24  # words, as in `facilitator knowledge check`; we aim at 20
KNOWLEDGE = ROOT / "knowledge"
# Ids, addresses, and words that are matched and never shown.
NOT_READ = {"review", "source", "checked_on", "payload", "examples", "id", "href", "url", "topic", "also"}
MATCHED = {
    "ladder.yml": {"words"},
    "slack.yml": {"personal"},
    "manifest.yml": {"usage_hint"},
    "before.yml": {"words"},
    "during.yml": {"words"},
    "after.yml": {"words"},
}
PARTS_READ = {"domain.yml": ["responses"], "manifest.yml": ["display_information", "features"]}
EXCEPTIONS = load_exceptions(KNOWLEDGE / EXCEPTIONS_FILE)
FILES = [
    ROOT / "bot" / "domain.yml",
    *sorted(path for path in (KNOWLEDGE / "messages").glob("*.yml") if path.stem not in {"cy", "pseudonyms"}),
    *sorted((KNOWLEDGE / "checklist").glob("*.yml")),
    KNOWLEDGE / "glossary.yml",
    KNOWLEDGE / "declined.yml",
    KNOWLEDGE / "support" / "uk.yml",
    KNOWLEDGE / "demo.yml",
    ROOT / "web" / "slack" / "manifest.yml",
]
TOPICS = load_content(KNOWLEDGE).topics


def texts(node: Any, left_out: set[str]) -> Iterator[str]:
    if isinstance(node, str):
        yield re.sub(r"\{\w*\}", "three", node)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key not in left_out:
                yield from texts(value, left_out)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, left_out)


def texts_of(path: Path) -> Iterator[str]:
    content = yaml.safe_load(path.read_text("utf-8"))
    read = [content[key] for key in PARTS_READ.get(path.name, ())] or content
    return texts(read, NOT_READ | MATCHED.get(path.name, set()))


def texts_of_topic(topic_id: str) -> list[str]:
    topic = TOPICS[topic_id]
    return [topic.title, *(text for passage in (*topic.parts.values(), *topic.points) for text in (passage.title, passage.text))]


WRITTEN = {path.name: list(texts_of(path)) for path in FILES} | {topic: texts_of_topic(topic) for topic in TOPICS}


def too_hard(text: str) -> bool:
    return len(text.split()) >= SHORTEST and reading_age(text, EXCEPTIONS) > OLDEST_READER


@pytest.mark.parametrize("name", WRITTEN)
def test_every_sentence_can_be_read_at_eleven(name: str) -> None:
    hard = [f"{age:.1f}: {sentence}" for text in WRITTEN[name] for sentence, age in hard_sentences(text, EXCEPTIONS)]
    assert not hard, "\n".join(hard)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_text_can_be_read_at_eleven(name: str) -> None:
    hard = [f"{reading_age(text, EXCEPTIONS):.1f}: {text}" for text in WRITTEN[name] if too_hard(text)]
    assert not hard, "\n".join(hard)


@pytest.mark.parametrize("name", WRITTEN)
def test_no_sentence_is_long(name: str) -> None:
    found = (sentence for text in WRITTEN[name] for sentence in sentences(text))
    assert [sentence for sentence in found if len(sentence.split()) > LONGEST] == []


def test_nothing_a_person_is_shown_is_left_out() -> None:
    """Each passage of each topic is there, and a few sentences of each kind are found where they stand."""
    assert set(TOPICS) == {path.stem for path in (KNOWLEDGE / "framework").glob("*.md")} <= set(WRITTEN)
    assert sum(len(list(sentences(text))) for written in WRITTEN.values() for text in written) > 5000
    for path in FILES:
        assert WRITTEN[path.name], path


def test_those_who_edit_the_knowledge_are_told_the_same() -> None:
    assert [str(fault) for fault in check(KNOWLEDGE) if "reads at age" in fault.text] == []


def test_no_exception_is_there_without_need() -> None:
    """Each is a name or one of the words that all this is about, and without it a sentence would be too hard."""
    fewer = {word: replace(EXCEPTIONS, words=EXCEPTIONS.words - {word}) for word in EXCEPTIONS.words}
    fewer |= {name: replace(EXCEPTIONS, names=tuple(one for one in EXCEPTIONS.names if one != name)) for name in EXCEPTIONS.names}
    fewer |= {whole: replace(EXCEPTIONS, sentences=EXCEPTIONS.sentences - {whole}) for whole in EXCEPTIONS.sentences}
    read = [text for written in WRITTEN.values() for text in written]
    named = {entry: [text for text in read if entry.lower() in text.lower()] for entry in fewer}
    assert [entry for entry, left in fewer.items() if not any(list(hard_sentences(text, left)) for text in named[entry])] == []
    assert [name for name in EXCEPTIONS.names if not name[0].isupper()] == []


def test_a_short_sentence_is_judged_with_its_neighbour() -> None:
    assert list(hard_sentences("Organisational transformation.")) == [], "a label"
    assert "Organisational transformation." in [sentence for sentence, _ in hard_sentences("You may go. Organisational transformation.")]
    assert list(hard_sentences("You can come back to us on any day that you like. We advise.")) == []


def test_a_name_counts_as_one_short_word_only_as_it_is_written() -> None:
    named = "Ring Citizens Advice and ask them."
    assert reading_age(named, EXCEPTIONS) == reading_age("Ring Ann and ask them.", EXCEPTIONS) < reading_age(named)
    assert reading_age("We give advice to citizens.", EXCEPTIONS) == reading_age("We give advice to citizens.")


def test_the_measure_knows_hard_from_easy() -> None:
    assert too_hard("Collaborative implementation necessitates organisational accountability.")
    assert not too_hard("You can stop at any time, and come back when you like.")
