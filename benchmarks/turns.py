"""How long a turn takes as a conversation grows: ours through the whole stack, beside the stock assistant's bare REST, in one run.

Each round takes one turn of ours and one of stock's, so that whatever else the machine does falls on both. Latency at turn N is the
median of the window of turns around N, over several conversations.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import stock
from facilitator.settings import ROOT
from tests.conversation.stack import Caller, Stack, running

MARKS = (10, 50, 100, 200, 300)
WINDOW = 10
CONVERSATIONS = 2
# What a person does in the middle of a stage: asks, answers in words, goes back, looks how far they are. Goes round for ever.
SAYINGS = (
    "will I get paid for coming?", "why do you ask?", "sort of but it was all a bit rushed for me", "how many are left?", "go back",
    "not yet because nobody has told us", "who can see this?", "can you give me an example", "go back", "skip",
)  # fmt: skip


def main() -> dict[str, dict[int, float]]:
    """Run, print the table, and return medians in milliseconds by turn."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "ours") as stack, stock.running() as client:
        for conversation in range(CONVERSATIONS):
            mine, his = _one_conversation(stack, lambda turn, c=conversation: stock.say(client, f"bench-{c}", turn))
            ours.append(mine)
            theirs.append(his)
    table = {"ours": _medians(ours), "stock": _medians(theirs)}
    _print(table)
    return table


def _one_conversation(stack: Stack, stock_turn: Callable[[int], None]) -> tuple[list[float], list[float]]:
    caller = Caller(stack)
    caller.open()
    for title in ("Keep", "I use", "Before", "Full"):
        caller.choose(title)
    mine, his = [], []
    for turn in range(MARKS[-1] + WINDOW // 2 + 1):
        mine.append(_timed(lambda t=turn: caller.type(SAYINGS[t % len(SAYINGS)])))
        his.append(_timed(lambda t=turn: stock_turn(t)))
    return mine, his


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _medians(runs: list[list[float]]) -> dict[int, float]:
    half = WINDOW // 2
    return {mark: statistics.median(ms for run in runs for ms in run[mark - half : mark + half]) for mark in MARKS}


def _print(table: dict[str, dict[int, float]]) -> None:
    print("\nTurn latency, milliseconds (median)")
    print("turn       " + "".join(f"{mark:>8}" for mark in MARKS) + f"   turn {MARKS[-1]} / turn {MARKS[0]}")
    for name, row in table.items():
        ratio = row[MARKS[-1]] / row[MARKS[0]]
        print(f"{name:<11}" + "".join(f"{row[mark]:>8.1f}" for mark in MARKS) + f"   {ratio:.2f}")
    print("ours: chat API -> safety, redaction -> Rasa -> action -> SQLite. stock: Rasa's bare REST channel, in memory.")


def save(results: dict[str, object]) -> None:
    path = ROOT / "var" / "bench" / "results.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2), encoding="utf-8")
