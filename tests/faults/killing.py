"""Kill one process at a random moment of somebody's turn, and see what becomes of what was said."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass

from facilitator.checklist.content import Checklists
from tests.conversation.stack import Stack
from tests.faults.walkers import Walker, differences

PEOPLE = 3
RECOVERY_S = 120


@dataclass(frozen=True)
class Outcome:
    """What one kill led to. `normal_s` is the time until everything was ready again and answering."""

    part: str
    after_ms: float
    normal_s: float
    turns: int
    answers: int
    lost: int
    doubled: int
    changed: int

    @property
    def is_clean(self) -> bool:
        return self.lost == self.doubled == self.changed == 0


def kill_and_see(stack: Stack, checklists: Checklists, part: str, chance: random.Random) -> Outcome:
    """Three people answer; a part is killed; they go on answering until it is back and for a moment more; then all is counted."""
    walkers = [Walker(stack, checklists, chance.randrange(1 << 30)) for _ in range(PEOPLE)]
    for walker in walkers:
        walker.start()
    after = chance.uniform(0.2, 1.5)
    time.sleep(after)
    victim = stack.processes()[part]
    killed = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    stack.wait_until(lambda: stack.processes().get(part) not in (None, victim), RECOVERY_S)
    stack.wait_until(lambda: stack.readiness().get("all") == "ready", RECOVERY_S)
    stack.wait_until(lambda: all(walker.told.last_at > killed or walker.failure for walker in walkers), RECOVERY_S)
    normal = time.monotonic() - killed
    time.sleep(0.5)
    told = [walker.finish() for walker in walkers]
    counts = [differences(stack, each) for each in told]
    answers = sum(len(items) for each in told for items in each.answers.values())
    return Outcome(
        part,
        after * 1000,
        normal,
        sum(each.turns for each in told),
        answers,
        *(sum(count[place] for count in counts) for place in range(3)),
    )
