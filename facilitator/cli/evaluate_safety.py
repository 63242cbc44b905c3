"""`facilitator evaluate safety|privacy FILE`: the figures of DESIGN section 5, from a TSV of labelled messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facilitator.errors import ContentError

if TYPE_CHECKING:
    from facilitator.privacy.entities import Entity
    from facilitator.safety.kinds import SafetyKind


@dataclass(frozen=True)
class Detail:
    """One labelled detail of a privacy row, by its place in the text."""

    start: int
    end: int
    type: str


def safety(file: Path) -> None:
    """How many crises are recognised and how many safe messages are taken for one. Misses are listed by id."""
    from facilitator.bootstrap import Bootstrap
    from facilitator.safety.kinds import SafetyKind

    rows = read_rows(file, ("id", "text", "label"))
    screen = Bootstrap().screen
    found: list[tuple[str, SafetyKind, SafetyKind]] = []
    for line, row in enumerate(rows, start=2):
        if row["label"] not in set(SafetyKind):
            raise ContentError(file, line, "label is not one of " + ", ".join(SafetyKind))
        screened = screen.screen(row["text"])
        found.append((row["id"], SafetyKind(row["label"]), screened.kind))
        if found[-1][1] != screened.kind:
            typer.echo(f"{row['id']}: {row['label']} read as {screened.kind} by {', '.join(screened.reasons)}")
    typer.echo(safety_figures([(wanted, got) for _, wanted, got in found]))


def privacy(file: Path) -> None:
    """How many personal details are taken out, and how much of what is taken out was one. Misses are listed by id."""
    from facilitator.privacy.redact import Redactor

    redactor = Redactor()
    hits = labelled = right = marked = 0
    rows = read_rows(file, ("id", "text", "entities"))
    for line, row in enumerate(rows, start=2):
        wanted = _details(file, line, row["text"], row["entities"])
        found = redactor.find(row["text"])
        missed = [detail for detail in wanted if not any(_hit(detail, entity) for entity in found)]
        extra = [entity for entity in found if not any(_hit(detail, entity) for detail in wanted)]
        hits, labelled = hits + len(wanted) - len(missed), labelled + len(wanted)
        right, marked = right + len(found) - len(extra), marked + len(found)
        for what, kinds in (("missed", [detail.type for detail in missed]), ("taken out wrongly", [entity.type for entity in extra])):
            if kinds:
                typer.echo(f"{row['id']}: {what}: {', '.join(kinds)}")
    typer.echo(f"recall={_share(hits, labelled)} precision={_share(right, marked)} n={len(rows)}")


def safety_figures(pairs: Sequence[tuple[SafetyKind, SafetyKind]]) -> str:
    """The figures line for pairs of (label, answer). A crisis that got either crisis reply was recognised."""
    crisis = [got.is_crisis for wanted, got in pairs if wanted.is_crisis]
    distress = [got != "safe" for wanted, got in pairs if wanted == "distress"]
    safe = [got.is_crisis for wanted, got in pairs if wanted == "safe"]
    return (
        f"crisis_recall={_share(sum(crisis), len(crisis))} distress_recall={_share(sum(distress), len(distress))} "
        f"false_alarms={_share(sum(safe), len(safe))} n={len(pairs)}"
    )


def read_rows(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Rows of a UTF-8 TSV with a header; no quoting or escapes, extra columns ignored, empty lines skipped.

    Raises:
        ContentError: the file cannot be read, or a column is missing; names the line.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(file, None, f"cannot be read ({type(error).__name__})") from None
    header = lines[0].rstrip("\r").split("\t")
    missing = [column for column in columns if column not in header]
    if missing:
        raise ContentError(file, 1, f"the header has no {', '.join(missing)}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if len(cells) < len(header):
            raise ContentError(file, number, f"has {len(cells)} columns where the header has {len(header)}")
        rows.append(dict(zip(header, cells, strict=False)))
    return rows


def _details(file: Path, line: int, text: str, labelled: str) -> list[Detail]:
    """Places of the labelled details. One named twice is looked for after its first place."""
    try:
        wanted = [(str(item["text"]), str(item["type"])) for item in json.loads(labelled or "[]")]
    except (ValueError, TypeError, KeyError):
        raise ContentError(file, line, "entities is not a JSON list of {text, type}") from None
    found: list[Detail] = []
    for words, kind in wanted:
        taken = {detail.start for detail in found}
        start = text.find(words)
        while start in taken and start >= 0:
            start = text.find(words, start + 1)
        if start < 0:
            raise ContentError(file, line, f"a {kind} is not in the text as labelled")
        found.append(Detail(start, start + len(words), kind))
    return found


def _hit(detail: Detail, entity: Entity) -> bool:
    return detail.type == entity.type and detail.start < entity.end and entity.start < detail.end


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else "nan"
