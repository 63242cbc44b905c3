"""A tiny assistant trained with this repository's config.yml, served through our channel, with a fake action server.

Run with Rasa's Python: `.venv-rasa/bin/python -m pytest tests/engine`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"  # Rasa is written for SQLAlchemy 1.4

import aiohttp
import sqlalchemy as sa
from aiohttp import web
from rasa.utils.log_utils import configure_structlog

from bot.engine.left_out import stand_in
from bot.engine.tracker_store import TABLE

stand_in()  # as bot/engine/command.py does, before Rasa is imported whole
configure_structlog(logging.DEBUG)  # as `rasa run --debug` does, before anything logs
logging.getLogger().setLevel(logging.INFO)

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "project"
TOKEN = "a-token-for-tests"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the tiny project, trained once a session."""
    import rasa

    folder = tmp_path_factory.mktemp("model")
    os.environ["RASA_CACHE_DIRECTORY"] = str(folder / "cache")
    result = rasa.train(
        str(PROJECT / "domain.yml"), str(ROOT / "config.yml"), [str(PROJECT / "data")], str(folder), fixed_model_name="tiny"
    )
    assert result.model
    return Path(result.model)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a throw-away PostgreSQL, or of the one in FACILITATOR_TEST_POSTGRES_URL."""
    if given := os.environ.get("FACILITATOR_TEST_POSTGRES_URL"):
        yield given
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = shutil.which("pg_ctl") or (str(programs[-1]) if programs else None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    folder = tmp_path_factory.mktemp("pg")
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        folder = Path(subprocess.check_output([*as_user, "mktemp", "-d"], text=True).strip())
    binaries, data = Path(found).resolve().parent, folder / "data"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*as_user, str(binaries / "initdb"), "-A", "trust", "-U", "tester", "-D", str(data)], **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-o", options, "-l", str(folder / "log"), "start"], **quiet)
    yield f"postgresql://tester@/postgres?host={quote(str(folder), safe='')}"
    subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with an empty tracker table, on each engine in turn."""
    yield from _with_table(f"sqlite:///{tmp_path}/t.db" if request.param == "sqlite" else request.getfixturevalue("postgres"))


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[str]:
    """A SQLite database only, for tests of things above the database."""
    yield from _with_table(f"sqlite:///{tmp_path}/t.db")


def _with_table(url: str) -> Iterator[str]:
    engine = sa.create_engine(url)
    TABLE.create(engine)
    yield url
    TABLE.drop(engine)
    engine.dispose()


class Actions:
    """An action server that does what a test tells it to."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.request_ids: list[str | None] = []
        self.answers: dict[str, Any] = {}
        self.url = ""
        self.callers: set[Any] = set()
        self.hang_up_once = False

    def will(self, action: str, status: int = 200, events: Any = (), responses: Any = (), wait: float = 0) -> None:
        """What `action` answers from now on."""
        self.answers[action] = (status, {"events": list(events), "responses": list(responses)}, wait)

    async def handle(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        call = await request.json()
        self.callers.add(request.transport.get_extra_info("peername"))
        if self.hang_up_once:
            self.hang_up_once = False
            request.transport.close()
        self.calls.append(call)
        self.request_ids.append(request.headers.get("X-Request-ID"))
        default = (200, {"events": [], "responses": [{"text": f"did {call['next_action']}"}]}, 0)
        status, body, wait = self.answers.get(call["next_action"], default)
        await asyncio.sleep(wait)
        if status == 400:  # what rasa-sdk answers when an action raises ActionExecutionRejection
            body = {"error": "rejected", "action_name": call["next_action"]}
        return web.json_response(body, status=status)


@pytest_asyncio.fixture
async def actions() -> AsyncIterator[Actions]:
    """A fake action server on a free port."""
    server = Actions()
    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/webhook", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/webhook"  # type: ignore[union-attr]
    yield server
    await runner.cleanup()


class Bot:
    """The channel as `web` sees it."""

    def __init__(self, base: str, http: aiohttp.ClientSession, agent: Any) -> None:
        self.base, self.http, self.agent, self._count = base, http, agent, 0

    async def post(self, body: Any, token: str | None = TOKEN) -> tuple[int, Any]:
        """Post any body at all to the channel."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.http.post(f"{self.base}/turn", headers=headers, **data) as response:
            return response.status, await response.json()

    async def say(self, text: str, conversation: str = "c1", **more: Any) -> tuple[int, Any]:
        """Type something."""
        return await self.post(self._turn(conversation, text=text, **more))

    async def choose(self, intent: str, conversation: str = "c1", **entities: Any) -> tuple[int, Any]:
        """Press a button."""
        return await self.post(self._turn(conversation, intent={"name": intent, "entities": entities}))

    async def health(self, token: str = TOKEN) -> tuple[int, Any]:
        async with self.http.get(f"{self.base}/health", headers={"Authorization": f"Bearer {token}"}) as response:
            return response.status, await response.json()

    def _turn(self, conversation: str, **rest: Any) -> dict[str, Any]:
        self._count += 1
        return {"conversation_id": conversation, "message_id": f"m{self._count}", **rest}


def texts(body: Any) -> list[str]:
    """What the bot said, in order."""
    return [message["text"] for message in body["messages"]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, actions: Actions, sqlite_database: str) -> None:
    """What `facilitator up` gives Rasa's process."""
    monkeypatch.setenv("DATABASE_URL", sqlite_database)
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("FACILITATOR_RASA_TOKEN", TOKEN)
    monkeypatch.setenv("FACILITATOR_ACTIONS_TOKEN", TOKEN)
    monkeypatch.setenv("FACILITATOR_ACTIONS_URL", actions.url)


@pytest_asyncio.fixture
async def bot(environment: None, model: Path) -> AsyncIterator[Bot]:
    """The real channel over the real agent, from endpoints.yml and credentials.yml as they are."""
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    agent = await load_agent(str(model), endpoints=AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")))
    async for running in serve(agent):
        yield running


async def serve(agent: Any) -> AsyncIterator[Bot]:
    """Serve `agent` through the channels of credentials.yml."""
    from rasa.core.channels.channel import register
    from rasa.core.run import create_http_input_channels
    from sanic import Sanic
    from sanic.touchup import TouchUp

    app = Sanic("engine", register=False, configure_logging=False)
    register(create_http_input_channels(None, str(ROOT / "credentials.yml")), app, "/webhooks/")
    app.ctx.agent = agent
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await app.create_server("127.0.0.1", port, return_asyncio_server=True)
    await server.startup()
    TouchUp.run = lambda _app: None  # it rewrites Sanic's own methods, which works once in a process
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    async with aiohttp.ClientSession() as http:
        yield Bot(f"http://127.0.0.1:{port}/webhooks/facilitator", http, agent)
    server.close()
    await server.wait_closed()
