"""`make faults`: kill each process at random moments, many times, and write the table to docs/faults.md.

python -m tests.faults [--kills 100] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from datetime import date
from pathlib import Path

from facilitator.checklist.content import load_checklists
from facilitator.settings import ROOT
from tests.conversation.stack import running
from tests.faults.killing import PEOPLE, Outcome, kill_and_see

PARTS = ("web", "actions", "rasa")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    checklists = load_checklists(ROOT / "knowledge" / "checklist")
    outcomes = []
    with running(Path(tempfile.mkdtemp(prefix="faults-"))) as stack:
        for number in range(asked.kills):
            outcome = kill_and_see(stack, checklists, PARTS[number % len(PARTS)], chance)
            outcomes.append(outcome)
            print(f"{number + 1:4} {outcome}", flush=True)
    table = _table(outcomes)
    print(table)
    (ROOT / "docs" / "faults.md").write_text(_page(table, asked.kills, asked.seed), encoding="utf-8")
    return 0 if all(outcome.is_clean for outcome in outcomes) else 1


def _table(outcomes: list[Outcome]) -> str:
    lines = [
        "| killed | times | turns answered | answers acknowledged | lost | doubled | changed | normal again, median s | slowest s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for part in PARTS:
        own = [outcome for outcome in outcomes if outcome.part == part]
        if own:
            times = [outcome.normal_s for outcome in own]
            sums = [sum(getattr(o, name) for o in own) for name in ("turns", "answers", "lost", "doubled", "changed")]
            lines.append(
                f"| {part} | {len(own)} | " + " | ".join(str(n) for n in sums) + f" | {statistics.median(times):.1f} | {max(times):.1f} |"
            )
    return "\n".join(lines)


def _page(table: str, kills: int, seed: int) -> str:
    return f"""# What a killed process costs

Written by `make faults` on {date.today().isoformat()} ({kills} kills, seed {seed}). Each time, {PEOPLE} people answer the full *before*
stage in words over the chat API of a real running system (SQLite);
0.2 to 1.5 s later one process gets `kill -9`, in the middle of their turns.
They send the same message again until it is answered, as the widget does. Then every acknowledged answer is compared with the database.
"Normal again" is the time until all three parts are ready and everybody has had another answer.

{table}
"""


if __name__ == "__main__":
    raise SystemExit(main())
