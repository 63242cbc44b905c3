"""`make bench`: every benchmark, each printing its own table; all figures also as JSON in var/bench/results.json. Asserts nothing.

    python -m benchmarks [--short] [--only turns,throughput,footprint,stages,quality]

--short is for development: one conversation to turn 100, a minute of people, no training, no quality. The figures of a busy machine are
those of a busy machine: the load is printed and kept with them; what holds then are the ratios, as both sides run by turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks import footprint, stages, stock, throughput, turns
from benchmarks.running import sides
from facilitator.settings import ROOT

PARTS = ("turns", "throughput", "footprint", "stages", "quality")
RESULTS = ROOT / "var" / "bench" / "results.json"


def main() -> None:
    asked = _arguments()
    results: dict[str, Any] = {"about": _about()}
    print(f"{results['about']['date']}, {os.cpu_count()} cores, load {results['about']['load']}")
    if set(asked.only) & {"turns", "throughput", "footprint"}:
        with sides() as running:
            results |= _side_by_side(running, asked)
    if "stages" in asked.only:
        results["stages"] = stages.measure(100 if asked.short else 300)
    _save(results)
    if "quality" in asked.only and not asked.short:
        # The intent pipelines run where all of Rasa is, for DIET; the knowledge search where the application is.
        subprocess.run([sys.executable, "-m", "benchmarks.knowledge"], cwd=ROOT, check=True)
        subprocess.run([str(stock.PYTHON), "benchmarks/intents.py"], cwd=ROOT, check=True)  # noqa: S603


def _side_by_side(running: Any, asked: argparse.Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "footprint" in asked.only:
        found["footprint"] = footprint.measure(running, train=not asked.short)
        _save({"about": _about(), **found})
    if "turns" in asked.only:
        found["turns"] = turns.measure(running, asked.conversations, turns.MARKS[:3] if asked.short else turns.MARKS)
        _save({"about": _about(), **found})
    if "throughput" in asked.only:
        found["flat_out"] = throughput.flat_out(running, 5 if asked.short else 10, 2 if asked.short else 5)
        found["human_pace"] = throughput.human_pace(running, asked.people, asked.seconds)
        if asked.last_seconds:
            found["human_pace"] += throughput.human_pace(running, asked.people[-1:], asked.last_seconds)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", type=lambda text: _some_of(text.split(",")), default=PARTS)
    parser.add_argument("--conversations", type=int, help="for the latency by turn (2, or 1 with --short)")
    parser.add_argument("--people", type=lambda text: [int(number) for number in text.split(",")], help="25,100,200,300, or 25,100")
    parser.add_argument("--seconds", type=float, help="for each number of people (60, or 30)")
    parser.add_argument("--last-seconds", type=float, help="the highest number of people once more, for so long (600, or not at all)")
    asked = parser.parse_args()
    short = {"conversations": 1, "people": [25, 100], "seconds": 30.0, "last_seconds": 0.0}
    whole = {"conversations": 2, "people": [25, 100, 200, 300], "seconds": 60.0, "last_seconds": 600.0}
    for name, value in (short if asked.short else whole).items():
        if getattr(asked, name) is None:
            setattr(asked, name, value)
    return asked


def _some_of(names: Sequence[str]) -> Sequence[str]:
    if unknown := set(names) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{sorted(unknown)} is not one of {', '.join(PARTS)}")
    return names


def _about() -> dict[str, Any]:
    load = [round(part, 1) for part in os.getloadavg()]
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "load": load,
        "python": platform.python_version(),
    }


def _save(results: dict[str, Any]) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({**results, "load_at_end": os.getloadavg()}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
