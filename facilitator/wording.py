"""Turning a `Say` into the words people read. The sentences live in bot/domain.yml and knowledge/; none is here.

One home for wording: the actions use it for a first reply, `web` uses it for greetings and to say a stored reply again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facilitator.checklist.content import read_yaml
from facilitator.conversation.turn import Choice, Given, Library, NextStep, Say, Shared, Talk
from facilitator.errors import ContentError
from facilitator.knowledge.base import Part, Source
from facilitator.vocabulary import Kind, StepState

if TYPE_CHECKING:
    from facilitator.safety.kinds import SafetyKind
    from facilitator.safety.support import Support


TITLE_LENGTH = 60  # characters of a next step shown on a choice


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
        simpler: Mapping[str, str],
    ) -> None:
        self._responses = responses
        self._terms = terms
        self._problems = problems
        self._simpler = simpler
        self._today: Callable[[], date] = date.today

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
        fixed = tuple(_button(button, filled) for button in self._buttons(say.response, variant))
        extra = tuple(Choice(self._title(choice, talk), choice.intent, choice.entities) for choice in say.choices)
        # what there is to pick comes before the way out: "1" is the first of the list
        return Rendered(say.response, str(variant["text"]).format(**filled).strip(), say.kind, extra + fixed, sources)

    def _variant(self, response: str, *, simple: bool) -> dict[str, Any]:
        """The first variation whose conditions hold; Rasa's own form: `condition: [{type: slot, name: simple, value: true}]`."""
        for variant in self._responses[response]:
            conditions = variant.get("condition", ())
            if conditions and all(c.get("name") == "simple" and c.get("value") is simple for c in conditions):
                return variant
        return next(variant for variant in self._responses[response] if not variant.get("condition"))

    def _buttons(self, response: str, variant: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A variation in simpler words has the buttons of the usual one: what can be done is the same."""
        found: list[dict[str, Any]] = variant.get("buttons") or self._variant(response, simple=False).get("buttons") or []
        return found

    def _fill(self, say: Say, talk: Talk, library: Library) -> tuple[dict[str, Any], tuple[Source, ...]]:
        filled: dict[str, Any] = self._surroundings(talk, library) | dict(say.values)
        sources: tuple[Source, ...] = ()
        if "passage" in filled:
            passage = library.knowledge.passage(str(filled["passage"]))
            simpler = self._simpler.get(passage.id) if talk.simple else None
            filled |= {"answer": simpler or passage.text, "title": passage.title}
            sources = passage.sources
        if "term" in filled:
            term = library.knowledge.explain(str(filled["term"]))
            filled["meaning"] = term.meaning if term else ""
        if "asked" in filled:
            # done or taken back since: nothing of it is shown any more
            asked = talk.asked_of_me.get(str(filled["asked"]))
            filled["step"] = self._step(replace(asked, who=None)) if asked else self._terms["steps"]["gone"]
        for name, fill in (("item", _of_item), ("prompt", _of_prompt)):
            if name in filled:
                filled |= fill(str(filled[name]), talk, library)
        return filled | self._lists(filled, talk, library) | self._words(filled, library), sources

    def _lists(self, filled: Mapping[str, Any], talk: Talk, library: Library) -> dict[str, str]:
        """Lists of ids as lines that people read. A next step that is there no more is left out."""
        lines: Mapping[str, Callable[[Any], str | None]] = {
            "items": lambda item: library.checklists.item(item).short,
            "steps": lambda step: self._step(talk.next_steps[step]) if step in talk.next_steps else None,
            "done": self._done,
            "worded": lambda item: self._worded(library.checklists.item(item).short, talk.answers.get(item)),
            "shared": lambda shared: self._shared(talk.shared[shared], library) if shared in talk.shared else None,
            "people": self._people,
            "apart": lambda point: self._point(point, library),
            "alike": lambda point: self._point(point, library),
        }
        found = {name: [line(value) for value in filled[name]] for name, line in lines.items() if name in filled}
        lists = {name: "\n".join(f"- {line}" for line in shown if line) for name, shown in found.items()}
        return lists | ({"summary": self._summary(filled["groups"], library)} if "groups" in filled else {})

    def _words(self, filled: Mapping[str, Any], library: Library) -> dict[str, str]:
        """Ids of the vocabulary as the words people read."""
        tables = (("stage", "stages"), ("rating", "ratings"), ("role", "roles"), ("words", "shared"), ("ratings", "shared"))
        words = {name: self._terms[table][str(filled[name]).lower()] for name, table in tables if name in filled}
        return words | ({"rung": library.looking_back.rung(str(filled["rung"])).name} if "rung" in filled else {})

    def _surroundings(self, talk: Talk, library: Library) -> dict[str, str]:
        """What any sentence may name: the activity, its day, what the group calls this person, the ladder."""
        activity = talk.activity
        return {
            "activity": activity.title if activity else "",
            "day": self.day(activity.happens_on) if activity and activity.happens_on else "",
            "pseudonym": talk.pseudonym or "",
            "rungs": "\n".join(f"{rung.number}. {rung.name}. {rung.meaning}" for rung in library.looking_back.rungs),
            "ladder_credit": library.looking_back.credit,
        }

    def day(self, day: date) -> str:
        """A date in words: "Tuesday 24 November", and with its year when that is another than this one."""
        words = f"{self._terms['weekdays'][str(day.weekday())]} {day.day} {self._terms['months'][str(day.month)]}"
        return words if day.year == self._today().year else f"{words} {day.year}"

    def _step(self, step: NextStep) -> str:
        """A next step in one line: what, who, by when, and whether it is done."""
        about = []
        if step.who:
            about.append(self._terms["who"].get(step.who, step.who))
        if step.due_on:
            about.append(self._terms["steps"]["by"].format(day=self.day(step.due_on)))
        if step.state is not StepState.OPEN:
            about.append(self._terms["steps"][step.state])
        return f"{step.what.rstrip('.')} ({', '.join(about)})" if about else step.what

    def _shared(self, shared: Shared, library: Library) -> str:
        """Somebody's reflection in one line: who, what was asked, what they wrote."""
        asked = f"{library.looking_back.prompt(shared.prompt).question} " if shared.prompt else ""
        return f"{shared.by}: {asked}{shared.text}"

    def _people(self, side: Mapping[str, Any]) -> str:
        """How many people of a side answered, as far as it may be shown."""
        line = self._terms["group"]["few" if side["number"] is None else "people"]
        return line.format(side=self._terms["sides"][side["side"]], number=side["number"])

    def _point(self, point: Mapping[str, Any], library: Library) -> str:
        """What both sides answered to one item."""
        sides = {side: self._terms["group"]["counts"].format(side=name, **point[side]) for side, name in self._terms["sides"].items()}
        return self._terms["group"]["point"].format(short=_begun(library.checklists.item(point["item"]).short), **sides)

    def _worded(self, short: str, given: Given | None) -> str | None:
        """What somebody typed of an item, in their own words. Taken out since, it is not shown."""
        if given is None or not given.comment:
            return None
        return self._terms["steps"]["words"].format(short=_begun(short), words=given.comment.replace("\n", " / "))

    def _done(self, done: Mapping[str, Any]) -> str:
        stage = self._terms["stages"][done["stage"]]
        line = self._terms["steps"]["stage" if "total" in done else "other_stage"]
        return line.format(stage=stage, answered=done["answered"], total=done.get("total"))

    def _summary(self, groups: Mapping[str, list[str]], library: Library) -> str:
        blocks = []
        for rating, heading in self._terms["groups"].items():
            if items := groups.get(rating):
                blocks.append("\n".join([heading, *(f"- {library.checklists.item(item).short}" for item in items)]))
        return "\n\n".join(blocks)

    def _title(self, choice: Choice, talk: Talk) -> str:
        """A title in braces is the key of one in the catalogue; what a "done" choice is about comes from the person's own steps."""
        if not (choice.title.startswith("{") and choice.title.endswith("}")):
            return choice.title
        step = talk.next_steps.get(str(choice.entities.get("done", "")))
        return self._terms["choices"][choice.title[1:-1]].format(what=_short(step.what) if step else "")


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
        responses |= _spoken("support_{}", support.messages, support.simple)
        responses |= _spoken("support_{}_unsure", support.unsure, support.simple_unsure)
        responses |= _spoken("support_{}_again", support.again, {})
    simpler = {f"{topic}#{Part.SHORT}": text for topic, text in _tables(messages / "simpler.yml")["answers"].items()}
    terms = _tables(messages / "terms.yml") | {"sides": _tables(messages / "parity.yml")["sides"]}
    return Wording(responses, terms, _tables(messages / "notices.yml")["problems"], simpler)


def _spoken(called: str, texts: Mapping[SafetyKind, str], simple: Mapping[SafetyKind, str]) -> dict[str, list[dict[str, Any]]]:
    """Support messages as responses, in the form of bot/domain.yml; nothing in them is filled in."""
    found: dict[str, list[dict[str, Any]]] = {called.format(kind): [{"text": _as_it_is(text)}] for kind, text in texts.items()}
    for kind, text in simple.items():
        condition = [{"type": "slot", "name": "simple", "value": True}]
        found[called.format(kind)].append({"condition": condition, "text": _as_it_is(text)})
    return found


def _as_it_is(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _tables(path: Path) -> dict[str, dict[str, str]]:
    return {
        table: {str(key): str(value) for key, value in rows.items() if key != "__line__"}
        for table, rows in read_yaml(path).items()
        if table != "__line__"
    }


def _of_item(item_id: str, talk: Talk, library: Library) -> dict[str, str]:
    item = library.checklists.item(item_id)
    question = item.ask(talk.role, simple=talk.simple)
    return {"question": question, "short": item.short, "why": item.why, "example": item.example, "simple": item.simple}


def _of_prompt(prompt_id: str, talk: Talk, library: Library) -> dict[str, str]:
    prompt = library.looking_back.prompt(prompt_id)
    asked = prompt.simple if talk.simple else prompt.question
    return {"question": asked, "why": prompt.why, "example": prompt.example, "simple": prompt.simple}


def _begun(text: str) -> str:
    """As it stands at the beginning of a sentence."""
    return f"{text[:1].upper()}{text[1:]}"


def _short(text: str) -> str:
    return text if len(text) <= TITLE_LENGTH else f"{text[:TITLE_LENGTH].rstrip()}…"


def _button(button: Mapping[str, Any], filled: Mapping[str, Any]) -> Choice:
    """A button of bot/domain.yml: its payload is `/intent` or `/intent{"name": "value"}`; its title is filled like the text."""
    intent, brace, entities = str(button["payload"]).removeprefix("/").partition("{")
    return Choice(str(button["title"]).format(**filled), intent, json.loads(brace + entities) if brace else {})
