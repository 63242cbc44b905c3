"""Reading age: the school age, in years, at which a text can be read with ease.

Flesch-Kincaid grade plus five. textstat works it out too, but its newer versions fetch the CMU dictionary from the internet when first
used, which this machine may not do; so syllables come from pyphen, as in its older versions. Over our own passages pyphen counts
three in a hundred fewer than that dictionary, which is made good here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.checklist.content import read_yaml

if TYPE_CHECKING:
    from pyphen import Pyphen

_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’-]*")
_SENTENCE_END = re.compile(r"(?<=[.?!:])[\"”’)]*\s+|\n+")
_MISSED = 1.033

OLDEST_READER = 11  # years
SHORTEST = 5  # words of a sentence that is judged by itself


@dataclass(frozen=True)
class Exceptions:
    """What has no plainer form, from `reading-exceptions.yml`.

    A word of `words` (in lower case) and a whole name of `names` (as written) count as one short word. A sentence of `sentences` is
    not judged.
    """

    words: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    sentences: frozenset[str] = frozenset()


NONE = Exceptions()


def load_exceptions(path: Path) -> Exceptions:
    """The exceptions of a file; none when there is no such file.

    Raises:
        ContentError: the file is not YAML.
    """
    if not path.exists():
        return NONE
    listed = read_yaml(path)
    words, names, whole = ((str(entry) for entry in listed.get(key) or ()) for key in ("words", "names", "sentences"))
    return Exceptions(frozenset(word.lower() for word in words), tuple(sorted(names, key=len, reverse=True)), frozenset(whole))


def reading_age(text: str, exceptions: Exceptions = NONE) -> float:
    """The reading age of a text in years; 5 for one without words."""
    text = _without_exceptions(text, exceptions)
    words = _WORD.findall(text)
    if not words:
        return 5.0
    syllables = _MISSED * sum(1 if word.lower().removesuffix("'s") in exceptions.words else _syllables(word) for word in words)
    return 0.39 * len(words) / max(1, len(list(sentences(text)))) + 11.8 * syllables / len(words) - 15.59 + 5


def hard_sentences(text: str, exceptions: Exceptions = NONE) -> Iterator[tuple[str, float]]:
    """Each sentence over `OLDEST_READER`, with its reading age.

    One word decides the age of a very short sentence, so one of fewer than `SHORTEST` words is judged with the sentence before it (the
    first with the next). A text of so few words is a label, and not judged.
    """
    if len(text.split()) < SHORTEST:
        return
    found = [sentence.strip() for sentence in sentences(text)]
    for place, sentence in enumerate(found):
        judged = sentence
        if len(sentence.split()) < SHORTEST:
            judged = "\n".join(found[max(0, place - 1) : max(2, place + 1)])
        age = reading_age(judged, exceptions)
        if age > OLDEST_READER:
            yield sentence, age


def _without_exceptions(text: str, exceptions: Exceptions) -> str:
    for sentence in exceptions.sentences:
        text = text.replace(sentence, "")
    for name in exceptions.names:
        text = re.sub(rf"\b{re.escape(name)}\b", "Ann", text)
    return text


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
