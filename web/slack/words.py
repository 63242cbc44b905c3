"""The words of the Slack part, from knowledge/messages/slack.yml. What the conversation itself says is worded elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facilitator.checklist.content import read_yaml
from facilitator.conversation.turn import Library, Say, Talk
from facilitator.errors import ContentError
from facilitator.wording import Wording

TABLES = ("responses", "buttons", "texts", "modals", "commands", "personal", "counts", "stages", "when", "months")


@dataclass(frozen=True)
class Words:
    """Words by table and id. `instead` has the sentences that Slack says otherwise than the page does."""

    tables: Mapping[str, Mapping[str, str]]
    instead: Wording

    def text(self, key: str, **values: object) -> str:
        return self.tables["texts"][key].format(**values).strip()

    def button(self, key: str) -> str:
        return self.tables["buttons"][key]

    def modal(self, key: str) -> str:
        return self.tables["modals"][key]

    @property
    def commands(self) -> Mapping[str, str]:
        """What `/coproduction` knows, and what each does."""
        return self.tables["commands"]

    def said_otherwise(self, say: Say, talk: Talk, library: Library) -> str | None:
        """The sentence as Slack says it, where it is another than on the page."""
        return self.instead.render(say, talk, library).text if say.response in self.instead.response_ids else None


def load_words(messages: Path) -> Words:
    """Read the words.

    Raises:
        ContentError: the file cannot be read, or a table is missing.
    """
    path = messages / "slack.yml"
    document = _tables(path)
    missing = [table for table in TABLES if not isinstance(document.get(table), dict)]
    if missing:
        raise ContentError(path, None, f"there is no table {', '.join(missing)}")
    responses = document.pop("responses")
    return Words({name: _texts(table) for name, table in document.items()}, Wording(responses, _tables(messages / "terms.yml"), {}, {}))


def _tables(path: Path) -> dict[str, Any]:
    return {
        name: {str(key): value for key, value in table.items() if key != "__line__"}
        for name, table in read_yaml(path).items()
        if name != "__line__" and isinstance(table, dict)
    }


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in table.items()}
