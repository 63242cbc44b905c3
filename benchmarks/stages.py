"""Where a turn's time goes, part by part. One person talks and nobody else; clocks are put in by `stage_hook`, not by the product."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.running import processor_s, stack_processes
from benchmarks.turns import said
from tests.conversation.stack import Caller, Stack, running

HOOK = Path(__file__).with_name("stage_hook")
SETTLE_S = 1.5  # the clocks are written twice a second
WIDTH = 40
Sums = dict[str, tuple[int, float]]


@dataclass(frozen=True)
class Stage:
    """A line of the table: how deep it is, its name, the processor it runs in, and its milliseconds from the clocks' (and the whole)."""

    depth: int
    name: str
    process: str
    of: Callable[[dict[str, float]], float]


STAGES = (
    Stage(0, "whole turn, as the client sees it", "", lambda ms: ms["whole"]),
    Stage(1, "safety screen", "web", lambda ms: ms["safety"]),
    Stage(1, "redaction", "web", lambda ms: ms["redaction"]),
    Stage(1, "database: take the message in", "web", lambda ms: ms["store the message"]),
    Stage(1, "database: store the reply and show it", "web", lambda ms: ms["store the reply"] + ms["read the reply"]),
    Stage(1, "Rasa, as web sees it", "", lambda ms: ms["rasa call"]),
    Stage(2, "HTTP from web to Rasa", "both", lambda ms: ms["rasa call"] - ms["rasa"]),
    Stage(2, "understanding (NLU)", "rasa", lambda ms: ms["understand"]),
    Stage(2, "policy", "rasa", lambda ms: ms["policy"]),
    Stage(2, "tracker: read and write", "rasa", lambda ms: ms["tracker read"] + ms["tracker write"]),
    Stage(2, "action, as Rasa sees it", "", lambda ms: ms["action call"]),
    Stage(3, "HTTP from Rasa to actions", "both", lambda ms: ms["action call"] - ms["action"]),
    Stage(3, "database: look", "actions", lambda ms: ms["action reads"]),
    Stage(3, "decide what to say", "actions", lambda ms: ms["decide"]),
    Stage(3, "database: write down", "actions", lambda ms: ms["action writes"]),
    Stage(3, "put into words", "actions", lambda ms: ms["action"] - ms["action reads"] - ms["decide"] - ms["action writes"]),
    Stage(2, "the rest of Rasa", "rasa", lambda ms: ms["rasa"] - sum(ms[part] for part in _IN_RASA)),
    Stage(1, "HTTP to web, waiting for threads, the rest", "web", lambda ms: ms["whole"] - sum(ms[part] for part in _IN_WEB)),
)
_IN_RASA = ("understand", "policy", "tracker read", "tracker write", "action call")
_IN_WEB = ("safety", "redaction", "store the message", "store the reply", "read the reply", "rasa call")


def measure(turns: int) -> dict[str, Any]:
    """Run, print the table, and return milliseconds a turn by stage, and of processor time by process."""
    with tempfile.TemporaryDirectory() as folder:
        clocks = Path(folder) / "clocks"
        clocks.mkdir()
        changes = {"PYTHONPATH": str(HOOK), "FACILITATOR_BENCH_STAGES": str(clocks)}
        with running(Path(folder) / "ours", changes=changes) as stack:
            typed, used = _talk(stack, clocks, turns, lambda caller, turn: caller.type(said(turn)))
            pressed, _ = _talk(stack, clocks, turns // 2, _press)
    _print(typed, used, turns)
    print(f"  a pressed choice takes {pressed['whole']:.1f} ms: no screen, no redaction, no understanding "
          f"({pressed['safety']:.1f}, {pressed['redaction']:.1f}, {pressed['understand']:.1f} ms of it)")  # fmt: skip
    stages = {f"{stage.depth} {stage.name}": stage.of(typed) for stage in STAGES}
    return {"typed_ms": stages, "pressed_ms": pressed, "processor_ms_a_turn": used, "turns": turns}


def _press(caller: Caller, _turn: int) -> None:
    """Answer by pressing; at the end of the stage, go on with whatever is offered."""
    for title in ("Partly", "Skip", "No, that", "Carry on"):
        if any(name.startswith(title) for name in caller.choices):
            caller.choose(title)
            return
    caller.choose(next(iter(caller.choices)))


def _talk(stack: Stack, clocks: Path, turns: int, say: Callable[[Caller, int], Any]) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds a turn of each clock, and of processor time in each process, over `turns` turns of somebody already talking."""
    caller = Caller(stack)
    caller.open()
    for title in ("Keep", "I use", "Before", "Full"):
        caller.choose(title)
    for turn in range(5):
        say(caller, turn)
    processes = stack_processes(stack)
    time.sleep(SETTLE_S)
    before, used = _read(clocks), {name: processor_s(found) for name, found in processes.items()}
    began = time.perf_counter()
    for turn in range(5, 5 + turns):
        say(caller, turn)
    whole = (time.perf_counter() - began) * 1000 / turns
    used = {name: (processor_s(found) - used[name]) * 1000 / turns for name, found in processes.items()}
    time.sleep(SETTLE_S)
    after = _read(clocks)
    return {"whole": whole, **{name: (after[name][1] - before[name][1]) * 1000 / turns for name in after}}, used


def _read(clocks: Path) -> Sums:
    found: Sums = {}
    for path in clocks.glob("*.json"):
        for name, (calls, seconds) in json.loads(path.read_text(encoding="utf-8")).items():
            known = found.get(name, (0, 0.0))
            found[name] = (known[0] + calls, known[1] + seconds)
    return found


def _print(ms: dict[str, float], used: dict[str, float], turns: int) -> None:
    print(f"\n(d) Where a typed turn's time goes: milliseconds, mean of {turns} turns")
    for stage in STAGES:
        value = stage.of(ms)
        bar = "█" * round(WIDTH * max(value, 0) / ms["whole"])
        print(f"{'  ' * stage.depth + stage.name:48}{stage.process:>8}{value:>8.1f}  {bar}")
    print("  processor time a turn: " + ", ".join(f"{name} {value:.0f} ms" for name, value in used.items()))
