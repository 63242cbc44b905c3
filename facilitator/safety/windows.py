"""A message cut into pieces short enough for a danger in one sentence not to drown in the rest."""

from __future__ import annotations

import itertools
from collections.abc import Container, Sequence

SHORT_MESSAGE = 60  # words; a message this short is also read as a whole, and its parts may explain each other
_LONG_SENTENCE = 32  # words; a longer one is cut with overlap, as people often type without full stops
_STEP = 16


def sentences(prepared: str) -> list[str]:
    """The sentences of prepared text, each with its bars: ` | i am fine | `."""
    return [f" | {part.strip()} | " for part in prepared.split("|") if part.strip()]


def whole(prepared: str) -> str:
    """Prepared text as one piece: its sentences joined by full stops."""
    return " . ".join(part.strip() for part in prepared.split("|") if part.strip())


def parts(prepared: str) -> list[str]:
    """Plain pieces of prepared text: each sentence, or what a long one is cut into, in order."""
    return [piece for sentence in sentences(prepared) for piece in _cut(sentence.strip(" |").split())]


def pairs(pieces: Sequence[str], beside: Container[str] | None = None) -> list[str]:
    """Each two neighbours together; only those with one of `beside`, where it is given."""
    neighbours = itertools.pairwise(pieces)
    return [f"{first} . {second}" for first, second in neighbours if beside is None or first in beside or second in beside]


def _cut(words: list[str]) -> list[str]:
    if len(words) <= _LONG_SENTENCE:
        return [" ".join(words)]
    return [" ".join(words[start : start + _LONG_SENTENCE]) for start in range(0, len(words) - _STEP, _STEP)]
