"""Both sides running on this machine, and what their processes take of it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stock
from tests.conversation.stack import Caller, Stack, running

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Sides:
    """Ours, ours on Rasa as it comes, stock, and two twins, each twice (in memory, and keeping conversations).

    `start_s` is how long ours took to its first answer.
    """

    ours: Stack
    plain: Stack
    stock: stock.Assistant
    twin: stock.Assistant
    twin_kept: stock.Assistant
    form: stock.Assistant
    form_kept: stock.Assistant
    start_s: float


@contextlib.contextmanager
def sides() -> Iterator[Sides]:
    stock.project()
    stock.twin()
    stock.form()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        began = time.monotonic()
        ours = stack.enter_context(running(Path(folder) / "ours"))
        Caller(ours).open()
        start_s = time.monotonic() - began
        plain = stack.enter_context(running(Path(folder) / "plain", command=[sys.executable, "-m", "benchmarks.twin.up"]))
        assistants = [stack.enter_context(stock.running(stock.project()))]
        for twin in (stock.twin(), stock.form()):
            assistants += [stack.enter_context(stock.running(twin, kept)) for kept in (None, Path(folder) / f"{twin.name}.db")]
        yield Sides(ours, plain, *assistants, start_s)


def memory_mb(process_id: int) -> dict[str, float]:
    """Resident memory of a process in MB, and its share of what it has in common with others counted once (PSS)."""
    text = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii")
    found = dict(re.findall(r"^(Rss|Pss):\s+(\d+) kB", text, re.MULTILINE))
    return {"rss": int(found["Rss"]) / 1024, "pss": int(found["Pss"]) / 1024}


def processor_s(process_id: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def stack_processes(ours: Stack) -> dict[str, int]:
    return {name: found for name, found in ours.processes().items() if name != "supervisor"}
