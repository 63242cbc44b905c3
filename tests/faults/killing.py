"""Something goes wrong at a random moment of somebody's turn; see what becomes of what was said."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from facilitator.checklist.content import Checklists
from tests.conversation.stack import Stack
from tests.faults.causes import Cause
from tests.faults.walkers import Walker, differences

PEOPLE = 3
RECOVERY_S = 120


@dataclass(frozen=True)
class Outcome:
    """What one fault led to. `normal_s`: from the end of the cause until everything was ready and everybody had another answer."""

    cause: str
    after_ms: float
    lasted_s: float
    normal_s: float
    turns: int
    answers: int
    lost: int
    doubled: int
    changed: int

    @property
    def is_clean(self) -> bool:
        return self.lost == self.doubled == self.changed == 0


def go_wrong_and_see(stack: Stack, checklists: Checklists, cause: Cause, chance: random.Random) -> Outcome:
    """Three people answer; something goes wrong; they go on answering until it is over and for a moment more; then all is counted."""
    walkers = [Walker(stack, checklists, chance.randrange(1 << 30)) for _ in range(PEOPLE)]
    for walker in walkers:
        walker.start()
    after, lasts = chance.uniform(0.2, 1.5), chance.uniform(*cause.lasts_s)
    time.sleep(after)
    before = stack.processes()
    cause.begin()
    try:
        time.sleep(lasts)
    finally:
        cause.end()
    over = time.monotonic()
    if cause.killed:
        stack.wait_until(lambda: stack.processes().get(cause.killed) not in (None, before[cause.killed]), RECOVERY_S)
    stack.wait_until(lambda: stack.readiness().get("all") == "ready", RECOVERY_S)
    stack.wait_until(lambda: all(walker.told.last_at > over or walker.failure for walker in walkers), RECOVERY_S)
    normal = time.monotonic() - over
    # On a slow machine nobody may have come further than the first questions: then there is nothing yet that could be lost.
    stack.wait_until(lambda: all(any(tuple(walker.told.answers.values())) or walker.failure for walker in walkers), RECOVERY_S)
    time.sleep(0.5)
    told = [walker.finish() for walker in walkers]
    counts = [differences(stack, each) for each in told]
    answers = sum(len(items) for each in told for items in each.answers.values())
    turns = sum(each.turns for each in told)
    return Outcome(cause.name, after * 1000, lasts, normal, turns, answers, *(sum(count[place] for count in counts) for place in range(3)))
