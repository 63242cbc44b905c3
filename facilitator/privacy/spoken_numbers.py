"""Numbers typed with letters for digits ("o7700 9oo 388") or in words ("oh double seven…"), given back in figures."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORDS = {
    "zero": "0", "oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "one": "1", "two": "2", "three": "3", "four": "4",
    "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_HUNDRED = {"hundred": "00", "thousand": "000"}
_TOKEN = rf"(?:{'|'.join([*_WORDS, *_TIMES, *_HUNDRED])}|\d+)"
_IN_WORDS = re.compile(rf"(?<![\w-])(?:{_TOKEN}[ ,.-]{{1,2}}){{5,14}}{_TOKEN}(?![\w-])", re.IGNORECASE)
_MIXED = re.compile(r"(?<![\w£$€.@:/#-])\+?[\doOlI](?:[ .\-()/]{0,2}[\doOlI]){8,13}(?!\w)")
_LETTERS = str.maketrans("oOlI", "0011")
_FEWEST_FIGURES = 6


def in_figures(text: str) -> Iterator[tuple[int, int, str]]:
    """Where such a number stands in `text`, and its figures."""
    for match in _MIXED.finditer(text):
        found = match.group()
        lonely = re.search(r"(?<![\doOlI])[lI](?![\doOlI])", found)
        if not found.lstrip("+").replace(" ", "").isdigit() and sum(map(str.isdigit, found)) >= _FEWEST_FIGURES and not lonely:
            yield match.start(), match.end(), found.translate(_LETTERS)
    for match in _IN_WORDS.finditer(text):
        figures = _read(re.findall(_TOKEN, match.group(), re.IGNORECASE))
        if not re.fullmatch(r"[\d ,.-]+", match.group()) and len(figures) >= 9:
            yield match.start(), match.end(), figures


def _read(tokens: list[str]) -> str:
    figures, times = "", 1
    for token in map(str.lower, tokens):
        if token in _TIMES:
            times = _TIMES[token]
            continue
        figures += _HUNDRED.get(token, "") or _WORDS.get(token, token) * times
        times = 1
    return figures
