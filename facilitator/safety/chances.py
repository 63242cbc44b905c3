"""What the models make of one message. The small one reads every piece; where it is not sure that all is
safe, the larger one reads the message as it was typed.

Somebody in danger waits for this, so no reading waits for one that it does not need.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from facilitator.safety.batches import Floats
from facilitator.safety.classifier import Classifier
from facilitator.safety.evidence import Probabilities
from facilitator.safety.windows import SHORT_MESSAGE, pairs, parts, whole

logger = logging.getLogger(__name__)

_MOST_PARTS = 96  # bounds the time for the longest message allowed; patterns read all of it whatever its length
_PAIRS_BESIDE = 12  # in a long message, so many of the most worrying parts are read with their neighbours too
_SURELY_SAFE = 0.015  # chance of danger or distress, by the small model, under which the larger one is not asked
_WHOLE = 100  # words; a longer message is read by the larger model in pieces,
_READ_AGAIN = 4  # the most worrying ones, once or twice: this bounds its time
_LIKELY = 0.3  # chance of a crisis in a part, by the small model, from which the larger one is asked before pairs are read
_NO_DOUBT = 0.5  # and with both, from which pairs are not read at all; above the limit of `evidence.Limits`
_TRUST = 0.95  # in the larger model where both have read; the rest in the small one
# The larger model reads a message while the small one still reads its pieces.
_ahead = ThreadPoolExecutor(2, thread_name_prefix="safety-ahead")


@dataclass(frozen=True)
class Readers:
    """The models that are there: `larger` is None where it could not be made or loaded."""

    small: Classifier
    larger: Classifier | None = None

    def read(self, typed: str, prepared: str) -> Probabilities:
        """The chances for a message: `typed` is as people wrote it, `prepared` as `Spelling` made it."""
        pieces = parts(prepared)
        if not pieces:
            return Probabilities(0, 0, 0, 0, 0)
        if len(typed.split()) <= _WHOLE:
            return self._whole(typed, whole(prepared), pieces)
        return self._in_pieces(pieces)

    def _whole(self, typed: str, message: str, pieces: Sequence[str]) -> Probabilities:
        """The small model reads the message first, so that the larger one can begin."""
        # dict: a message of one sentence is its own only piece, and is read once
        texts = [text for text in dict.fromkeys([*pieces, *pairs(pieces)]) if text != message][:_MOST_PARTS]
        rows = self.small.probabilities([message])
        ahead = None
        if self.larger is not None and texts and _worry(rows).max() >= _SURELY_SAFE:
            ahead = _ahead.submit(self.larger.probabilities, [typed])
        if texts:
            rows = np.vstack([rows, self.small.probabilities(texts)])
        # what is not short explains less: there its pieces count alone
        first = _chances(rows, 0) if len(message.split()) <= SHORT_MESSAGE else _chances(rows[1:], None)
        if ahead is not None:
            return self._with_larger(first, ahead.result)
        return self._asked_again(first, rows, [typed])

    def _in_pieces(self, pieces: Sequence[str]) -> Probabilities:
        """Parts first: where one leaves no doubt, nobody waits for the pairs."""
        texts = list(dict.fromkeys(pieces))[:_MOST_PARTS]
        rows = self.small.probabilities(texts)
        if rows[:, :2].sum(axis=1).max() >= _LIKELY:
            early = self._asked_again(_chances(rows, None), rows, texts)
            if early.full and early.risk >= _NO_DOUBT:
                return early
        beside = pairs(pieces, {texts[at] for at in np.argsort(-_worry(rows))[:_PAIRS_BESIDE]})
        if new := [text for text in dict.fromkeys(beside) if text not in texts][: 2 * _PAIRS_BESIDE]:
            texts, rows = [*texts, *new], np.vstack([rows, self.small.probabilities(new)])
        return self._asked_again(_chances(rows, None), rows, texts)

    def _asked_again(self, first: Probabilities, rows: Floats, texts: Sequence[str]) -> Probabilities:
        """`first`, which the small model made of `rows`, with what the larger one makes of the most worrying of `texts`."""
        larger, worry = self.larger, _worry(rows)
        if larger is None:
            return replace(first, full=False)
        if worry.max() < _SURELY_SAFE:
            return first
        again = [texts[at] for at in np.argsort(-worry)[:_READ_AGAIN]] if len(texts) > 1 else texts
        return self._with_larger(first, lambda: larger.probabilities(again))

    def _with_larger(self, first: Probabilities, read: Callable[[], Floats]) -> Probabilities:
        """Whatever stops the larger model, the small one has answered."""
        try:
            rows = read()
        except Exception as error:
            logger.error("larger safety model failed, the small one alone: %s", type(error).__name__)
            return replace(first, full=False)
        return _together(first, _chances(rows, 0 if len(rows) == 1 else None))


def _worry(rows: Floats) -> Floats:
    """The chance of danger or distress in each row."""
    return np.asarray(rows[:, :3].sum(axis=1), dtype=np.float32)


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
