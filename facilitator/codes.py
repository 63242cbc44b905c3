"""Codes people can read out over the phone: three short words to come back, a short join code for an activity."""

from __future__ import annotations

import re
import secrets
from functools import cache

from xkcdpass import xkcd_password

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: they look or sound alike.
JOIN_ALPHABET = "ACDEFGHJKMNPQRTWXY34679"
JOIN_LENGTH = 6
RESUME_WORDS = 3


def new_resume_code() -> str:
    """Three words of the EFF's short list, for example `paint-lunar-kept`: about 31 bits, enough with the rate limits."""
    return "-".join(secrets.choice(_words()) for _ in range(RESUME_WORDS))


def new_join_code() -> str:
    """Six letters and figures without look-alikes: about 27 bits."""
    return "".join(secrets.choice(JOIN_ALPHABET) for _ in range(JOIN_LENGTH))


def tidy_resume_code(code: str) -> str:
    """The code as stored, however it was typed: capitals, spaces, commas or hyphens."""
    return "-".join(re.findall(r"[a-z]+", code.lower()))


def tidy_join_code(code: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", code.upper())


@cache
def _words() -> tuple[str, ...]:
    path = xkcd_password.locate_wordfile("eff-short")
    return tuple(xkcd_password.generate_wordlist(path, min_length=3, max_length=6, valid_chars="[a-z]"))
