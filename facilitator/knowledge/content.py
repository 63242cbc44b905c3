"""Everything search is built from, read from the folder `knowledge/`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from facilitator.errors import ContentError
from facilitator.knowledge.asked import DECLINED, asked_files, load_asked
from facilitator.knowledge.base import Topic
from facilitator.knowledge.declined import DeclinedKind, load_declined
from facilitator.knowledge.glossary import Glossary, load_glossary
from facilitator.knowledge.topics import load_topics, topic_files

FRAMEWORK_FOLDER, ASKED_FOLDER = "framework", "asked"
GLOSSARY_FILE, DECLINED_FILE = "glossary.yml", "declined.yml"


@dataclass(frozen=True)
class Content:
    """The knowledge base as read. `asked` holds the wordings kept apart from the topic files, by topic id."""

    topics: Mapping[str, Topic]
    kinds: tuple[DeclinedKind, ...]
    glossary: Glossary
    asked: Mapping[str, tuple[str, ...]]


def load_content(folder: Path) -> Content:
    """Read the knowledge base.

    Raises:
        ContentError: names the file, the line and the first fault that would keep people from being answered.
    """
    topics = load_topics(folder / FRAMEWORK_FOLDER)
    if not topics:
        raise ContentError(folder / FRAMEWORK_FOLDER, None, "has no topics")
    asked = load_asked(folder / ASKED_FOLDER)
    kinds = tuple(
        replace(kind, examples=kind.examples + asked.get(f"{DECLINED}{kind.id}", ())) for kind in load_declined(folder / DECLINED_FILE)
    )
    known = set(topics) | {f"{DECLINED}{kind.id}" for kind in kinds}
    for name in asked:
        if name not in known:
            raise ContentError(folder / ASKED_FOLDER / f"{name}.txt", None, "is not named after a topic or a declined kind")
    return Content(topics, kinds, load_glossary(folder / GLOSSARY_FILE), {name: asked[name] for name in topics if name in asked})


def content_files(folder: Path) -> list[Path]:
    """Every file `load_content` reads."""
    single = [folder / GLOSSARY_FILE, folder / DECLINED_FILE]
    return [*topic_files(folder / FRAMEWORK_FOLDER), *asked_files(folder / ASKED_FOLDER), *single]


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of the files: cheap to take, and different once one of them changed."""
    files = (path for path in content_files(folder) if path.exists())
    return tuple((path.name, (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files)


def fingerprint(folder: Path) -> str:
    """A digest of the files' contents."""
    digest = hashlib.sha256()
    for path in content_files(folder):
        digest.update(path.name.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()[:16]
