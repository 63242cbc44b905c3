"""Dates of birth. Other dates, such as meetings and admissions, stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.spoken_dates import MONTH, SPOKEN

_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)\d\d|['\u2019]?\d\d)"
_SEP = r"[ ]?[/.\-\u2010-\u2015\\ ][ ]?"
_NUMERIC = (
    rf"(?:(?:0?[1-9]|[12]\d|3[01]){_SEP}(?:0?[1-9]|1[0-2]){_SEP}(?:(?:19|20)\d\d|\d\d)|(?:19|20)\d\d[-/.](?:0[1-9]|"
    rf"1[0-2])[-/.](?:0[1-9]|[12]\d|3[01]))"
)
_WORDED = rf"(?:(?:the )?{_DAY}(?: day)?(?: of)?[ ,\-]*{MONTH}(?:[ ,\-]+(?:of )?{_YEAR})?|{MONTH}[ ]?(?:the )?{_DAY}(?:,?[ ]{_YEAR})?)"
_DATE = re.compile(rf"(?<![\w£/.\-])(?:{_NUMERIC}|{_WORDED})(?![\w/\-])", re.IGNORECASE)
_RUN_TOGETHER = re.compile(r"(?<!\w)(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)?\d\d(?!\w)")
_MONTH_AND_YEAR = re.compile(rf"\b{MONTH}[ ](?:of )?(?:19|20)\d\d\b", re.IGNORECASE)
_CUE_BEFORE = re.compile(
    r"(?:\bd[./ ]? ?o[./ ]? ?b\b\.?|\bdates? of birth|\bbirth ?dates?|\bbirthdays?|\bb'?day|\bborn|\bbrn\b|\bb\.(?= ?\d|$)|\(b |"
    r"\bganwyd|\bpen-?blwydd|\bturn(?:ed|ing|s)? (?:\d\d|\w+ty(?:-\w+)?|eighteen|sixteen) on|"
    r"\b(?:i'?m|i am|aged?|he'?s|she'?s) \d\d(?: years? old)?[ ]?[,(\u2013-](?=[ ]?$))(?:(?!\. )[^!?\n]){0,60}$",
    re.IGNORECASE,
)
_CUE_AFTER = re.compile(
    r"^[ ,]*(?:is|was|that'?s|as|down as)? ?(?:(?:my|his|her|their|the|\w+'s) (?:birthday|bday|date of birth|dob|birth date|birthdate)|"
    r"(?:when|the day) (?:i|he|she|they|\w+) (?:was|were) born)|^[ (]*(?:dob|d\.o\.b|date of birth)\b",
    re.IGNORECASE,
)
_OTHER_DAY = re.compile(
    r"\b(?:referred|start(?:s|ed|ing)?|appointment|appt|review|meeting|assessment|seen|meet|expires?|valid|discharge)\b", re.IGNORECASE
)
# numeric and this far back is a birthday, not a meeting, even with nothing said
_LONG_AGO = re.compile(r"(?:19[2-9]\d|200\d|201[0-2])")
_HISTORY = re.compile(
    r"(?:\bsince|\bin hospital|\badmitted|\bsectioned|\bdated|\bopened|\bdischarged|\bdiagnosed|\bmet|"
    r"\bmarried|\bdied|\bact of|\bpolicy of)[^.!?\n]{0,20}$",
    re.IGNORECASE,
)


# a full name and a comma before, or the next detail after: a form that somebody fills in
_NAME_BEFORE = re.compile(r"(?:[A-Z][\w'\u2019\-]+ ){1,2}[A-Z][\w'\u2019\-]+[ ]?[,(\u2013:-][ ]?$|\bpatient[^.!?\n]{0,30}, ?$")
_DETAIL_AFTER = re.compile(
    r"^[ ,;.)\-]{1,3}(?:and )?(?:my |his |her |their )?(?:nhs\b|ni\b|nino\b|national insurance|hospital n|post ?code|address|tel\b|phone|"
    r"mob|\d{3}[ -]?\d{3}[ -]?\d{4})",
    re.IGNORECASE,
)


def find_dates_of_birth(text: str) -> Iterator[Entity]:
    """Dates with words of birth around them, and full numeric dates too long ago to be anything else.

    Of several dates after "date of birth" the nearest is meant: "dob 5 Sept 1992, start date 1 July".
    """
    for match in _DATE.finditer(text):
        before, after = text[max(0, match.start() - 80) : match.start()], text[match.end() : match.end() + 30]
        if _follows_cue(before) or _CUE_AFTER.search(after) or _stands_alone(match.group(), before):
            yield Entity(match.start(), match.end(), EntityType.DATE_OF_BIRTH)
    for match in SPOKEN.finditer(text):
        before, after = text[max(0, match.start() - 80) : match.start()], text[match.end() : match.end() + 30]
        if _follows_cue(before) or _CUE_AFTER.search(after) or _in_a_record(match.group(), text, match.start(), match.end()):
            yield Entity(match.start(), match.end(), EntityType.DATE_OF_BIRTH)
    for pattern in (_RUN_TOGETHER, _MONTH_AND_YEAR):
        for match in pattern.finditer(text):
            if _CUE_BEFORE.search(text[max(0, match.start() - 30) : match.start()]):
                yield Entity(match.start(), match.end(), EntityType.DATE_OF_BIRTH)


def _follows_cue(before: str) -> bool:
    """Whether words of birth stand before, with no other date and nothing of another day in between."""
    cue = _CUE_BEFORE.search(before)
    if cue is None:
        return False
    between = cue.group()
    return not (_DATE.search(between) or SPOKEN.search(between) or _OTHER_DAY.search(between))


def _stands_alone(found: str, before: str) -> bool:
    return not re.search(r"[a-z]", found, re.IGNORECASE) and bool(_LONG_AGO.search(found)) and not _HISTORY.search(before)


def _in_a_record(found: str, text: str, start: int, end: int) -> bool:
    """A day of long ago in a row of somebody's details: "Gloria Entwistle, 2nd Jan 1940, NHS 901 429 5979"."""
    if not _LONG_AGO.search(found) or _HISTORY.search(text[max(0, start - 48) : start]):
        return False
    return bool(_NAME_BEFORE.search(text[max(0, start - 48) : start]) or _DETAIL_AFTER.search(text[end : end + 40]))
