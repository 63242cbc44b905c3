"""Builds the search index from the knowledge base."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facilitator.errors import ContentError
from facilitator.knowledge.base import Passage, Topic
from facilitator.knowledge.bm25 import Bm25
from facilitator.knowledge.content import Content
from facilitator.knowledge.examples import Example, Labels, examples_of, in_order, labels_of
from facilitator.knowledge.index import Index, PassageIndex
from facilitator.knowledge.lexical import lemma_terms, letter_terms, weigh_terms
from facilitator.knowledge.ridge import fit_ridge
from facilitator.knowledge.vectors import Floats, meaning
from facilitator.knowledge.words import words


class Encode(Protocol):
    """Texts to vectors of length 1, shape (texts, 768)."""

    def __call__(self, texts: Sequence[str], /) -> Floats: ...


def build_index(content: Content, encode: Encode, examples: Sequence[Example] | None = None) -> Index:
    """Learn from the content; `examples` replaces its own when folds are held out to measure.

    Raises:
        ContentError: a topic or kind has no wording to learn from.
    """
    labels = labels_of(content)
    learnt = in_order(examples, labels) if examples is not None else examples_of(content)
    numbers = _numbers(learnt, labels)
    texts = [example.text for example in learnt]
    vectors = encode(texts)
    lemma_weights, lemma_rows = weigh_terms(texts, lemma_terms)
    letter_weights, letter_rows = weigh_terms(texts, letter_terms, seen_at_least=2)
    targets = (numbers[:, None] == np.arange(len(labels.all))).astype(np.float32)
    return Index(
        labels=labels,
        examples=tuple(learnt),
        starts=np.searchsorted(numbers, np.arange(len(labels.all))),
        vectors=vectors,
        lemma_weights=lemma_weights,
        letter_weights=letter_weights,
        ridge=fit_ridge(vectors, lemma_rows, letter_rows, targets),
        by_wording=Bm25.over([" . ".join(example.text for example in learnt if example.label == label) for label in labels.all]),
        by_topic=Bm25.over([" . ".join(map(_words_of, all_passages(content.topics[topic]))) for topic in labels.topics]),
        passages=_passages(content, labels, encode, learnt),
        vocabulary=_vocabulary(content, texts),
    )


def all_passages(topic: Topic) -> list[Passage]:
    return [*topic.parts.values(), *topic.points]


def answers(topic: Topic) -> list[Passage]:
    """The passages a question can be answered with: each is short, and stands alone."""
    return [topic.short, *topic.points]


def texts_of(content: Content) -> list[str]:
    """Every text a build encodes: wordings, and passages with their titles."""
    passages = [passage for topic in content.topics.values() for passage in answers(topic)]
    wordings = [example.text for example in examples_of(content)]
    return list(dict.fromkeys([*wordings, *map(_words_of, passages), *(passage.title for passage in passages)]))


def _numbers(examples: Sequence[Example], labels: Labels) -> NDArray[np.intp]:
    place = {label: number for number, label in enumerate(labels.all)}
    numbers = np.array([place[example.label] for example in examples], dtype=np.intp)
    missing = [label for label, number in place.items() if number not in set(numbers.tolist())]
    if missing:
        raise ContentError("knowledge", None, f"{missing[0]} has no phrasings, so nobody could reach it")
    return numbers


def _passages(content: Content, labels: Labels, encode: Encode, examples: Sequence[Example]) -> PassageIndex:
    asks: dict[str, list[str]] = {}
    for example in examples:
        if example.passage:
            asks.setdefault(example.passage, []).append(example.text)
    found = [(number, passage) for number, topic in enumerate(labels.topics) for passage in answers(content.topics[topic])]
    return PassageIndex(
        ids=tuple(passage.id for _, passage in found),
        topics=np.array([number for number, _ in found], dtype=np.intp),
        vectors=meaning(encode([_words_of(passage) for _, passage in found])),
        titles=meaning(encode([passage.title for _, passage in found])),
        words=Bm25.over([" . ".join([_words_of(passage), *asks.get(passage.id, ())]) for _, passage in found]),
    )


def _words_of(passage: Passage) -> str:
    return f"{passage.title}. {passage.text}"


def _vocabulary(content: Content, texts: Sequence[str]) -> tuple[str, ...]:
    """Words a misspelt word may be read as: those seen in passages, or twice in wordings, where slips are left in on purpose."""
    written = {word for topic in content.topics.values() for passage in all_passages(topic) for word in words(_words_of(passage))}
    counts = Counter(word for text in texts for word in set(words(text)))
    return tuple(sorted(word for word in written | {word for word, count in counts.items() if count > 1} if len(word) > 3))
