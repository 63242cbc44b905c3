"""Text as the name finder reads it: words with their places, their shape, and what lies between them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from facilitator.privacy.lexicon import fold

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+\w*")
_SENTENCE_END = re.compile(r"[.!?\n:]|^\s*$")
# what has no space in it: "3fa0b91c", "LAN1-SJW7", "45c1-beda-434e"
_RUN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_MEETS = re.compile(r"(?:(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_]))")


@dataclass(frozen=True)
class Word:
    """One word. `folded` is without accents, case and a final 's (then it `owns`); `opens` says that it begins a sentence; `coded` that it
    is a part of a code, whose letters spell a name by chance."""

    start: int
    end: int
    text: str
    folded: str
    between: str
    opens: bool
    owns: bool = False
    coded: bool = False

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
    codes = [run.span() for run in _RUN.finditer(text) if is_code(run.group())]
    for match in _WORD.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        owns = word[-2:] in ("'s", "\u2019s")
        if owns:
            word, end = word[:-2], end - 2
        between = text[last:start]
        opens = not words or (bool(re.search(r"[.!?\n]", between)) and not _abbreviates(words[-1], between))
        coded = any(first <= start < behind for first, behind in codes)
        words.append(Word(start, end, word, fold(word), between, opens, owns, coded))
        last = end
    return words


def is_code(run: str) -> bool:
    """Whether letters and figures are mixed as only a code does: "3fa0b91c", but not "Sam2", "Sam-07700900123" or "2nd"."""
    meetings = len(_MEETS.findall(run))
    return meetings >= 2 or (meetings == 1 and sum(map(str.isdigit, run)) >= 3)


def _abbreviates(word: Word, between: str) -> bool:
    return (
        between.startswith(".")
        and "\n" not in between
        and (len(word.text) == 1 or word.folded in ("dr", "mr", "mrs", "ms", "st", "prof", "rev"))
    )
