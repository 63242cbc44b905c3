"""Reads a PDF's text. A PDF knows no headings, so a short line in larger letters than the rest is taken for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facilitator.knowledge.documents.kinds import DocumentError

if TYPE_CHECKING:
    from pypdf import PageObject

_MOST_PAGES = 500
_LARGER = 1.12
_HEADING_WORDS = 14


@dataclass
class _Line:
    text: str
    size: float
    ends_block: bool = False


def pdf_blocks(path: Path) -> tuple[str, Iterable[tuple[bool, str]]]:
    """Title, and (is a heading, words) for every block.

    Raises:
        DocumentError: it has a password or too many pages. Others come from pypdf for a damaged file.
    """
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise DocumentError(f"{path.name} has a password. Please save a copy without one.")
    if len(reader.pages) > _MOST_PAGES:
        raise DocumentError(f"{path.name} has more than {_MOST_PAGES} pages. Please split it.")
    pages = [_lines(page) for page in reader.pages]
    lines = [line for page in pages for line in page if not _repeated(line, pages)]
    title = reader.metadata.title if reader.metadata else None
    return str(title or "").strip(), _blocks(lines)


def _lines(page: PageObject) -> list[_Line]:
    """The page's lines with the size of their letters; a blank line ends the block before it."""
    lines = [_Line("", 0.0)]

    def visit(text: str, _cm: Any, matrix: list[float], _font: Any, size: float) -> None:
        for number, piece in enumerate(text.split("\n")):
            if number:
                if not lines[-1].text.strip() and len(lines) > 1:
                    lines[-2].ends_block = True
                    lines.pop()
                lines.append(_Line("", 0.0))
            if piece.strip():
                lines[-1].size = max(lines[-1].size, round(size * abs(matrix[3] or 1), 1))
            lines[-1].text += piece

    page.extract_text(visitor_text=visit)
    return [line for line in lines if line.text.strip()]


def _repeated(line: _Line, pages: list[list[_Line]]) -> bool:
    """Whether a line is a running head or foot: the first or last of more than half of many pages, or a bare page number."""
    text = line.text.strip()
    if text.isdigit():
        return True
    edges = sum(any(edge.text.strip() == text for edge in (*page[:1], *page[-1:])) for page in pages)
    return len(pages) > 3 and edges > len(pages) / 2


def _blocks(lines: list[_Line]) -> list[tuple[bool, str]]:
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    blocks: list[tuple[bool, str]] = []
    joins = False
    for line in lines:
        text = line.text.strip()
        heading = line.size > body * _LARGER and len(text.split()) <= _HEADING_WORDS
        if joins and blocks and blocks[-1][0] == heading:
            before = blocks[-1][1]
            blocks[-1] = (heading, f"{before[:-1]}{text}" if before.endswith("-") else f"{before} {text}")
        else:
            blocks.append((heading, text))
        joins = not line.ends_block and (heading or not text.endswith((".", ":", "?", "!")) or len(text) > 60)
    return blocks
