"""Turning a `Say` into the words people read. The sentences live in bot/domain.yml and knowledge/; none is here.

One home for wording: the actions use it for a first reply, `web` uses it for greetings and to say a stored reply again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facilitator.checklist.content import read_yaml
from facilitator.conversation.turn import Choice, Library, Say, Talk
from facilitator.errors import ContentError
from facilitator.knowledge.base import Source
from facilitator.vocabulary import Kind

if TYPE_CHECKING:
    from facilitator.safety.support import Support


@dataclass(frozen=True)
class Rendered:
    """A message as people see it. `response` is the id of its sentence."""

    response: str
    text: str
    kind: Kind
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()


class Wording:
    """The sentences of bot/domain.yml and knowledge/messages/."""

    def __init__(
        self,
        responses: Mapping[str, list[dict[str, Any]]],
        terms: Mapping[str, Mapping[str, str]],
        problems: Mapping[str, str],
    ) -> None:
        self._responses = responses
        self._terms = terms
        self._problems = problems

    def problem(self, kind: str, **values: object) -> str:
        """What a person is told about a problem of this type."""
        return self._problems[kind].format(**values)

    @property
    def response_ids(self) -> frozenset[str]:
        return frozenset(self._responses)

    def render(self, say: Say, talk: Talk, library: Library) -> Rendered:
        """Fill a sentence for this person.

        Raises:
            KeyError: the response, or something it names, is not there.
        """
        variant = self._variant(say.response, simple=talk.simple)
        filled, sources = self._fill(say, talk, library)
        fixed = tuple(_button(button, filled) for button in variant.get("buttons", ()))
        extra = tuple(Choice(self._title(choice.title), choice.intent, choice.entities) for choice in say.choices)
        return Rendered(say.response, str(variant["text"]).format(**filled).strip(), say.kind, fixed + extra, sources)

    def _variant(self, response: str, *, simple: bool) -> dict[str, Any]:
        """The first variation whose conditions hold; Rasa's own form: `condition: [{type: slot, name: simple, value: true}]`."""
        for variant in self._responses[response]:
            conditions = variant.get("condition", ())
            if conditions and all(c.get("name") == "simple" and c.get("value") is simple for c in conditions):
                return variant
        return next(variant for variant in self._responses[response] if not variant.get("condition"))

    def _fill(self, say: Say, talk: Talk, library: Library) -> tuple[dict[str, Any], tuple[Source, ...]]:
        filled: dict[str, Any] = dict(say.values)
        sources: tuple[Source, ...] = ()
        if "item" in filled:
            item = library.checklists.item(str(filled["item"]))
            question = item.ask(talk.role, simple=talk.simple)
            filled |= {"question": question, "short": item.short, "why": item.why, "example": item.example, "simple": item.simple}
        if "passage" in filled:
            passage = library.knowledge.passage(str(filled["passage"]))
            filled |= {"answer": passage.text, "title": passage.title}
            sources = passage.sources
        if "term" in filled:
            term = library.knowledge.explain(str(filled["term"]))
            filled["meaning"] = term.meaning if term else ""
        if "groups" in filled:
            filled["summary"] = self._summary(filled["groups"], library)
        for name, table in (("stage", "stages"), ("rating", "ratings"), ("role", "roles"), ("words", "shared"), ("ratings", "shared")):
            if name in filled:
                filled[name] = self._terms[table][str(filled[name]).lower()]
        return filled, sources

    def _summary(self, groups: Mapping[str, list[str]], library: Library) -> str:
        blocks = []
        for rating, heading in self._terms["groups"].items():
            if items := groups.get(rating):
                blocks.append("\n".join([heading, *(f"- {library.checklists.item(item).short}" for item in items)]))
        return "\n\n".join(blocks)

    def _title(self, title: str) -> str:
        return self._terms["choices"][title[1:-1]] if title.startswith("{") else title


def load_wording(domain: Path, messages: Path, support: Support | None = None) -> Wording:
    """Read the sentences: what the assistant says (bot/domain.yml), what `web` says by itself, the support messages, and terms.

    Raises:
        ContentError: a file cannot be read, or a response has no plain variation to fall back on.
    """
    responses: dict[str, list[dict[str, Any]]] = {}
    for path in (domain, messages / "notices.yml"):
        found = {key: value for key, value in (read_yaml(path).get("responses") or {}).items() if key != "__line__"}
        for name, variants in found.items():
            if not any("text" in variant and not variant.get("condition") for variant in variants):
                raise ContentError(path, variants[0].get("__line__"), f"{name} has no variation without a condition")
        responses |= found
    if support is not None:
        responses |= {f"support_{kind}": [{"text": text.replace("{", "{{")}] for kind, text in support.messages.items()}
    return Wording(responses, _tables(messages / "terms.yml"), _tables(messages / "notices.yml")["problems"])


def _tables(path: Path) -> dict[str, dict[str, str]]:
    return {
        table: {str(key): str(value) for key, value in rows.items() if key != "__line__"}
        for table, rows in read_yaml(path).items()
        if table != "__line__"
    }


def _button(button: Mapping[str, Any], filled: Mapping[str, Any]) -> Choice:
    """A button of bot/domain.yml: its payload is `/intent` or `/intent{"name": "value"}`; its title is filled like the text."""
    intent, brace, entities = str(button["payload"]).removeprefix("/").partition("{")
    return Choice(str(button["title"]).format(**filled), intent, json.loads(brace + entities) if brace else {})
