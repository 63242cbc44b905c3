"""The checklists people are walked through, read from `knowledge/checklist/*.yml`.

The loader keeps line numbers, so that a fault names the file and the line (`facilitator checklist check`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from facilitator.errors import ContentError
from facilitator.fast_yaml import SafeLoader
from facilitator.vocabulary import Depth, Role, Stage


@dataclass(frozen=True)
class Item:
    """One point of the checklist, with every way of saying it."""

    id: str
    topic: str
    quick: bool
    short: str
    question: str
    simple: str
    why: str
    example: str
    words: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    wording: Mapping[Role, str] = field(default_factory=dict)

    def ask(self, role: Role | None, *, simple: bool = False) -> str:
        """The question as this person is asked it: simple words win, then the role's own wording."""
        if simple:
            return self.simple
        return self.wording.get(role, self.question) if role else self.question


@dataclass(frozen=True)
class Checklist:
    """One stage's items, in the order they are asked."""

    stage: Stage
    title: str
    items: tuple[Item, ...]

    def walk(self, depth: Depth | None) -> tuple[Item, ...]:
        """The items of a quick or a full walk, in order."""
        return tuple(item for item in self.items if item.quick) if depth is Depth.QUICK else self.items


class Checklists:
    """All stages, with look-up by item id."""

    def __init__(self, checklists: Mapping[Stage, Checklist]) -> None:
        self._by_stage = dict(checklists)
        self._stage_of = {item.id: stage for stage, checklist in checklists.items() for item in checklist.items}
        self._by_id = {item.id: item for checklist in checklists.values() for item in checklist.items}

    def stage(self, stage: Stage) -> Checklist:
        return self._by_stage[stage]

    def item(self, item_id: str) -> Item:
        return self._by_id[item_id]

    def has(self, item_id: str) -> bool:
        return item_id in self._by_id

    def stage_of(self, item_id: str) -> Stage:
        return self._stage_of[item_id]

    @property
    def stages(self) -> tuple[Stage, ...]:
        return tuple(self._by_stage)


_TEXTS = ("id", "topic", "short", "question", "simple", "why", "example")


def load_checklists(folder: Path, topics: frozenset[str] | None = None) -> Checklists:
    """Read every stage's file.

    Args:
        folder: holds `before.yml`, `during.yml` and `after.yml`. topics: known topic ids, when links are to be checked.
    Raises:
        ContentError: names the file, the line and the first fault.
    """
    checklists = {stage: _load(folder / f"{stage}.yml", stage, topics) for stage in Stage}
    seen: dict[str, Stage] = {}
    for stage, checklist in checklists.items():
        for item in checklist.items:
            if item.id in seen:
                raise ContentError(folder / f"{stage}.yml", None, f"item id {item.id} is also in {seen[item.id]}.yml")
            seen[item.id] = stage
    return Checklists(checklists)


def _load(path: Path, stage: Stage, topics: frozenset[str] | None) -> Checklist:
    document = read_yaml(path)
    if document.get("stage") != stage:
        raise ContentError(path, 1, f"stage is {document.get('stage')!r}; this file is for {stage!r}")
    rows = document.get("items") or []
    checklist = Checklist(stage, str(document.get("title", "")), tuple(_item(path, row, topics) for row in rows))
    for depth in Depth:
        if not checklist.walk(depth):
            raise ContentError(path, None, f"the {depth} walk has no items")
    return checklist


def _item(path: Path, row: Any, topics: frozenset[str] | None) -> Item:
    line = row.get("__line__") if isinstance(row, dict) else None
    if not isinstance(row, dict):
        raise ContentError(path, None, "every item is a block of `name: value` lines")
    missing = [name for name in _TEXTS if not str(row.get(name) or "").strip()]
    if missing:
        raise ContentError(path, line, f"item {row.get('id', '?')} has no {', '.join(missing)}")
    if topics is not None and row["topic"] not in topics:
        raise ContentError(path, line, f"item {row['id']} names a topic that does not exist: {row['topic']}")
    wording = {key: value for key, value in (row.get("for") or {}).items() if key != "__line__"}
    unknown = set(wording) - set(Role)
    if unknown:
        raise ContentError(path, line, f"item {row['id']} has a wording for an unknown role: {', '.join(sorted(unknown))}")
    return Item(
        **{name: str(row[name]).strip() for name in _TEXTS},
        quick=row.get("quick") is True,
        words=tuple(str(word).lower() for word in row.get("words") or ()),
        next_steps=tuple(str(step) for step in row.get("next_steps") or ()),
        wording={Role(key): str(value).strip() for key, value in wording.items()},
    )


class _LineLoader(SafeLoader):
    """SafeLoader that notes each block's first line under `__line__`."""


def _mapping(loader: _LineLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    mapping["__line__"] = node.start_mark.line + 1
    return mapping


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one YAML file whose top level is a block; blocks carry `__line__`.

    Raises:
        ContentError: the file is missing, is not UTF-8, or is not YAML; names the line where it can.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ContentError(path, None, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ContentError(path, None, "is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise ContentError(path, line, f"is not valid YAML ({error.problem})") from None
    if not isinstance(document, dict):
        raise ContentError(path, 1, "is empty or not a block of `name: value` lines")
    return document
