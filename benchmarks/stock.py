"""The assistant that `rasa init` makes, as it comes: DIET, TED, its REST channel, its own tracker store. The yardstick."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from facilitator.settings import ROOT
from facilitator.supervise import QUIET, RASA_PYTHON
from tests.conversation.stack import free_port

START_S = 180
# One of each kind of thing the stock assistant understands, in an order its stories know.
SAYINGS = ("hello", "I am very sad", "yes", "are you a bot?", "hi", "great, I am doing well", "bye")


def project() -> Path:
    """The stock project with its trained model, made once (about two minutes) and kept in var/bench."""
    folder = ROOT / "var" / "bench" / "stock"
    if not list(folder.glob("models/*.tar.gz")):
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(RASA_PYTHON), "-m", "rasa", "init", "--no-prompt", "--init-dir", str(folder)]
        with (folder.parent / "stock-train.log").open("wb") as log:
            subprocess.run(command, check=True, cwd=folder, env={**os.environ, **QUIET}, stdout=log, stderr=log)  # noqa: S603
    return folder


@contextlib.contextmanager
def running() -> Iterator[httpx.Client]:
    """The stock assistant serving on loopback; yields a client."""
    port, folder = free_port(), project()
    command = [str(RASA_PYTHON), "-m", "rasa", "run", "--port", str(port), "--interface", "127.0.0.1"]
    with (folder.parent / "stock-run.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **QUIET}, stdout=log, stderr=log)  # noqa: S603
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
    try:
        until = time.monotonic() + START_S
        while not _answers(client):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("the stock assistant did not start; see var/bench/stock-run.log")
            time.sleep(0.5)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(20)


def say(client: httpx.Client, sender: str, turn: int) -> None:
    body = {"sender": sender, "message": SAYINGS[turn % len(SAYINGS)]}
    client.post("/webhooks/rest/webhook", json=body).raise_for_status()


def _answers(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return bool(client.post("/webhooks/rest/webhook", json={"sender": "warm-up", "message": "hello"}).json())
    return False
