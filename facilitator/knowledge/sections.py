"""Faults within one topic file: sections missing or out of order, too long, too hard to read, or without a source."""

from __future__ import annotations

from collections.abc import Iterator

from facilitator.knowledge.base import Part
from facilitator.knowledge.drafts import Draft, Section
from facilitator.knowledge.reading import OLDEST_READER, Exceptions, hard_sentences, reading_age, sentences
from facilitator.knowledge.topics import FRAMEWORK, HEADINGS, points_of

LONGEST_SENTENCE = 24  # words; we aim at 20, and a name or two may go over
LEAST_ASKED = 4
# words; a short answer and a point fill a phone's screen at 60
_LONGEST = {Part.SHORT: 60, Part.MORE: 200}
_LONGEST_PART, _LONGEST_POINT = 120, 60

Fault = tuple[int, str]


def section_faults(draft: Draft, exceptions: Exceptions) -> Iterator[Fault]:
    """(line, what is wrong) for every fault within the file. `exceptions`: what does not count as hard."""
    yield from _front_faults(draft)
    yield from _title_faults(draft, exceptions)
    yield from _order_faults(draft)
    seen: set[str] = set()
    for section in draft.sections:
        if section.level == 3:
            yield from _point_faults(section, seen)
        yield from _source_faults(draft, section)
        yield from _text_faults(section, exceptions)


def _front_faults(draft: Draft) -> Iterator[Fault]:
    for name in ("id", "title", "section"):
        if not draft.text_of(name):
            yield 1, f"has no `{name}` in its front matter"
    if not draft.phrasings:
        yield draft.lines.get("phrasings", 1), "has no `phrasings`"
    sources = draft.meta.get("sources")
    if not isinstance(sources, dict) or FRAMEWORK not in sources:
        yield draft.lines.get("sources", 1), f"has no `{FRAMEWORK}` under `sources`"
    for key, source in (sources if isinstance(sources, dict) else {}).items():
        if not isinstance(source, dict) or not source.get("title"):
            yield draft.lines["sources"], f"source {key} has no title"
        elif not (source.get("section") or source.get("url")):
            yield draft.lines["sources"], f"source {key} has neither a section nor an address"
    if draft.before:
        yield draft.before[0].number, "has words before the first heading"


def _title_faults(draft: Draft, exceptions: Exceptions) -> Iterator[Fault]:
    """`section` is not judged: it is the name of a part of the framework."""
    for title, age in hard_sentences(draft.text_of("title"), exceptions):
        yield draft.lines.get("title", 1), f"the title reads at age {age:.1f}; {OLDEST_READER} at most: {title}"


def _order_faults(draft: Draft) -> Iterator[Fault]:
    written = [section for section in draft.sections if section.level == 2]
    for title in HEADINGS:
        if title not in {section.title for section in written}:
            yield 1, f"has no `## {title}`"
    wanted = [title for title in HEADINGS if title in {section.title for section in written}]
    for section in written:
        if section.title not in HEADINGS:
            yield section.line, f"`## {section.title}` is not one of the headings a topic has"
        elif not wanted or section.title != wanted.pop(0):
            yield section.line, f"`## {section.title}` is out of order or stands twice"
            return
    points = points_of(draft)
    if not points:
        yield 1, "has no points (`### …`)"
    elif any(section.line > points[0].line for section in written):
        yield points[0].line, f"`### {points[0].title}` stands before a `##` heading; points come last"


def _point_faults(section: Section, seen: set[str]) -> Iterator[Fault]:
    if not section.id or section.id in set(Part):
        yield section.line, f"`### {section.title}` has no id of its own in {{#…}}"
    elif section.id in seen:
        yield section.line, f"the id {section.id} is used twice"
    seen.add(section.id or "")
    if len(section.asks) < LEAST_ASKED:
        yield section.line, f"`### {section.title}` has {len(section.asks)} lines under `People ask:`; it needs {LEAST_ASKED}"
    if section.source_line is None:
        yield section.line, f"`### {section.title}` has no `Source:` line"


def _source_faults(draft: Draft, section: Section) -> Iterator[Fault]:
    sources = draft.meta.get("sources")
    for key in section.sources:
        if not isinstance(sources, dict) or key not in sources:
            yield section.source_line or section.line, f"`Source:` names {key}, which is not under `sources`"


def _text_faults(section: Section, exceptions: Exceptions) -> Iterator[Fault]:
    if not section.text:
        yield section.line, f"`{section.title}` has no words under it"
        return
    longest = _LONGEST_POINT if section.level == 3 else _LONGEST.get(HEADINGS.get(section.title, Part.STAFF), _LONGEST_PART)
    length = len(section.text.split())
    if length > longest:
        yield section.line, f"`{section.title}` has {length} words; {longest} at most"
    age = reading_age(section.text, exceptions)
    if age > OLDEST_READER:
        yield section.line, f"`{section.title}` reads at age {age:.1f}; {OLDEST_READER} at most"
    for text in (section.title, section.text):
        for sentence, age in hard_sentences(text, exceptions):
            yield section.line, f"`{section.title}` has a sentence that reads at age {age:.1f}; {OLDEST_READER} at most: {sentence}"
    for sentence in sentences(section.text):
        if len(sentence.split()) > LONGEST_SENTENCE:
            yield section.line, f"`{section.title}` has a sentence of {len(sentence.split())} words: {sentence[:60]}…"
