"""Text as the name finder reads it: words with their places, their shape, and what lies between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facilitator.privacy.lexicon import fold

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+\w*")
_SENTENCE_END = re.compile(r"[.!?\n:]|^\s*$")


@dataclass(frozen=True)
class Word:
    """One word. `folded` is without accents, case and a final 's (then it `owns`); `opens` says that it begins a sentence."""

    start: int
    end: int
    text: str
    folded: str
    between: str
    opens: bool
    owns: bool = False

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def shouted(self) -> bool:
        return len(self.text) > 1 and self.text.isupper()


def read_words(text: str) -> list[Word]:
    """The words of `text` in order. `between` is what stands before a word since the last one."""
    words: list[Word] = []
    last = 0
    for match in _WORD.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        owns = word[-2:] in ("'s", "\u2019s")
        if owns:
            word, end = word[:-2], end - 2
        between = text[last:start]
        opens = not words or (bool(re.search(r"[.!?\n]", between)) and not _abbreviates(words[-1], between))
        words.append(Word(start, end, word, fold(word), between, opens, owns))
        last = end
    return words


def _abbreviates(word: Word, between: str) -> bool:
    return (
        between.startswith(".")
        and "\n" not in between
        and (len(word.text) == 1 or word.folded in ("dr", "mr", "mrs", "ms", "st", "prof", "rev"))
    )
