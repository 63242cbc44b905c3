"""The words of the parity page, from knowledge/messages/parity.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.parity.release import Rule

TABLES = ("sides", "reasons", "about")


@dataclass(frozen=True)
class ParityWords:
    """Each table's words by id, with the thresholds filled in."""

    sides: Mapping[str, str]
    reasons: Mapping[str, str]
    about: Mapping[str, str]


def load_parity_words(path: Path, rule: Rule | None = None) -> ParityWords:
    """Read the words.

    Raises:
        ContentError: the file cannot be read or a table is missing.
    """
    rule, document = rule or Rule(), read_yaml(path)
    missing = [table for table in TABLES if not isinstance(document.get(table), dict)]
    if missing:
        raise ContentError(path, None, f"there is no table {', '.join(missing)}")
    filled = {
        table: {
            str(key): str(text).format(small_group=rule.small_group, step=rule.step)
            for key, text in document[table].items()
            if key != "__line__"
        }
        for table in TABLES
    }
    return ParityWords(**filled)
