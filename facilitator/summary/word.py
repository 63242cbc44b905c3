"""The summary as a Word document."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from facilitator.summary.outline import Block, Heading, Point

LANGUAGE = "en-GB"


def as_docx(blocks: Sequence[Block], made_on: date) -> bytes:
    """A .docx file with real headings and lists, its language and its title set, so that a screen reader can find its way."""
    from docx import Document

    document = Document()
    for block in blocks:
        add(document, block)
    describe(document, next(block.text for block in blocks if isinstance(block, Heading)), made_on)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def add(document: Any, block: Block) -> None:
    """One block at the end of a document of python-docx."""
    if isinstance(block, Heading):
        document.add_heading(block.text, level=block.level)
    elif isinstance(block, Point):
        document.add_paragraph(block.text, style="List Bullet")
        for detail in block.details:
            document.add_paragraph(detail, style="List Continue")
    else:
        document.add_paragraph(block.text)


def describe(document: Any, title: str, made_on: date) -> None:
    """Say what a document is, in which language, and when it was made."""
    from docx.oxml.ns import qn

    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    properties, made_at = document.core_properties, datetime.combine(made_on, time(12), UTC)
    properties.title = title[:255]
    properties.language, properties.author, properties.comments = LANGUAGE, "", ""
    properties.created = properties.modified = made_at
