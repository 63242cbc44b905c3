"""The hand-written half of the screen: sayings to read past, frames that soften, rules that decide."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.phrases import PhraseError, compile_phrase, compile_words

# "no thoughts of harming myself", "never wanted to kill myself": up to three words before what was found
_DENIED = re.compile(r" (?:no|not|never|without|none|nobody|neither|nor|stopped|hardly) (?:(?!\|)\S+ ){0,3}$")


class Strength(Enum):
    """A sure finding decides; a hint counts only when the classifier agrees."""

    SURE = "sure"
    HINT = "hint"


@dataclass(frozen=True)
class Rule:
    """Phrases that mean one kind of danger."""

    id: str
    kind: SafetyKind
    phrases: tuple[re.Pattern[str], ...]
    hint: bool = False

    def found_in(self, prepared: str) -> bool:
        return any(phrase.search(prepared) for phrase in self.phrases)

    def strength_in(self, prepared: str) -> Strength | None:
        """How the rule is found: SURE, only as a HINT (a weak rule, or right after a denial), or None."""
        best: Strength | None = None
        for phrase in self.phrases:
            for match in phrase.finditer(prepared):
                if not self.hint and not _DENIED.search(prepared[: match.start()]):
                    return Strength.SURE
                best = Strength.HINT
        return best


@dataclass(frozen=True)
class Saying:
    """Words that mean something harmless, and what they are read as."""

    id: str
    phrases: tuple[re.Pattern[str], ...]
    reads_as: str


@dataclass(frozen=True)
class Patterns:
    """All of `patterns.yml`, compiled. Immutable, so several threads may share one."""

    sayings: tuple[Saying, ...]
    frames: tuple[Rule, ...]
    urgent: tuple[re.Pattern[str], ...]
    rules: tuple[Rule, ...]

    def read_past_sayings(self, prepared: str) -> str:
        """The text with harmless sayings replaced by what they mean."""
        for saying in self.sayings:
            for phrase in saying.phrases:
                prepared = phrase.sub(saying.reads_as, prepared)
        return prepared

    def framed(self, prepared: str) -> bool:
        """Whether the words are about the past, a document, a story or a "what if", and nothing says it is now."""
        if any(phrase.search(prepared) for phrase in self.urgent):
            return False
        return any(frame.found_in(prepared) for frame in self.frames)

    def matches(self, prepared: str) -> Iterator[tuple[Rule, Strength]]:
        """The rules found and how, in the order of the file."""
        for rule in self.rules:
            strength = rule.strength_in(prepared)
            if strength is not None:
                yield rule, strength


def load_patterns(path: Path) -> Patterns:
    """Read and compile the patterns.

    Raises:
        ContentError: names the file, the line of the block, and the fault.
    """
    document = read_yaml(path)
    lists = {str(name): tuple(map(str, words)) for name, words in (document.get("lists") or {}).items() if name != "__line__"}
    for name, words in lists.items():
        for word in words:
            _checked(path, None, f"list {name}", lambda word=word: compile_words(word))
    urgent = document.get("urgent") or {}
    return Patterns(
        sayings=tuple(_saying(path, block, lists) for block in _blocks(path, document, "sayings")),
        frames=tuple(_rule(path, block, lists, SafetyKind.SAFE) for block in _blocks(path, document, "frames")),
        urgent=_phrases(path, urgent, lists),
        rules=tuple(_rule(path, block, lists, None) for block in _blocks(path, document, "rules")),
    )


def _blocks(path: Path, document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    blocks = document.get(name)
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise ContentError(path, None, f"{name} is missing or not a list of blocks")
    seen: dict[str, int] = defaultdict(int)
    for block in blocks:
        seen[str(block.get("id"))] += 1
        if not block.get("id") or seen[str(block["id"])] > 1:
            raise ContentError(path, block.get("__line__"), f"{name}: every block needs an id of its own")
    return blocks


def _rule(path: Path, block: dict[str, Any], lists: Mapping[str, tuple[str, ...]], kind: SafetyKind | None) -> Rule:
    if kind is None:
        try:
            kind = SafetyKind(str(block.get("kind")))
        except ValueError:
            raise ContentError(path, block.get("__line__"), f"{block['id']} has an unknown kind") from None
    return Rule(str(block["id"]), kind, _phrases(path, block, lists), hint=block.get("hint") is True)


def _saying(path: Path, block: dict[str, Any], lists: Mapping[str, tuple[str, ...]]) -> Saying:
    words = str(block.get("reads_as") or "").strip()
    if not words:
        raise ContentError(path, block.get("__line__"), f"{block['id']} has no reads_as")
    return Saying(str(block["id"]), _phrases(path, block, lists), f"{words} ")


def _phrases(path: Path, block: dict[str, Any], lists: Mapping[str, tuple[str, ...]]) -> tuple[re.Pattern[str], ...]:
    phrases, line = block.get("any"), block.get("__line__")
    if not isinstance(phrases, list) or not phrases:
        raise ContentError(path, line, f"{block.get('id', 'urgent')} has no phrases under `any`")
    return tuple(_checked(path, line, str(phrase), lambda phrase=phrase: compile_phrase(str(phrase), lists)) for phrase in phrases)


def _checked(path: Path, line: int | None, what: str, build: Any) -> Any:
    try:
        return build()
    except (PhraseError, re.error) as error:
        raise ContentError(path, line, f"{what}: {error}") from None
