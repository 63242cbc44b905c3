"""Text as people type it, made plain enough to compare: short forms, slips, hidden and run-together words.

Nothing here decides anything. The result is for the screen only and is never stored or shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError

_PLAIN_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u201c": '"', "\u201d": '"'})
_QUOTES = _PLAIN_QUOTES | str.maketrans({"&": " and "})
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_BREAK = re.compile(r"[.!?;:\n\r\u2026\u3002]+(?=\s|$)|\n+")
_SPACED = re.compile(r"(?<![\w'])(?:\w[ .\-_*]{1,2}){3,}\w(?![\w'])")
_WORD = re.compile(r"[|]|\w[\w'@$!*]*(?:[-/]\w[\w'@$!*]*)*|[@$*]\w[\w'@$!*]*")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_STRETCHED = re.compile(r"(\w)\1{2,}")
_ENDINGS = (
    ("can't", "can not"), ("won't", "will not"), ("shan't", "shall not"), ("n't", " not"), ("'m", " am"),
    ("'ve", " have"), ("'re", " are"), ("'ll", " will"), ("'d", " would"),
)  # fmt: skip
_IS = frozenset(["he", "she", "it", "that", "there", "who", "what", "how", "where", "everyone", "everybody", "someone", "nobody", "here"])


class Spelling:
    """Prepares text with the word lists of `spellings.yml`.

    Args:
        short_forms: a word as typed, and what it is read as. repair: words to recognise with a letter wrong.
        pieces: words that spaced-out or run-together letters are cut into. known: words never to be repaired.
    """

    def __init__(self, short_forms: Mapping[str, str], repair: Iterable[str], pieces: Iterable[str], known: frozenset[str]) -> None:
        self._short_forms = dict(short_forms)
        self._repair = tuple(repair)
        self._pieces = frozenset(pieces)
        self._known = known | frozenset(self._repair) | frozenset(self._short_forms) | self._pieces

    def prepare(self, text: str) -> str:
        """`text` as lower-case words, one space after each, sentences between bars: `| i am not sure | `."""
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES).casefold()
        plain = _SPACED.sub(lambda match: re.sub(r"\W|_", "", match.group()), plain)
        words: list[str] = []
        for typed in _WORD.findall(_BREAK.sub(" | ", plain.replace("|", " "))):
            words.extend(self._read(typed))
        return f" | {' '.join(words)} | " if words else " | "

    def _read(self, typed: str) -> list[str]:
        if typed == "|":
            return ["|"]
        if typed in self._short_forms:
            return self._short_forms[typed].split()
        if "-" in typed or "/" in typed:
            return [word for part in re.split("[-/]", typed) for word in self._read(part)]
        opened = _contraction(typed.rstrip("*@$!'").lstrip("*"))
        if " " in opened:
            return [word for part in opened.split() for word in self._read(part)]
        return self._mend(typed, opened)

    def _mend(self, typed: str, word: str) -> list[str]:
        if word in self._known or (word.isalpha() and len(word) < 4):
            return [word]
        if word.isdigit() or not word:
            return [word] if word else []
        if "*" in typed.strip("*"):
            return [self._starred(typed)]
        plain = _STRETCHED.sub(r"\1\1", word.translate(_LEET) if not word.isalpha() else word)
        for guess in (plain, _STRETCHED.sub(r"\1", word), re.sub(r"(\w)\1+", r"\1", plain)):
            if guess in self._short_forms:
                return self._short_forms[guess].split()
            if guess in self._known:
                return [guess]
        return self._cut(plain) or [self._nearest(plain)]

    def _starred(self, typed: str) -> str:
        shape = re.compile("".join(r"\w?" if letter == "*" else re.escape(letter) for letter in typed))
        candidates = (word for word in (*self._repair, *sorted(self._pieces)) if shape.fullmatch(word))
        return next(candidates, typed.replace("*", ""))

    def _nearest(self, word: str) -> str:
        """One slip in a word of five to seven letters, two in a longer one; the first letter is taken as right."""
        if len(word) < 5:
            return word
        found = process.extractOne(word, self._repair, scorer=OSA.distance, score_cutoff=2 if len(word) > 7 else 1)
        return found[0] if found and found[0][0] == word[0] else word

    def _cut(self, word: str) -> list[str]:
        """The pieces `word` is made of, or nothing; at least two, so that a plain word is never cut."""
        if not 6 <= len(word) <= 40:
            return []
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 8), end):
                before, piece = best[start], word[start:end]
                if before is not None and piece in self._pieces and (best[end] is None or len(before) + 1 < len(best[end] or [])):
                    best[end] = [*before, piece]
        pieces = best[len(word)] or []
        return [part for piece in pieces for part in self._short_forms.get(piece, piece).split()] if len(pieces) > 1 else []


def _contraction(word: str) -> str:
    for ending, meaning in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] + meaning
    if word.endswith("'s"):
        return f"{word[:-2]} {'is' if word[:-2] in _IS else 's'}"
    return word.replace("'", "")


def as_typed(text: str) -> str:
    """`text` with plain quotes and single spaces, nothing else changed: what the larger model reads."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_PLAIN_QUOTES).split())


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    """The encoder's own vocabulary: thirty thousand common words that are not slips."""
    from facilitator.encoder.tokenizer import read_vocabulary

    return frozenset(piece for piece in read_vocabulary() if piece.isalpha())


def load_spelling(path: Path) -> Spelling:
    """Read `spellings.yml`.

    Raises:
        ContentError: names the file and what is missing.
    """
    document = read_yaml(path)
    forms = {str(key): str(value) for key, value in (document.get("short_forms") or {}).items() if key != "__line__"}
    if not forms or not document.get("repair") or not document.get("pieces"):
        raise ContentError(path, 1, "short_forms, repair and pieces each need some words")
    return Spelling(forms, map(str, document["repair"]), map(str, document["pieces"]), _ordinary_words())
