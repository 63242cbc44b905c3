"""Finds the section of an organisation's own document that answers a question.

Documents come without wordings to learn from, so two plain signals decide: nearness of meaning, and the share of the question's words,
rare ones weighing more, that stand in the section. Their weights come from the framework's own points, searched as if they were such
documents: questions whose topic is absent were answered 2 times in 100 (docs/decisions/0006-knowledge-search.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from facilitator.knowledge.base import Hit, Passage, Topic
from facilitator.knowledge.build import Encode, answers
from facilitator.knowledge.vectors import Floats, meaning
from facilitator.knowledge.words import content_lemmas

_MEANING, _WORDS, _BIAS = 5.43, 1.27, -3.17

Rarity = Callable[[str], float]


@dataclass(frozen=True)
class DocumentIndex:
    """`vectors`: passages × 384, meaning alone."""

    passages: tuple[Passage, ...]
    vectors: Floats
    lemmas: tuple[frozenset[str], ...]

    def hits(self, question: Sequence[str], vector: Floats, rarity: Rarity) -> list[Hit]:
        """The best passage of every section, best first. `question`: its lemmas. `rarity`: how much a lemma says."""
        if not self.passages:
            return []
        weights = {lemma: rarity(lemma) for lemma in set(question)}
        whole = sum(weights.values()) or 1.0
        nearness = self.vectors @ meaning(vector)
        best: dict[str, Hit] = {}
        for place in np.argsort(-nearness):
            passage = self.passages[place]
            shared = sum(weight for lemma, weight in weights.items() if lemma in self.lemmas[place]) / whole
            score = 1 / (1 + math.exp(-(_MEANING * float(nearness[place]) + _WORDS * shared + _BIAS)))
            if passage.topic not in best or score > best[passage.topic].score:
                best[passage.topic] = Hit(passage.topic, passage.id, score)
        return sorted(best.values(), key=lambda hit: -hit.score)


def index_documents(topics: Sequence[Topic], encode: Encode) -> DocumentIndex:
    passages = tuple(passage for topic in topics for passage in answers(topic))
    texts = [f"{passage.sources[0].title}. {passage.title}. {passage.text}" for passage in passages]
    vectors = meaning(encode([f"{passage.title}. {passage.text}" for passage in passages]))
    return DocumentIndex(passages, vectors, tuple(frozenset(content_lemmas(text)) for text in texts))
