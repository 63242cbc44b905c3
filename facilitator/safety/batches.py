"""Texts read in batches of like length. A long message is several batches, and has two cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_AT_ONCE = 2
_threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="safety")


def in_batches(tokens: Sequence[list[int]], size: int, read: Callable[[list[list[int]]], Floats], width: int) -> Floats:
    """One row of `width` for each list of tokens. `read` is given at most `size` of like length, so that little is computed on padding.

    onnxruntime lets other threads run while it computes, so that a long message can have both cores.
    """
    order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    found = np.empty((len(tokens), width), dtype=np.float32)
    each = map if len(batches) == 1 else _threads.map
    for batch, rows in zip(batches, each(lambda places: read([tokens[at] for at in places]), batches), strict=True):
        found[batch] = rows
    return found
