"""What a sentence vector is to search: layers 3 and 6 of the encoder, side by side.

The last layer says what a text means; the third still knows how it was worded, which lifts the ridge regression by about one question
in a hundred (docs/decisions/0006-knowledge-search.md). Nearness of meaning is always taken from the last layer alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LAYERS = (3, 6)
HALF = 384  # numbers a layer


def similarities(rows: Floats, vector: Floats) -> tuple[Floats, Floats]:
    """Cosine of `vector` with each row: over both layers, and of meaning alone."""
    meaning = rows[:, HALF:] @ vector[HALF:]
    return rows[:, :HALF] @ vector[:HALF] + meaning, meaning * len(LAYERS)


def meaning(vectors: Floats) -> Floats:
    """The last layer's part of vectors, brought back to length 1."""
    return np.ascontiguousarray(vectors[..., HALF:]) * np.float32(np.sqrt(len(LAYERS)))
