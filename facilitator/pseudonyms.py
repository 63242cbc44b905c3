"""What people are called in a group: two friendly words, or a made-up name of their own that does not say who they are."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.privacy.lexicon import fold, load_lexicon
from facilitator.privacy.names import NameFinder, looks_like_full_name
from facilitator.privacy.numbers import find_ni_numbers
from facilitator.privacy.places import find_addresses, find_postcodes
from facilitator.privacy.tokens import read_words
from facilitator.privacy.web import find_emails, find_web_addresses

SHORTEST, LONGEST = 2, 30
MOST_DIGITS = 4
_MANY_MARKS = re.compile(r"[\u0300-\u036f]{3}")


class NameFault(StrEnum):
    """Why a made-up name cannot be used."""

    LENGTH = "length"
    CONTACT = "contact"
    CHARACTERS = "characters"
    FULL_NAME = "full_name"
    UNKIND = "unkind"
    TAKEN = "taken"


@dataclass(frozen=True)
class Pseudonyms:
    """The words of knowledge/messages/pseudonyms.yml. `reserved` and `unkind` are folded."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    reserved: frozenset[str]
    unkind: frozenset[str]

    def suggest(self, seed: str, taken: Iterable[str] = (), count: int = 3) -> tuple[str, ...]:
        """Names that nobody in the activity has, the same ones for the same seed and activity.

        When nearly all pairs are taken a number is added, so there is always a name.
        """
        used = {fold(name) for name in taken}
        return tuple(islice((name for name in self._names(seed) if fold(name) not in used), count))

    def fault(self, text: str) -> NameFault | None:
        """What is wrong with a name somebody made up; None when it is fine. Whether another has it already is for the caller to see."""
        name = unicodedata.normalize("NFC", text.strip())
        if not SHORTEST <= len(name) <= LONGEST:
            return NameFault.LENGTH
        if _is_contact(name):
            return NameFault.CONTACT
        if not _is_plain(name):
            return NameFault.CHARACTERS
        if fold(" ".join(re.split(r"[\s-]+", name))) in self.reserved:
            return NameFault.TAKEN
        if self._is_unkind(name):
            return NameFault.UNKIND
        return NameFault.FULL_NAME if _is_full_name(name) else None

    def _names(self, seed: str) -> Iterator[str]:
        pairs = len(self.first) * len(self.second)
        start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8])
        # A step without a common factor visits every pair once, and keeps neighbours apart.
        step = next(number for number in range(pairs * 5 // 8, 2 * pairs) if _coprime(number, pairs))
        for place in range(pairs * 100):
            number = (start + place * step) % pairs
            name = f"{self.first[number // len(self.second)]} {self.second[number % len(self.second)]}"
            yield name if place < pairs else f"{name} {place // pairs + 1}"

    def _is_unkind(self, name: str) -> bool:
        words = [fold(word.text) for word in read_words(_parted(name))]
        words += [fold(word) for word in re.split(r"[\s-]+", name)] + ["".join(words)]
        return any(word in self.unkind or word.removesuffix("s") in self.unkind for word in words)


def load_pseudonyms(path: Path) -> Pseudonyms:
    """Read the words.

    Raises:
        ContentError: the file cannot be read, or a list is missing or holds the same word twice.
    """
    document = read_yaml(path)
    lists = {name: _list(path, document, name) for name in ("first", "second", "reserved", "unkind")}
    folded = {name: frozenset(fold(word.replace("-", " ")) for word in lists[name]) for name in ("reserved", "unkind")}
    return Pseudonyms(lists["first"], lists["second"], **folded)


def _list(path: Path, document: dict[str, Any], name: str) -> tuple[str, ...]:
    words = document.get(name)
    if not isinstance(words, list) or not words:
        raise ContentError(path, None, f"{name} is missing")
    found = tuple(str(word) for word in words)
    if len(set(found)) < len(found):
        raise ContentError(path, None, f"{name} has a word twice")
    return found


def _coprime(one: int, other: int) -> bool:
    while other:
        one, other = other, one % other
    return one == 1


def _is_contact(name: str) -> bool:
    """An e-mail, a web address, a postcode, a street, or so many figures that it is a number of something."""
    if "@" in name or sum(letter.isdigit() for letter in name) > MOST_DIGITS or not any(letter.isalpha() for letter in name):
        return any(letter.isalnum() for letter in name)
    finders = (find_emails, find_web_addresses, find_ni_numbers, find_postcodes, find_addresses)
    return any(True for finder in finders for _ in finder(name))


def _is_plain(name: str) -> bool:
    """Letters and figures of any writing, spaces, hyphens and apostrophes; nothing to pile up, turn round or hide."""
    allowed = all(letter in " -'\u2019" or unicodedata.category(letter)[0] in "LM" or letter.isdecimal() for letter in name)
    return allowed and not _MANY_MARKS.search(name) and any(letter.isalpha() for letter in name)


def _parted(name: str) -> str:
    """`SarahJones` as two words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _is_full_name(name: str) -> bool:
    parted = _parted(name)
    if looks_like_full_name(parted):
        return True
    found = NameFinder(load_lexicon()).find(parted)
    # a first name with one letter after it, "Dave B", says no more than the first name
    return any(sum(len(word.text) > 1 for word in read_words(parted[entity.start : entity.end])) > 1 for entity in found)
