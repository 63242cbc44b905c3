"""What the models make of one message. The small one reads every part of it; where it is not sure that all is
safe, the larger one reads the message as it was typed.

Somebody in danger waits for this: the larger one begins while the small one still reads, and in a long message a part that leaves no doubt
is enough.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from facilitator.safety.batches import Floats
from facilitator.safety.classifier import Classifier
from facilitator.safety.evidence import Probabilities
from facilitator.safety.windows import is_short, pairs, parts, whole

logger = logging.getLogger(__name__)

_MOST_PIECES = 96  # bounds the time for the longest message allowed; patterns read all of it whatever its length
_PAIRS_BESIDE = 12  # in a long message, so many of the most worrying parts are read with their neighbours too,
_MOST_PAIRS = 24  # which are no more than these
_SURELY_SAFE = 0.015  # chance of danger or distress, by the small model, under which the larger one is not asked
_WHOLE = 100  # words; a longer message is read by the larger model in pieces,
_READ_AGAIN = 4  # the most worrying ones, once or twice: this bounds its time
_LIKELY = 0.3  # chance of a crisis in a part, by the small model, from which the larger one is asked before pairs are read
NO_DOUBT = 0.5  # and with both, from which pairs are not read at all; above the limit of `evidence.Limits`
_TRUST = 0.95  # in the larger model where both have read; the rest in the small one
# The larger model reads a message while the small one still reads its pieces. As many as messages are screened at once (web/chat/door.py).
_ahead = ThreadPoolExecutor(2, thread_name_prefix="safety-ahead")

Read = Callable[[], Floats]


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
        short = is_short(prepared)
        if short or len(typed.split()) <= _WHOLE:
            return self._whole(typed, whole(prepared), pieces, short)
        return self._in_pieces(pieces)

    def _whole(self, typed: str, message: str, pieces: Sequence[str], short: bool) -> Probabilities:
        """The small model reads the message first, so that the larger one can begin."""
        together = pairs(pieces)
        # dict: a message of one sentence is its own only piece, and is read once
        texts = [text for text in dict.fromkeys([*pieces, *together]) if text != message][:_MOST_PIECES]
        rows = self.small.probabilities([message])
        begun = self._begin(typed) if texts and _worry(rows).max() >= _SURELY_SAFE else None
        if texts:
            rows = np.vstack([rows, self.small.probabilities(texts)])
        # what is not short explains less: only its pieces count, of which two long sentences together are one
        first = _chances(rows, 0) if short else _chances(rows if message in together else rows[1:], None)
        if self.larger is None:
            return replace(first, full=False)
        if begun is None and _worry(rows).max() < _SURELY_SAFE:
            return first
        second = _heard(begun or self._asking([typed]))
        return replace(first, full=False) if second is None else _together(first, second)

    def _in_pieces(self, pieces: Sequence[str]) -> Probabilities:
        """Parts first, then the most worrying with their neighbours; no text is read twice by the same model."""
        texts = list(dict.fromkeys(pieces))[:_MOST_PIECES]
        rows = self.small.probabilities(texts)
        heard: dict[str, Floats] = {}
        if rows[:, :2].sum(axis=1).max() >= _LIKELY:
            early = self._with_larger(texts, rows, heard)
            if early.full and early.risk >= NO_DOUBT:
                return early
        beside = [pair for at in _worst(rows, _PAIRS_BESIDE) for pair in pairs(pieces, texts[at])[:_READ_AGAIN]]
        if new := [pair for pair in dict.fromkeys(beside) if pair not in texts][:_MOST_PAIRS]:
            texts, rows = [*texts, *new], np.vstack([rows, self.small.probabilities(new)])
        return self._with_larger(texts, rows, heard)

    def _with_larger(self, texts: Sequence[str], rows: Floats, heard: dict[str, Floats]) -> Probabilities:
        """What the small model made of `texts` (`rows`), with what the larger one makes of the most worrying of them.

        `heard`: what the larger one has said of texts before, which is added to.
        """
        first = _chances(rows, None)
        if self.larger is None:
            return replace(first, full=False)
        if _worry(rows).max() < _SURELY_SAFE:
            return first
        worst = [texts[at] for at in _worst(rows, _READ_AGAIN)]
        new = [text for text in worst if text not in heard]
        found = _heard(self._asking(new)) if new else None
        if found is not None:
            heard.update(zip(new, found, strict=True))
        # where it fails now and did not before, what it said before stands
        second = [heard[text] for text in worst if text in heard] or list(heard.values())
        return _together(first, np.stack(second)) if second else replace(first, full=False)

    def _begin(self, typed: str) -> Read | None:
        """The larger model's reading, begun on another thread; None where there is no model, or no thread."""
        if self.larger is None:
            return None
        try:
            # with the request's id: a log line of a library holds no words while there is one
            return _ahead.submit(contextvars.copy_context().run, self._asking([typed])).result
        except RuntimeError:
            return None  # it is asked in its turn

    def _asking(self, texts: Sequence[str]) -> Read:
        larger = self.larger
        assert larger is not None
        return lambda: larger.probabilities(texts)


def _heard(read: Read) -> Floats | None:
    """Whatever stops the larger model, the small one has answered."""
    try:
        return read()
    except Exception as error:
        logger.error("larger safety model failed, the small one alone: %s", type(error).__name__)
        return None


def _worst(rows: Floats, number: int) -> list[int]:
    return [int(at) for at in np.argsort(-_worry(rows))[:number]]


def _worry(rows: Floats) -> Floats:
    """The chance of danger or distress in each row."""
    return np.asarray(rows[:, :3].sum(axis=1), dtype=np.float32)


def _chances(rows: Floats, message: int | None) -> Probabilities:
    """The highest of all rows; `message` is the row of the message as a whole, if there is one."""
    crisis = rows[:, 0] + rows[:, 1]
    top = float(crisis.max())
    self_, other, distress = (float(column) for column in rows[:, :3].max(axis=0))
    return Probabilities(self_, other, distress, top, top if message is None else float(crisis[message]))


def _together(first: Probabilities, rows: Floats) -> Probabilities:
    """`first` is what the small model made of the message, `rows` what the larger one made of it or its pieces."""
    second = _chances(rows, None)

    def mean(one: float, two: float) -> float:
        return (1 - _TRUST) * one + _TRUST * two

    risk = mean(first.risk, second.risk)
    kinds = (mean(first.self_, second.self_), mean(first.other, second.other), mean(first.distress, second.distress))
    return Probabilities(*kinds, risk, risk, larger=second.risk)
