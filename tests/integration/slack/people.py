"""The application with Slack switched on, and somebody who uses it: every request is one of Slack's documented payloads, really signed."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import select

from facilitator.errors import StorageUnavailableError
from facilitator.storage.models import Base
from tests.integration.web import Running, WordScreen, running
from tests.slack_server import TOKEN, FakeSlack, buttons_of, words_of
from web.slack.part import SlackPart
from web.slack.receiving import Receiver

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PAYLOADS = Path(__file__).parent / "payloads"
TEAM = "T0001"
_numbers = itertools.count(1)


def payload(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))


def event(name: str, **changes: Any) -> dict[str, Any]:
    """A documented event with some of it changed, and an id of its own."""
    body = deepcopy(payload(name))
    body["event_id"] = f"Ev{next(_numbers):08d}"
    body["event"] |= changes
    return body


def with_slack(address: str, data_dir: Any, slack: FakeSlack, **changes: Any) -> Running:
    """The application as it is started with Slack's tokens; one replica."""
    tokens = {"slack_bot_token": TOKEN, "slack_signing_secret": SECRET, "slack_api_url": f"{slack.url}/api/"}
    return running(address, data_dir, **{**tokens, "facilitator_public_url": "https://chat.example.org", **changes})


def part_of(system: Running) -> SlackPart:
    found = system.app.state.slack
    assert isinstance(found, SlackPart)
    return found


