"""Codes people can read out over the phone: four short words to come back, a short join code for an activity, and its QR code."""

from __future__ import annotations

import hmac
import io
import re
import secrets
from functools import cache
from typing import TYPE_CHECKING

from xkcdpass import xkcd_password

if TYPE_CHECKING:
    import segno

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, 6/G, U/V: they look or sound alike. No A, E or Y either, so that no code spells a word.
JOIN_ALPHABET = "CDFHJKMNPQRTWX34679"
JOIN_LENGTH = 6
_CODE_IS = re.compile(r"^\W*(?:(?:hi|hello)\W+)?(?:(?:my|the)\s+)?code(?:\s+words?)?(?:\s+(?:is|are))?\b")
_WORD = re.compile(r"[a-z]+")
# Codes of three words were made before, and go on opening their chats: nothing here counts the words of a code that is typed.
RESUME_WORDS = 4
# The spelling alphabet everybody knows from the phone; C, D, P and T sound alike without it.
SPOKEN = {
    "C": "Charlie", "D": "Delta", "F": "Foxtrot", "H": "Hotel", "J": "Juliet", "K": "Kilo", "M": "Mike", "N": "November",
    "P": "Papa", "Q": "Quebec", "R": "Romeo", "T": "Tango", "W": "Whisky", "X": "X-ray",
    # in codes made before these were left out
    "A": "Alpha", "E": "Echo", "G": "Golf", "Y": "Yankee",
}  # fmt: skip


def new_resume_code() -> str:
    """Four words of the EFF's short list, for example `lunar-kept-acorn-oak`: about 41 bits.

    Somebody who guesses does not care whose chat opens. At the 120 wrong codes a minute that all callers share, and with 5,000 kept
    chats, one is met in some nine years; with three words it was one in two or three days.
    """
    return "-".join(secrets.choice(_words()) for _ in range(RESUME_WORDS))


def resume_code_of(token: str, said: str) -> str:
    """A code for coming back, made of somebody's token and the id of the message that it is told with.

    Of the token we store a hash, so only whoever has it can be told the code, and is told the same one as often as they ask; and the code
    is as hard to guess as a new one.
    """
    number = int.from_bytes(hmac.digest(token.encode(), said.encode(), "sha256"))
    found = []
    for _ in range(RESUME_WORDS):
        number, place = divmod(number, len(_words()))
        found.append(_words()[place])
    return "-".join(found)


def new_join_code() -> str:
    """Six letters and figures without look-alikes: 47 million codes."""
    return "".join(secrets.choice(JOIN_ALPHABET) for _ in range(JOIN_LENGTH))


def tidy_resume_code(code: str) -> str:
    """The code as stored, however it was typed or said: capitals, spaces, commas, hyphens or none, "my code is" before it."""
    return spaced_resume_code(code).replace("-", "")


def spaced_resume_code(typed: str) -> str:
    """A code that somebody typed, as it is shown to them again: its words with hyphens between."""
    return "-".join(_WORD.findall(_CODE_IS.sub("", typed.lower())))


def tidy_join_code(code: str) -> str:
    """The code as stored, however it was typed: small letters, spaces, hyphens."""
    return re.sub(r"[^A-Z0-9]", "", code.upper())


def spoken(code: str) -> str:
    """The code as it is read out: "C for Charlie, 3, K for Kilo"."""
    return ", ".join(f"{sign} for {SPOKEN[sign]}" if sign in SPOKEN else sign for sign in tidy_join_code(code))


def join_link(address: str, code: str) -> str:
    """Where people join. `address` is where the chat opens, without a slash at its end."""
    return f"{address.rstrip('/')}/join/{tidy_join_code(code)}"


def qr_svg(link: str, title: str) -> str:
    """The link as a QR code: an `<svg>` element that grows with its place. `title` is what a screen reader says."""
    return str(_qr(link).svg_inline(title=title, omitsize=True, border=4, svgclass="qr", lineclass=None, light="#fff", dark="#000"))


def qr_text(link: str) -> str:
    """The link as a QR code in block letters, for a terminal."""
    out = io.StringIO()
    _qr(link).terminal(out=out, border=2, compact=True)
    return out.getvalue()


def _qr(link: str) -> segno.QRCode:
    import segno  # loaded only where a code is drawn

    # "M" can be read with 15 % of it dirty or torn: it will hang on walls
    return segno.make(link, error="m", micro=False)


@cache
def _words() -> tuple[str, ...]:
    path = xkcd_password.locate_wordfile("eff-short")
    return tuple(xkcd_password.generate_wordlist(path, min_length=3, max_length=6, valid_chars="[a-z]"))
