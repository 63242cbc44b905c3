"""More ways people ask: `knowledge/asked/<topic id>.txt` and `knowledge/asked/declined-<kind>.txt`, one wording a line.

They stand apart from the topic files so that those stay short enough to read. `#` begins a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from facilitator.knowledge.drafts import Line
from facilitator.knowledge.rows import read_text

DECLINED = "declined-"


def asked_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.txt"))


def read_asked(path: Path) -> tuple[Line, ...]:
    """The wordings of one file with their lines.

    Raises:
        ContentError: it cannot be read or is not UTF-8.
    """
    lines = enumerate(read_text(path).split("\n"), start=1)
    return tuple(Line(number, line.strip()) for number, line in lines if line.strip() and not line.lstrip().startswith("#"))


def load_asked(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Wordings by file name without its ending: a topic id, or `declined-<kind>`."""
    return {path.stem: tuple(line.text for line in read_asked(path)) for path in asked_files(folder)}
