"""A throw-away PostgreSQL server for tests: its own folder, its own port, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

START_S = 30


def binary(name: str) -> str:
    """Where a PostgreSQL program is.

    Raises:
        RuntimeError: it is not installed; says how to install it.
    """
    found = shutil.which(name) or next((str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        raise RuntimeError(
            "PostgreSQL's server is not installed. On Debian or Ubuntu: apt install postgresql. `scripts/programs` does this as root."
        )
    return found


class PostgresServer:
    """Can be stopped and started again on the same port, with what it had committed."""

    def __init__(self) -> None:
        # Not in pytest's folders: each pytest that starts closes them to other users, PostgreSQL's among them.
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user = _unprivileged(self._folder)
        self._data = self._folder / "data"
        _run([binary("initdb"), "-D", str(self._data), "-U", "tests", "--auth=trust", "-E", "UTF8", "--no-sync"], self._user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Names no driver."""
        return f"postgresql://tests@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        command = [binary("postgres"), "-D", str(self._data), "-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._folder), "-F"]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start:\n{self._last_words()}")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Without more said, at once and in no order: what was committed has to be found in its log.

        Raises:
            RuntimeError: it had ended by itself; says what it wrote last.
        """
        if self.process is None:
            return
        process, self.process = self.process, None
        ended_early = process.poll() is not None
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            # Connections that piled up while it was frozen are given a minute to say who they are (authentication_timeout), and it waits
            # for them even when told to end at once. What was committed is in its log all the same.
            process.kill()
            process.wait(20)
        if ended_early:
            raise RuntimeError(f"PostgreSQL had ended by itself:\n{self._last_words()}")

    def remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _last_words(self) -> str:
        return "\n".join((self._folder / "log").read_text(errors="replace").splitlines()[-20:])


@contextlib.contextmanager
def server() -> Iterator[PostgresServer]:
    made = PostgresServer()
    try:
        made.start()
        yield made
    finally:
        try:
            made.stop()
        finally:
            made.remove()


def _unprivileged(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root; then an ordinary user owns the folder."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    return user


def _run(command: list[str], user: str | None) -> None:
    done = subprocess.run(command, user=user, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
