"""Dates of birth. Other dates, such as meetings and admissions, stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.privacy.entities import Entity, EntityType

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?:\.(?=[ ]?['\u2019\d]))?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)\d\d|['\u2019]?\d\d)"
_SEP = r"[ ]?[/.\-\u2010-\u2015\\ ][ ]?"
_NUMERIC = (
    rf"(?:(?:0?[1-9]|[12]\d|3[01]){_SEP}(?:0?[1-9]|1[0-2]){_SEP}(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[-/.](?:0[1-9]|"
    rf"1[0-2])[-/.](?:0[1-9]|[12]\d|3[01]))"
)
_WORDED = rf"(?:(?:the )?{_DAY}(?: day)?(?: of)?[ ,\-]*{_MONTH}(?:[ ,\-]+(?:of )?{_YEAR})?|{_MONTH}[ ]?(?:the )?{_DAY}(?:,?[ ]{_YEAR})?)"
_DATE = re.compile(rf"(?<![\w£/.\-])(?:{_NUMERIC}|{_WORDED})(?![\w/\-])", re.IGNORECASE)
_RUN_TOGETHER = re.compile(r"(?<!\d)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d(?!\d)")
_MONTH_AND_YEAR = re.compile(rf"\b{_MONTH}[ ](?:of )?(?:19|20)\d\d\b", re.IGNORECASE)
_CUE_BEFORE = re.compile(
    r"(?:\bd\.? ?o\.? ?b\b\.?|\bdates? of birth|\bbirth ?dates?|\bbirthdays?|\bb'?day|\bborn|\bd\.o\.b)(?:(?!\. )[^!?\n]){0,36}$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^[ ,]*(?:is|was|that'?s)? ?(?:my|his|her|their|the|\w+'s) (?:birthday|bday|date of birth|dob|birth date|"
    r"birthdate)|^[ (]*(?:dob|d\.o\.b|date of birth)\b",
    re.IGNORECASE,
)
# numeric and this far back is a birthday, not a meeting, even with nothing said
_LONG_AGO = re.compile(r"(?:19[2-9]\d|200\d|201[0-2])")
_HISTORY = re.compile(
    r"(?:\bsince|\bin hospital|\badmitted|\bsectioned|\bdated|\bopened|\bdischarged|\bdiagnosed|\bmet|"
    r"\bmarried|\bdied|\bact of|\bpolicy of)[^.!?\n]{0,20}$",
    re.IGNORECASE,
)


def find_dates_of_birth(text: str) -> Iterator[Entity]:
    """Dates with words of birth around them, and full numeric dates too long ago to be anything else."""
    for match in _DATE.finditer(text):
        before, after = text[max(0, match.start() - 48) : match.start()], text[match.end() : match.end() + 30]
        if _CUE_BEFORE.search(before) or _CUE_AFTER.search(after) or _stands_alone(match.group(), before):
            yield Entity(match.start(), match.end(), EntityType.DATE_OF_BIRTH)
    for pattern in (_RUN_TOGETHER, _MONTH_AND_YEAR):
        for match in pattern.finditer(text):
            if _CUE_BEFORE.search(text[max(0, match.start() - 30) : match.start()]):
                yield Entity(match.start(), match.end(), EntityType.DATE_OF_BIRTH)


def _stands_alone(found: str, before: str) -> bool:
    return not re.search(r"[a-z]", found, re.IGNORECASE) and bool(_LONG_AGO.search(found)) and not _HISTORY.search(before)
