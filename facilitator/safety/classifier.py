"""The learned half of the screen: tuned sentence models, each with a small head. Lines changed since the tuning adjust the head only."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facilitator.safety.batches import Floats
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.material import Example

logger = logging.getLogger(__name__)

KINDS = tuple(SafetyKind)
_VERSION = "3"  # of how heads are adjusted; raise it when that changes, so that what was learned before is not used
_REHEARSED = 1500  # known lines kept in view while new ones are learned, so that little else moves
_HOLD = 25.0  # how strongly a head is held to what was tuned
Head = tuple[Floats, Floats]
Prepare = Callable[[str], str]


class Encoder(Protocol):
    """A tuned sentence model and the head that was learned with it: a row of `weights`, and one of `biases`, for each of KINDS."""

    weights: Floats
    biases: Floats

    def vectors(self, texts: Sequence[str]) -> Floats:
        """One row for each text."""


class Model(Protocol):
    """A tuned model, loaded when first asked for. `path` is the committed file of what was tuned, with the lines it has learned."""

    path: Path

    def encoder(self) -> Encoder:
        """Raises whatever stops it from being read."""


class Classifier:
    """Probabilities of the four kinds for prepared text. Immutable, so several threads may share one."""

    def __init__(self, encoder: Encoder, head: Head) -> None:
        self._encoder, self.head = encoder, head

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column for each of KINDS; rows add up to 1."""
        weights, biases = self.head
        return np.asarray(_softmax(self._encoder.vectors(texts) @ weights.T + biases), dtype=np.float32)


def load_classifier(model: Model, content: str, read: Callable[[], Sequence[Example]], prepare: Prepare, kept: Path | None) -> Classifier:
    """The tuned classifier; when some lines are new since the tuning, with its head adjusted to them.

    Args:
        content: names the lines as they stand (`content_of`). read: gives them, and is called only when they are needed,
            as reading 20,000 lines takes seconds. prepare: makes a line what the screen will read.
        kept: file that keeps an adjusted head between starts.
    Raises whatever the model or its file raises when it cannot be read, and what `read` raises.
    """
    encoder = model.encoder()
    tuned = Classifier(encoder, (encoder.weights, encoder.biases))
    with np.load(model.path, allow_pickle=False) as file:
        known, known_content = frozenset(file["lines"].tolist()), str(file["content"])
    if content == known_content:
        return tuned
    key = hashlib.sha256(f"{_VERSION} {content}".encode() + model.path.read_bytes()).hexdigest()
    head = _read(kept, key) if kept else None
    if head is not None:
        return Classifier(encoder, head)
    lines = read()
    marks = [mark_of(line.text, line.kind) for line in lines]
    new = [at for at, mark in enumerate(marks) if mark not in known]
    if not new:
        return tuned
    rehearsed = sorted(set(range(len(lines))) - set(new), key=marks.__getitem__)[:_REHEARSED]
    chosen = [lines[at] for at in (*new, *rehearsed)]
    head = _adjusted(encoder, [prepare(line.text) for line in chosen], [KINDS.index(line.kind) for line in chosen])
    if kept:
        _write(kept, key, head)
    return Classifier(encoder, head)


def content_of(folder: Path) -> str:
    """A name for the lines of `folder` as they stand: changes with any file that has a `kind`."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.yml")):
        data = path.read_bytes()
        if data.startswith(b"kind:") or b"\nkind:" in data:
            digest.update(path.name.encode() + b"\0" + data)
    return digest.hexdigest()


def mark_of(text: str, kind: SafetyKind) -> int:
    """A number that stands for a line, kept in place of it."""
    digest = hashlib.blake2b(f"{kind}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _adjusted(encoder: Encoder, texts: Sequence[str], wanted: Sequence[int]) -> Head:
    """The head nearest to the tuned one that also fits these lines (logistic regression held to the tuned head)."""
    from scipy.optimize import minimize

    vectors = np.hstack([encoder.vectors(texts), np.ones((len(texts), 1), dtype=np.float32)]).astype(np.float64)
    start = np.hstack([encoder.weights, encoder.biases[:, None]]).astype(np.float64)
    rows, answers = np.arange(len(texts)), np.asarray(wanted)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        change = flat.reshape(start.shape)
        chances = _softmax(vectors @ (start + change).T)
        slope = chances.copy()
        slope[rows, answers] -= 1
        total = -np.log(chances[rows, answers] + 1e-12).sum() + _HOLD * (change**2).sum() / 2
        return float(total), (slope.T @ vectors + _HOLD * change).ravel()

    head = start + minimize(loss, np.zeros(start.size), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x.reshape(start.shape)
    return head[:, :-1].astype(np.float32), head[:, -1].astype(np.float32)


def _read(path: Path, key: str) -> Head | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            return (file["weights"], file["biases"]) if str(file["key"]) == key else None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _write(path: Path, key: str, head: Head) -> None:
    """A folder that cannot be written costs the next start some seconds, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.npz")
        np.savez(temporary, key=np.array(key), weights=head[0], biases=head[1])
        temporary.replace(path)
    except OSError as error:
        logger.info("adjusted safety head not kept: %s", type(error).__name__)


def _softmax(raw: NDArray[np.floating]) -> NDArray[np.floating]:
    raised = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
