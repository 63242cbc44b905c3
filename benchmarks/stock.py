"""The yardsticks: the assistant that `rasa init` makes, as it comes (DIET, TED, its REST channel, its own tracker store); its
rules-only twin: the same understanding, channel and store, with the stories written as rules and RulePolicy alone; and a rules-only twin of
ours: a stage of questions as Rasa's documentation would have it written, one looping form with validation and asides on Rasa's own SDK."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from facilitator.settings import ROOT
from facilitator.supervise import QUIET
from tests.conversation.stack import free_port

PYTHON = ROOT / ".venv-stock" / "bin" / "python"  # Rasa with TensorFlow, which DIET and TED need: `scripts/setup bench`
# One thread each, as ours have, and no graphics card.
_THREADS = {"TF_NUM_INTEROP_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
ENVIRONMENT = {**QUIET, **_THREADS, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
START_S = 600
RULES = Path(__file__).with_name("twin") / "rules.yml"
FORM = Path(__file__).with_name("twin") / "form"
# One of each kind of thing the stock assistant understands, in an order its stories know.
SAYINGS = ("hello", "I am very sad", "yes", "are you a bot?", "hi", "great, I am doing well", "bye")


@dataclass
class Assistant:
    """A stock assistant that is serving."""

    client: httpx.Client
    process_id: int
    start_s: float

    @property
    def url(self) -> str:
        return str(self.client.base_url)

    def say(self, sender: str, turn: int) -> None:
        self.hear(sender, said(sender, turn)["message"])

    def hear(self, sender: str, message: str) -> None:
        self.client.post("/webhooks/rest/webhook", json={"sender": sender, "message": message}).raise_for_status()


def said(sender: str, turn: int) -> dict[str, str]:
    return {"sender": sender, "message": SAYINGS[turn % len(SAYINGS)]}


def project() -> Path:
    """The stock project with its trained model, made once (about two minutes) and kept in var/bench."""
    folder = ROOT / "var" / "bench" / "stock"
    if not list(folder.glob("models/*.tar.gz")):
        folder.mkdir(parents=True, exist_ok=True)
        _rasa(folder, "init", "--no-prompt", "--init-dir", str(folder))
    return folder


def twin() -> Path:
    """The rules-only twin, trained from the stock project's own folder, so that what it understands is the same model."""
    folder = ROOT / "var" / "bench" / "twin"
    if not list(folder.glob("models/*.tar.gz")):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(project(), folder, ignore=shutil.ignore_patterns("models", "tests"))
        (folder / "data" / "stories.yml").unlink(missing_ok=True)
        shutil.copy(RULES, folder / "data" / "rules.yml")
        config = yaml.safe_load((folder / "config.yml").read_text(encoding="utf-8"))
        (folder / "config.yml").write_text(yaml.safe_dump({**config, "policies": [{"name": "RulePolicy"}]}), encoding="utf-8")
        _rasa(folder, "train")
    return folder


def form() -> Path:
    """The looping form, trained: what ours asks, in the usual way."""
    folder = ROOT / "var" / "bench" / "form"
    written = [path.relative_to(FORM) for path in FORM.rglob("*.*") if path.suffix in (".yml", ".py")]
    as_it_is = all((folder / path).is_file() and (folder / path).read_bytes() == (FORM / path).read_bytes() for path in written)
    if not as_it_is or not list(folder.glob("models/*.tar.gz")):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(FORM, folder)
        _rasa(folder, "train")
    return folder


def _rasa(folder: Path, *arguments: str) -> None:
    with (folder.parent / f"{folder.name}-train.log").open("wb") as log:
        subprocess.run(  # noqa: S603
            [str(PYTHON), "-m", "rasa", *arguments], check=True, cwd=folder, env={**os.environ, **ENVIRONMENT}, stdout=log, stderr=log
        )


@contextlib.contextmanager
def running(folder: Path, database: Path | None = None) -> Iterator[Assistant]:
    """The assistant of `folder` serving on loopback, with its actions where it has any; conversations in memory, as it comes, or kept by
    Rasa's own SQL store."""
    port, actions = free_port(), (folder / "actions.py").exists()
    name = f"{folder.name}{'-kept' if database else ''}"
    endpoints: dict[str, object] = {}
    if database is not None:
        endpoints["tracker_store"] = {"type": "SQL", "dialect": "sqlite", "db": str(database)}
    with contextlib.ExitStack() as stack:
        if actions:
            action_port = free_port()
            endpoints["action_endpoint"] = {"url": f"http://127.0.0.1:{action_port}/webhook"}
            stack.enter_context(_process(folder, f"{name}-actions", "rasa_sdk", "--actions", "actions", "--port", str(action_port)))
        settings = folder.parent / f"{name}-endpoints.yml"
        settings.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
        serve = ("run", "--port", str(port), "--interface", "127.0.0.1", "--endpoints", str(settings))
        process = stack.enter_context(_process(folder, name, "rasa", *serve))
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False))
        began = time.monotonic()
        while not _answers(client):
            if time.monotonic() > began + START_S or process.poll() is not None:
                raise RuntimeError(f"{name} did not start; see var/bench/{name}-run.log")
            time.sleep(0.1)
        yield Assistant(client, process.pid, time.monotonic() - began)


@contextlib.contextmanager
def _process(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A module of Rasa's environment at work in `folder`, until the end."""
    environment = {**os.environ, **ENVIRONMENT, "SANIC_HOST": "127.0.0.1"}
    with (folder.parent / f"{name}-run.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603
            [str(PYTHON), "-m", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _answers(client: httpx.Client) -> bool:
    """Whether it says anything to a greeting or, where it only asks, to the word that begins its questions."""
    with contextlib.suppress(httpx.HTTPError):
        return any(client.post("/webhooks/rest/webhook", json={"sender": "warm-up", "message": word}).json() for word in ("hello", "yes"))
    return False
