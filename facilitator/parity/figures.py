"""Counts by rating, and what is worked out from them: mean, spread and gap. Nothing here knows who anybody is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import combinations_with_replacement

from facilitator.vocabulary import Rating, Role

Counts = Mapping[Rating, int]

VALUES: Mapping[Rating, float] = {Rating.YES: 1.0, Rating.PARTLY: 0.5, Rating.NOT_YET: 0.0}
"""The scale. Other answers say nothing about how far along a point is, so they are shown but never compared."""


class Side(StrEnum):
    SERVICES_USED = "use"
    """People who use services, and carers."""
    SERVICES_PROVIDED = "provide"
    """Staff, and leads."""


SIDE_OF: Mapping[Role, Side] = {
    Role.SERVICE_USER: Side.SERVICES_USED,
    Role.CARER: Side.SERVICES_USED,
    Role.STAFF: Side.SERVICES_PROVIDED,
    Role.LEAD: Side.SERVICES_PROVIDED,
}


def count(ratings: Iterable[Rating]) -> dict[Rating, int]:
    """How many gave each rating; every rating is there, in its usual order."""
    counts = dict.fromkeys(Rating, 0)
    for rating in ratings:
        counts[rating] += 1
    return counts


def add(parts: Iterable[Counts]) -> dict[Rating, int]:
    """The sum of several counts."""
    total = dict.fromkeys(Rating, 0)
    for part in parts:
        for rating, number in part.items():
            total[rating] += number
    return total


def raters(counts: Counts) -> int:
    """How many said yes, partly or not yet."""
    return sum(counts.get(rating, 0) for rating in VALUES)


def mean(counts: Counts) -> float | None:
    """The mean on the scale, 0 (not yet) to 1 (yes); None when nobody rated."""
    number = raters(counts)
    return sum(value * counts.get(rating, 0) for rating, value in VALUES.items()) / number if number else None


def spread(counts: Counts) -> float | None:
    """How far apart two people are on average, picked at random from those who rated: 0 when all agree.

    The mean absolute difference, because it can be said in those words, and because on three steps squares (a standard deviation)
    would say that "yes" and "not yet" are four times as far apart as "yes" and "partly". None for fewer than two people.
    """
    number = raters(counts)
    if number < 2:
        return None
    apart = sum(
        abs(VALUES[one] - VALUES[other]) * counts.get(one, 0) * counts.get(other, 0)
        for one, other in combinations_with_replacement(VALUES, 2)
    )
    return apart / (number * (number - 1) / 2)
