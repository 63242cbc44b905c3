"""How long somebody in danger waits for the support message: `python -m benchmarks.support`.

The whole request over HTTP, to the real system (`facilitator up`), with PostgreSQL: everything up, Rasa stopped, the actions stopped, the
database shut down, and the database hanging (it takes what is sent and never answers). After it the default, SQLite: up, and held by
another program. 200 messages (or as many as the argument says), from a few words to 2,000 characters, and ten of the longest allowed.
Those that the screen does not take for danger while all is up are left out: they are ordinary turns. A stopped process is
frozen: it accepts a connection and never answers, which is worse than none. Prints its own table, and asserts nothing.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import yaml

from facilitator.settings import ROOT
from tests import postgres
from tests.conversation.stack import Caller, Stack, running

MESSAGES, PEOPLE, LONGEST = 200, 10, 12_000
SAFETY = ROOT / "knowledge" / "safety"
LIMIT_MS = 300
# other tests wait longer for the database than people do
AS_IT_COMES = {"FACILITATOR_SUPPORT_PATIENCE": "0.2"}


@dataclass(frozen=True)
class Row:
    name: str
    times: Sequence[float]
    helped: Sequence[str]

    def __str__(self) -> str:
        ordered = sorted(self.times)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        over = sum(ms > LIMIT_MS for ms in ordered)
        return f"{self.name:44}{statistics.median(ordered):8.0f}{p95:8.0f}{ordered[-1]:8.0f}{over:10}{len(ordered):8}"


def count() -> int:
    return int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES


def lines(name: str) -> list[str]:
    groups = yaml.safe_load((SAFETY / f"{name}.yml").read_text(encoding="utf-8"))["groups"]
    return [line for group in groups for line in group["lines"]]


def messages(number: int, rng: random.Random) -> list[str]:
    """Lines about danger; a quarter alone, the others among ordinary sentences up to 200, 500 and 2,000 characters."""
    danger, ordinary = lines("crisis-self"), lines("safe-everyday")
    return [padded(rng.choice(danger), ordinary, (0, 200, 500, 2000)[place % 4], rng) for place in range(number)]


def padded(line: str, ordinary: Sequence[str], length: int, rng: random.Random) -> str:
    parts = [line]
    while len(". ".join(parts)) < length - 100:
        parts.insert(rng.randint(0, len(parts)), rng.choice(ordinary))
    return ". ".join(parts)


def timed(name: str, people: Sequence[Caller], texts: Sequence[str]) -> Row:
    times, helped = [], []
    for number, text in enumerate(texts):
        body = {"client_message_id": str(uuid4()), "text": text}
        began = time.perf_counter()
        reply = people[number % len(people)].post(body)
        took = (time.perf_counter() - began) * 1000
        if reply.status_code == 200 and any(message["kind"] == "support" for message in reply.json()["messages"]):
            times.append(took)
            helped.append(text)
    row = Row(name, times, helped)
    print(row, flush=True)
    return row


@contextlib.contextmanager
def frozen(*processes: int) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """SQLite's file, locked by another program."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def family(process: int) -> list[int]:
    """A process and its children: PostgreSQL has one for each connection."""
    children = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()]
    return [process, *children]


def warmed(stack: Stack, rng: random.Random) -> list[Caller]:
    people = [Caller(stack) for _ in range(PEOPLE)]
    for person in people:
        person.open()
        person.choose("Keep")
        for text in messages(8, rng):
            person.post({"client_message_id": str(uuid4()), "text": text})
    return people


def with_postgres(folder: Path, rng: random.Random) -> None:
    with contextlib.ExitStack() as shut:
        server = shut.enter_context(postgres.server())
        stack = shut.enter_context(running(folder / "one", address=server.address, changes=AS_IT_COMES))
        people = warmed(stack, rng)
        parts = stack.processes()
        assert server.process is not None
        texts = timed("PostgreSQL, all up", people, messages(count(), rng)).helped
        timed(
            "  all up, 12,000 characters",
            people,
            [padded(line, lines("safe-everyday"), LONGEST, rng) for line in lines("crisis-self")[:10]],
        )
        conditions: dict[str, AbstractContextManager[None]] = {
            "  Rasa stopped": frozen(parts["rasa"]),
            "  actions stopped": frozen(parts["actions"]),
            "  database hanging": frozen(*family(server.process.pid)),
        }
        for name, condition in conditions.items():
            with condition:
                timed(name, people, texts)
        server.stop()
        timed("  database shut down", people, texts)


def with_sqlite(folder: Path, rng: random.Random) -> None:
    with running(folder / "two", changes=AS_IT_COMES) as stack:
        people = warmed(stack, rng)
        texts = timed("SQLite, all up", people, messages(count(), rng)).helped
        with held(stack.folder / "facilitator.db"):
            timed("  held by another program", people, texts)


def main() -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M UTC}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'milliseconds':44}{'p50':>8}{'p95':>8}{'max':>8}{'over 300':>10}{'helped':>8}")
    rng = random.Random(9)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        with_postgres(Path(folder), rng)
        with_sqlite(Path(folder), rng)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
