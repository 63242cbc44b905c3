"""Reading age: the school age, in years, at which a text can be read with ease.

Flesch-Kincaid grade plus five. textstat works it out too, but its newer versions fetch the CMU dictionary from the internet when first
used, which this machine may not do; so syllables come from pyphen, as in its older versions. Over our own passages pyphen counts
three in a hundred fewer than that dictionary, which is made good here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.checklist.content import read_yaml

if TYPE_CHECKING:
    from pyphen import Pyphen

_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’-]*")
_SENTENCE_END = re.compile(r"(?<=[.?!:])[\"”’)]*\s+|\n+")
_MISSED = 1.033


def load_exceptions(path: Path) -> frozenset[str]:
    """Words of `reading-exceptions.yml`, in lower case; none when there is no such file.

    Raises:
        ContentError: the file is not YAML.
    """
    return frozenset(str(word).lower() for word in read_yaml(path).get("words") or ()) if path.exists() else frozenset()


def reading_age(text: str, exceptions: frozenset[str] = frozenset()) -> float:
    """The reading age of a text in years; 5 for one without words. Words in `exceptions` count as short ones."""
    words = _WORD.findall(text)
    if not words:
        return 5.0
    syllables = _MISSED * sum(1 if word.lower() in exceptions else _syllables(word) for word in words)
    return 0.39 * len(words) / max(1, len(list(sentences(text)))) + 11.8 * syllables / len(words) - 15.59 + 5


def sentences(text: str) -> Iterator[str]:
    """Sentences; an item of a list is one, and so is each side of a colon."""
    return (piece for piece in _SENTENCE_END.split(text) if _WORD.search(piece))


@cache
def _syllables(word: str) -> int:
    return sum(len(_hyphenation().positions(part)) + 1 for part in re.split("[-’']", word) if part)


@cache
def _hyphenation() -> Pyphen:
    from pyphen import Pyphen

    return Pyphen(lang="en_US")  # British rules break words at fewer places, and so count fewer syllables
