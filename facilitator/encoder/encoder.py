"""Text in, unit vectors out: mean-pooled MiniLM through onnxruntime."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .embedding_cache import EmbeddingCache
from .latest import Latest, mark_of
from .layers import DIMENSIONS, LAST_LAYER, MODEL_SHA256, Layers
from .tokenizer import token_ids

_BATCH_TEXTS = 32
_BATCH_TOKENS = 2048  # padded; keeps the peak memory of a batch of long texts near 60 MB
_REMEMBERED = 4096  # vectors kept in memory: 6 MB

Vectors = NDArray[np.float32]


class SentenceEncoder:
    """Encodes text, remembering the latest vectors by a hash of the text, never by the text.

    `layers` says which of the model's six layers are pooled; several are put side by side, each of equal weight.
    The last alone is the published model, and what to compare meanings with. Earlier layers keep more of the wording,
    which a classifier with few examples can use (docs/decisions/0005-intent-pipeline.md).

    The weights are int8 and the arithmetic is float, so a vector does not depend on what it was batched with
    (checked: docs/decisions/0004-sentence-encoder.md). One object serves several threads.
    """

    def __init__(self, threads: int = 1, remembered: int = _REMEMBERED, layers: tuple[int, ...] = LAST_LAYER) -> None:
        self._layers = layers
        self._model = Layers(layers, threads)
        self._lock = threading.Lock()
        self._memory: Latest[bytes, Vectors] = Latest(remembered)

    def encode(self, texts: Sequence[str], cache: EmbeddingCache | None = None) -> Vectors:
        """One row of length 1 for each text, shape (len(texts), dimensions).

        `cache` keeps vectors on disk: for training and index builds, never for what people type.
        Raises ModelFileError when the installed model is another file than the one pinned here.
        """
        known = self._recall(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        if missing and cache is not None:
            known.update(cache.read(missing))
            missing = [text for text in missing if text not in known]
        if missing:
            fresh = dict(zip(missing, self._compute(missing), strict=True))
            known.update(fresh)
            self._remember(fresh)
            if cache is not None:
                cache.write(fresh)
        rows = [known[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.dimensions), dtype=np.float32)

    @property
    def dimensions(self) -> int:
        """How long a vector is: 384 for each layer."""
        return DIMENSIONS * len(self._layers)

    def disk_cache(self, path: Path) -> EmbeddingCache:
        """A cache in the file at `path` for vectors of this encoder's layers."""
        # the last layer's name is the model's alone: the knowledge index and the safety screen share such files
        name = MODEL_SHA256 if self._layers == LAST_LAYER else f"{MODEL_SHA256} layers {self._layers}"
        return EmbeddingCache(path, name, self.dimensions)

    def encode_one(self, text: str) -> Vectors:
        """The vector of one text, shape (dimensions,)."""
        return np.asarray(self.encode([text])[0])

    def warm_up(self) -> None:
        """Load the model now (about 0.3 s) instead of at the first message."""
        self._model.warm_up()

    def _compute(self, texts: list[str]) -> Vectors:
        tokens = [token_ids(text) for text in texts]
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            vectors[batch] = self._run([tokens[index] for index in batch])
        return vectors

    def _run(self, tokens: list[list[int]]) -> Vectors:
        hidden, mask = self._model.run(tokens)
        pooled = [_pool(layer, mask) for layer in hidden]
        return np.asarray(np.hstack(pooled) / np.sqrt(np.float32(len(pooled))))

    def _recall(self, texts: Sequence[str]) -> dict[str, Vectors]:
        with self._lock:
            found = {text: self._memory.get(mark_of(text)) for text in set(texts)}
        return {text: vector for text, vector in found.items() if vector is not None}

    def _remember(self, fresh: dict[str, Vectors]) -> None:
        with self._lock:
            for text, vector in fresh.items():
                self._memory.put(mark_of(text), vector)


@lru_cache(maxsize=None)
def shared_encoder(layers: tuple[int, ...] = LAST_LAYER) -> SentenceEncoder:
    """The process's encoder: the weights take 90 MB once loaded, so a process should ask for one kind only."""
    return SentenceEncoder(remembered=_REMEMBERED // len(layers), layers=layers)


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Indexes in batches of texts of like length, so that little is computed on padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[index] > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _pool(hidden: Vectors, mask: NDArray[np.int64]) -> Vectors:
    """Mean over the tokens that are no padding, scaled to length 1."""
    weights = mask[..., None].astype(np.float32)
    mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)
