"""Held-out scores of our own wordings, and the weights of search learnt from them.

Wordings of topics are held out at random, a fifth at a time; refused wordings in whole clusters of meaning, because what people
ask outside the framework is never quite what somebody thought of. The blind set plays no part here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from facilitator.knowledge.build import Encode, build_index
from facilitator.knowledge.content import Content
from facilitator.knowledge.examples import Example, examples_of, labels_of
from facilitator.knowledge.fusion import Fusion, Gate, gate_evidence
from facilitator.knowledge.index import Index
from facilitator.knowledge.passages import measures
from facilitator.knowledge.signals import Signals, read_signals

FOLDS, CLUSTERS = 5, 60
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class HeldOut:
    """One wording scored by an index that had not seen it. `passages`: for each candidate, its measures; `passage`: the right one."""

    example: Example
    label: int
    index: Index
    signals: Signals
    passages: Matrix | None
    passage: int


def hold_out(content: Content, encode: Encode) -> list[HeldOut]:
    """Score every wording by an index built without its fold. Takes five builds."""
    examples = examples_of(content)
    vectors = encode([example.text for example in examples])
    labels = labels_of(content).all
    numbers = np.array([labels.index(example.label) for example in examples])
    folds = _folds(numbers, vectors, len(content.topics))
    held: list[HeldOut] = []
    for fold in range(FOLDS):
        index = build_index(content, encode, [example for example, its in zip(examples, folds, strict=True) if its != fold])
        for place in np.flatnonzero(folds == fold):
            held.append(_score(index, examples[place], int(numbers[place]), vectors[place]))
    return held


def _score(index: Index, example: Example, label: int, vector: NDArray[np.float32]) -> HeldOut:
    signals = read_signals(index, example.text, vector)
    if example.passage is None:
        return HeldOut(example, label, index, signals, None, -1)
    passages = np.flatnonzero(index.passages.topics == label)
    right = int(np.flatnonzero(passages == index.passages.ids.index(example.passage))[0])
    return HeldOut(example, label, index, signals, measures(index, signals)[passages].astype(float), right)


def _folds(numbers: NDArray[np.intp], vectors: NDArray[np.float32], topics: int) -> NDArray[np.intp]:
    from sklearn.cluster import KMeans

    random = np.random.default_rng(0)
    folds = np.zeros(len(numbers), dtype=np.intp)
    for topic in range(topics):
        places = np.flatnonzero(numbers == topic)
        folds[places] = random.permutation(len(places)) % FOLDS
    refused = np.flatnonzero(numbers >= topics)
    clusters = KMeans(CLUSTERS, n_init=2, random_state=0).fit_predict(vectors[refused])
    folds[refused] = (random.permutation(CLUSTERS) % FOLDS)[clusters]
    return folds


def learn(held: Sequence[HeldOut]) -> Fusion:
    """The weights under which the held-out wordings are likeliest."""
    from sklearn.linear_model import LogisticRegression

    topics = len(held[0].index.labels.topics)
    tables = np.stack([one.signals.table for one in held]).astype(float)
    is_kind = np.broadcast_to((np.arange(tables.shape[1]) >= topics)[None, :, None], (*tables.shape[:2], 1))
    tables = np.concatenate([tables, is_kind], axis=2)
    weights = choose(list(tables), [one.label for one in held])
    evidence = np.array([gate_evidence(one.index, one.signals, table @ weights) for one, table in zip(held, tables, strict=True)])
    gate = LogisticRegression(C=1.0, max_iter=2000).fit(evidence, [one.label < topics for one in held])
    *signal_weights, kind = (round(float(weight), 2) for weight in weights)
    numbers = [round(float(number), 2) for number in (gate.intercept_[0], *gate.coef_[0])]
    return Fusion(tuple(signal_weights), kind, Gate(*numbers))


def choose(tables: Sequence[Matrix], right: Sequence[int]) -> Matrix:
    """Conditional logistic regression: the weights that best pick the right row of each table."""
    scale = np.concatenate(list(tables)).std(axis=0) + 1e-6
    scaled = [table / scale for table in tables]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, slope = 1e-3 * len(scaled) * float(weights @ weights), 2e-3 * len(scaled) * weights
        for table, row in zip(scaled, right, strict=True):
            logits = table @ weights
            total -= float(log_softmax(logits)[row])
            slope = slope + softmax(logits) @ table - table[row]
        return total, slope

    found = minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x / scale)


def learn_passages(held: Sequence[HeldOut]) -> tuple[Matrix, float]:
    """Weights of the passage choice, from wordings written for one passage, and how often they pick it."""
    known = [(one.passages, one.passage) for one in held if one.passages is not None]
    tables, right = [table for table, _ in known], [row for _, row in known]
    weights = choose(tables, right)
    return weights, float(np.mean([int(np.argmax(table @ weights)) == row for table, row in zip(tables, right, strict=True)]))
