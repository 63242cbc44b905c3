"""The word lists that tell a name from a word, read from `words/`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError

WORDS = Path(__file__).with_name("words")


@dataclass(frozen=True)
class Lexicon:
    """Folded words (lower case, no accents). See `words/names.yml` for what each list means."""

    first: frozenset[str]
    rare_first: frozenset[str]
    last: frozenset[str]
    ambiguous_first: frozenset[str]
    ordinary_last: frozenset[str]
    titles: frozenset[str]
    roles: frozenset[tuple[str, ...]]
    before: frozenset[tuple[str, ...]]
    after: frozenset[str]
    month_before: frozenset[str]
    places_after: frozenset[str]
    many_places: frozenset[str]
    everyday_places: frozenset[str]
    places_before: frozenset[str]
    never: frozenset[str]
    kept: frozenset[tuple[str, ...]]
    without_article: frozenset[str]
    small: frozenset[str]
    places: frozenset[str]
    particles: frozenset[str]
    homely: frozenset[str]
    accented: frozenset[str]
    speaks: frozenset[str]
    introduced: frozenset[str]
    signs_off: frozenset[str]
    not_done: frozenset[str]
    objects: frozenset[str]
    talking_to: frozenset[tuple[str, ...]]
    endings: frozenset[str]
    modals: frozenset[str]
    abbreviated_titles: frozenset[str]
    owners: frozenset[str]
    times: frozenset[str]
    of_a_time: frozenset[str]
    of_a_person: frozenset[str]
    weak_verbs: frozenset[str]
    loose_titles: frozenset[str]
    told_that: frozenset[str]
    asked: frozenset[tuple[str, ...]]
    speech: frozenset[str]
    leads_to_speech: frozenset[str]
    confides: frozenset[str]
    will_do: frozenset[str]
    named_as: frozenset[str]
    plants: frozenset[str]
    leans: frozenset[str]
    asked_of: frozenset[str]
    is_doing: frozenset[str]
    plain_before: Mapping[str, frozenset[str]]
    ordinary: frozenset[str]


def fold(word: str) -> str:
    """Lower case, without accents, one kind of apostrophe."""
    letters = unicodedata.normalize(
        "NFKD", word.replace("\u0142", "l").replace("\u0141", "L").replace("\u2019", "'").replace("\u0131", "i")
    )
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Read the lists once. Raises ContentError when one is missing."""
    path = WORDS / "names.yml"
    document = read_yaml(path)
    return Lexicon(
        first=_lines(WORDS / "first_names.txt") | _lines(WORDS / "more_first_names.txt"),
        rare_first=_lines(WORDS / "rare_first_names.txt"),
        last=_lines(WORDS / "last_names.txt"),
        roles=_phrases(path, document, "roles"),
        before=_phrases(path, document, "before"),
        accented=frozenset(map(str, document["accented"])),
        talking_to=_phrases(path, document, "talking_to"),
        asked=_phrases(path, document, "asked"),
        kept=_phrases(path, document, "kept"),
        ordinary=_ordinary_words(),
        plain_before=_table(path, document, "plain_before"),
        **{
            name: _words(path, document, name)
            for name in (
                "ambiguous_first",
                "ordinary_last",
                "titles",
                "after",
                "month_before",
                "places_after",
                "many_places",
                "everyday_places",
                "places_before",
                "never",
                "without_article",
                "small",
                "places",
                "particles",
                "homely",
                "speaks",
                "introduced",
                "signs_off",
                "not_done",
                "objects",
                "endings",
                "modals",
                "abbreviated_titles",
                "owners",
                "times",
                "of_a_time",
                "of_a_person",
                "weak_verbs",
                "loose_titles",
                "told_that",
                "speech",
                "leads_to_speech",
                "confides",
                "will_do",
                "named_as",
                "plants",
                "leans",
                "asked_of",
                "is_doing",
            )
        },
    )


def _lines(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ContentError(path, None, f"cannot be read ({error.strerror})") from None
    return frozenset(line for line in lines if line and not line.startswith("#"))


def _words(path: Path, document: dict[str, Any], name: str) -> frozenset[str]:
    words = document.get(name)
    if not isinstance(words, list):
        raise ContentError(path, None, f"{name} is missing")
    return frozenset(_as_read(fold(str(word))) for word in words)


def _phrases(path: Path, document: dict[str, Any], name: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(map(_as_read, phrase.replace("-", " ").split())) for phrase in _words(path, document, name))


def _as_read(word: str) -> str:
    """A listed word as `tokens.read_words` gives it: "nando's" is "nando"."""
    return word.removesuffix("'s") or word


def _table(path: Path, document: dict[str, Any], name: str) -> dict[str, frozenset[str]]:
    rows = document.get(name)
    if not isinstance(rows, dict):
        raise ContentError(path, None, f"{name} is missing")
    return {fold(str(key)): frozenset(map(fold, map(str, words))) for key, words in rows.items() if key != "__line__"}


@lru_cache(maxsize=1)
def _ordinary_words() -> frozenset[str]:
    """Common words by the sentence encoder's vocabulary; names are in it too, so the name lists are asked first."""
    from facilitator.encoder.tokenizer import read_vocabulary

    return frozenset(piece for piece in read_vocabulary() if piece.isalpha())
