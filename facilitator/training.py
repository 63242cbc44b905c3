"""Training Rasa when its content has changed, and finding the model that fits the content."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from facilitator.errors import FacilitatorError
from facilitator.settings import ROOT
from facilitator.supervise import QUIET, RASA

MODELS = ROOT / "models"
_CPU = Path("/proc/cpuinfo")
_SOURCES = ("config.yml", "bot/domain.yml", "bot/data", "bot/engine", "facilitator/encoder", "requirements/rasa.txt")


# Rasa's check of the data is a step of the tests (scripts/stories), where it fails on a warning too.
COMMAND = (
    *(*RASA, "train", "--domain", "bot/domain.yml", "--data", "bot/data", "--out", "models"),
    "--skip-validation",
)


class TrainingFailed(FacilitatorError):
    """Rasa could not train; its own words are in the log named."""


def fingerprint() -> str:
    """A short digest of everything the model is made from."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def trained_model() -> Path | None:
    """The model for today's content, if it has been trained."""
    path = MODELS / f"coproduction-{fingerprint()}.tar.gz"
    return path if path.exists() else None


def train(log: Path) -> Path:
    """Train if the content changed and return the model. Older models are removed once the new one is there.

    Raises:
        TrainingFailed: names the log file.
    """
    found = trained_model()
    if found:
        return found
    name = f"coproduction-{fingerprint()}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603
            [*COMMAND, "--fixed-model-name", name],
            cwd=ROOT,
            env=environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    model = MODELS / f"{name}.tar.gz"
    if done.returncode != 0 or not model.exists():
        raise TrainingFailed(f"Training did not finish. What Rasa said is in {log}.")
    for older in MODELS.glob("*.tar.gz"):
        if older != model:
            older.unlink()
    return model


def environment() -> dict[str, str]:
    """What Rasa is trained with: every core, as nothing else is waited for meanwhile, and the arithmetic that this processor has."""
    cores = {name: str(os.cpu_count() or 1) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    return {**os.environ, **QUIET, **cores, **_kernels(_CPU)}


def _kernels(cpu: Path) -> dict[str, str]:
    """Which kernels OpenBLAS is to use, where its own guess may be wrong; nothing where we do not know better.

    The OpenBLAS 0.3.18 that Rasa's scipy brings takes a processor newer than itself for one of 2004: a third of the speed.
    """
    try:
        flags = set(cpu.read_text(encoding="utf-8").split("flags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return {}
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return {"OPENBLAS_CORETYPE": "SkylakeX"}
    return {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= flags else {}


def _files() -> Iterator[Path]:
    for source in _SOURCES:
        path = ROOT / source
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.is_file() and p.suffix in {".py", ".yml", ".txt"})
