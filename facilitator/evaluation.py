"""Figures of `facilitator evaluate`: reading the labelled file, and counting. What is measured is in DESIGN section 5."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facilitator.errors import ContentError
from facilitator.knowledge.base import Decision, Found


@dataclass(frozen=True)
class Row:
    """One row by column name, with its line in the file."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read_tsv(path: Path, columns: Sequence[str]) -> list[Row]:
    """Rows of a UTF-8 file with a header; tab-separated, no quoting or escapes, extra columns ignored, empty lines skipped.

    Raises:
        ContentError: the file cannot be read, a column is missing, or a row is short; names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ContentError(path, None, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ContentError(path, None, "is not UTF-8 text") from None
    header = lines[0].rstrip("\r").split("\t")
    missing = [column for column in columns if column not in header]
    if missing:
        raise ContentError(path, 1, f"has no column {', '.join(missing)}; a header line with tabs between the names is needed")
    needed = max(header.index(column) for column in columns) + 1
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.rstrip("\r").split("\t")
        if not line.strip():
            continue
        # a last column that is empty is often saved without its tab
        if len(cells) < needed - 1:
            raise ContentError(path, number, f"has {len(cells)} columns where the header has {len(header)}")
        rows.append(Row(number, dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=False))))
    if not rows:
        raise ContentError(path, None, "has no rows under its header")
    return rows


def accepted(row: Row, column: str) -> tuple[str, ...]:
    """The names in a cell, joined by `|`."""
    return tuple(name.strip() for name in row[column].split("|") if name.strip())


@dataclass(frozen=True)
class KnowledgeFigures:
    """Shares between 0 and 1. `by_topic`: of the rows a topic is right for, how many and how many got a right one first."""

    top1: float
    top3: float
    declined_wrongly: float
    answered_wrongly: float
    n: int
    by_topic: Mapping[str, tuple[int, int]]
    misses: tuple[str, ...]

    def line(self) -> str:
        return (
            f"top1={self.top1:.4f} top3={self.top3:.4f} declined_wrongly={self.declined_wrongly:.4f} "
            f"answered_wrongly={self.answered_wrongly:.4f} n={self.n}"
        )


def knowledge_figures(rows: Sequence[Row], search: Callable[[str], Found], topics: frozenset[str], path: Path) -> KnowledgeFigures:
    """Search for every row's text. Ranks are over the framework's topics, whatever the decision.

    Raises:
        ContentError: a row names a topic that does not exist.
    """
    counts: Counter[str] = Counter()
    by_topic: defaultdict[str, list[bool]] = defaultdict(list)
    misses = []
    for row in rows:
        right = accepted(row, "topics")
        unknown = [topic for topic in right if topic not in topics]
        if unknown:
            raise ContentError(path, row.line, f"names a topic that does not exist: {unknown[0]}")
        found = search(row["text"])
        ranked = [hit.topic for hit in found.hits if hit.topic in topics][:3]
        if not right:
            counts["outside"] += 1
            counts["answered"] += found.decision is Decision.ANSWER
            if found.decision is Decision.ANSWER:
                misses.append(f"{row['id']}: answered with {ranked[0]}, not covered")
            continue
        first = bool(ranked) and ranked[0] in right
        counts["inside"] += 1
        counts["top1"] += first
        counts["top3"] += bool(set(ranked) & set(right))
        counts["declined"] += found.decision is Decision.DECLINE
        for topic in right:
            by_topic[topic].append(first)
        if not first or found.decision is Decision.DECLINE:
            misses.append(f"{row['id']}: {'|'.join(right)} read as {', '.join(ranked)} ({found.decision})")
    return KnowledgeFigures(
        share(counts["top1"], counts["inside"]),
        share(counts["top3"], counts["inside"]),
        share(counts["declined"], counts["inside"]),
        share(counts["answered"], counts["outside"]),
        len(rows),
        {topic: (len(hits), sum(hits)) for topic, hits in sorted(by_topic.items())},
        tuple(misses),
    )


@dataclass(frozen=True)
class IntentFigures:
    """`confused`: (wanted, got) and how often, most often first."""

    accuracy: float
    macro_f1: float
    n: int
    confused: tuple[tuple[tuple[str, str], int], ...]

    def line(self) -> str:
        return f"accuracy={self.accuracy:.4f} macro_f1={self.macro_f1:.4f} n={self.n}"


def intent_figures(pairs: Sequence[tuple[tuple[str, ...], str]]) -> IntentFigures:
    """Figures for pairs of (accepted intents, intent given). A row with several accepted counts for the one given, else for its first."""
    judged = [(given if given in right else right[0], given) for right, given in pairs]
    wanted, given_counts = Counter(right for right, _ in judged), Counter(given for _, given in judged)
    hits = Counter(right for right, given in judged if right == given)
    f1 = [2 * hits[intent] / (wanted[intent] + given_counts[intent]) for intent in wanted]
    confused = Counter(pair for pair in judged if pair[0] != pair[1])
    return IntentFigures(share(hits.total(), len(pairs)), share(sum(f1), len(f1)), len(pairs), tuple(confused.most_common()))


def rating_figures(pairs: Sequence[tuple[str, str | None]]) -> str:
    """The figures line for pairs of (rating meant, or `none`; rating noted, or None where the person is asked)."""
    right = sum(noted == meant for meant, noted in pairs)
    noted = sum(noted is not None for _, noted in pairs)
    meant = sum(meant != "none" for meant, _ in pairs)
    invented = sum(noted is not None for meant, noted in pairs if meant == "none")
    return (
        f"noted={share(right, meant):.4f} right_when_noted={share(right, noted):.4f} invented={share(invented, len(pairs) - meant):.4f} "
        f"n={len(pairs)}"
    )


def share(part: float, whole: int) -> float:
    """Part of the whole; not a number when the whole is empty."""
    return part / whole if whole else float("nan")
