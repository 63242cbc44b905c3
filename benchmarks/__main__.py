"""`make bench`: every benchmark, each printing its own table; results also as JSON in var/bench/results.json. Asserts nothing."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import turns
from facilitator.settings import ROOT
from facilitator.supervise import RASA_PYTHON


def main() -> None:
    turns.save({"turns": turns.main()})
    # The intent pipelines run where Rasa is; the knowledge search where the application is.
    subprocess.run([sys.executable, "-m", "benchmarks.knowledge"], cwd=ROOT, check=True)
    subprocess.run([str(RASA_PYTHON), "benchmarks/intents.py"], cwd=ROOT, check=True)  # noqa: S603


if __name__ == "__main__":
    main()
