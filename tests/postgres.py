"""A throw-away PostgreSQL server for tests: its own folder, its own port, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
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
            "PostgreSQL's server is not installed. On Debian or Ubuntu: apt install postgresql. `scripts/test` does this as root."
        )
    return found


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server with its data in `folder`; yields its address (naming no driver)."""
    user = _unprivileged(folder)
    data = folder / "data"
    _run([binary("initdb"), "-D", str(data), "-U", "tests", "--auth=trust", "-E", "UTF8", "--no-sync"], user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [binary("postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), "-F"]
    process = subprocess.Popen(command, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield f"postgresql://tests@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(10)


def _unprivileged(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root; then an ordinary user owns the folder."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    for parent in folder.parents:
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    return user


def _run(command: list[str], user: str | None) -> None:
    done = subprocess.run(command, user=user, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def _wait(port: int) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
