"""The words and the lines a person in danger or distress is shown, read from `knowledge/support/`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind

SPOKEN_KINDS = (SafetyKind.CRISIS_SELF, SafetyKind.CRISIS_OTHER, SafetyKind.DISTRESS)
_HREF = re.compile(r"tel:\d{2,20}|sms:\d{3,15}(?:\?body=[A-Za-z0-9%]+)?|https://[\w./\-?=&%#]+")
_WORDS = ("title", "text", "again", "unsure", "simple")
_TEXTS = ("name", "contact", "href", "when", "who_for", "region", "source")


@dataclass(frozen=True)
class Line:
    """One way to reach somebody. `href` opens it with one tap: `tel:`, `sms:` or `https:`.

    `checked_on` is the day it was last checked on the organisation's own site, or None while nobody has.
    """

    name: str
    contact: str
    href: str
    when: str
    who_for: str
    region: str
    source: str
    checked_on: date | None = None


@dataclass(frozen=True)
class Support:
    """What is shown, and what is held back until it has been checked.

    `again`: for a further message of the same kind while help is in hand. `unsure`: the crisis messages, for where the screen may be wrong.
    `simple`, `simple_unsure`: the same in simple words, of the kinds that have them.
    """

    messages: Mapping[SafetyKind, str]
    again: Mapping[SafetyKind, str]
    unsure: Mapping[SafetyKind, str]
    simple: Mapping[SafetyKind, str]
    simple_unsure: Mapping[SafetyKind, str]
    titles: Mapping[SafetyKind, str]
    lines: tuple[Line, ...]
    held: tuple[Line, ...] = ()

    @property
    def unchecked(self) -> tuple[Line, ...]:
        """Lines on show that nobody has checked yet."""
        return tuple(line for line in self.lines if line.checked_on is None)


def load_support(path: Path) -> Support:
    """Read a region's support file.

    Raises:
        ContentError: names the file, the line and the fault: a message or a field missing, a link that cannot be tapped,
            or a contact whose number differs from its link.
    """
    document = read_yaml(path)
    found = {kind: _message(path, document, kind) for kind in SPOKEN_KINDS}
    rows = document.get("lines")
    if not isinstance(rows, list) or not rows:
        raise ContentError(path, None, "has no lines")
    read = [(_line(path, row), bool(row.get("hold"))) for row in rows]
    shown = tuple(line for line, held in read if not held)
    if not any(line.href == "tel:999" for line in shown):
        raise ContentError(path, None, "no line shown is tel:999")
    return Support(
        messages=_each(found, "text"),
        again=_each(found, "again"),
        unsure=_opened_otherwise(found, "text"),
        simple=_each(found, "simple"),
        simple_unsure=_opened_otherwise(found, "simple"),
        titles=_each(found, "title"),
        lines=shown,
        held=tuple(line for line, held in read if held),
    )


def _each(found: Mapping[SafetyKind, Mapping[str, str]], name: str) -> dict[SafetyKind, str]:
    return {kind: message[name] for kind, message in found.items() if message[name]}


def _opened_otherwise(found: Mapping[SafetyKind, Mapping[str, str]], name: str) -> dict[SafetyKind, str]:
    """The texts of this name with another first paragraph, of the kinds that have one."""
    opened = {kind: (message["unsure"], *text.split("\n\n")[1:]) for kind, message in found.items() if (text := message[name])}
    return {kind: "\n\n".join(paragraphs) for kind, paragraphs in opened.items() if paragraphs[0]}


def _message(path: Path, document: Mapping[str, Any], kind: SafetyKind) -> dict[str, str]:
    """What one message says, by the names of the file. `unsure` is what the text begins with where the screen may be wrong: every crisis
    has one. Without words in `simple`, the usual ones are said to everybody."""
    blocks = document.get("messages")
    block = blocks.get(kind.value) if isinstance(blocks, dict) else None
    if not isinstance(block, dict):
        raise ContentError(path, blocks.get("__line__") if isinstance(blocks, dict) else None, f"messages has no {kind}")
    for name in ("title", "text", "again", *(("unsure",) if kind.is_crisis else ())):
        if not str(block.get(name) or "").strip():
            raise ContentError(path, block["__line__"], f"message {kind} has no {name}")
    return {name: str(block.get(name) or "").strip() for name in _WORDS}


def _line(path: Path, row: Any) -> Line:
    if not isinstance(row, dict):
        raise ContentError(path, None, "every line is a block of `name: value` lines")
    number = row["__line__"]
    missing = [name for name in _TEXTS if not str(row.get(name) or "").strip()]
    if missing:
        raise ContentError(path, number, f"{row.get('name', 'a line')} has no {', '.join(missing)}")
    values = {name: str(row[name]).strip() for name in _TEXTS}
    if not _HREF.fullmatch(values["href"]):
        raise ContentError(path, number, f"{values['name']}: href is not a tel:, sms: or https: link")
    dialled = re.sub(r"\D", "", values["href"].split("?")[0])
    if not values["href"].startswith("https") and dialled not in re.sub(r"\D", "", values["contact"]):
        raise ContentError(path, number, f"{values['name']}: the number in href is not the one in contact")
    return Line(**values, checked_on=_checked_on(path, number, row.get("checked_on")))


def _checked_on(path: Path, line: int, value: Any) -> date | None:
    if value is None or type(value) is date:
        return value
    raise ContentError(path, line, "checked_on is a day written 2026-11-30, or null")
