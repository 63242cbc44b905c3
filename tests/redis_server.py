"""A throw-away Redis for tests: no files, its own port, gone afterwards. Runs on both Pythons."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

START_S = 20


class RedisServer:
    """Can be stopped and started again on the same port, and be made to hang."""

    def __init__(self, password: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._password = password
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"redis://{':' + self._password + '@' if self._password else ''}127.0.0.1:{self.port}/0"

    def start(self) -> None:
        found = shutil.which("redis-server")
        if found is None:
            raise RuntimeError(
                "Redis is not installed. On Debian or Ubuntu: apt install redis-server. `scripts/programs` does this as root."
            )
        lines = [f"port {self.port}", "bind 127.0.0.1", 'save ""', "appendonly no"]
        lines += [f"requirepass {self._password}"] if self._password else []
        self.process = subprocess.Popen([found, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert self.process.stdin is not None
        self.process.stdin.write("\n".join(lines).encode() + b"\n")
        self.process.stdin.close()
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise RuntimeError("Redis did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


@contextlib.contextmanager
def server(password: str = "") -> Iterator[RedisServer]:
    made = RedisServer(password)
    try:
        made.start()
        yield made
    finally:
        made.stop()
