from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facilitator.knowledge import kept_vectors
from facilitator.knowledge.content import load_content
from facilitator.knowledge.kept_vectors import read_kept, write_kept
from facilitator.knowledge.vectorise import Vectors, share_kept
from facilitator.knowledge.vectors import HALF, LAYERS, Floats
from facilitator.settings import ROOT

TEXTS = [f"wording {number}" for number in range(200)]


@pytest.fixture
def vectors() -> Floats:
    """Like the encoder's: each layer of the same length, the whole of length 1, some numbers never used."""
    made = np.random.default_rng(0).normal(size=(len(TEXTS), len(LAYERS), HALF)).astype(np.float32)
    made[:, 1, :5] = 0
    made /= np.linalg.norm(made, axis=2, keepdims=True) * np.sqrt(2)
    return made.reshape(len(TEXTS), -1)


@pytest.fixture
def file(tmp_path: Path, vectors: Floats) -> Path:
    path = tmp_path / "vectors.npz"
    write_kept(TEXTS, vectors, path)
    return path


def test_vectors_come_back_nearly_as_they_were(file: Path, vectors: Floats) -> None:
    kept = read_kept(TEXTS, file)
    found = np.stack([kept[text] for text in TEXTS])
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found * vectors).sum(axis=1).min() > 0.98
    assert np.abs(found @ vectors.T - vectors @ vectors.T).mean() < 0.01


def test_only_what_is_asked_for_and_known_is_given(file: Path) -> None:
    assert list(read_kept(["something new", TEXTS[7]], file)) == [TEXTS[7]]
    assert read_kept([], file) == {}


def test_another_model_s_vectors_are_left_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facilitator.encoder.MODEL_SHA256", "another")
    assert read_kept(TEXTS, file) == {}


@pytest.mark.parametrize("damaged", [b"", b"not an archive", None])
def test_a_file_that_cannot_be_read_is_as_good_as_none(file: Path, damaged: bytes | None) -> None:
    if damaged is None:
        file.unlink()
    else:
        file.write_bytes(damaged)
    assert read_kept(TEXTS, file) == {}


def test_a_text_that_is_not_kept_is_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def worked_out(_: Vectors, texts: list[str]) -> Floats:
        asked.extend(texts)
        return np.ones((len(texts), HALF * len(LAYERS)), dtype=np.float32)

    monkeypatch.setattr(Vectors, "worked_out", worked_out)
    known = load_content(ROOT / "knowledge").topics["payment-benefits"].phrasings[0]
    found = Vectors(tmp_path / "knowledge.db").of_content([known, "a wording nobody has written yet", known])
    assert asked == ["a wording nobody has written yet"]
    assert found.shape == (3, HALF * len(LAYERS))
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])


def test_the_file_that_comes_with_the_code_fits_the_content() -> None:
    """Else a first start takes half a minute. `facilitator knowledge vectors` makes it anew."""
    assert share_kept(load_content(ROOT / "knowledge")) >= 0.95
    assert kept_vectors.FILE.stat().st_size < 6_000_000
