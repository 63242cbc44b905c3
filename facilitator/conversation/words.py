"""The words of a text, in one form: what reads meaning from them compares these."""

from __future__ import annotations

import re


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation; apostrophes are straight, as in "don't"."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower().replace("\u2019", "'"))


def spaced(text: str) -> str:
    """The words of a text, one space apart: what rules are matched with."""
    return " ".join(words(text))


def these(text: str) -> frozenset[str]:
    """The words between the spaces of a text, as a set."""
    return frozenset(text.split())


_DENIALS = these(
    "no not nobody never nowhere none neither nor without don't dont isn't isnt didn't didnt won't wont can't cant shouldn't wouldn't"
)


def denies(text: str) -> bool:
    """Whether a text says no to something in it: "nowhere near co-production", "don't share it with everyone"."""
    return bool(set(words(text)) & _DENIALS)
