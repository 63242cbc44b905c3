"""The web application in one process, with the stand-in for Rasa; and a small client that talks to it as the widget does."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from facilitator.bootstrap import Bootstrap
from facilitator.privacy.entities import EntityType
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.settings import Settings
from tests.fakes import FakeKnowledge
from tests.rasa_stand_in import TOKEN, RasaStandIn
from web.app import build_app
from web.chat.delivery import Delivery
from web.chat.desk import Desk
from web.chat.door import Door
from web.chat.helping import Helper
from web.chat.rasa_link import RasaLink
from web.parts import Parts, build_parts

_KIND_OF = {"DANGER": SafetyKind.CRISIS_SELF, "HARMED": SafetyKind.CRISIS_OTHER, "DISTRESS": SafetyKind.DISTRESS}


class WordScreen:
    """Sees danger in two words, distress in another, and guesses at a fourth; the real screen has tests of its own."""

    def screen(self, text: str) -> Screened:
        if "PERHAPS" in text:
            return Screened(SafetyKind.CRISIS_SELF, ("classifier",), 0.3)
        kind = next((kind for word, kind in _KIND_OF.items() if word in text), SafetyKind.SAFE)
        return Screened(kind, ("pattern",))


class WordRedactor:
    def redact(self, text: str, **_: Any) -> Any:
        found = (SimpleNamespace(type=EntityType.PERSON),) if "Priya" in text else ()
        return SimpleNamespace(text=text.replace("Priya", "[name]"), entities=found)


@dataclass
class Running:
    app: FastAPI
    built: Bootstrap
    rasa: RasaStandIn
    parts: Parts


@functools.cache
def _content() -> dict[str, Any]:
    """What is read from files and changed by nobody: read once, not for each of a thousand tests."""
    read = Bootstrap(Settings())
    return {name: getattr(read, name) for name in ("checklists", "looking_back", "pseudonyms", "phrases", "wording", "strings", "support")}


def running(address: str, data_dir: Any, **changes: Any) -> Running:
    settings = Settings(
        database_url=address,
        facilitator_data_dir=data_dir,
        facilitator_organisation="Test Trust",
        facilitator_contact="Ann",
        facilitator_rasa_token=TOKEN,
        **{"facilitator_rate_limits": "off", **changes},
    )
    built = Bootstrap(settings)
    built.__dict__.update(_content(), knowledge=FakeKnowledge(), screen=WordScreen(), redactor=WordRedactor())
    rasa = RasaStandIn(built)
    link = RasaLink("http://rasa", TOKEN, 5, wire=rasa)
    delivery = Delivery(built, link)
    desk = Desk(built, delivery)
    parts = build_parts(built)
    # patient: a busy machine must not make a stored reply an unstored one
    helper = Helper(built, desk, parts.helper.alert, patience_s=10)
    parts = replace(parts, link=link, delivery=delivery, desk=desk, door=Door(built.screen, built.redactor), helper=helper)
    return Running(build_app(built, parts), built, rasa, parts)


@dataclass
class Person:
    """Someone at the widget."""

    http: httpx.AsyncClient
    id: str = ""
    token: str = ""
    last: dict[str, Any] = field(default_factory=dict)
    opened: dict[str, Any] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def open(self, **asked: Any) -> dict[str, Any]:
        response = await self.http.post("/chat/conversations", json=asked)
        assert response.status_code == 201, response.text
        self.last = self.opened = response.json()
        self.id, self.token = self.last["conversation_id"], self.last["token"]
        return self.last

    async def post(self, body: dict[str, Any], *, token: str | None = None) -> httpx.Response:
        headers = self.headers if token is None else {"Authorization": f"Bearer {token}"}
        return await self.http.post(f"/chat/conversations/{self.id}/messages", json=body, headers=headers)

    async def type(self, text: str, *, client_message_id: str | None = None) -> dict[str, Any]:
        response = await self.post({"client_message_id": client_message_id or str(uuid4()), "text": text})
        assert response.status_code == 200, response.text
        self.last = response.json()
        return self.last

    async def choose(self, title: str) -> dict[str, Any]:
        response = await self.post({"client_message_id": str(uuid4()), "choice": self.choice(title)})
        assert response.status_code == 200, response.text
        self.last = response.json()
        return self.last

    def choice(self, title: str) -> str:
        """The id of a choice of the last reply, by the beginning of its title."""
        choices = [c for m in self.last["messages"] for c in m["choices"]]
        return next(c["id"] for c in choices if c["title"].startswith(title))

    @property
    def texts(self) -> str:
        return "\n".join(m["text"] for m in self.last["messages"])

    @property
    def question(self) -> str:
        return [m["text"] for m in self.last["messages"] if m["kind"] == "question"][-1]

    async def begin(self, *, keep: bool = True, **asked: Any) -> Person:
        """To the first item of the quick before stage."""
        await self.open(**asked)
        await self.choose("Keep" if keep else "Talk")
        if keep:
            await self.choose("I use services")
        await self.choose("Before")
        await self.choose("Short")
        return self
