"""A person's summary to take away: a page, a Word document or plain text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from facilitator.bootstrap import KNOWLEDGE
from facilitator.summary.collect import collect
from facilitator.summary.outline import Block, outline
from facilitator.summary.page import as_html
from facilitator.summary.text import as_text
from facilitator.summary.word import as_docx
from facilitator.summary.words import load_summary_words
from web.parts import Parts


class Form(StrEnum):
    """How a summary is written down."""

    HTML = "html"
    DOCX = "docx"
    TXT = "txt"


@dataclass(frozen=True)
class Document:
    """A file to hand over."""

    content: bytes
    media_type: str
    name: str


_WRITERS: Mapping[Form, Callable[[Sequence[Block], date], bytes]] = {
    Form.HTML: lambda blocks, made_on: as_html(blocks).encode(),
    Form.DOCX: as_docx,
    Form.TXT: lambda blocks, made_on: as_text(blocks).encode(),
}
_MEDIA_TYPES = {
    Form.HTML: "text/html; charset=utf-8",
    Form.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Form.TXT: "text/plain; charset=utf-8",
}


async def summary_of(parts: Parts, conversation_id: str, token: str, form: Form) -> Document:
    """The summary of everything said so far. Raises Problem 401 when the token does not open the conversation."""
    today = date.today()

    def work() -> Document:
        blocks = outline_of(parts, conversation_id, token, today)
        return Document(_WRITERS[form](blocks, today), _MEDIA_TYPES[form], f"my-summary.{form}")

    return await asyncio.to_thread(work)


def outline_of(parts: Parts, conversation_id: str, token: str, today: date) -> Sequence[Block]:
    """The summary before it is written down in any form. Raises as `summary_of`."""
    built = parts.built
    prompts = {prompt.id: prompt.question for prompt in built.looking_back.prompts}
    with built.database.reading() as session:
        row = parts.desk.admit(session, conversation_id, token)
        summary = collect(session, row.id, built.checklists, prompts)
    return outline(summary, load_summary_words(KNOWLEDGE / "messages"), today)
