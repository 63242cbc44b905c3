"""The encoder against the genuine model: ids of its tokenizer.json, vectors of its float32 weights."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from facilitator.encoder import DIMENSIONS, MODEL_SHA256, EmbeddingCache, SentenceEncoder, layers
from facilitator.encoder.tokenizer import MAX_TOKENS, token_ids

HERE = Path(__file__).parent
GENUINE_IDS = json.loads((HERE / "genuine_tokens.json").read_text())


@pytest.fixture(scope="module")
def mini_lm() -> SentenceEncoder:
    return SentenceEncoder()


@pytest.mark.parametrize("text", list(GENUINE_IDS), ids=lambda text: ascii(text)[:30])
def test_tokens_are_those_of_the_genuine_tokenizer(text: str) -> None:
    assert token_ids(text) == GENUINE_IDS[text]


def test_half_a_surrogate_pair_is_a_question_mark() -> None:
    assert token_ids("hi \ud83d") == token_ids("hi ?")


def test_vectors_are_those_of_the_genuine_weights(mini_lm: SentenceEncoder) -> None:
    genuine = np.load(HERE / "genuine_vectors.npz")
    cosines = (mini_lm.encode(list(genuine["texts"])) * genuine["vectors"]).sum(axis=1)
    assert cosines.min() > 0.996, dict(zip(genuine["texts"], cosines, strict=True))


def test_layers_are_those_of_the_genuine_weights() -> None:
    genuine = np.load(HERE / "genuine_vectors.npz")
    layered = SentenceEncoder(layers=(1, 2, 3, 4, 5, 6))
    assert layered.dimensions == 6 * DIMENSIONS
    found = layered.encode(list(genuine["texts"])).reshape(-1, 6, DIMENSIONS) * np.sqrt(6)
    cosines = (found * genuine["layers"]).sum(axis=2)
    assert cosines.min() > 0.995, cosines.min(axis=0)
    assert np.allclose(found[:, 5], SentenceEncoder().encode(list(genuine["texts"])), atol=1e-5)


@pytest.mark.parametrize("layers", [(), (0,), (7,), (1, 7)])
def test_there_are_six_layers(layers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        SentenceEncoder(layers=layers)


def test_caches_of_different_layers_do_not_mix(tmp_path: Path) -> None:
    last, both = SentenceEncoder(), SentenceEncoder(layers=(5, 6))
    last.encode(["text"], last.disk_cache(tmp_path / "c"))
    assert both.disk_cache(tmp_path / "c").read(["text"]) == {}
    assert list(_cache(tmp_path / "c").read(["text"])) == ["text"], "the cache other parts make by hand is the same one"


def test_a_vector_does_not_depend_on_what_it_was_encoded_with(mini_lm: SentenceEncoder) -> None:
    texts = [f"{'word ' * length}number {length}" for length in (0, 1, 3, 30, 250, 400)]
    together = SentenceEncoder(remembered=0).encode(texts)
    alone = np.stack([SentenceEncoder(remembered=0).encode_one(text) for text in texts])
    assert np.abs(together - alone).max() < 1e-5


def test_rows_come_in_the_order_of_the_texts_repeats_included(mini_lm: SentenceEncoder) -> None:
    rows = mini_lm.encode(["one", "a much longer sentence than the first", "one"])
    assert rows.shape == (3, DIMENSIONS) and rows.dtype == np.float32
    assert (rows[0] == rows[2]).all() and (rows[0] != rows[1]).any()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(mini_lm: SentenceEncoder) -> None:
    assert mini_lm.encode([]).shape == (0, DIMENSIONS)


def test_long_text_is_cut_not_refused(mini_lm: SentenceEncoder) -> None:
    assert len(token_ids("word " * 5000)) == MAX_TOKENS
    assert mini_lm.encode_one("word " * 5000).shape == (DIMENSIONS,)


def test_memory_holds_hashes_and_forgets_the_oldest() -> None:
    small = SentenceEncoder(remembered=2)
    small.encode(["one"])
    small.encode(["two", "three"])
    kept = small._memory._found
    assert len(kept) == 2 and "three" not in str(list(kept))
    assert not small._recall(["one"]) and small._recall(["three"])


def test_importing_loads_nothing() -> None:
    program = "import sys, facilitator.encoder; sys.exit('onnxruntime' in sys.modules or 'tokenizers' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=HERE.parents[1])


def test_another_model_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MODEL_SHA256", "0" * 64)
    with pytest.raises(layers.ModelFileError):
        SentenceEncoder().warm_up()


def test_threads_may_share_an_encoder() -> None:
    shared, found = SentenceEncoder(), []
    expected = SentenceEncoder().encode([f"sentence {n}" for n in range(40)])
    threads = [threading.Thread(target=lambda n=n: found.append((n, shared.encode_one(f"sentence {n}")))) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.allclose(vector, expected[n], atol=1e-5) for n, vector in found) and len(found) == 40


def _cache(path: Path) -> EmbeddingCache:
    return EmbeddingCache(path, MODEL_SHA256, DIMENSIONS)


def test_a_cached_vector_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"text {n}" for n in range(700)]
    cache = _cache(tmp_path / "deep" / "cache.sqlite")
    vectors = {text: np.full(DIMENSIONS, n, np.float32) for n, text in enumerate(texts)}
    cache.write(vectors)
    fresh = SentenceEncoder()
    monkeypatch.setattr(fresh, "_compute", lambda texts: pytest.fail("computed again"))
    assert (fresh.encode(texts, cache) == np.stack([vectors[text] for text in texts])).all()


def test_another_model_finds_nothing_in_the_cache(tmp_path: Path) -> None:
    _cache(tmp_path / "c").write({"text": np.zeros(DIMENSIONS, np.float32)})
    assert EmbeddingCache(tmp_path / "c", "another", DIMENSIONS).read(["text"]) == {}


def test_a_damaged_cache_is_replaced(tmp_path: Path, mini_lm: SentenceEncoder) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"not a database" * 100)
    first = mini_lm.encode(["a text no other test uses"], _cache(path))
    assert (_cache(path).read(["a text no other test uses"])["a text no other test uses"] == first[0]).all()


def test_a_cut_vector_in_the_cache_is_ignored(tmp_path: Path) -> None:
    cache = _cache(tmp_path / "c")
    cache.write({"text": np.zeros(DIMENSIONS, np.float32)})
    with sqlite3.connect(tmp_path / "c") as connection:
        connection.execute("UPDATE vectors SET vector = x'00'")
    assert cache.read(["text"]) == {}


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, mini_lm: SentenceEncoder) -> None:
    (tmp_path / "file").write_text("")
    assert mini_lm.encode(["yet another text"], _cache(tmp_path / "file" / "cache.sqlite")).shape == (1, DIMENSIONS)
