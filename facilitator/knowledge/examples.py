"""The labelled wordings search learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facilitator.knowledge.asked import DECLINED
from facilitator.knowledge.content import Content
from facilitator.knowledge.words import words


@dataclass(frozen=True)
class Example:
    """A wording, what it asks about (a topic id or `declined-<kind>`), and the passage that answers it, where that is known."""

    text: str
    label: str
    passage: str | None = None


@dataclass(frozen=True)
class Labels:
    """Every answer search can give, topics first."""

    topics: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return self.topics + self.kinds


def labels_of(content: Content) -> Labels:
    return Labels(tuple(content.topics), tuple(f"{DECLINED}{kind.id}" for kind in content.kinds))


def examples_of(content: Content) -> list[Example]:
    """All examples, each wording once a label, in the order of the labels."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for example in _examples(content):
        key = (example.label, *words(example.text))
        if len(key) > 1 and key not in seen:
            seen.add(key)
            kept.append(example)
    return in_order(kept, labels_of(content))


def in_order(examples: Sequence[Example], labels: Labels) -> list[Example]:
    """Sorted by label, so that one label's examples stand together; labels without examples are left out."""
    place = {label: number for number, label in enumerate(labels.all)}
    return sorted((example for example in examples if example.label in place), key=lambda example: place[example.label])


def _examples(content: Content) -> Iterator[Example]:
    for topic in content.topics.values():
        for passage in (topic.short, *topic.points):
            yield from (Example(text, topic.id, passage.id) for text in passage.asks)
        yield from (Example(text, topic.id) for text in (*topic.phrasings, *content.asked.get(topic.id, ())))
    for kind in content.kinds:
        yield from (Example(text, f"{DECLINED}{kind.id}") for text in kind.examples)
