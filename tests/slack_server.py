"""A Slack of our own on loopback: the Web API methods that we call, files, response URLs and a socket, as Slack documents them.

Everything it is sent is checked against Slack's limits and remembered. `slack.fail(…)` makes the next calls fail in Slack's ways.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.integration.slack.limits import Broken, check_message, check_view

TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"


@dataclass
class Failure:
    """How the next calls go wrong: a status, `hang` (the answer never comes), `lost` (carried out, then the answer never comes),
    `refused` (not carried out, and Slack's word for why)."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    lost: bool = False
    refused: bool = False
    methods: tuple[str, ...] = ()


@dataclass
class FakeSlack:
    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    responses: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    time_zone: str = "Europe/London"
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._let_go = asyncio.Event()

    # ── what tests say and ask ──

    def fail(self, times: int = 1, **how: Any) -> None:
        self.failures += [Failure(**how) for _ in range(times)]

    def limit(self, seconds: int, times: int = 1, methods: tuple[str, ...] = ()) -> None:
        body = {"ok": False, "error": "ratelimited"}
        self.fail(times, status=429, body=body, headers={"Retry-After": str(seconds)}, methods=methods)

    @staticmethod
    def dm(user: str) -> str:
        return f"D{user[1:]}"

    def texts(self, channel: str) -> list[str]:
        """What stands in a channel now, each message as one text."""
        return [words_of(message) for message in self.messages[channel]]

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)

    # ── the Web API ──

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"Bearer {APP_TOKEN}"):
            self.refused.append(method)
            return web.json_response({"ok": False, "error": "invalid_auth"})
        sent = await request.json() if request.content_type == "application/json" else dict(await request.post())
        failure = self._failure(method)
        if failure is not None and failure.hang:
            await self._let_go.wait()
        if failure is not None and (failure.refused or failure.status != 200):
            return web.json_response(failure.body or {}, status=failure.status, headers=failure.headers)
        answer = self._carry_out(method, sent)
        if failure is not None and failure.lost:
            await self._let_go.wait()
        return web.json_response(answer)

    def _failure(self, method: str) -> Failure | None:
        for failure in self.failures:
            if not failure.methods or method in failure.methods:
                self.failures.remove(failure)
                return failure
        return None

    def _carry_out(self, method: str, sent: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((method, sent))
        try:
            known = getattr(self, "_" + method.replace(".", "_"), None)
            return {"ok": True, **known(sent)} if known else {"ok": False, "error": "unknown_method"}
        except (Broken, KeyError) as error:
            self.broken.append(f"{method}: {error}")
            return {"ok": False, "error": "invalid_blocks" if isinstance(error, Broken) else "invalid_arguments"}

    def _chat_postMessage(self, sent: dict[str, Any]) -> dict[str, Any]:
        check_message(sent)
        channel = self.dm(sent["channel"]) if sent["channel"].startswith("U") else sent["channel"]
        ts = f"1700000000.{next(self._numbers):06d}"
        self.messages[channel].append({**sent, "ts": ts, "channel": channel})
        return {"channel": channel, "ts": ts, "message": {"text": sent["text"], "ts": ts}}

    def _chat_update(self, sent: dict[str, Any]) -> dict[str, Any]:
        check_message(sent)
        for message in self.messages[sent["channel"]]:
            if message["ts"] == sent["ts"]:
                message |= sent
                return {"channel": sent["channel"], "ts": sent["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def _conversations_open(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"channel": {"id": self.dm(sent["users"])}}

    def _conversations_history(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"messages": list(reversed(self.messages[sent["channel"]]))[: int(sent.get("limit", 100))], "has_more": False}

    def _auth_test(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"url": "https://example.slack.com/", "team_id": "T0001", "user_id": "UBOT", "bot_id": "B0001"}

    def _users_info(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"user": {"id": sent["user"], "tz": self.time_zone}}

    def _views_open(self, sent: dict[str, Any]) -> dict[str, Any]:
        check_view(sent["view"])
        view = {**sent["view"], "id": f"V{next(self._numbers)}", "hash": "1.a", "trigger_id": sent["trigger_id"]}
        self.views.append(view)
        return {"view": view}

    def _views_publish(self, sent: dict[str, Any]) -> dict[str, Any]:
        check_view(sent["view"])
        self.homes[sent["user_id"]] = sent["view"]
        return {"view": sent["view"]}

    def _files_getUploadURLExternal(self, sent: dict[str, Any]) -> dict[str, Any]:
        file_id = f"F{next(self._numbers)}"
        self.files[file_id] = None
        return {"upload_url": f"{self.url}/upload/{file_id}", "file_id": file_id}

    def _files_completeUploadExternal(self, sent: dict[str, Any]) -> dict[str, Any]:
        for file in sent["files"]:
            self.messages[sent["channel_id"]].append({"text": file["title"], "file": self.files[file["id"]], "ts": "0"})
        return {"files": sent["files"]}

    def _apps_connections_open(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"{self.url.replace('http', 'ws')}/socket"}

    # ── beside it ──

    async def upload(self, request: web.Request) -> web.Response:
        self.files[request.match_info["file"]] = await request.read()
        return web.Response(text="OK")

    async def response(self, request: web.Request) -> web.Response:
        sent = await request.json()
        failure = self._failure("respond")
        if failure is not None and failure.status != 200:
            return web.Response(status=failure.status, headers=failure.headers)
        try:
            check_message(sent)
        except Broken as error:
            self.broken.append(f"respond: {error}")
            return web.Response(status=400, text="invalid_blocks")
        self.responses.append(sent)
        return web.Response(text="ok")

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                sent = message.json()
                self.acknowledged.append(sent["envelope_id"])
                self.answers[sent["envelope_id"]] = sent.get("payload")
        return socket

    def release(self) -> None:
        """End the answers that never came."""
        self._let_go.set()


def words_of(message: dict[str, Any]) -> str:
    """All that a person reads in a message, its controls too."""
    lines = []
    for block in message.get("blocks") or []:
        if "text" in block:
            lines.append(block["text"]["text"])
        for element in block.get("elements", ()):
            lines.append(f"[{element['text']['text']}]" if element["type"] == "button" else element["text"])
    return "\n".join(lines) or message.get("text", "")


def buttons_of(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The controls of a message or view, by title."""
    found = (element for block in message.get("blocks") or [] if block["type"] == "actions" for element in block["elements"])
    return {element["text"]["text"]: element for element in found}


@asynccontextmanager
async def serving() -> AsyncIterator[FakeSlack]:
    slack = FakeSlack()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/api/{method}", slack.api)
    app.router.add_post("/upload/{file}", slack.upload)
    app.router.add_post("/response/{name}", slack.response)
    app.router.add_get("/socket", slack.socket)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield slack
    finally:
        slack.release()
        for socket in slack.sockets:
            await socket.close()
        await runner.cleanup()
