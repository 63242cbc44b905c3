"""A learned second opinion on names: which words the sentence makes a person of, whatever the lists say.

The encoder's states of each word, with what the lists and the spelling say of it and its neighbours, go through one small hidden layer
(`second_opinion.npz`, made by training/privacy/make.py). It adds names that the rules did not see and takes back names that the sentence
speaks against. How well: docs/decisions/0008-redaction.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from facilitator.encoder.states import WIDTH
from facilitator.errors import ContentError
from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.names import NameFinder
from facilitator.privacy.surroundings import Surroundings
from facilitator.privacy.tokens import Word
from facilitator.privacy.word_features import WordFeatures

if TYPE_CHECKING:
    from facilitator.privacy.lexicon import Lexicon

Floats = NDArray[np.float32]
MODEL = Path(__file__).with_name("second_opinion.npz")

# Chosen on five sets, with weights that had learned none of them (decision 0008).
SURE = 0.75  # a word the rules passed by is a name from here on
SURE_UNKNOWN = 0.97  # the same for a word in small letters on no list of names: a slip of the keys, or another language ("tîm da iawn")
DOUBTED = 0.15  # a name of the rules none of whose words reaches this is none
_JOINED = 0.5  # beside a sure word, the rest of the name
# By lists, spelling and neighbours alone: under this chance the encoder is not asked about a word. Of 392 names left out of the training 3
# are under it; half of the messages without a name need no encoder.
_GLANCE = 0.1
# A window is read at a time: texts in training are seldom longer. Its neighbours are read with it, and not judged.
_WINDOW, _AROUND = 48, 8
MOST_WINDOWS = 3  # 144 words; names behind them are found by the rules alone


class States(Protocol):
    """What the encoder makes of words; see facilitator.encoder.states.WordStates."""

    def read(self, text: str, spans: Sequence[tuple[int, int]]) -> tuple[Floats, NDArray[np.bool_]]:
        """One row for each span, and whether it was read."""


class SecondOpinion:
    """Weighs the names that the rules found in a text. Immutable once made, so several threads may share one.

    Args:
        names: the rules, which say what is never a name.
        states: the encoder; loads when first asked.
        path: the committed weights.
    Raises:
        ContentError: the weights cannot be read, or belong to other features.
    """

    def __init__(self, lexicon: Lexicon, names: NameFinder, states: States, path: Path = MODEL) -> None:
        self._names, self._states = names, states
        self._features = WordFeatures(lexicon)
        self._inner, self._bias, self._outer, self._offset, self._glance, self._glance_offset = _weights(path)
        if self._inner.shape[0] != WIDTH + self._features.width:
            raise ContentError(path, None, "belongs to another version; make it again: training/privacy/make.py")

    def weigh(self, text: str, around: Surroundings, found: Sequence[Entity]) -> list[Entity]:
        """The names in `text`, by the rules (`found`) and by this.

        The encoder reads only where the rules found a name or a word may well be one.
        """
        words = around.words
        named = {at: entity for entity in found for at, word in enumerate(words) if entity.start <= word.start < entity.end}
        seen = self._features.of(words)
        glanced = seen @ self._glance + self._glance_offset >= np.log(_GLANCE / (1 - _GLANCE))
        asked = set(named) | {at for at in np.flatnonzero(glanced).tolist() if self._names.could_be(around, at)}
        if not asked:
            return list(found)
        chances = self.chances(text, words, seen, asked)
        best: dict[Entity, float] = {}
        for at, entity in named.items():
            best[entity] = max(best.get(entity, 0.0), float(chances[at]))
        doubted = {entity for entity, chance in best.items() if chance < DOUBTED}
        kept = [entity for entity in found if entity not in doubted or self._names.is_said_outright(around, _first(words, entity))]
        return sorted([*kept, *self._added(around, chances, named)])

    def chances(self, text: str, words: Sequence[Word], seen: Floats, asked: Collection[int]) -> Floats:
        """How likely each word is part of a person's name, shape (len(words),).

        `seen` are the words' features. Where nothing is known it is 0.5, which adds nothing and takes nothing back: in windows that no
        word of `asked` is in, behind the last window, and for what the encoder cannot read.
        """
        chances = np.full(len(words), 0.5, dtype=np.float32)
        for start in range(0, min(len(words), _WINDOW * MOST_WINDOWS), _WINDOW):
            end = min(start + _WINDOW, len(words))
            if not any(start <= at < end for at in asked):
                continue
            first, behind = max(0, start - _AROUND), min(len(words), end + _AROUND)
            left, right = words[first].start if first else 0, words[behind].start if behind < len(words) else len(text)
            states, known = self._states.read(text[left:right], [(word.start - left, word.end - left) for word in words[first:behind]])
            judged = self._judge(states, seen[first:behind])
            inside = slice(start - first, end - first)
            chances[start:end] = np.where(known[inside], judged[inside], chances[start:end])
        return chances

    def _judge(self, states: Floats, features: Floats) -> Floats:
        hidden = np.maximum(np.hstack([states, features]) @ self._inner + self._bias, 0)
        return np.asarray(1 / (1 + np.exp(-(hidden @ self._outer + self._offset))), dtype=np.float32)

    def _added(self, around: Surroundings, chances: Floats, named: Collection[int]) -> Iterator[Entity]:
        """Words that are surely names, each with those beside it that belong to it."""
        words, rules = around.words, self._names
        likely = (chances[at] >= _JOINED and at not in named and rules.could_belong(around, at) for at in range(len(words)))
        for run in _runs(words, likely):
            sure = any(chances[at] >= self._limit(words[at]) and rules.could_be(around, at) for at in run)
            if sure and not rules.is_kept_or_place(around, run[0], len(run)):
                yield Entity(words[run[0]].start, words[run[-1]].end, EntityType.PERSON)

    def _limit(self, word: Word) -> float:
        return SURE if word.capital or self._names.is_listed(word) else SURE_UNKNOWN


def _runs(words: Sequence[Word], wanted: Iterable[bool]) -> Iterator[list[int]]:
    """Wanted words that stand side by side, with nothing but a space, a hyphen or an apostrophe between them."""
    run: list[int] = []
    for at, want in enumerate(wanted):
        if run and (not want or run[-1] != at - 1 or words[at].between.strip(" -'\u2019")):
            yield run
            run = []
        if want:
            run.append(at)
    if run:
        yield run


def _first(words: Sequence[Word], entity: Entity) -> int:
    return next(at for at, word in enumerate(words) if entity.start <= word.start < entity.end)


def _weights(path: Path) -> Sequence[Floats]:
    """The hidden layer, its biases, the output's weights and bias; the weights and the bias of the glance."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return [file[name].astype(np.float32) for name in ("inner", "bias", "outer", "offset", "glance", "glance_offset")]
    except (OSError, KeyError, ValueError) as error:
        raise ContentError(path, None, f"cannot be read ({type(error).__name__}); make it: training/privacy/make.py") from None
