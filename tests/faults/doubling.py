"""Take one copy away while people answer, look how they fare without it, and bring it back.

`python -m tests.faults.doubling` (`make doubled`) does that for one copy of each part, and for Redis, and
writes the table in docs/two-of-everything.md.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from facilitator.checklist.content import Checklists, load_checklists
from facilitator.settings import ROOT
from facilitator.storage.inbox import CLAIM
from tests.faults.doubled import COPIES, START_S, Doubled, doubled
from tests.faults.walkers import Walker, differences

PEOPLE = 4
WITHOUT_S = 6.0
AFTER_S = 3.0
ONE_OF_EACH = ("web-1", "rasa-2", "actions-1", "redis")
COUNTED_S = 30.0


@dataclass(frozen=True)
class Lost:
    """What one loss led to. `others_went_on_s`: until each person had had another answer. `slowest_s`: the longest wait of anybody."""

    copy: str
    others_went_on_s: float
    slowest_s: float
    back_s: float
    turns: int
    answers: int
    lost: int
    doubled: int
    changed: int


def lose(system: Doubled, checklists: Checklists, copies: Sequence[str], seed: int) -> Lost:
    walkers = _walking(system, checklists, seed * 100)
    killed = time.monotonic()
    for copy in copies:
        _kill(system, copy)
    _all_answered_since(killed, system, walkers)
    went_on = time.monotonic() - killed
    time.sleep(WITHOUT_S)
    began = time.monotonic()
    for copy in copies:
        _start(system, copy)
    for copy in copies:
        system.wait_until(lambda copy=copy: copy == "redis" or system.is_well(copy), START_S, copy)
    back = time.monotonic() - began
    time.sleep(AFTER_S)
    return _counted(system, " and ".join(copies), walkers, went_on, back)


def change_secrets(system: Doubled, checklists: Checklists, seed: int) -> Lost:
    """New tokens between the parts while people answer: all are started again, as docs/running.md says, and for a while they differ."""
    walkers = _walking(system, checklists, seed * 100)
    began = time.monotonic()
    system.tokens |= {"rasa": secrets.token_urlsafe(32), "actions": secrets.token_urlsafe(32)}
    # the balancer shows the tokens too, when it asks each copy whether it is well
    system.end("balancer")
    system.start_balancer()
    for copy in COPIES:
        system.end(copy)
        system.start(copy)
    for copy in COPIES:
        system.wait_until(lambda copy=copy: system.is_well(copy), START_S, copy)
    changed = time.monotonic()
    _all_answered_since(changed, system, walkers)
    return _counted(system, "secrets", walkers, time.monotonic() - changed, changed - began)


def _walking(system: Doubled, checklists: Checklists, seed: int, turns: int = 2) -> list[Walker]:
    """People who answer, once each has had so many turns."""
    walkers = [Walker(system, checklists, seed + number) for number in range(PEOPLE)]
    for walker in walkers:
        walker.start()
    system.wait_until(lambda: all(walker.told.turns >= turns or walker.failure for walker in walkers), 120, "everybody has begun")
    return walkers


def _all_answered_since(moment: float, system: Doubled, walkers: Sequence[Walker]) -> None:
    system.wait_until(lambda: all(walker.told.last_at > moment or walker.failure for walker in walkers), 120, "everybody goes on")


def _counted(system: Doubled, what: str, walkers: Sequence[Walker], went_on: float, back: float) -> Lost:
    told = [walker.finish() for walker in walkers]
    counts = [differences(system, each) for each in told]
    answers = sum(len(items) for each in told for items in each.answers.values())
    turns, slowest = sum(each.turns for each in told), max(each.slowest_s for each in told)
    return Lost(what, went_on, slowest, back, turns, answers, *(sum(c[n] for c in counts) for n in range(3)))


def _kill(system: Doubled, copy: str) -> None:
    if copy == "redis":
        system.redis.stop()
    else:
        system.kill(copy)


def _start(system: Doubled, copy: str) -> None:
    if copy == "redis":
        system.redis.start()
    else:
        system.start(copy)


@dataclass(frozen=True)
class Cost:
    """Processor time of each part for one turn, in milliseconds, and how many turns that was counted over."""

    by_part: dict[str, float]
    turns: int
    seconds: float


def cost_of_a_turn(system: Doubled, checklists: Checklists, seconds: float = COUNTED_S) -> Cost:
    """People answer without a pause; what each process used of the processor is read from /proc before and after."""
    walkers = _walking(system, checklists, 9000, turns=5)
    before, turns, began = system.processor_seconds(), sum(walker.told.turns for walker in walkers), time.monotonic()
    time.sleep(seconds)
    after, now, ended = system.processor_seconds(), sum(walker.told.turns for walker in walkers), time.monotonic()
    for walker in walkers:
        walker.finish()
    return Cost({part: 1000 * (after[part] - before[part]) / (now - turns) for part in before}, now - turns, ended - began)


def main() -> int:
    checklists = load_checklists(ROOT / "knowledge" / "checklist")
    losses = []
    with doubled(Path(tempfile.mkdtemp(prefix="doubled-"))) as system:
        cost = cost_of_a_turn(system, checklists)
        print(cost, flush=True)
        for seed, copy in enumerate(ONE_OF_EACH, 1):
            losses.append(lose(system, checklists, [copy], seed))
            print(losses[-1], flush=True)
    page = _page(losses, cost)
    print(page)
    (ROOT / "docs" / "two-of-everything.md").write_text(page, encoding="utf-8")
    return 0 if all(each.lost == each.doubled == each.changed == 0 for each in losses) else 1


COLUMNS = (
    *("killed", "everybody had another answer after, s", "longest wait of anybody, s", "the copy was back after, s"),
    *("turns", "answers", "lost", "doubled", "changed"),
)


def _page(losses: list[Lost], cost: Cost) -> str:
    rows = []
    for each in losses:
        seconds = [f"{value:.1f}" for value in (each.others_went_on_s, each.slowest_s, each.back_s)]
        counts = [str(value) for value in (each.turns, each.answers, each.lost, each.doubled, each.changed)]
        rows.append("| " + " | ".join([each.copy, *seconds, *counts]) + " |")
    table = "\n".join(["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|", *rows])
    return f"""# Two of everything, and one dies

Written by `make doubled` on {date.today().isoformat()}. On one machine: two `web`, two Rasas, two action servers, PostgreSQL, Redis,
and HAProxy with the settings of `deploy/balancer`. {PEOPLE} people answer the full *before* stage in words, without a pause. One copy gets
`kill -9`; for {WITHOUT_S:.0f} seconds and more they go on without it; then it is started again. People send the same message again until it
is answered, as the widget does. Every acknowledged answer is then compared with the database. The machine has
{os.cpu_count()} processors; its load at the end was {os.getloadavg()[0]:.0f}.

{table}

A message that a killed `web` had in hand waits for the end of its claim ({CLAIM.seconds} s), and one that a killed Rasa had in hand for
the end of its lock (eight seconds). How long a copy takes to start depends on how busy the machine is.

## What a turn costs
The same people and the same system, nothing killed: {cost.turns} turns in {cost.seconds:.0f} s. Processor time of each part, both
copies together, read from `/proc` before and after, divided by the turns.

{_costs(cost)}
"""


def _costs(cost: Cost) -> str:
    rows = [f"| {part} | {value:.1f} |" for part, value in cost.by_part.items()]
    return "\n".join(["| part | ms a turn |", "|---|---|", *rows, f"| together | {sum(cost.by_part.values()):.1f} |"])


if __name__ == "__main__":
    sys.exit(main())
