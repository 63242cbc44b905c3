"""Is this message in English? Built for short chat messages: slang, slips and names must never be taken for another language.

Anything that looks English in the plainest way (a quarter of its words are everyday English) is English. Otherwise another script is
decided at once, and Latin-script text is asked of lingua, which has to be sure. One or two words are never judged.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Everyday words that are not also words of the languages below ("no", "me" and "a" are). Slips people make all the time are in.
_EVERYDAY = frozenset(
    """the and that this what wot why how who when where which is isnt its it's was were are be been have has had having not dont don't
    dnt cant can't cannot could would should will won't wont you u your ur they them their there we us our my mine she he his her him
    of to for with without from about into out off up down over because cos but or if then than so just only very really too
    more most some any all every each other another one two three get got getting give given go going went come came know knew think
    thing things something anything nothing everything people person staff meeting meetings group carer carers service services
    payment paid pay help need want like say said tell told ask asked answer question yes yeah nope ok okay please thanks thank sorry
    skip back stop pause carry move next before after during good bad better enough much many few lot lots bit still yet never always
    sometimes maybe perhaps time today tomorrow week now again done doing does did didn't didnt doesn't i'm im i've ive i'd i'll feel
    felt make made take took time work working works im mean means same different new old long short everyone someone anyone
    nobody""".split()  # noqa: SIM905 - a list of 250 strings is harder to read
)
_SHARE = 0.25
_SURE = 0.45
_HARDLY = 0.15
_MIN_WORDS = 3


def is_english(text: str) -> bool:
    """Whether to treat a message as English. In doubt it is: then the person is asked again rather than told we do not understand."""
    letters = [char for char in text if char.isalpha()]
    if not letters:
        return True
    if sum(not _is_latin(char) for char in letters) * 2 > len(letters):
        return False
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text.lower().replace("’", "'"))
    if len(words) < _MIN_WORDS or sum(word in _EVERYDAY for word in words) >= _SHARE * len(words):
        return True
    return not _is_surely_other(text)


def _is_surely_other(text: str) -> bool:
    from lingua import Language

    found = _detector().compute_language_confidence_values(text)
    english = next(value.value for value in found if value.language == Language.ENGLISH)
    return found[0].value >= _SURE and english < _HARDLY


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("LATIN", "MODIFIER", "COMBINING"))


@cache
def _detector() -> LanguageDetector:
    from lingua import Language as L
    from lingua import LanguageDetectorBuilder

    others = (L.WELSH, L.POLISH, L.SOMALI, L.PORTUGUESE, L.ROMANIAN, L.SPANISH, L.FRENCH, L.ITALIAN, L.TURKISH, L.GERMAN, L.LITHUANIAN)
    return LanguageDetectorBuilder.from_languages(L.ENGLISH, *others).build()
