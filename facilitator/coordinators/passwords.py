"""Passwords by current guidance (NIST SP 800-63B-4, NCSC): long enough, not among the first anyone tries, and nothing else asked of them.

No rules about capitals or figures, no changing by the calendar, any character, pasting allowed. Stored with argon2id.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from facilitator.errors import FacilitatorError

LEAST, MOST = 15, 200
# Each hash takes 64 MiB for a moment: two at a time, so that many attempts at once cannot take all memory.
_AT_ONCE = threading.BoundedSemaphore(2)
# Whoever waits for one of those two places holds a thread that other pages need: four may wait, and the next is told at once.
_INSIDE = threading.BoundedSemaphore(6)
_HASHER = PasswordHasher()
_WORDS = Path(__file__).with_name("common-passwords.txt")


class PasswordsBusyError(FacilitatorError):
    """Too many passwords are being looked at just now; trying again in a moment helps."""


class PasswordFault(StrEnum):
    """Why a password cannot be used; each has its words in knowledge/messages/review.yml."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    ABOUT_YOU = "about_you"


def fault(password: str, *about: str) -> PasswordFault | None:
    """What is wrong with a password; None when nothing is. `about`: the account's name and e-mail, and the service's."""
    plain = _plain(password)
    if len(plain) < LEAST:
        return PasswordFault.SHORT
    if len(plain) > MOST:
        return PasswordFault.LONG
    low = plain.casefold()
    if any(low in (known, known * 2, known[::-1]) for known in _parts(about)):
        return PasswordFault.ABOUT_YOU
    return PasswordFault.COMMON if _is_repeat(low) or _squeezed(low) in _common() else None


def hashed(password: str) -> str:
    """Raises PasswordsBusyError."""
    with _place():
        return _HASHER.hash(_plain(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long when there is none, so that nobody can tell which accounts exist.

    Raises:
        PasswordsBusyError: it was not looked at.
    """
    with _place():
        try:
            return _HASHER.verify(stored or _nobodys(), _plain(password)[: MOST + 1]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def needs_new_hash(stored: str) -> bool:
    """Whether it was made with older settings than today's."""
    return _HASHER.check_needs_rehash(stored)


@contextmanager
def _place() -> Iterator[None]:
    if not _INSIDE.acquire(blocking=False):
        raise PasswordsBusyError
    try:
        with _AT_ONCE:
            yield
    finally:
        _INSIDE.release()


def _plain(password: str) -> str:
    """The same letters however a keyboard put them together."""
    return unicodedata.normalize("NFKC", password)


def _parts(about: tuple[str, ...]) -> set[str]:
    words = {text.casefold() for text in about} | {text.casefold().partition("@")[0] for text in about}
    return {word for word in words if len(word) > 3}


def _is_repeat(low: str) -> bool:
    """A short piece over and over, or letters in a row: `abababab…`, `1234567…`."""
    repeated = any(low == (low[:size] * len(low))[: len(low)] for size in range(1, 5))
    steps = {ord(after) - ord(before) for before, after in pairwise(low)}
    counted = low.isdecimal() and {step % 10 for step in steps} in ({1}, {9})
    return repeated or counted or steps in ({1}, {-1})


def _squeezed(low: str) -> str:
    """Without spaces, marks and the figures put at the end."""
    letters = "".join(sign for sign in low if sign.isalnum())
    return letters.rstrip("0123456789") or letters


@cache
def _common() -> frozenset[str]:
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(_squeezed(line.casefold()) for line in lines if line and not line.startswith("#"))


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
