"""Two of everything that can be two, as processes on this machine: two webs, two Rasas, two action servers, PostgreSQL, Redis, and
HAProxy with the committed settings, in which only the addresses are changed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from facilitator import training
from facilitator.settings import ROOT
from facilitator.storage.database import Database
from facilitator.supervise import QUIET, RASA
from tests import postgres, redis_server
from tests.conversation.stack import free_port

START_S = 300
PARTS = ("web", "rasa", "actions")
COPIES = [f"{part}-{number}" for part in PARTS for number in (1, 2)]
FRONT = {"web": 8000, "rasa": 5005, "actions": 5055}


def balancer_settings(template: str, ports: dict[str, int]) -> str:
    """deploy/balancer/haproxy.cfg with our addresses: where it listens, and where each copy is. Nothing else is changed."""
    text = re.sub(r"^resolvers docker\n(?: .*\n)+", "", template, flags=re.M)
    for part, port in FRONT.items():
        text = text.replace(f"bind :{port}\n", f"bind 127.0.0.1:{ports[f'{part}-front']}\n")
        servers = "".join(f"    server {part}{n} 127.0.0.1:{ports[f'{part}-{n}']}\n" for n in (1, 2))
        text, changed = re.subn(rf"^    server-template {part} .*\n", servers, text, flags=re.M)
        assert changed == 1, f"the committed settings name no servers for {part}"
    return text


@dataclass
class Doubled:
    """The running system. Copies can be killed and started again."""

    folder: Path
    address: str
    redis: redis_server.RedisServer
    model: Path
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=lambda: {"web": "", "rasa": "r" * 40, "actions": "a" * 40})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['web-front']}"

    def environment(self, copy: str) -> dict[str, str]:
        return {
            **os.environ,
            **QUIET,
            "DATABASE_URL": self.address,
            "REDIS_URL": self.redis.address,
            "FACILITATOR_DATA_DIR": str(self.folder),
            "FACILITATOR_RATE_LIMITS": "off",
            "FACILITATOR_METRICS": "on",
            "FACILITATOR_RASA_TOKEN": self.tokens["rasa"],
            "FACILITATOR_ACTIONS_TOKEN": self.tokens["actions"],
            "FACILITATOR_PORT": str(self.ports[copy]),
            "FACILITATOR_RASA_URL": f"http://127.0.0.1:{self.ports['rasa-front']}",
            "FACILITATOR_ACTIONS_URL": f"http://127.0.0.1:{self.ports['actions-front']}/webhook",
            # an action server listens on its own port; web asks the balancer whether any is ready
            "FACILITATOR_ACTIONS_PORT": str(self.ports[copy if copy.startswith("actions") else "actions-front"]),
            "FACILITATOR_ACTIONS_HOST": "127.0.0.1",
        }

    def command(self, copy: str) -> list[str]:
        part = copy.partition("-")[0]
        if part == "rasa":
            rasa = [*RASA, "run", "--model", str(self.model), "--interface", "127.0.0.1"]
            return [*rasa, "--port", str(self.ports[copy]), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
        return [sys.executable, "-m", {"web": "web.server", "actions": "bot.actions.server"}[part]]

    def start(self, copy: str) -> None:
        with (self.folder / f"{copy}.log").open("ab") as log:
            self.running[copy] = subprocess.Popen(
                self.command(copy), cwd=ROOT, env=self.environment(copy), stdout=log, stderr=subprocess.STDOUT
            )

    def start_balancer(self) -> None:
        program = shutil.which("haproxy")
        if program is None:
            raise RuntimeError("HAProxy is not installed. On Debian or Ubuntu: apt install haproxy. `scripts/programs` does this as root.")
        settings = self.folder / "haproxy.cfg"
        template = (ROOT / "deploy" / "balancer" / "haproxy.cfg").read_text(encoding="utf-8")
        settings.write_text(balancer_settings(template, self.ports), encoding="utf-8")
        with (self.folder / "balancer.log").open("ab") as log:
            command = [program, "-db", "-f", str(settings)]
            self.running["balancer"] = subprocess.Popen(command, env=self.environment("web-1"), stdout=log, stderr=subprocess.STDOUT)

    def kill(self, copy: str) -> None:
        self.running[copy].send_signal(signal.SIGKILL)
        self.running[copy].wait(10)

    def end(self, copy: str) -> None:
        """Stop it as an upgrade does."""
        self.running[copy].terminate()
        self.running[copy].wait(30)

    def processor_seconds(self) -> dict[str, float]:
        """What each part has used of the processor so far, both copies together."""
        used = {part: sum(_used(self.running[f"{part}-{n}"].pid) for n in (1, 2)) for part in PARTS}
        assert self.redis.process is not None
        port = self.address.rpartition(":")[2].partition("/")[0]
        used["balancer"] = _used(self.running["balancer"].pid)
        used["redis"] = _used(self.redis.process.pid)
        used["postgresql"] = sum(_used(pid) for pid in _postgres(port))
        return used

    def is_well(self, copy: str) -> bool:
        """Asked of the copy itself, not through the balancer."""
        part = copy.partition("-")[0]
        path = {"web": "/healthz", "rasa": "/webhooks/facilitator/health", "actions": "/ready"}[part]
        token = self.tokens[part]
        with contextlib.suppress(httpx.HTTPError):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return httpx.get(f"http://127.0.0.1:{self.ports[copy]}{path}", headers=headers, timeout=5, trust_env=False).status_code == 200
        return False

    def is_ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).status_code == 200
        return False

    def wait_until(self, is_so: Callable[[], bool], seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < until, f"not within {seconds} s: {what}\n{self.tails()}"
            time.sleep(0.1)

    def tails(self) -> str:
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-600:]}" for path in sorted(self.folder.glob("*.log")))

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        database = Database(self.address)
        try:
            with database.engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(sql), values)]
        finally:
            database.dispose()

    def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _used(pid: int) -> float:
    """Seconds of the processor, of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(value) for value in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def _postgres(port: str) -> list[int]:
    """The server at this port and the processes it has started."""
    [server] = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if (words := path.read_bytes().split(b"\0"))[0].endswith(b"postgres") and port.encode() in words
    ]
    return [server, *map(int, Path(f"/proc/{server}/task/{server}/children").read_text().split())]


@contextlib.contextmanager
def doubled(folder: Path) -> Iterator[Doubled]:
    """Everything started and ready; stopped at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    model = training.train(folder / "train.log")
    with postgres.server() as database_server, redis_server.server() as redis:
        address = database_server.address
        made = Doubled(folder, address, redis, model)
        made.ports = {name: free_port() for name in [*COPIES, *(f"{part}-front" for part in PARTS)]}
        database = Database(address)
        database.upgrade()
        database.dispose()
        try:
            for copy in COPIES:
                made.start(copy)
            made.start_balancer()
            for copy in COPIES:
                made.wait_until(lambda copy=copy: made.is_well(copy), START_S, copy)
            made.wait_until(made.is_ready, 30, "the balancer")
            yield made
        finally:
            made.stop()
