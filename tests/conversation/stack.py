"""The whole thing, really running: `facilitator up` with its own data folder and port, and people who talk to it over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from facilitator.settings import ROOT
from facilitator.storage.database import Database

READY_S = 300
ANSWER_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """A running system. `start` and `stop` may be called again and again; what was stored stays."""

    folder: Path
    address: str = ""
    port: int = field(default_factory=free_port)
    changes: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=lambda: [str(Path(sys.executable).parent / "facilitator"), "up"])
    process: subprocess.Popen[bytes] | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_address(self) -> str:
        return self.address or f"sqlite:///{self.folder / 'facilitator.db'}"

    def start(self, *, wait: bool = True) -> Stack:
        environment = {
            **os.environ,
            "FACILITATOR_PORT": str(self.port),
            "FACILITATOR_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.address,
            "FACILITATOR_RATE_LIMITS": "off",
            # a busy machine takes no choices away from those who walk here; the wait itself is tested in tests/integration/test_helping.py
            "FACILITATOR_SUPPORT_PATIENCE": "20",
            "FACILITATOR_ORGANISATION": "Test Trust",
            "FACILITATOR_CONTACT": "Ann on 01632 960001",
            **self.changes,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "up.log").open("ab") as output:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: self.readiness().get("all") == "ready", READY_S)

    def readiness(self) -> dict[str, str]:
        with contextlib.suppress(httpx.HTTPError):
            response = httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False)
            return {**response.json(), "all": "ready" if response.status_code == 200 else "not ready"}
        return {}

    def wait_until(self, is_so: Any, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"`facilitator up` ended by itself:\n{self.tail('up.log')}")
            if time.monotonic() > until:
                raise AssertionError(
                    f"not within {seconds} s; readiness {self.readiness()}\n{self.tail('up.log')}\n{self.tail('logs/rasa.log')}"
                )
            time.sleep(0.1)

    def wait_until_gone(self) -> None:
        """Wait until `facilitator up` and all it started have ended."""
        assert self.process is not None
        self.process.wait(90)
        self.process = None
        self.wait_until(lambda: self.processes() == {}, 30)

    def tail(self, name: str, lines: int = 20) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / name).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        return ""

    def stop(self, how: int = signal.SIGINT) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(90)

    def close(self) -> None:
        self.stop()
        for client in self.clients:
            client.close()

    def processes(self) -> dict[str, int]:
        """The process id of each part, as supervisor started them."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (path / "environ").read_bytes().decode(errors="replace")
                if f"FACILITATOR_DATA_DIR={self.folder}\0" in environment:
                    for name, mark in (
                        ("web", "-m web.server"),
                        ("actions", "-m bot.actions.server"),
                        ("rasa", "-m bot.engine.command run"),
                        ("supervisor", "supervisord"),
                    ):
                        if mark in command:
                            found[name] = int(path.name)
        return found

    def inner(self, name: str) -> str:
        """A value that only the inner processes know, for tests that knock on their doors."""
        environment = Path(f"/proc/{self.processes()['web']}/environ").read_bytes().decode().split("\0")
        return dict(pair.partition("=")[::2] for pair in environment)[name]

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        database = Database(self.database_address)
        try:
            with database.engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(sql), values)]
        finally:
            database.dispose()


@contextlib.contextmanager
def running(folder: Path, **changes: Any) -> Iterator[Stack]:
    stack = Stack(folder, **changes)
    try:
        yield stack.start()
    finally:
        stack.close()


class Caller:
    """A person at any client of the chat API."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.http = stack, httpx.Client(base_url=stack.url, timeout=ANSWER_S, trust_env=False)
        stack.clients.append(self.http)
        self.id = self.token = ""
        self.opened: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.choices: dict[str, str] = {}

    def open(self, **asked: Any) -> dict[str, Any]:
        response = self.http.post("/chat/conversations", json=asked)
        assert response.status_code == 201, response.text
        self.opened = response.json()
        self.id, self.token = self.opened["conversation_id"], self.opened["token"]
        return self._took(self.opened)

    def type(self, words: str, client_message_id: str | None = None) -> dict[str, Any]:
        return self._send({"client_message_id": client_message_id or str(uuid4()), "text": words})

    def choose(self, title: str) -> dict[str, Any]:
        fitting = [found for name, found in self.choices.items() if name.lower().startswith(title.lower())]
        assert fitting, f"no choice {title!r} among {list(self.choices)}"
        return self._send({"client_message_id": str(uuid4()), "choice": fitting[0]})

    def _send(self, body: dict[str, Any]) -> dict[str, Any]:
        response = self.post(body)
        assert response.status_code == 200, response.text
        reply = response.json()
        return self._took(reply) if reply["state"] != "waiting" else self._wait(reply)

    def post(self, body: dict[str, Any]) -> httpx.Response:
        return self.http.post(f"/chat/conversations/{self.id}/messages", json=body, headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _wait(self, reply: dict[str, Any]) -> dict[str, Any]:
        """Poll as a client does until the answer is there."""
        after, until = reply["messages"][-1]["id"], time.monotonic() + ANSWER_S
        while reply["state"] == "waiting":
            assert time.monotonic() < until, "no answer came"
            time.sleep(0.5)
            reply = self.http.get(f"/chat/conversations/{self.id}/messages", params={"after": after}, headers=self.headers).json()
        return self._took(reply)

    def _took(self, reply: dict[str, Any]) -> dict[str, Any]:
        self.last = reply
        self.choices = {c["title"]: c["id"] for m in reply["messages"] for c in m["choices"]}
        return reply

    @property
    def seen(self) -> str:
        return "\n".join(m["text"] for m in self.last["messages"])

    @property
    def question(self) -> str:
        asked = [m["text"] for m in self.last["messages"] if m["kind"] == "question"]
        return asked[-1] if asked else ""

    @property
    def sources(self) -> list[dict[str, str]]:
        return [source for m in self.last["messages"] for source in m["sources"]]
