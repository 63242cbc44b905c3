"""Figures as numbers that a template draws: no measure here is known to a style sheet, and nothing is drawn that its table does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH = 600
LABEL, VALUE = 210, 90
ROW, BAR = 34, 22
PLOT_HEIGHT, PLOT_LEFT, PLOT_BOTTOM = 180, 40, 30
SMALLEST_WITH_NUMBER = 22


@dataclass(frozen=True)
class Segment:
    """A piece of a bar. `kind` names its look in the style sheet; `number` is written in it where there is room."""

    x: float
    width: float
    kind: str
    number: int

    @property
    def has_room(self) -> bool:
        return self.width >= SMALLEST_WITH_NUMBER


@dataclass(frozen=True)
class Bar:
    label: str
    y: int
    segments: Sequence[Segment]
    note: str


@dataclass(frozen=True)
class Bars:
    """Bars under one another, each all of its parts (a whole) or as long as its number."""

    bars: Sequence[Bar]
    key: Sequence[tuple[str, str]]
    """What each kind of segment means: (kind, words)."""

    shape = "bars"

    @property
    def height(self) -> int:
        return ROW * len(self.bars) + 4


@dataclass(frozen=True)
class Line:
    label: str
    kind: str
    points: Sequence[tuple[float, float, str]]
    """x, y, and the value in words."""

    @property
    def path(self) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


@dataclass(frozen=True)
class Lines:
    """Lines over steps in time, the same scale for all."""

    lines: Sequence[Line]
    steps: Sequence[tuple[float, str]]
    marks: Sequence[tuple[float, str]]

    shape = "lines"
    height = PLOT_HEIGHT + PLOT_BOTTOM

    @property
    def key(self) -> list[tuple[str, str]]:
        return [(line.kind, line.label) for line in self.lines]


def wholes(rows: Sequence[tuple[str, Mapping[str, int], str]], key: Sequence[tuple[str, str]]) -> Bars:
    """Bars that are all as long as each other: how a whole is made up.

    Args:
        rows: label, numbers by kind, and a note at the end of the bar. key: kinds in order, with their words.
    """
    return Bars([_whole(place, *row, [kind for kind, _ in key]) for place, row in enumerate(rows)], key)


def _whole(place: int, label: str, numbers: Mapping[str, int], note: str, kinds: Sequence[str]) -> Bar:
    total, x, segments = sum(numbers.values()), float(LABEL), []
    for kind in kinds:
        width = (WIDTH - LABEL - VALUE) * numbers.get(kind, 0) / total if total else 0
        if width:
            segments.append(Segment(round(x, 1), round(width, 1), kind, numbers[kind]))
        x += width
    return Bar(label, place * ROW, segments, note)


def over_time(steps: Sequence[str], series: Sequence[tuple[str, str, Sequence[float | None]]], scale: Sequence[tuple[float, str]]) -> Lines:
    """Lines over steps; a value that is not there leaves a gap in its line.

    Args:
        series: label, kind, and one value for each step. scale: values with their words, the lowest first and the highest last.
    """
    low, high = scale[0][0], scale[-1][0]
    room = WIDTH - PLOT_LEFT - 40

    def across(place: int) -> float:
        return PLOT_LEFT + 20 + (room * place / (len(steps) - 1) if len(steps) > 1 else room / 2)

    def up(value: float) -> float:
        return 10 + (PLOT_HEIGHT - 20) * (1 - (value - low) / ((high - low) or 1))

    lines = [
        Line(label, kind, [(across(place), up(value), f"{value:.2f}") for place, value in enumerate(values) if value is not None])
        for label, kind, values in series
    ]
    return Lines(lines, [(across(place), step) for place, step in enumerate(steps)], [(up(value), words) for value, words in scale])


@dataclass(frozen=True)
class Pair:
    """Two marks on one line, `marks` by kind, and what is written at its end."""

    label: str
    y: int
    marks: Sequence[tuple[str, float]]
    note: str


@dataclass(frozen=True)
class Pairs:
    """Where two sides stand on a scale, one row for each thing they were asked."""

    rows: Sequence[Pair]
    marks: Sequence[tuple[float, str]]
    key: Sequence[tuple[str, str]]

    shape = "pairs"

    @property
    def height(self) -> int:
        return ROW * len(self.rows) + PLOT_BOTTOM


def pairs(
    rows: Sequence[tuple[str, Mapping[str, float], str]], scale: Sequence[tuple[float, str]], key: Sequence[tuple[str, str]]
) -> Pairs:
    """Args: rows: label, value by kind, and a note. scale: values with their words, the lowest first and the highest last."""
    low, high = scale[0][0], scale[-1][0]

    def across(value: float) -> float:
        return round(LABEL + 10 + (WIDTH - LABEL - VALUE - 20) * (value - low) / (high - low), 1)

    found = [
        Pair(label, place * ROW, [(kind, across(values[kind])) for kind, _ in key if kind in values], note)
        for place, (label, values, note) in enumerate(rows)
    ]
    return Pairs(found, [(across(value), words) for value, words in scale], key)


def lengths(rows: Sequence[tuple[str, int, str]], kind: str, words: str, most: int | None = None) -> Bars:
    """Bars as long as their numbers. Args: rows: label, number, note. most: what a bar of full length is; the largest number if None."""
    top = max([most or 0, *(number for _, number, _ in rows)]) or 1
    room = WIDTH - LABEL - VALUE
    bars = [
        Bar(label, place * ROW, [Segment(LABEL, round(room * number / top, 1), kind, number)] if number else [], note)
        for place, (label, number, note) in enumerate(rows)
    ]
    return Bars(bars, [(kind, words)])
