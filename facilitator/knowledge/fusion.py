"""Weighs the signals into a probability for every label.

First whether the question is one we answer at all, then which topic (or which kind of refusal). The numbers are printed by
`python -m benchmarks.knowledge --calibrate`: logistic regressions on our own wordings, each scored by an index that had not seen it,
and refused wordings held out in whole clusters, so that a new sort of question is not taken for a known one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facilitator.knowledge.index import Index
from facilitator.knowledge.signals import NAMES, Signals
from facilitator.knowledge.vectors import Floats


@dataclass(frozen=True)
class Gate:
    """Weights of the evidence that a question is one of the framework's."""

    bias: float
    odds: float
    nearest_topic: float
    nearest_kind: float
    learnt_kinds: float


@dataclass(frozen=True)
class Fusion:
    """`weights`: one a signal, in the order of NAMES. `kind`: what is added for kinds, which two signals do not speak for."""

    weights: tuple[float, ...]
    kind: float
    gate: Gate


@dataclass(frozen=True)
class Likely:
    """`covered`: how likely the framework covers the question. `topics`, `kinds`: each adds up to 1."""

    covered: float
    topics: Floats
    kinds: Floats


FUSION = Fusion(
    weights=(7.75, 0.4, 1.77, 1.53, 2.83),
    kind=1.86,
    gate=Gate(bias=0.27, odds=0.26, nearest_topic=2.86, nearest_kind=3.27, learnt_kinds=-9.86),
)


def weigh(index: Index, signals: Signals, fusion: Fusion = FUSION) -> Likely:
    topics = len(index.labels.topics)
    assert len(fusion.weights) == len(NAMES)
    logits = signals.table @ np.array(fusion.weights, dtype=np.float32)
    logits[topics:] += fusion.kind
    evidence = gate_evidence(index, signals, logits)
    gate = fusion.gate
    weights = (gate.odds, gate.nearest_topic, gate.nearest_kind, gate.learnt_kinds)
    covered = 1 / (1 + np.exp(-(gate.bias + float(np.dot(weights, evidence)))))
    return Likely(float(covered), _shares(logits[:topics]), _shares(logits[topics:]))


def gate_evidence(index: Index, signals: Signals, logits: Floats) -> tuple[float, float, float, float]:
    """What the gate weighs: log odds of topics over kinds, the nearest wording of each, and how much of the kinds was learnt."""
    topics = len(index.labels.topics)
    first_kind = int(index.starts[topics])
    return (
        float(np.logaddexp.reduce(logits[:topics]) - np.logaddexp.reduce(logits[topics:])),
        float(signals.near[:first_kind].max()),
        float(signals.near[first_kind:].max()),
        float(signals.table[topics:, 0].sum()),
    )


def _shares(logits: Floats) -> Floats:
    grown = np.exp(logits - logits.max())
    return np.asarray(grown / grown.sum(), dtype=np.float32)
