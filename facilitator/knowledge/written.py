"""Answers that an organisation's coordinators have written to questions the framework does not cover: found by nearness of meaning alone.

Thresholds: of the first 300 questions of tests/evaluation/knowledge.tsv, no two about different things are as near as 0.7; two in a
hundred thousand pairs are nearer than 0.65, seven in ten thousand nearer than 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from facilitator.knowledge.base import Hit, Part, Passage, Source, Topic
from facilitator.knowledge.vectors import Floats, meaning

PREFIX = "answer-"
ANSWERS_AT = 0.68  # nearness at which it is the answer
OFFERED_AT = 0.5  # where the framework would decline


@dataclass(frozen=True)
class WrittenAnswer:
    """A published answer. `asks` are the question and other ways to ask it; `credit` says who answers."""

    id: str
    question: str
    asks: tuple[str, ...]
    text: str
    credit: str


class WrittenAnswers(Protocol):
    """Where published answers are kept."""

    def stamp(self) -> str:
        """Changes whenever an answer does."""
        ...

    def published(self) -> Sequence[WrittenAnswer]: ...


class NoAnswers:
    """Nobody writes answers here."""

    def stamp(self) -> str:
        return ""

    def published(self) -> Sequence[WrittenAnswer]:
        return ()


def topic_of(answer: WrittenAnswer) -> Topic:
    topic_id = f"{PREFIX}{answer.id}"
    asks = (answer.question, *answer.asks)
    passage = Passage(passage_of(answer.id), topic_id, answer.question, answer.text, (Source(answer.credit, answer.question),), asks)
    return Topic(topic_id, answer.question, answer.credit, {Part.SHORT: passage}, phrasings=asks)


def passage_of(answer_id: str) -> str:
    """The id of the passage an answer becomes."""
    return f"{PREFIX}{answer_id}#{Part.SHORT.value}"


@dataclass(frozen=True)
class WrittenIndex:
    """`vectors`: ways to ask × 384, meaning alone; `owners` is the topic of each."""

    owners: tuple[Topic, ...]
    vectors: Floats

    def hits(self, vector: Floats) -> list[Hit]:
        """Every answer, the nearest first; its score is the nearness of its nearest way to ask."""
        nearness = self.vectors @ meaning(vector)
        best: dict[str, Hit] = {}
        for place in np.argsort(-nearness, kind="stable"):
            topic = self.owners[place]
            best.setdefault(topic.id, Hit(topic.id, topic.short.id, float(nearness[place])))
        return list(best.values())


def index_answers(topics: Sequence[Topic], encode_one: Callable[[str], Floats]) -> WrittenIndex:
    """`encode_one` keeps nothing on disk: what coordinators write is not part of the content that comes with the code."""
    pairs = [(topic, ask) for topic in topics for ask in topic.phrasings]
    return WrittenIndex(tuple(topic for topic, _ in pairs), meaning(np.stack([encode_one(ask) for _, ask in pairs])))
