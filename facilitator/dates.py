"""Dates in words, as British people write them: "next Tuesday", "14 January", "by the end of the month".

Phrases are found here and read by dateparser, a library that is kept up; only what it does not know is worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

# Longer texts are not read to the end: a date for a step stands near what is said of it.
LONGEST = 2000
FURTHEST_YEARS = 20

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# "sat", "sun" and "wed" are words too: alone, or where a day is looked for, they are days
_DAY = (
    r"(?:(?:mon|tues?|wednes|thur?s?|fri|satur|sun)day|mon|tues?|thur?s?|fri|"
    r"(?:^|(?<=on )|(?<=by )|(?<=this )|(?<=next )|(?<=until ))(?:sat|sun|wed)|(?:sat|sun|wed)(?=,? (?:the )?\d))"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    r"aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a couple of|a few)"
_UNIT = r"(?:days?|weeks?|wks?|fortnights?|months?|years?)"
_YEAR = r"(?:(?:19|20)\d\d|'\d\d)"
_NTH = r"(?:\d{1,2})(?:st|nd|rd|th)?"
# Days with a name: month and day, or how many days after Easter Sunday.
_FEASTS = {
    **{name: (12, 24) for name in ("christmas eve", "xmas eve")},
    **{name: (12, 25) for name in ("christmas day", "christmas", "xmas day", "xmas")},
    "boxing day": (12, 26),
    "new year's eve": (12, 31),
    **{name: (1, 1) for name in ("new year's day", "new year")},
}
_FROM_EASTER = {"good friday": -2, "easter": 0, "easter sunday": 0, "easter monday": 1}
_FEAST = "|".join(sorted([*_FEASTS, *_FROM_EASTER], key=len, reverse=True))

Read = Callable[[re.Match[str], date], date | None]


def read_date(text: str, today: date) -> date | None:
    """The first date named in `text`, or None.

    Day comes before month. A day without a year, or a weekday, is the next one to come: "Tuesday" and "next Tuesday", said on a Tuesday,
    are in a week. A month alone is its last day, as in "by March". A year or a full date may be in the past. Never raises.

    Args:
        text: anything typed. today: the day on which it was typed.
    """
    return _first(_tidy(text), today)


# No "last" and no "end" by itself: "one last time" and "the end" may say something else.
_TIME_WORD = (
    r"(?:by|on|before|after|in|at|from|until|till|around|about|the|a|an|this|next|first|end of|start of|middle of|or|and|early|late"
    r"|today|tomorrow|tonight|morning|afternoon|evening|night|weekend|soon|later|session|meeting|event|activity|couple of|few"
    rf"|{_FEAST}|spring|summer|autumn|winter|{_DAY}s?|{_MONTH}|{_NUMBER}|{_UNIT}|{_YEAR}|{_NTH}|\d{{1,2}}(?:am|pm)|\d{{1,4}})"
)
_BARE_DAY = re.compile(rf"{_TIME_WORD}(?:[\s,/.:-]+{_TIME_WORD}){{0,6}}[\s.!?]*")


def is_bare_day(text: str) -> bool:
    """Whether the text says when and nothing else: "tomorrow", "before the day", "in a couple of weeks"."""
    return _BARE_DAY.fullmatch(_tidy(text)) is not None


def _tidy(text: str) -> str:
    text = text[:LONGEST].lower().replace("\u2019", "'").replace("\u2013", "-").replace("\u2010", "-").replace("\u2011", "-")
    return re.sub(r"\s+", " ", text).strip()


def _first(text: str, today: date) -> date | None:
    """The phrase that begins earliest; of those that begin together, the longest.

    A part of a phrase that is no date is none either: there is no 1 June in "31 June".
    """
    matches = [(match, read) for pattern, read in _PATTERNS for match in pattern.finditer(text)]
    end = 0
    for match, read in sorted(matches, key=lambda found: (found[0].start(), -found[0].end())):
        if match.start() < end:
            continue
        end = match.end()
        day = _safely(read, match, today)
        if day is not None and abs(day.year - today.year) <= FURTHEST_YEARS:
            return day
    return None


def _safely(read: Read, match: re.Match[str], today: date) -> date | None:
    try:
        return read(match, today)
    except (ValueError, OverflowError):
        return None  # no such day


# ── what dateparser reads ──


def _parsed(words: str, today: date) -> date | None:
    import dateparser  # it reads its tables when imported; nobody waits for that who names no date

    settings = {
        "DATE_ORDER": "DMY",
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": datetime(today.year, today.month, today.day, 12),
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time"],
        "REQUIRE_PARTS": ["day"],
    }
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return found.date() if found else None


def _by_library(match: re.Match[str], today: date) -> date | None:
    return _parsed(re.sub(r"\b(?:the|of|on|by|from now)\b", " ", match["date"]).strip(" ,"), today)


def _named_day(match: re.Match[str], today: date) -> date | None:
    """A day and month. Without a year, the next one to come; a year that has two figures is in this century."""
    words = re.sub(r"\b(?:the|of)\b|,", " ", match["date"])
    year = match["year"]
    if year:
        full = f"20{year[1:]}" if year.startswith("'") else year
        return _real(words, int(full), today)
    this_year = _real(words, today.year, today)
    if this_year is not None and this_year >= today:
        return this_year
    # 29 February is in another year altogether
    return next((day for year in range(today.year + 1, today.year + 9) if (day := _real(words, year, today))), None)


def _real(words: str, year: int, today: date) -> date | None:
    """The day of that year, if there is such a day (dateparser would take 31 June for some other day)."""
    number = re.search(r"\d{1,2}", words)
    found = _parsed(f"{words} {year}", today)
    return found if found and number and found.day == int(number.group()) and found.year == year else None


def _figures(match: re.Match[str], today: date) -> date | None:
    day, month, year = int(match["d"]), int(match["m"]), match["y"]
    if year:
        return date(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    this_year = date(today.year, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _iso(match: re.Match[str], today: date) -> date | None:
    return date(int(match["y"]), int(match["m"]), int(match["d"]))


# ── what it does not know ──


def _coming(weekday: int, today: date) -> date:
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _day_of_week(match: re.Match[str], today: date) -> date:
    """ "Tuesday", "this Tuesday" and "next Tuesday" are the one to come. "Tuesday week" and "a week on Tuesday" are seven days on.

    People do not agree on what "next Tuesday" is; the nearer day is the safer one for a reminder, and it is read back to them.
    """
    coming = _coming(_DAYS.index(match["day"].strip()[:3]), today)
    late = match["weeks"] or match["after"]
    if not late:
        return coming
    return coming + timedelta(weeks=2 if "fortnight" in late or "two" in late or "2" in late else 1)


def _week(match: re.Match[str], today: date) -> date:
    """The Friday of this week or next: the last day on which most people are at work."""
    friday = today + timedelta(4 - today.weekday())
    if match["which"] == "next":
        return friday + timedelta(weeks=1)
    return friday if friday >= today else today


def _weekend(match: re.Match[str], today: date) -> date:
    saturday = today if today.weekday() >= 5 else today + timedelta(5 - today.weekday())
    return saturday + timedelta(weeks=match["which"] == "next")


def _month_end(match: re.Match[str], today: date) -> date:
    """The last day of a month: named, this one, or next."""
    name, which = match.groupdict().get("month"), match.groupdict().get("which")
    if name:
        number = _MONTHS.index(name[:3]) + 1
        year = int(match["year"]) if match["year"] else today.year + (number < today.month)
        return _last_day(year, number)
    return _last_day(today.year, today.month + (which == "next"))


def _last_day(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(1)


def _nth_of_month(match: re.Match[str], today: date) -> date | None:
    """ "The 3rd": of this month if it is still to come, else of the next month that has such a day."""
    for ahead in range(3):
        year, month = today.year + (today.month + ahead - 1) // 12, (today.month + ahead - 1) % 12 + 1
        day = int(match["d"])
        if 1 <= day <= _last_day(year, month).day and date(year, month, day) >= today:
            return date(year, month, day)
    return None


def _in_a_while(match: re.Match[str], today: date) -> date | None:
    words = match["date"].replace("a couple of", "2").replace("a few", "3").replace("wk", "week")
    return _parsed(f"in {words}", today)


def _feast(match: re.Match[str], today: date) -> date:
    this_year = _feast_of(match["feast"], today.year)
    return this_year if this_year >= today else _feast_of(match["feast"], today.year + 1)


def _feast_of(name: str, year: int) -> date:
    from dateutil.easter import easter  # as dateparser: only when it is named

    if name in _FROM_EASTER:
        sunday: date = easter(year)
        return sunday + timedelta(_FROM_EASTER[name])
    return date(year, *_FEASTS[name])


def _end_of_year(match: re.Match[str], today: date) -> date:
    return date(today.year + (match["which"] == "next"), 12, 31)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.@-]){words}(?![\w@]|[/-]\w|\.\d)")


_PATTERNS: tuple[tuple[re.Pattern[str], Read], ...] = (
    (_pattern(r"(?P<y>(?:19|20)\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})"), _iso),
    (_pattern(r"(?P<d>\d{1,2})(?P<s>[/.-])(?P<m>\d{1,2})(?P=s)(?P<y>(?:19|20)\d\d|\d\d)"), _figures),
    (_pattern(r"(?!24/7)(?P<d>\d{1,2})/(?P<m>\d{1,2})(?P<y>)(?! of\b)"), _figures),
    (_pattern(rf"(?:{_DAY},? )?(?:the )?(?P<date>{_NTH}(?: of)? {_MONTH})\.?,?(?: (?P<year>{_YEAR}))?"), _named_day),
    (_pattern(rf"(?:{_DAY},? )?(?P<date>{_MONTH}\.? (?:the )?{_NTH}),?(?: (?P<year>{_YEAR}))?"), _named_day),
    (_pattern(r"(?P<date>today|tonight|tomorrow|(?:the )?day after tomorrow)"), _by_library),
    (_pattern(rf"(?:in|within) (?P<date>{_NUMBER} {_UNIT})(?: time)?"), _in_a_while),
    (_pattern(rf"(?P<date>{_NUMBER} {_UNIT})(?: from now|'?s?'? time)"), _in_a_while),
    (_pattern(r"(?P<date>fortnight)(?:'s time)?"), lambda match, today: today + timedelta(14)),
    (
        _pattern(
            r"(?:(?P<weeks>(?:a|one|1|two|2) weeks?|a fortnight) on )?(?:this |next |on )?(?:coming )?"
            rf"(?P<day>{_DAY})(?: (?P<after>week|fortnight))?"
        ),
        _day_of_week,
    ),
    (_pattern(r"(?:the )?(?:end of )?(?:the |this )?(?P<which>next|this|the) week"), _week),
    (_pattern(r"end of (?P<which>)week"), _week),
    (_pattern(r"(?P<which>this|next|the) weekend"), _weekend),
    (_pattern(r"(?P<which>next|this) month"), _month_end),
    (
        _pattern(r"(?:the )?end of (?:the |this )?(?P<which>next )?month"),
        lambda match, today: _last_day(today.year, today.month + bool(match["which"])),
    ),
    (
        _pattern(
            rf"(?:in|by|before|until|till|during|next|this|for|(?:the )?end of) (?P<month>{_MONTH})(?: (?P<year>(?:19|20)\d\d))?(?! \d)"
        ),
        _month_end,
    ),
    (_pattern(rf"(?P<month>{_MONTH}) (?P<year>(?:19|20)\d\d)"), _month_end),
    (re.compile(rf"^\W*(?P<month>{_MONTH})(?P<year>)\W*$"), _month_end),
    (_pattern(r"(?:the )(?P<d>\d{1,2})(?:st|nd|rd|th)"), _nth_of_month),
    (_pattern(r"(?:the )?end of (?P<which>the|this|next) year"), _end_of_year),
    (_pattern(rf"(?P<feast>{_FEAST})"), _feast),
)