@dataclass
class Door:
    """How Slack reaches one replica."""

    system: Running
    part: SlackPart
    http: httpx.AsyncClient
    times: list[float] = field(default_factory=list)

    async def post(self, body: str, content_type: str, *, secret: str = SECRET, at: float | None = None, **headers: str) -> httpx.Response:
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
        signed = {"content-type": content_type, "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
        began = time.perf_counter()
        answer = await self.http.post("/slack/events", content=body.encode(), headers={**signed, **headers})
        self.times.append(time.perf_counter() - began)
        return answer

    async def event(self, body: Mapping[str, Any], **how: Any) -> httpx.Response:
        return await self.post(json.dumps(body), "application/json", **how)

    async def interaction(self, body: Mapping[str, Any], **how: Any) -> httpx.Response:
        return await self.post(urlencode({"payload": json.dumps(body)}), "application/x-www-form-urlencoded", **how)

    async def form(self, body: Mapping[str, str], **how: Any) -> httpx.Response:
        return await self.post(urlencode(body), "application/x-www-form-urlencoded", **how)

    async def settle(self) -> None:
        """Let the work that was begun be done, and send what waits."""
        receiver: Receiver = self.part.receiver
        await receiver.settle(120)
        await self.part.slack.sender.send_all()


@dataclass
class Member:
    """Somebody in Slack."""

    door: Door
    slack: FakeSlack
    user: str = "U0001"

    @property
    def dm(self) -> str:
        return self.slack.dm(self.user)

    @property
    def last(self) -> dict[str, Any]:
        return self.slack.messages[self.dm][-1]

    @property
    def text(self) -> str:
        return words_of(self.last)

    async def say(self, text: str, **changes: Any) -> str:
        body = event("message_im", text=text, user=self.user, channel=self.dm, **changes)
        assert (await self.door.event(body)).status_code == 200
        await self.door.settle()
        return self.text if self.slack.messages[self.dm] else ""

    async def press(self, title: str, *, message: dict[str, Any] | None = None) -> str:
        """Press a control by the beginning of its title."""
        found = message or self.last
        button = next(one for name, one in buttons_of(found).items() if name.startswith(title))
        await self.press_button(button, found)
        return self.text if self.slack.messages[self.dm] else ""

    async def press_button(self, button: dict[str, Any], message: dict[str, Any]) -> None:
        assert (await self.send_press(button, message)).status_code == 200
        await self.door.settle()

    async def send_press(self, button: dict[str, Any], message: dict[str, Any]) -> httpx.Response:
        """As `press_button`; what Slack is told."""
        body = deepcopy(payload("block_actions"))
        body["user"]["id"], body["trigger_id"], body["channel"]["id"] = self.user, f"1.{next(_numbers)}", message.get("channel", self.dm)
        body["message"] |= {"ts": message.get("ts", ""), "blocks": message.get("blocks", [])}
        body["actions"] = [{**button, "action_ts": "1"}]
        return await self.door.interaction(body)

    async def fill(self, view: dict[str, Any], **values: Any) -> None:
        """Send a modal off, with what was entered by the id of its block; it closes."""
        answer = await self.send_off(view, **values)
        assert (answer.status_code, answer.text) == (200, "")
        await self.door.settle()

    async def send_off(self, view: dict[str, Any], **values: Any) -> httpx.Response:
        """As `fill`; what Slack is told."""
        body = deepcopy(payload("view_submission"))
        body["user"]["id"] = self.user
        body["view"] |= {name: view[name] for name in ("id", "callback_id", "private_metadata", "blocks")}
        body["view"]["state"] = {"values": {block["block_id"]: _entered(block, values.get(block["block_id"])) for block in _inputs(view)}}
        return await self.door.interaction(body)

    async def command(self, text: str, channel: str = "C0001") -> str:
        """Type `/coproduction …`; what was answered there."""
        before = len(self.slack.responses)
        answer = await self.type_command(text, channel)
        assert (answer.status_code, answer.text) == (200, "")
        await self.door.settle()
        return "\n".join(words_of(answer) for answer in self.slack.responses[before:])

    async def type_command(self, text: str, channel: str = "C0001") -> httpx.Response:
        """As `command`; what Slack is told at once."""
        body = payload("slash_command") | {"text": text, "user_id": self.user, "channel_id": channel, "trigger_id": f"2.{next(_numbers)}"}
        body["response_url"] = f"{self.slack.url}/response/{next(_numbers)}"
        return await self.door.form(body)

    async def shortcut(self, text: str, author: str | None = None) -> dict[str, Any]:
        body = deepcopy(payload("message_action"))
        body["user"]["id"], body["trigger_id"] = self.user, f"3.{next(_numbers)}"
        body["message"] |= {"text": text, "user": author or self.user}
        assert (await self.door.interaction(body)).status_code == 200
        await self.door.settle()
        return self.slack.views[-1]

    async def mention(self, text: str, **changes: Any) -> None:
        body = event("app_mention", text=f"<@UBOT> {text}", user=self.user, **changes)
        assert (await self.door.event(body)).status_code == 200
        await self.door.settle()

    async def home(self) -> dict[str, Any]:
        assert (await self.door.event(event("app_home_opened", user=self.user, channel=self.dm))).status_code == 200
        await self.door.settle()
        return self.slack.homes[self.user]

    async def begin(self) -> Member:
        """To the first item of the short before walk, with answers kept."""
        await self.say("hello")
        await self.press("Keep")
        await self.press("I work in services")
        await self.press("Before")
        await self.press("Short")
        return self


def rows[Row: Base](system: Running, table: type[Row]) -> list[Row]:
    with system.built.database.reading() as session:
        return list(session.scalars(select(table)))


def storage_is_down(system: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_more: Any) -> None:
        raise StorageUnavailableError("OperationalError")

    monkeypatch.setattr(system.built.database, "unit_of_work", down)


def screen_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_self: WordScreen, _text: str) -> None:
        raise RuntimeError("screen")

    monkeypatch.setattr(WordScreen, "screen", failing)


def _inputs(view: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in view["blocks"] if block["type"] == "input"]


def _entered(block: dict[str, Any], value: Any) -> dict[str, Any]:
    element = block["element"]
    kind = element["type"]
    if kind == "static_select":
        return {element["action_id"]: {"type": kind, "selected_option": _option(element, value)}}
    return {element["action_id"]: {"type": kind, "value" if kind == "plain_text_input" else "selected_date": value}}


def _option(element: dict[str, Any], title: str | None) -> dict[str, Any] | None:
    if title is None:
        return element.get("initial_option")
    return next(option for option in element["options"] if option["text"]["text"].startswith(title))
