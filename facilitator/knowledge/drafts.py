"""Reads one topic file into a draft that still knows its line numbers.

Reading and judging are apart on purpose: `topics` turns a sound draft into a Topic, `check` lists every fault of any draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from facilitator.errors import ContentError
from facilitator.knowledge.rows import load_yaml, read_text

HEADING = re.compile(r"(?P<marks>#{2,3})\s+(?P<title>.*?)\s*(?:\{#(?P<id>[^}]*)\})?\s*")
ASKED = "people ask:"
SOURCE = "source:"


@dataclass(frozen=True)
class Line:
    """A piece of text and the 1-based line of the file it stands on."""

    number: int
    text: str


@dataclass(frozen=True)
class Section:
    """What stands under one `##` or `###` heading."""

    title: str
    level: int
    line: int
    id: str | None = None
    text: str = ""
    asks: tuple[Line, ...] = ()
    sources: tuple[str, ...] = ()
    source_line: int | None = None


@dataclass(frozen=True)
class Draft:
    """One file as it was written. `lines` holds the line of each front matter name."""

    path: Path
    meta: Mapping[str, Any]
    lines: Mapping[str, int]
    phrasings: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()
    before: tuple[Line, ...] = field(default=())

    def text_of(self, name: str) -> str:
        """A front matter value as text; empty when there is none."""
        value = self.meta.get(name)
        return str(value).strip() if value is not None else ""


def read_draft(path: Path) -> Draft:
    """Read a topic file.

    Raises:
        ContentError: the file cannot be read, is not UTF-8, or its front matter is not a YAML block between `---` lines.
    """
    lines = read_text(path).split("\n")
    if lines[0].strip() != "---":
        raise ContentError(path, 1, "does not begin with front matter between two `---` lines")
    try:
        end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    except StopIteration:
        raise ContentError(path, 1, "has front matter without a closing `---` line") from None
    meta, places, phrasings = _front_matter(path, "\n".join(lines[1:end]))
    body = [Line(number, line.rstrip()) for number, line in enumerate(lines[end + 1 :], end + 2)]
    before, sections = _sections(body)
    return Draft(path, meta, places, phrasings, sections, before)


def _front_matter(path: Path, text: str) -> tuple[dict[str, Any], dict[str, int], tuple[Line, ...]]:
    try:
        node, meta = load_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else None
        raise ContentError(path, line, f"has front matter that is not valid YAML ({error.problem})") from None
    if not isinstance(node, yaml.MappingNode) or not isinstance(meta, dict):
        raise ContentError(path, 2, "has front matter that is not a block of `name: value` lines")
    values = {str(key.value): value for key, value in node.value}
    places = {str(key.value): key.start_mark.line + 2 for key, _ in node.value}
    listed = values.get("phrasings")
    phrasings = listed.value if isinstance(listed, yaml.SequenceNode) else ()
    return meta, places, tuple(Line(item.start_mark.line + 2, str(item.value).strip()) for item in phrasings)


def _sections(body: list[Line]) -> tuple[tuple[Line, ...], tuple[Section, ...]]:
    starts = [index for index, line in enumerate(body) if HEADING.fullmatch(line.text)]
    before = tuple(line for line in body[: starts[0] if starts else len(body)] if line.text.strip())
    ends = [*starts[1:], len(body)]
    return before, tuple(_section(body[start], body[start + 1 : end]) for start, end in zip(starts, ends, strict=False))


def _section(heading: Line, lines: list[Line]) -> Section:
    match = HEADING.fullmatch(heading.text)
    assert match is not None, "called with heading lines only"
    source = next((line for line in lines if line.text.lower().startswith(SOURCE)), None)
    keys = source.text[len(SOURCE) :].split(",") if source else []
    words = [line for line in lines if line is not source]
    asked = next((place for place, line in enumerate(words) if line.text.strip().lower() == ASKED), len(words))
    return Section(
        title=match["title"],
        level=len(match["marks"]),
        line=heading.number,
        id=match["id"],
        text="\n\n".join(_paragraphs(words[:asked])),
        asks=tuple(_items(words[asked + 1 :])),
        sources=tuple(key.strip() for key in keys if key.strip()),
        source_line=source.number if source else None,
    )


def _paragraphs(lines: list[Line]) -> Iterator[str]:
    """Paragraphs with their wraps undone; list items keep a line each."""
    block: list[str] = []
    for line in [*lines, Line(0, "")]:
        text = line.text.strip()
        if not text and block:
            yield "\n".join(block)
            block = []
        elif text:
            if block and not text.startswith("- "):
                block[-1] = f"{block[-1]} {text}"
            else:
                block.append(text)


def _items(lines: list[Line]) -> Iterator[Line]:
    for line in lines:
        text = line.text.strip()
        if text.startswith("- "):
            yield Line(line.number, text[2:].strip().strip('"'))
