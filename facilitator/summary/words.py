"""The words of a summary: knowledge/messages/summary.yml, with the names of roles and months from terms.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError


@dataclass(frozen=True)
class SummaryWords:
    """Two files as they are; `summary["steps.who"]` is the entry `who` of the block `steps`."""

    summary: Mapping[str, str]
    terms: Mapping[str, str]

    def say(self, key: str, /, **values: object) -> str:
        """A sentence, filled in. What a person typed goes in as it is: it is never read as a pattern."""
        return self.summary[key].format(**values)

    def role(self, role: str) -> str:
        return self.terms[f"roles.{role}"]

    def who(self, who: str) -> str:
        """Whom a step is for: the word for a role or `me`, or a pseudonym as it is."""
        return self.terms.get(f"who.{who}", who)

    def state(self, state: str) -> str:
        return self.terms[f"steps.{state}"]

    def day(self, day: date) -> str:
        """For example "14 January 2027"."""
        return f"{day.day} {self.terms[f'months.{day.month}']} {day.year}"


def load_summary_words(messages: Path) -> SummaryWords:
    """Read the words from the folder of messages.

    Raises:
        ContentError: a file cannot be read.
    """
    return SummaryWords(*(_flat(messages / name) for name in ("summary.yml", "terms.yml")))


def _flat(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in read_yaml(path).items():
        rows: Mapping[str, Any] = value if isinstance(value, dict) else {"": value}
        for key, text in rows.items():
            if name != "__line__" and key != "__line__":
                found[f"{name}.{key}" if key else name] = str(text)
    if not found:
        raise ContentError(path, 1, "has no words")
    return found
