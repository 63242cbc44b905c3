"""Reads Markdown, Word and PDF into headings and what stands under them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facilitator.knowledge.documents.kinds import DocumentError, DocumentKind, kind_of
from facilitator.knowledge.documents.pdf import pdf_blocks

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from markdown_it.token import Token

_LEAST_WORDS = 20
_MOST_CHARACTERS = 2_000_000
_BREAKS = {"hardbreak": "\n", "softbreak": " "}


@dataclass(frozen=True)
class Section:
    """A heading and its paragraphs. `heading` is empty for what stands before the first one."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ReadDocument:
    """`title` is the document's own, or empty."""

    kind: DocumentKind
    title: str
    sections: tuple[Section, ...]


def read_document(path: Path) -> ReadDocument:
    """Read a document whole.

    Raises:
        DocumentError: it cannot be read, has no text (a scan), or has too much.
    """
    kind = kind_of(path)
    try:
        title, blocks = _READERS[kind](path)
    except DocumentError:
        raise
    except Exception as error:  # three libraries, each with errors of its own for a damaged file
        raise DocumentError(f"{path.name} is damaged or locked and cannot be read ({type(error).__name__}).") from None
    sections = tuple(_sections(blocks))
    text = " ".join(paragraph for section in sections for paragraph in section.paragraphs)
    if len(text.split()) < _LEAST_WORDS:
        scan = " It looks like a scan: pictures of pages. Please add a copy with text in it." if kind is DocumentKind.PDF else ""
        raise DocumentError(f"{path.name} has fewer than {_LEAST_WORDS} words in it.{scan}")
    if len(text) > _MOST_CHARACTERS:
        raise DocumentError(f"{path.name} is longer than two million characters. Please split it.")
    if not title and sections[0].heading and not sections[0].paragraphs:
        title = sections[0].heading
    return ReadDocument(kind, title, tuple(section for section in sections if section.paragraphs))


Block = tuple[bool, str]  # whether it is a heading, and its words


def _sections(blocks: Iterable[Block]) -> Iterator[Section]:
    heading, paragraphs = "", list[str]()
    for is_heading, text in blocks:
        text = re.sub(r"[^\S\n]+", " ", text).strip()
        if not text:
            continue
        if is_heading:
            if heading or paragraphs:
                yield Section(heading, tuple(paragraphs))
            heading, paragraphs = text.replace("\n", " "), []
        else:
            paragraphs.append(text)
    if heading or paragraphs:
        yield Section(heading, tuple(paragraphs))


def _markdown(path: Path) -> tuple[str, Iterable[Block]]:
    import frontmatter
    from markdown_it import MarkdownIt

    document = frontmatter.loads(path.read_text(encoding="utf-8-sig"))
    blocks = list(_markdown_blocks(MarkdownIt("commonmark").enable("table").parse(document.content)))
    first = next((text for is_heading, text in blocks if is_heading), "")
    return str(document.metadata.get("title") or first), blocks


def _markdown_blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists, before = 0, ""
    row: list[str] | None = None
    for token in tokens:
        lists += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            yield False, " | ".join(row)
            row = None
        elif token.type in ("fence", "code_block"):
            yield False, token.content
        elif token.type == "inline":
            text = "".join(_BREAKS.get(child.type, child.content) for child in token.children or ())
            if row is not None:
                row.append(text)
            else:
                yield before == "heading_open", f"- {text}" if lists else text
        before = token.type


def _word(path: Path) -> tuple[str, Iterable[Block]]:
    import docx

    document = docx.Document(str(path))
    return (document.core_properties.title or "").strip(), list(_word_blocks(document))


def _word_blocks(document: Document) -> Iterator[Block]:
    from docx.table import Table

    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield False, _rows(item)
            continue
        style = str(item.style.name if item.style is not None else "").lower()
        listed = style.startswith("list") and item.text.strip()
        yield style.startswith(("heading", "title")), f"- {item.text}" if listed else item.text


def _rows(table: Table) -> str:
    return "\n".join(" | ".join(dict.fromkeys(cell.text.strip().replace("\n", " ") for cell in row.cells)) for row in table.rows)


_READERS = {DocumentKind.MARKDOWN: _markdown, DocumentKind.WORD: _word, DocumentKind.PDF: pdf_blocks}
