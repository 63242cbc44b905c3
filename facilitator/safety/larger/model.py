"""Running the larger model that `build` made."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facilitator.encoder.memory import return_memory
from facilitator.safety.batches import Floats, in_batches
from facilitator.safety.larger.build import built_path

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_MOST_TOKENS = 96
_BATCH = 8  # at most; the pieces of a long message that are read again are shared out between two cores
# Its vocabulary is MiniLM's with four pieces put before it, and other marks for start, end and padding.
_SHIFT, _START, _PADDING, _END = 4, 0, 1, 2
_BUCKETS, _EXACT, _FARTHEST = 16, 8, 128


class LargerModelMissing(RuntimeError):
    """The model has not been built on this machine: run set-up again."""


class LargerEncoder:
    """Texts in, mean-pooled vectors out (768 floats), like `tuned.TunedEncoder`. One object serves several threads."""

    def __init__(self, session: InferenceSession, weights: Floats, biases: Floats) -> None:
        self._session, self.weights, self.biases = session, weights, biases

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row for each text. Texts of like length are read together."""
        size = min(_BATCH, -(-len(texts) // 2)) or 1
        return in_batches([token_ids(text) for text in texts], size, self._pooled, self.weights.shape[1])

    def _pooled(self, tokens: list[list[int]]) -> Floats:
        ids = np.full((len(tokens), max(map(len, tokens))), _PADDING, dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.float32)
        for row, line in enumerate(tokens):
            ids[row, : len(line)], mask[row, : len(line)] = line, 1
        feed = {"ids": ids, "mask": mask, "buckets": buckets(ids.shape[1])}
        return np.asarray(self._session.run(["vectors"], feed)[0], dtype=np.float32)


class LargerModel:
    """The larger model, loaded when first asked for (about a second)."""

    def __init__(self, path: Path, models: Path) -> None:
        """`path` is the committed file of changes; `models` the folder that the built model is in."""
        self.path, self._models = path, models
        self._lock = threading.Lock()
        self._encoder: LargerEncoder | None = None

    def encoder(self) -> LargerEncoder:
        """Raises LargerModelMissing, or whatever stops the model from being read."""
        with self._lock:
            self._encoder = self._encoder or _open(built_path(self.path, self._models), self.path)
        return self._encoder


def token_ids(text: str) -> list[int]:
    """Ids as the published tokenizer gives them."""
    from facilitator.encoder.tokenizer import token_ids as minilm_ids

    return [_START, *(piece + _SHIFT for piece in minilm_ids(text)[1:-1][: _MOST_TOKENS - 2]), _END]


@lru_cache(maxsize=128)
def buckets(length: int) -> NDArray[np.int64]:
    """How far each token is from each, as the model counts it: exactly when near, roughly when far, before and after apart."""
    apart = np.arange(length)[:, None] - np.arange(length)[None, :]
    far = np.abs(apart)
    rough = _EXACT + (np.log(np.maximum(far, 1) / _EXACT) / np.log(_FARTHEST / _EXACT) * (_BUCKETS - _EXACT)).astype(np.int64)
    return np.asarray(np.where(far < _EXACT, far, np.minimum(rough, _BUCKETS - 1)) + np.where(apart < 0, _BUCKETS, 0))


def _open(built: Path, changes: Path) -> LargerEncoder:
    if not built.exists():
        raise LargerModelMissing(f"{built.name} is not in {built.parent}")
    # onnxruntime 1.32 looks for its maker's collector unless told not to before it is loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # two cores are shared by three processes
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(built), options, providers=["CPUExecutionProvider"])
    return_memory()
    with np.load(changes, allow_pickle=False) as file:
        return LargerEncoder(session, file["head.weights"].astype(np.float32), file["head.biases"].astype(np.float32))
