"""The lines the classifier learns from: `knowledge/safety/*.yml` files that have a `kind`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind


@dataclass(frozen=True)
class Example:
    """One line to learn from. `group` names the lines that are alike, so that a test never trains on its own kin."""

    text: str
    kind: SafetyKind
    group: str


def load_examples(folder: Path) -> tuple[Example, ...]:
    """Every line of every file that has a `kind`, in a stable order.

    Raises:
        ContentError: a kind is unknown or has no lines, a group is malformed, or a line stands in two places.
    """
    examples: list[Example] = []
    seen: dict[str, SafetyKind] = {}
    for path in sorted(folder.glob("*.yml")):
        document = read_yaml(path)
        if "kind" not in document:
            continue
        for example in _examples(path, document):
            if example.text.casefold() in seen:
                raise ContentError(path, None, f"group {example.group!r} repeats a line that is already in {seen[example.text.casefold()]}")
            seen[example.text.casefold()] = example.kind
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
    found = []
    for group in groups:
        if not isinstance(group, dict) or not group.get("about") or not isinstance(group.get("lines"), list):
            raise ContentError(path, group.get("__line__") if isinstance(group, dict) else None, "a group needs `about` and `lines`")
        for line in group["lines"]:
            if not isinstance(line, str):
                raise ContentError(path, group["__line__"], f"group {group['about']!r} has a line that is not text; put it in quotes")
            found.append(Example(line.strip(), kind, f"{path.stem}: {group['about']}"))
    return found
