"""The prompts for looking back and the rungs of the ladder, read from `knowledge/checklist/{reflection,ladder}.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError


@dataclass(frozen=True)
class Prompt:
    """One question for looking back."""

    id: str
    question: str
    simple: str
    why: str
    example: str


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder of co-production; `number` counts from the lowest, 1. `words` are what people call it."""

    id: str
    name: str
    meaning: str
    number: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookingBack:
    """The prompts in the order they are asked, the rungs from the lowest, and whose ladder it is."""

    prompts: tuple[Prompt, ...]
    rungs: tuple[Rung, ...]
    credit: str

    def prompt(self, prompt_id: str) -> Prompt:
        return next(prompt for prompt in self.prompts if prompt.id == prompt_id)

    def prompt_after(self, prompt_id: str) -> Prompt | None:
        """The prompt that follows; None after the last."""
        place = self.prompts.index(self.prompt(prompt_id)) + 1
        return self.prompts[place] if place < len(self.prompts) else None

    def rung(self, rung_id: str) -> Rung:
        return next(rung for rung in self.rungs if rung.id == rung_id)


def load_looking_back(folder: Path) -> LookingBack:
    """Read both files.

    Raises:
        ContentError: names the file, the line and the first fault.
    """
    prompts_file, ladder_file = folder / "reflection.yml", folder / "ladder.yml"
    names = ("id", "question", "simple", "why", "example")
    prompts = tuple(Prompt(**_texts(prompts_file, row, *names)) for row in _rows(prompts_file, "prompts"))
    rungs = tuple(_rung(ladder_file, row, number) for number, row in enumerate(_rows(ladder_file, "rungs"), start=1))
    source = read_yaml(ladder_file).get("source") or {}
    if not source.get("section"):
        raise ContentError(ladder_file, 1, "has no source: the ladder may be used only with its credit")
    return LookingBack(prompts, rungs, f"{source['title']}: {source['section']}, {source['url']}")


def _rung(path: Path, row: Mapping[str, Any], number: int) -> Rung:
    words = tuple(str(word).lower() for word in row.get("words") or ())
    return Rung(**_texts(path, row, "id", "name", "meaning"), number=number, words=words)


def _rows(path: Path, name: str) -> list[Mapping[str, Any]]:
    rows = read_yaml(path).get(name)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ContentError(path, 1, f"{name} is missing or not a list of blocks")
    ids = [row.get("id") for row in rows]
    if len(set(ids)) != len(ids):
        raise ContentError(path, None, f"two {name} have the same id")
    return rows


def _texts(path: Path, row: Mapping[str, Any], *names: str) -> dict[str, str]:
    missing = [name for name in names if not str(row.get(name) or "").strip()]
    if missing:
        raise ContentError(path, row.get("__line__"), f"{row.get('id', '?')} has no {', '.join(missing)}")
    return {name: str(row[name]).strip() for name in names}
