"""Vectors of our own wordings and passages, committed beside the code, so that a first start need not work them out.

On two cores encoding them takes 20 s and everything else 6. The file is a help, never a need: a text it does not hold is encoded, and a
file made with another model is left alone. Four bits a number: a text's cosine with itself is 0.996 on average and cosines between two
texts differ by 0.003, about what the model's own rounding costs (docs/decisions/0006-knowledge-search.md).

Only for text of this repository: from the hash of a short message the message could be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from facilitator.knowledge.vectors import HALF, LAYERS, Floats

FILE = Path(__file__).with_name("vectors.npz")

_STEP = 0.335  # of a standard deviation: loses least when 16 steps hold a bell curve
_STEPS = 16


def read_kept(texts: Sequence[str], path: Path = FILE) -> dict[str, Floats]:
    """The vectors held for `texts`, each of length 1; texts that are not in the file are left out."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["made_with"]) != _made_with():
                return {}
            keys, codes, mean, spread = (file[name] for name in ("keys", "codes", "mean", "spread"))
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return {}
    wanted = np.array([_key(text) for text in texts], dtype=np.uint64)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = np.flatnonzero(keys[places] == wanted)
    vectors = _unpacked(codes[places[known]], mean, spread)
    return {texts[int(number)]: vector for number, vector in zip(known, vectors, strict=True)}


def write_kept(texts: Sequence[str], vectors: Floats, path: Path = FILE) -> None:
    """Keep `vectors`, one a text, in place of what the file held."""
    keys, first = np.unique(np.array([_key(text) for text in texts], dtype=np.uint64), return_index=True)
    chosen = vectors[first]
    mean, spread = chosen.mean(axis=0), np.maximum(chosen.std(axis=0), np.float32(1e-6))
    np.savez(path, made_with=_made_with(), keys=keys, codes=_packed(chosen, mean, spread), mean=mean, spread=spread)


def _packed(vectors: Floats, mean: Floats, spread: Floats) -> NDArray[np.uint8]:
    steps = np.floor((vectors - mean) / (spread * _STEP)) + _STEPS // 2
    codes = np.clip(steps, 0, _STEPS - 1).astype(np.uint8)
    return np.asarray(codes[:, 0::2] << 4 | codes[:, 1::2], dtype=np.uint8)


def _unpacked(codes: NDArray[np.uint8], mean: Floats, spread: Floats) -> Floats:
    steps = np.empty((len(codes), len(mean)), dtype=np.float32)
    steps[:, 0::2], steps[:, 1::2] = codes >> 4, codes & 15
    # the middle of a step stands for all of it; each layer is brought back to its own length
    layers = ((steps - _STEPS / 2 + 0.5) * (spread * _STEP) + mean).reshape(len(codes), len(LAYERS), HALF)
    layers /= np.linalg.norm(layers, axis=2, keepdims=True) * np.sqrt(len(LAYERS))
    return np.asarray(layers.reshape(steps.shape), dtype=np.float32)


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _made_with() -> str:
    from facilitator.encoder import MODEL_SHA256

    return f"{MODEL_SHA256} layers {LAYERS}"
