"""Making the larger model's file once: published weights, what was tuned, int8. `facilitator safety-model` does it at set-up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facilitator.safety.larger.base import Floats, read_weights

# Raise it when `graph` changes what it makes of the same weights.
_VERSION = "1"


class ChangesError(RuntimeError):
    """What was tuned does not fit the weights."""


def built_path(changes: Path, models: Path) -> Path:
    """Where the model made with the file of `changes` is kept: another file gives another name."""
    return models / f"safety-{hashlib.sha256(_VERSION.encode() + changes.read_bytes()).hexdigest()[:12]}.onnx"


def build_model(changes: Path, packages: Path, models: Path) -> Path:
    """The model's file, made if it is not there; older ones are removed. Takes about 20 seconds and 1 GB of memory.

    Raises:
        BaseModelError: the published weights are not in the folder `packages`. ChangesError: the changes are not for them.
    """
    path = built_path(changes, models)
    if path.exists():
        return path
    from facilitator.safety.larger.graph import build

    with np.load(changes, allow_pickle=False) as file:
        parts = {name: file[name] for name in file.files}
    model = build(changed(read_weights(packages), parts))
    models.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".making")
    temporary.write_bytes(model.SerializeToString())
    temporary.replace(path)  # another process never sees half a file
    for older in models.glob("safety-*.onnx"):
        if older != path:
            older.unlink()
    return path


def changed(weights: Mapping[str, Floats], parts: Mapping[str, NDArray[np.generic]]) -> dict[str, Floats]:
    """The weights with what was tuned: `<layer>.down` and `.up` multiply and are added to `<layer>.weight`; other names replace.

    Raises:
        ChangesError: a weight that changes is not there, or has another size.
    """
    found = dict(weights)
    for name, part in parts.items():
        layer, _, end = name.rpartition(".")
        if not name.startswith("encoder.") or end == "up":
            continue
        target = f"{layer}.weight" if end == "down" else name
        value: Floats = part.astype(np.float32)
        if end == "down":
            value = (value @ parts[f"{layer}.up"].astype(np.float32)).T
        if target not in weights or weights[target].shape != value.shape:
            raise ChangesError(f"{target} is not in the model, or has another size")
        found[target] = weights[target] + value if end == "down" else value
    return found
