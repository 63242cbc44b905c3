"""Finds every fault in the knowledge base that can be found without reading it: `facilitator knowledge check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facilitator.errors import ContentError
from facilitator.knowledge.asked import DECLINED, asked_files, read_asked
from facilitator.knowledge.content import ASKED_FOLDER, DECLINED_FILE, FRAMEWORK_FOLDER, GLOSSARY_FILE
from facilitator.knowledge.declined import DeclinedKind, load_declined
from facilitator.knowledge.drafts import Draft, read_draft
from facilitator.knowledge.glossary import load_glossary
from facilitator.knowledge.reading import load_exceptions
from facilitator.knowledge.rows import read_text
from facilitator.knowledge.sections import section_faults
from facilitator.knowledge.topics import topic_files
from facilitator.knowledge.words import words

EXCEPTIONS_FILE = "reading-exceptions.yml"


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong, and where. `line` is 0 when the fault has no single line."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}{f':{self.line}' if self.line else ''}: {self.text}"


Place = tuple[Path, int]


def check(folder: Path) -> list[Fault]:
    """Every fault of the knowledge base, in the order of the files; empty when there is none."""
    faults: list[Fault] = []
    drafts = []
    for path in topic_files(folder / FRAMEWORK_FOLDER):
        try:
            drafts.append(read_draft(path))
        except ContentError as error:
            faults.append(_as_fault(error))
    try:
        exceptions = load_exceptions(folder / EXCEPTIONS_FILE)
        for draft in drafts:
            faults += [Fault(draft.path, line, text) for line, text in section_faults(draft, exceptions)]
        kinds = load_declined(folder / DECLINED_FILE)
        faults += _link_faults(drafts, folder)
        faults += _asked_faults(folder, {draft.text_of("id") for draft in drafts} | {f"{DECLINED}{kind.id}" for kind in kinds})
        faults += _repeats(folder, drafts, kinds)
    except ContentError as error:
        faults.append(_as_fault(error))
    return sorted(set(faults))


def _as_fault(error: ContentError) -> Fault:
    return Fault(Path(str(error.path)), error.line or 0, error.fault)


def _link_faults(drafts: Sequence[Draft], folder: Path) -> Iterator[Fault]:
    """Ids that are not the file's name, used twice, or pointed at but not there."""
    known = {draft.text_of("id") for draft in drafts}
    for draft in drafts:
        topic_id = draft.text_of("id")
        if topic_id != draft.path.stem:
            yield Fault(draft.path, draft.lines.get("id", 1), f"id {topic_id!r} is not the file's name")
        related = draft.meta.get("related")
        line = draft.lines.get("related", 1)
        if not isinstance(related, list) or not related:
            yield Fault(draft.path, line, "`related` names no other topic")
            continue
        for other in related:
            if other not in known or other == topic_id:
                yield Fault(draft.path, line, f"`related` names {other}, which is {'this topic' if other == topic_id else 'no topic'}")
    for term in load_glossary(folder / GLOSSARY_FILE).terms:
        if term.topic and term.topic not in known:
            yield Fault(folder / GLOSSARY_FILE, 0, f"{term.term} names a topic that does not exist: {term.topic}")


def _asked_faults(folder: Path, known: set[str]) -> Iterator[Fault]:
    for path in asked_files(folder / ASKED_FOLDER):
        if path.stem not in known:
            yield Fault(path, 0, "is not named after a topic or a declined kind")


def _repeats(folder: Path, drafts: Sequence[Draft], kinds: Sequence[DeclinedKind]) -> Iterator[Fault]:
    """Wordings that stand twice: search cannot learn from one that has two answers, and learns nothing from a second copy."""
    seen: dict[tuple[str, ...], Place] = {}
    for path, line, text in (*_phrasings(drafts), *_asked(folder), *_examples(folder / DECLINED_FILE, kinds)):
        key = tuple(words(text))
        if not key:
            yield Fault(path, line, f"a phrasing without words: {text!r}")
        elif key in seen:
            first = seen[key]
            where = f"line {first[1]}" if first[0] == path else f"{first[0].name}:{first[1]}"
            yield Fault(path, line, f"this phrasing is also in {where}: {text}")
        else:
            seen[key] = (path, line)


def _phrasings(drafts: Sequence[Draft]) -> Iterator[tuple[Path, int, str]]:
    for draft in drafts:
        for line in (*draft.phrasings, *(line for section in draft.sections for line in section.asks)):
            yield draft.path, line.number, line.text


def _asked(folder: Path) -> Iterator[tuple[Path, int, str]]:
    for path in asked_files(folder / ASKED_FOLDER):
        for line in read_asked(path):
            yield path, line.number, line.text


def _examples(path: Path, kinds: Sequence[DeclinedKind]) -> Iterator[tuple[Path, int, str]]:
    lines = {line.strip().removeprefix("- ").strip("\"'"): number for number, line in enumerate(read_text(path).split("\n"), start=1)}
    for kind in kinds:
        for example in kind.examples:
            yield path, lines.get(example, 0), example
