"""`make faults`: things go wrong at random moments, many times, and the table is written to docs/faults.md.

python -m tests.faults [--faults 200] [--seed 1]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from facilitator.checklist.content import load_checklists
from facilitator.settings import ROOT
from tests import redis_server
from tests.conversation.stack import Stack, running
from tests.faults.causes import Cause, far_database, of_processes, of_redis
from tests.faults.inner_lines import with_inner_lines
from tests.faults.killing import PEOPLE, Outcome, go_wrong_and_see

NEAR = 6  # causes with SQLite on this machine; the rest need PostgreSQL, Redis and lines between the parts
FAR = 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    near = max(1, asked.faults * NEAR // (NEAR + FAR))
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    with running(folder / "near") as stack:
        causes = of_processes(stack)
        outcomes = _all(stack, causes, near, chance)
    if asked.faults > near:
        with contextlib.ExitStack() as at_work:
            redis = at_work.enter_context(redis_server.server())
            address, of_database = at_work.enter_context(far_database())
            stack, of_lines = at_work.enter_context(with_inner_lines(folder / "far", address=address, changes={"REDIS_URL": redis.address}))
            causes += (others := [*of_database, *of_redis(redis), *of_lines])
            outcomes += _all(stack, others, asked.faults - near, chance)
    table = _table(causes, outcomes)
    print(table)
    (ROOT / "docs" / "faults.md").write_text(_page(table, len(outcomes), asked.seed), encoding="utf-8")
    return 0 if all(outcome.is_clean for outcome in outcomes) else 1


def _all(stack: Stack, causes: Sequence[Cause], number: int, chance: random.Random) -> list[Outcome]:
    checklists = load_checklists(ROOT / "knowledge" / "checklist")
    outcomes = []
    for place in range(number):
        outcomes.append(go_wrong_and_see(stack, checklists, causes[place % len(causes)], chance))
        print(f"{place + 1:4} {outcomes[-1]}", flush=True)
    return outcomes


def _table(causes: Sequence[Cause], outcomes: list[Outcome]) -> str:
    lines = [
        "| what went wrong | times | turns answered | answers acknowledged | lost | doubled | changed | normal again, median s | slowest s "
        "| what the person sees |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for cause in causes:
        own = [outcome for outcome in outcomes if outcome.cause == cause.name]
        if own:
            times = [outcome.normal_s for outcome in own]
            sums = [sum(getattr(o, name) for o in own) for name in ("turns", "answers", "lost", "doubled", "changed")]
            counts = " | ".join(str(number) for number in [len(own), *sums])
            lines.append(f"| {cause.name} | {counts} | {statistics.median(times):.1f} | {max(times):.1f} | {cause.sees} |")
    return "\n".join(lines)


def _page(table: str, faults: int, seed: int) -> str:
    load = ", ".join(f"{part:.0f}" for part in os.getloadavg())
    return f"""# What a fault costs

Written by `make faults` on {date.today().isoformat()} ({faults} faults, seed {seed}, load of the machine at the end {load} on
{os.cpu_count()} cores). Each time, {PEOPLE} people answer the full *before* stage in words over the chat API of a real running system;
0.2 to 1.5 s later something goes wrong, in the middle of their turns. They send the same message again until it is answered, as the
widget does. Then every acknowledged answer is compared with the database. "Changed" means that it is there in other words, or in another
conversation. "Normal again" is the time from the end of the cause until all parts are ready and everybody has had another answer.

Killed and frozen parts and the full disk are tried with SQLite, the rest with PostgreSQL and Redis. The lines from web to Rasa, from Rasa
to the actions and from all of them to PostgreSQL go through a TCP proxy of our own. A full disk is made by a limit on the size of any
file, so that no process can write. A clock that is wrong is tried in `tests/integration/test_many_at_once.py`.

{table}

Nothing but an answer counts as an acknowledgement. A message that was refused ("We cannot save messages just now") is not kept, and the
page keeps the words in its box.

Words of somebody who has not chosen to keep their answers are held in memory only. If `web` is killed in that very moment they are gone
with it, but the page still has them and sends them again. Only somebody who has closed the page is told, a minute later, to say it again.
"""


if __name__ == "__main__":
    raise SystemExit(main())
