"""Dates as people type them: "next Tuesday", "14 March", "in two weeks". The founder's first version: the interface is used, keep it."""

from __future__ import annotations

from datetime import date, datetime, time

MOST_LETTERS = 200


def read_date(text: str, today: date) -> date | None:
    """The first day named in a text, read the British way, in the future where that is open; None when it names none."""
    # imported here: it takes a while, and most processes never read a date
    from dateparser.search import search_dates

    settings = {
        "DATE_ORDER": "DMY",
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": datetime.combine(today, time(12)),
        "RETURN_AS_TIMEZONE_AWARE": False,
        "PARSERS": ["relative-time", "absolute-time"],
    }
    found = search_dates(text[:MOST_LETTERS], languages=["en"], settings=settings)
    return found[0][1].date() if found else None
