"""Turns drafts into topics, and says what every topic file has."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facilitator.errors import ContentError
from facilitator.knowledge.base import Part, Passage, Source, Topic
from facilitator.knowledge.drafts import Draft, Section, read_draft

FRAMEWORK = "framework"
WHOLE_PAGE = "Whole page"

HEADINGS: Mapping[str, Part] = {
    "Short answer": Part.SHORT,
    "More": Part.MORE,
    "For service users and carers": Part.SERVICE_USERS,
    "For staff": Part.STAFF,
    "For leads": Part.LEADS,
    "Example": Part.EXAMPLE,
    "What you can do": Part.ACTIONS,
}


def load_topics(folder: Path) -> dict[str, Topic]:
    """Every topic of the framework, by id, in the order of the file names.

    Raises:
        ContentError: names the file, the line and the first fault that would keep a topic from being shown.
    """
    topics: dict[str, Topic] = {}
    for path in topic_files(folder):
        topic = build_topic(read_draft(path))
        if topic.id in topics:
            raise ContentError(path, 2, f"topic id {topic.id} is used by another file too")
        topics[topic.id] = topic
    return topics


def topic_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.md") if not path.name.startswith((".", "_")))


def build_topic(draft: Draft) -> Topic:
    """The topic of a draft.

    Raises:
        ContentError: something a reader needs is missing. Matters of style are left to `check`.
    """
    topic_id = draft.text_of("id")
    for name in ("id", "title", "section"):
        if not draft.text_of(name):
            raise ContentError(draft.path, 1, f"has no `{name}` in its front matter")
    sources = _sources(draft)
    parts = {HEADINGS[section.title]: section for section in draft.sections if section.title in HEADINGS}
    missing = [title for title, part in HEADINGS.items() if part not in parts or not parts[part].text]
    if missing:
        raise ContentError(draft.path, None, f"has nothing under `## {missing[0]}`")
    return Topic(
        id=topic_id,
        title=draft.text_of("title"),
        section=draft.text_of("section"),
        parts={part: _passage(draft, parts[part], part.value, sources) for part in HEADINGS.values()},
        points=tuple(_passage(draft, section, section.id or "", sources) for section in points_of(draft)),
        related=tuple(str(item) for item in draft.meta.get("related") or ()),
        phrasings=tuple(line.text for line in draft.phrasings),
    )


def points_of(draft: Draft) -> list[Section]:
    return [section for section in draft.sections if section.level == 3]


def _passage(draft: Draft, section: Section, name: str, sources: Mapping[str, Source]) -> Passage:
    if not name or not section.text:
        raise ContentError(draft.path, section.line, f"`{section.title}` has no {{#id}} or no words")
    unknown = [key for key in section.sources if key not in sources]
    if unknown:
        raise ContentError(draft.path, section.source_line, f"`Source:` names {unknown[0]}, which is not under `sources`")
    topic = draft.text_of("id")
    return Passage(
        id=f"{topic}#{name}",
        topic=topic,
        title=section.title,
        text=section.text,
        sources=tuple(sources[key] for key in section.sources or (FRAMEWORK,)),
        asks=tuple(line.text for line in section.asks),
    )


def _sources(draft: Draft) -> dict[str, Source]:
    listed: Any = draft.meta.get("sources")
    if not isinstance(listed, dict) or FRAMEWORK not in listed:
        raise ContentError(draft.path, draft.lines.get("sources"), f"has no `{FRAMEWORK}` under `sources`")
    found = {}
    for key, value in listed.items():
        if not isinstance(value, dict) or not str(value.get("title") or "").strip():
            raise ContentError(draft.path, draft.lines["sources"], f"source {key} has no title")
        url = str(value["url"]).strip() if value.get("url") else None
        found[str(key)] = Source(str(value["title"]).strip(), str(value.get("section") or WHOLE_PAGE).strip(), url)
    return found
