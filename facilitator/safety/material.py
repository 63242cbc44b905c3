"""The lines the classifier learns from: `knowledge/safety/*.yml` files that have a `kind`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind

_SLOT = re.compile(r"\{(\w+)\}")
_STRIDE = 17  # shares no factor with the length of any list of fillings


@dataclass(frozen=True)
class Example:
    """One line to learn from. `group` names the lines that are alike, so that a test never trains on its own kin."""

    text: str
    kind: SafetyKind
    group: str


def load_examples(folder: Path) -> tuple[Example, ...]:
    """Every line of every file that has a `kind`, in a stable order.

    Raises:
        ContentError: a kind is unknown or has no lines, a group is malformed, or a line stands under two kinds.
    """
    examples: list[Example] = []
    seen: dict[str, SafetyKind] = {}
    for path in sorted(folder.glob("*.yml")):
        document = read_yaml(path)
        if "kind" not in document:
            continue
        for example in _examples(path, document):
            known = seen.setdefault(example.text.casefold(), example.kind)
            if known is not example.kind:
                raise ContentError(path, None, f"group {example.group!r} has a line that also stands under {known}")
            examples.append(example)
    missing = set(SafetyKind) - {example.kind for example in examples}
    if missing:
        raise ContentError(folder, None, f"there are no lines for {', '.join(sorted(missing))}")
    return tuple(examples)


def _examples(path: Path, document: dict[str, object]) -> list[Example]:
    try:
        kind = SafetyKind(str(document["kind"]))
    except ValueError:
        raise ContentError(path, 1, f"unknown kind {document['kind']!r}") from None
    groups = document.get("groups")
    if not isinstance(groups, list):
        raise ContentError(path, None, "has no groups")
    found: list[Example] = []
    for group in groups:
        if not isinstance(group, dict) or not group.get("about") or not isinstance(group.get("lines"), list):
            raise ContentError(path, group.get("__line__") if isinstance(group, dict) else None, "a group needs `about` and `lines`")
        for line in group["lines"]:
            if not isinstance(line, str):
                raise ContentError(path, group["__line__"], f"group {group['about']!r} has a line that is not text; put it in quotes")
            for text in _filled(path, group, line.strip(), len(found)):
                found.append(Example(text, kind, f"{document.get('set') or path.stem}: {group['about']}"))
    return found


def _filled(path: Path, group: Mapping[str, Any], line: str, turn: int) -> Iterator[str]:
    """`line`, or as many as `times` of it with each `{slot}` filled; `turn` makes neighbours take different words."""
    slots: Sequence[str] = _SLOT.findall(line)
    if not slots:
        yield line
        return
    fill = group.get("fill") or {}
    for copy in range(int(group.get("times") or 3)):
        text = line
        for slot in slots:
            words = fill.get(slot)
            if not isinstance(words, list) or not words:
                raise ContentError(path, group["__line__"], f"group {group['about']!r} has nothing to fill {{{slot}}} with")
            text = text.replace(f"{{{slot}}}", str(words[(turn + copy * _STRIDE) % len(words)]))
        yield text
