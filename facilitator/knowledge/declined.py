"""The kinds of question that are declined, with made-up examples that teach search when to decline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facilitator.errors import ContentError
from facilitator.knowledge.rows import read_blocks

# A question of one of these kinds is declined even when a topic or an organisation's own document comes near it:
# a wrong answer could cost someone their health, their money or their rights.
GUARDED = frozenset({"clinical", "legal", "benefits_personal", "care_personal"})


@dataclass(frozen=True)
class DeclinedKind:
    """`reply` is the id of the response in bot/domain.yml that declines it."""

    id: str
    reply: str
    examples: tuple[str, ...]

    @property
    def guarded(self) -> bool:
        return self.id in GUARDED


def load_declined(path: Path) -> tuple[DeclinedKind, ...]:
    """Read `declined.yml`.

    Raises:
        ContentError: names the file, the line and the first fault; a missing guarded kind is one.
    """
    kinds = tuple(_kind(path, line, block) for line, block in read_blocks(path, "kinds"))
    missing = GUARDED - {kind.id for kind in kinds}
    if missing:
        raise ContentError(path, None, f"has no kind {', '.join(sorted(missing))}: those questions must always be declined")
    return kinds


def _kind(path: Path, line: int, block: Mapping[str, Any]) -> DeclinedKind:
    for name in ("id", "reply", "examples"):
        if not block.get(name):
            raise ContentError(path, line, f"a kind has no `{name}`")
    return DeclinedKind(str(block["id"]), str(block["reply"]), tuple(str(example).strip() for example in block["examples"]))
