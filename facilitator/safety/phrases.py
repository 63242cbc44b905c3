"""The small language the patterns are written in, turned into regular expressions.

It exists so that a clinician can read and correct `knowledge/safety/patterns.yml`; the file's header explains it.
A phrase is matched against text prepared by `spelling`: lower-case words with one space after each, sentences
between bars (`| i want to go home | `).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"\.\.\.|\.\.|!\(|[()\[\]|^]|\$[a-z]+|\$|[^\s()\[\]|^$]+| +")
# a gap never steps over a denial: "I do not want to die" must not read as "I want to die"
_OTHER_WORD = r"(?:(?!(?:not|never|no|\|) )\S+ )"
_GAPS = {"..": _OTHER_WORD + "{0,3}?", "...": _OTHER_WORD + "{0,7}?"}
_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
_BUILT_IN = {"number": rf"(?:\d+ |(?:(?:{_TENS}) )?(?:{_ONES}) |(?:{_TENS}) )", "year": r"(?:19|20)\d\d "}


class PhraseError(ValueError):
    """The phrase is not written correctly; the text says what is wrong."""


def compile_phrase(phrase: str, lists: Mapping[str, tuple[str, ...]]) -> re.Pattern[str]:
    """The expression that finds `phrase` in prepared text, starting at a word.

    Args:
        lists: words that `$name` stands for; they may be several words long.
    Raises:
        PhraseError: brackets do not pair up, a list is unknown, or the phrase can match nothing at all.
    """
    parser = _Parser(phrase, lists)
    expression = parser.alternatives(None)
    pattern = re.compile(rf"(?<= )(?:{expression})")
    if pattern.search(" "):
        raise PhraseError("it matches everything")
    return pattern


class _Parser:
    def __init__(self, phrase: str, lists: Mapping[str, tuple[str, ...]]) -> None:
        self._lists = lists
        self._tokens: list[str] = _TOKEN.findall(phrase.strip())
        self._at = 0

    def alternatives(self, closing: str | None) -> str:
        branches: list[str] = []
        current = ""
        while True:
            part = self._next()
            if part == closing:
                return "|".join([*branches, current])
            if part is None:
                raise PhraseError(f"a bracket is not closed with {closing}")
            if part in (")", "]"):
                raise PhraseError(f"{part} closes nothing")
            if part == "|":
                branches.append(current)
                current = ""
            else:
                current += self._element(part)

    def _element(self, part: str) -> str:
        if part.isspace():
            return ""
        if part == "(":
            return f"(?:{self.alternatives(')')})"
        if part == "[":
            return f"(?:{self.alternatives(']')})?"
        if part == "!(":
            return f"(?!{self.alternatives(')')})"
        if part in _GAPS:
            return _GAPS[part]
        if part == "^":
            return r"(?<=\| )"
        if part == "$":
            return r"(?=\| )"
        return self._list(part[1:]) if part.startswith("$") else _word(part)

    def _list(self, name: str) -> str:
        if name in _BUILT_IN:
            return _BUILT_IN[name]
        if name not in self._lists:
            raise PhraseError(f"there is no list called {name}")
        return "(?:" + "|".join(compile_words(words) for words in self._lists[name]) + ")"

    def _next(self) -> str | None:
        if self._at == len(self._tokens):
            return None
        self._at += 1
        return self._tokens[self._at - 1]


def compile_words(words: str) -> str:
    """The expression for plain words, each followed by its space."""
    return "".join(_word(word) for word in words.split())


def _word(word: str) -> str:
    if not re.fullmatch(r"[\w']+\*?", word):
        raise PhraseError(f"{word!r} is not a plain word")
    return re.escape(word[:-1]) + r"\S* " if word.endswith("*") else re.escape(word) + " "
