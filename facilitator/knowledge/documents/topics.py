"""Sections of documents as topics, in passages short enough to read in a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.knowledge.base import Part, Passage, Source, Topic
from facilitator.knowledge.documents.library import StoredDocument

PREFIX = "doc-"
_LONGEST = 60  # words
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def document_topics(document: StoredDocument) -> list[Topic]:
    """One topic a section. Its short answer is its first words; what follows are points; all of it is `more`."""
    return [_topic(document, number) for number in range(len(document.sections))]


def _topic(document: StoredDocument, number: int) -> Topic:
    section = document.sections[number]
    topic_id = f"{PREFIX}{document.id}-{number + 1}"
    source = Source(document.title, section.heading)
    texts = list(_pieces(section.paragraphs))
    pieces = [
        Passage(f"{topic_id}#{Part.SHORT.value if place == 0 else f'part-{place + 1}'}", topic_id, section.heading, text, (source,))
        for place, text in enumerate(texts)
    ]
    parts = {Part.SHORT: pieces[0]}
    if len(pieces) > 1:
        parts[Part.MORE] = Passage(f"{topic_id}#{Part.MORE}", topic_id, section.heading, "\n\n".join(section.paragraphs), (source,))
    return Topic(topic_id, section.heading, document.title, parts, tuple(pieces[1:]))


def _pieces(paragraphs: tuple[str, ...]) -> Iterator[str]:
    """The paragraphs in pieces of at most 60 words, cut between sentences where that is possible."""
    piece: list[str] = []
    for bit in (bit for paragraph in paragraphs for bit in _bits(paragraph)):
        if piece and _words(piece) + len(bit.split()) > _LONGEST:
            yield "".join(piece).strip()
            piece = []
        piece.append(bit)
    if piece:
        yield "".join(piece).strip()


def _bits(paragraph: str) -> Iterator[str]:
    """Sentences, or lines of a list; one that is too long is cut between words. Each ends as it did in the document."""
    lines = paragraph.split("\n")
    for line in lines:
        sentences = _SENTENCE_END.split(line)
        for place, sentence in enumerate(sentences):
            words = sentence.split()
            ending = " " if place + 1 < len(sentences) else "\n"
            for start in range(0, len(words), _LONGEST):
                yield " ".join(words[start : start + _LONGEST]) + (" " if start + _LONGEST < len(words) else ending)
    yield "\n"


def _words(bits: list[str]) -> int:
    return sum(len(bit.split()) for bit in bits)
