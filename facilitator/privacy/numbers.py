"""Telephone, NHS and National Insurance numbers, as people in the UK type them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.spoken_numbers import in_figures

_GAP = r"[ \t.\-\u2010-\u2015/()]{0,3}"
# a colon or a dash may stand before one after a word ("tel:07700…"), not after a figure
_DIGITS = re.compile(rf"(?<![\w£$€.@/#])(?<![^A-Za-z\s][:-])(?:\+|\(\+?)?\d(?:{_GAP}\d){{4,14}}(?![\d%])(?!\w)", re.ASCII)
_CUE = re.compile(
    r"(?:phone|telephone|tel|mobile|mob|landline|number|num|no\.?|nr|ring|call|text|txt|whatsapp|whats app|"
    r"fone|cell|contact|reach|extension|ext)"
    r"\b[^.!?\n\d]{0,30}$",
    re.IGNORECASE,
)
_NOT_A_PHONE_CUE = re.compile(
    r"(?:\bref(?:erence)?|(?<!post )\bcode|\bcase|\border|\binvoice|\bmeeting id|\bpasscode|\broom|\bticket|£)\W*"
    r"(?:(?:number|no\.?|is|was)\W*){0,3}$",
    re.IGNORECASE,
)
_HEALTH_NUMBER = r"(?:\bnhs\b|\bchi (?:number|no\b)|\bh ?(?:&|and|\+) ?c (?:number|no\b)|\bhealth and care number)"
_LITTLE = (
    r"(?:no|nos|num|number|numbers|nr|card|id|is|its|it's|it\u2019s|was|are|mine|here|one|reads|says|said|"
    r"ref|reference|case|patient|letter|app|code)\b"
)
_NHS_CUE = re.compile(rf"{_HEALTH_NUMBER}(?:[^\w.!?\n]|\.|{_LITTLE}){{0,12}}$", re.IGNORECASE)
_NHS_NAMED = re.compile(r"\bnhs\b[^.!?\n\d]{0,24}$", re.IGNORECASE)
# said in the same breath, before or after: "my NHS number? it was …", "… is what the letter says under NHS No"
_SAID_TO_BE_ONE = rf"(?:\bnhs (?:no\b|num|nr|card|one\b|digits)|{_HEALTH_NUMBER.replace(r'\bnhs\b|', '')})"
_NHS_NEARBY_BEFORE = re.compile(rf"{_SAID_TO_BE_ONE}[^\n]{{0,70}}$", re.IGNORECASE)
_NHS_NEARBY_AFTER = re.compile(rf"^[^\n.!?\d]{{0,40}}{_SAID_TO_BE_ONE}", re.IGNORECASE)
# how the NHS prints them, and where England's and Wales's begin; in 9 those made up for forms and tests
_THREE_THREE_FOUR = re.compile(r"[4679]\d\d[ \-]\d{3}[ \-]\d{4}", re.ASCII)
# prefixes that are not issued (QQ, DN, ...) count too: people mistype, and a code of this shape is hardly anything else
_NI = re.compile(r"(?<!\w)[a-z][ .\-]?[a-z](?:[ .\-]{0,2}\d){6}(?:[ .\-]{0,2}[a-d])?(?!\w)", re.IGNORECASE)
_NI_CUE = re.compile(r"(?:\bni\b|\bnino\b|national insurance|insurance n)[^.!?\n\d]{0,24}$", re.IGNORECASE)
_LOOK = 100  # characters, on each side
# numbers that belong to everybody: short codes, freephone, UK-wide and revenue-sharing ranges are never somebody's own
_PUBLIC = re.compile(r"^(?:116\d{3}|85258|88247|180\d\d.*|1(?:01|05|11|12|19)|999|0(?:800|808|500|3\d\d|84\d|87\d|9\d\d)\d*)$")


def find_numbers(text: str) -> Iterator[Entity]:
    """NHS numbers (checked digit, or said to be one), then telephone numbers; a public helpline is not found."""
    for match in _DIGITS.finditer(text):
        kind = _kind(match.group(), *_around(text, match.start(), match.end()))
        if kind is not None:
            yield Entity(match.start(), match.end(), kind)
    for start, end, figures in in_figures(text):
        kind = _kind(figures, *_around(text, start, end))
        if kind is not None:
            yield Entity(start, end, kind)


def find_ni_numbers(text: str) -> Iterator[Entity]:
    """Two letters, six digits, a letter A to D; the last letter may be missing after words that announce it."""
    for match in _NI.finditer(text):
        before = text[max(0, match.start() - 40) : match.start()]
        if _NI_CUE.search(before) or (match.group()[-1].isalpha() and not follows_a_reference(before)):
            yield Entity(match.start(), match.end(), EntityType.NI_NUMBER)


def follows_a_reference(before: str) -> bool:
    """Whether what comes after these words is said to be a reference, a code or the like."""
    return bool(_NOT_A_PHONE_CUE.search(before))


def nhs_checksum_holds(digits: str) -> bool:
    """Modulus 11 over ten digits, as the NHS Data Dictionary defines it; a check of 10 is never issued."""
    if len(digits) != 10 or not digits.isdigit() or len(set(digits)) == 1:
        return False
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(digits[9])


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    return text[max(0, start - _LOOK) : start], text[end : end + _LOOK]


def _kind(found: str, before: str, after: str) -> EntityType | None:
    digits = re.sub(r"\D", "", found)
    if len(digits) == 10 and _NHS_CUE.search(before):
        return EntityType.NHS_NUMBER
    if nhs_checksum_holds(digits) and _NHS_NAMED.search(before):
        return EntityType.NHS_NUMBER  # whatever else it is called
    if follows_a_reference(before):
        return None
    if len(digits) == 10 and _looks_like_nhs(found, digits, before, after):
        return EntityType.NHS_NUMBER
    national = _national(digits, found)
    if national is not None:
        return None if _PUBLIC.match(national) else EntityType.PHONE
    if nhs_checksum_holds(digits) and not _looks_mobile(digits, before):
        return EntityType.NHS_NUMBER
    if _PUBLIC.match(digits) or _looks_like_date_or_year(found):
        return None
    if found.lstrip("(").startswith("+") and 8 <= len(digits) <= 14:
        return EntityType.PHONE
    if _looks_mobile(digits, before):
        return EntityType.PHONE
    return EntityType.PHONE if 5 <= len(digits) <= 11 and _CUE.search(before) else None


def _national(digits: str, found: str) -> str | None:
    """The number from its first 0, when it has the length of a UK number."""
    if digits.startswith("0044"):
        digits = "0" + digits[4:].removeprefix("0")
    elif digits.startswith("44") and (found.lstrip("(").startswith("+") or len(digits) in (12, 13)):
        digits = "0" + digits[2:].removeprefix("0")
    return digits if digits.startswith("0") and 10 <= len(digits) <= 11 and digits[1] in "1235789" else None


def _looks_like_nhs(found: str, digits: str, before: str, after: str) -> bool:
    """Whether ten figures are somebody's number at the NHS though the check digit is wrong, as it is where somebody slipped."""
    if digits[0] == "0" or _looks_mobile(digits, before):
        return False
    return any((_THREE_THREE_FOUR.fullmatch(found), _NHS_NEARBY_BEFORE.search(before), _NHS_NEARBY_AFTER.search(after)))


def _looks_mobile(digits: str, before: str) -> bool:
    return len(digits) == 10 and digits[0] == "7" and (bool(_CUE.search(before)) or not nhs_checksum_holds(digits))


def _looks_like_date_or_year(found: str) -> bool:
    return bool(re.fullmatch(r"\d{1,2}[./\- ]\d{1,2}[./\- ]\d{2,4}|(?:19|20)\d\d ?[-/\u2013] ?(?:(?:19|20)?\d\d)|\d{4}-\d\d-\d\d", found))
