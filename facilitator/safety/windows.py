"""A message cut into pieces short enough for a danger in one sentence not to drown in the rest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

_SHORT_MESSAGE = 60  # words; in a message this short the whole counts beside its parts, which may explain each other
_LONG_SENTENCE = 32  # words; a longer one is cut with overlap, as people often type without full stops
_STEP = 16


def is_short(prepared: str) -> bool:
    """Whether prepared text is short enough for its parts to explain each other."""
    return sum(word != "|" for word in prepared.split()) <= _SHORT_MESSAGE


def sentences(prepared: str) -> list[str]:
    """The sentences of prepared text, each with its bars: ` | i am fine | `."""
    return [f" | {part.strip()} | " for part in prepared.split("|") if part.strip()]


def whole(prepared: str) -> str:
    """Prepared text as one piece: its sentences joined by full stops."""
    return " . ".join(part.strip() for part in prepared.split("|") if part.strip())


def parts(prepared: str) -> list[str]:
    """Plain pieces of prepared text: each sentence, or what a long one is cut into, in order."""
    return [piece for sentence in sentences(prepared) for piece in _cut(sentence.strip(" |").split())]


def pairs(pieces: Sequence[str], beside: str | None = None) -> list[str]:
    """Each two neighbours together; where `beside` is given, only its own with either of its neighbours."""
    neighbours = itertools.pairwise(pieces)
    return [f"{first} . {second}" for first, second in neighbours if beside is None or beside in (first, second)]


def _cut(words: list[str]) -> list[str]:
    if len(words) <= _LONG_SENTENCE:
        return [" ".join(words)]
    return [" ".join(words[start : start + _LONG_SENTENCE]) for start in range(0, len(words) - _STEP, _STEP)]
