"""The script: knowledge/demo.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.vocabulary import Rating, Role, Stage

SIGNS = {
    "y": Rating.YES, "p": Rating.PARTLY, "n": Rating.NOT_YET, "u": Rating.NOT_SURE, "a": Rating.NOT_APPLICABLE, "s": Rating.SKIPPED,
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """One of the people. `answers` by stage, one rating for each question of the short way; `comments` by question."""

    role: Role
    answers: Mapping[Stage, tuple[Rating, ...]]
    comments: Mapping[str, str]
    words: bool
    ratings: bool
    keeps: bool
    asks: tuple[str, ...]
    reflection: tuple[str, str] | None
    steps: tuple[Mapping[str, Any], ...]
    ladder: Mapping[Stage, tuple[str, str]]
    wants_a_person: bool
    upset: bool


@dataclass(frozen=True)
class Script:
    title: str
    description: str
    quiet_title: str
    quiet_description: str
    people: tuple[Cast, ...]


def load_script(path: Path) -> Script:
    """Raises ContentError: the file cannot be read, or names what is not there."""
    document = read_yaml(path)
    try:
        people = tuple(_person(one) for one in document["people"])
        title, about, quiet, quiet_about = (str(document[name]) for name in ("title", "description", "quiet_title", "quiet_description"))
        return Script(title, about, quiet, quiet_about, people)
    except (KeyError, ValueError, TypeError) as error:
        raise ContentError(path, None, f"the demo cannot be read: {error}") from None


def _person(one: Mapping[str, Any]) -> Cast:
    told = one.get("reflection")
    return Cast(
        Role(one["role"]),
        {stage: tuple(SIGNS[sign] for sign in one["answers"][stage]) for stage in Stage if stage in one.get("answers", {})},
        _plain(one.get("comments") or {}),
        bool(one.get("words", True)),
        bool(one.get("ratings", True)),
        bool(one.get("keeps", True)),
        tuple(one.get("asks") or ()),
        (str(told["who"]), str(told["text"])) if told else None,
        tuple(one.get("steps") or ()),
        {Stage(stage): (pair[0], pair[1]) for stage, pair in _plain(one.get("ladder") or {}).items()},
        bool(one.get("wants_a_person")),
        bool(one.get("upset")),
    )


def _plain(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "__line__"}
