"""What the models make of one message. The small one reads every piece; where it is not sure that all is
safe, the larger one reads the message as it was typed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import numpy as np

from facilitator.safety.batches import Floats
from facilitator.safety.classifier import Classifier
from facilitator.safety.evidence import Probabilities
from facilitator.safety.windows import SHORT_MESSAGE, whole, windows

logger = logging.getLogger(__name__)

_MOST_WINDOWS = 96  # bounds the time for the longest message allowed; patterns read all of it whatever its length
_SURELY_SAFE = 0.015  # chance of danger or distress, by the small model, under which the larger one is not asked
_WHOLE = 100  # words; a longer message is read by the larger model in pieces,
_READ_AGAIN = 4  # the most worrying ones: this bounds its time
_TRUST = 0.8  # in the larger model where both have read; the rest in the small one


@dataclass(frozen=True)
class Readers:
    """The models that are there: `larger` is None where it could not be made or loaded."""

    small: Classifier
    larger: Classifier | None = None

    def read(self, typed: str, prepared: str) -> Probabilities:
        """The chances for a message: `typed` is as people wrote it, `prepared` as `Spelling` made it."""
        pieces = windows(prepared)[:_MOST_WINDOWS]
        if not pieces:
            return Probabilities(0, 0, 0, 0, 0)
        short = len(prepared.split()) <= SHORT_MESSAGE
        # dict: a message of one sentence is its own only piece, and is read once
        texts = list(dict.fromkeys([*pieces, whole(prepared)] if short else pieces))
        rows = self.small.probabilities(texts)
        first = _chances(rows, texts.index(whole(prepared)) if short else None)
        if self.larger is None:
            return replace(first, full=False)
        worry = rows[:, :3].sum(axis=1)
        if worry.max() < _SURELY_SAFE:
            return first
        again = [typed] if len(typed.split()) <= _WHOLE else [texts[at] for at in np.argsort(-worry)[:_READ_AGAIN]]
        try:
            second = _chances(self.larger.probabilities(again), 0 if len(again) == 1 else None)
        except Exception as error:  # whatever stops it, the small one has answered
            logger.error("larger safety model failed, the small one alone: %s", type(error).__name__)
            return replace(first, full=False)
        return _together(first, second)


def _chances(rows: Floats, message: int | None) -> Probabilities:
    """The highest of all rows; `message` is the row of the message as a whole, if there is one."""
    crisis = rows[:, 0] + rows[:, 1]
    top = float(crisis.max())
    self_, other, distress = (float(column) for column in rows[:, :3].max(axis=0))
    return Probabilities(self_, other, distress, top, top if message is None else float(crisis[message]))


def _together(first: Probabilities, second: Probabilities) -> Probabilities:
    def mean(one: float, two: float) -> float:
        return (1 - _TRUST) * one + _TRUST * two

    risk = mean(first.risk, second.risk)
    kinds = (mean(first.self_, second.self_), mean(first.other, second.other), mean(first.distress, second.distress))
    return Probabilities(*kinds, risk, risk, larger=second.risk)
