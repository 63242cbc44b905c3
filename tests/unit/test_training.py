"""What Rasa is trained with."""

from __future__ import annotations

from pathlib import Path

import pytest

from facilitator import training


@pytest.mark.parametrize(
    ("flags", "kernels"),
    [
        ("fpu avx2 fma avx512f avx512bw avx512dq avx512vl amx_tile", {"OPENBLAS_CORETYPE": "SkylakeX"}),
        ("fpu avx2 fma avx512f", {"OPENBLAS_CORETYPE": "Haswell"}),
        ("fpu avx2 fma", {"OPENBLAS_CORETYPE": "Haswell"}),
        ("fpu sse2", {}),
    ],
)
def test_the_arithmetic_is_what_the_processor_has(tmp_path: Path, flags: str, kernels: dict[str, str]):
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t:\n", encoding="utf-8")
    assert training._kernels(cpu) == kernels


@pytest.mark.parametrize("text", [None, "", "Features\t: fp asimd\n"])
def test_where_nothing_is_known_of_the_processor_openblas_is_left_to_guess(tmp_path: Path, text: str | None):
    cpu = tmp_path / "cpuinfo"
    if text is not None:
        cpu.write_text(text, encoding="utf-8")
    assert training._kernels(cpu) == {}


def test_training_takes_every_core_and_serving_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    environment = training.environment()
    assert environment["OPENBLAS_NUM_THREADS"] == environment["OMP_NUM_THREADS"] == "7"
    assert training.QUIET["OPENBLAS_NUM_THREADS"] == "1"
