"""When a safeguarding contact is told: of one matter once in a while, of every other at once, and of all that waits in one alert.

Else somebody who sends message upon message would bury what others need help for. Nothing here sends, or looks at a clock.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

QUIET_S = 300.0
MOST = 10_000


@dataclass
class News:
    """What one alert tells: the number of the first flag that has one, and how many flags it is about."""

    reference: str | None
    flags: int = 1

    def take_up(self, later: News) -> None:
        self.reference, self.flags = self.reference or later.reference, self.flags + later.flags


@dataclass
class _Told:
    at: float
    since: News | None = None


class Pace:
    """`quiet_s`: how long after an alert what is added of the same matter waits. `most`: how many matters are kept in mind; beyond that the
    oldest wait no more."""

    def __init__(self, quiet_s: float = QUIET_S, most: int = MOST) -> None:
        self._quiet_s, self._most = quiet_s, most
        self._told: OrderedDict[str, _Told] = OrderedDict()  # the longest ago first
        self._ready: News | None = None

    def add(self, about: str, reference: str | None, now: float) -> None:
        """A flag to tell of. `about` says which matter it belongs to."""
        news, told = News(reference), self._told.get(about)
        if told is None:
            self._told[about] = _Told(now)
            self._make_ready(news)
        elif told.since is None:
            told.since = news
        else:
            told.since.take_up(news)
        while len(self._told) > self._most:
            self._make_ready(self._told.popitem(last=False)[1].since)

    def take(self, now: float, *, everything: bool = False) -> News | None:
        """All that is to be told now; with `everything`, what would have waited too."""
        while self._told and (everything or self._first.at + self._quiet_s <= now):
            about, told = self._told.popitem(last=False)
            self._make_ready(told.since)
            if told.since is not None and not everything:
                self._told[about] = _Told(now)
        ready, self._ready = self._ready, None
        return ready

    def missed(self) -> None:
        """The last alert did not arrive: nothing has been told, so nothing need wait."""
        while self._told:
            self._make_ready(self._told.popitem()[1].since)

    def rests_s(self, now: float) -> float | None:
        """After how long there may be something to take although nothing is added; None for never."""
        return max(0.0, self._first.at + self._quiet_s - now) if self._told else None

    @property
    def _first(self) -> _Told:
        return next(iter(self._told.values()))

    def _make_ready(self, news: News | None) -> None:
        if news is not None and self._ready is not None:
            self._ready.take_up(news)
        else:
            self._ready = news or self._ready
