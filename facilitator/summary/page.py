"""The summary as one HTML page that needs nothing else: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from facilitator.summary.outline import Block, Heading, Point


def as_html(blocks: Sequence[Block]) -> str:
    """A whole page; everything typed by people is escaped."""
    title = next(block.text for block in blocks if isinstance(block, Heading))
    return _template().render(title=title, runs=_runs(blocks))


def _runs(blocks: Iterable[Block]) -> list[tuple[str, list[Block]]]:
    """Neighbours of one kind together, so that points become one list."""
    return [
        (kind, list(run)) for kind, run in groupby(blocks, key=lambda block: "points" if isinstance(block, Point) else type(block).__name__)
    ]


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("page.html")
