"""What it takes of a machine: memory of each process at rest, the time to start, and the time to train, cold and warm."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.running import Sides, memory_mb, stack_processes
from facilitator import training
from facilitator.settings import ROOT

REST_S = 5.0
# What `rasa train` reads; copied, so that neither this project's model nor its caches are touched.
SOURCES = ("config.yml", "bot", "facilitator", "endpoints.yml", "credentials.yml")


def measure(sides: Sides, *, train: bool) -> dict[str, Any]:
    """Print the tables and return the figures. Run before anybody talks: memory is at rest."""
    time.sleep(REST_S)
    memory = {name: memory_mb(found) for name, found in stack_processes(sides.ours).items()}
    memory["stock"] = memory_mb(sides.stock.process_id)
    together = {kind: sum(found[kind] for name, found in memory.items() if name != "stock") for kind in ("rss", "pss")}
    print("\n(c) Memory at rest, MB (RSS; PSS counts what processes share once)")
    for name, found in {**memory, "ours together": together}.items():
        print(f"{name:16}{found['rss']:>8.0f}{found['pss']:>8.0f}")
    print(f"start to first answer, model trained: ours {sides.start_s:.1f} s, stock {sides.stock.start_s:.1f} s")
    result = {"memory_mb": memory, "together_mb": together, "start_s": {"ours": sides.start_s, "stock": sides.stock.start_s}}
    return {**result, "train_s": _training()} if train else result


def _training() -> dict[str, float]:
    """Cold: nothing at hand. Warm: a phrase has been added since. Unchanged: nothing has."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in SOURCES:
            path = ROOT / source
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, folder / source)
        times = {"cold": _train(folder)}
        examples = folder / "bot" / "data" / "nlu" / "chatter.yml"
        examples.write_text(examples.read_text(encoding="utf-8").rstrip("\n") + "\n      - the bus was late because of a parade\n", "utf-8")
        times["warm"] = _train(folder)
        times["unchanged"] = _train(folder)
    print("training: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()))
    return times


def _train(folder: Path) -> float:
    environment = {**training.environment(), "PYTHONPATH": str(folder), "RASA_CACHE_DIRECTORY": str(folder / ".rasa" / "cache")}
    began = time.monotonic()
    subprocess.run(training.COMMAND, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    return time.monotonic() - began
