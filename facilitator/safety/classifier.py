"""The learned half of the screen: tuned sentence models, each with a small head. Lines changed since the tuning adjust the heads only."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facilitator.safety.kinds import SafetyKind
from facilitator.safety.material import Example
from facilitator.safety.tuned import Floats, Member, TunedModel

logger = logging.getLogger(__name__)

KINDS = tuple(SafetyKind)
_VERSION = "2"  # of how heads are adjusted; raise it when that changes, so that what was learned before is not used
_REHEARSED = 1500  # known lines kept in view while new ones are learned, so that little else moves
_READ_BY_ALL = 12  # more pieces than this are read by the last member alone, which keeps a long message near a third of a second
_HOLD = 3.0  # how strongly a head is held to what was tuned
Head = tuple[Floats, Floats]
Prepare = Callable[[str], str]


class Classifier:
    """Probabilities of the four kinds for prepared text, the mean of all members. Immutable, so several threads may share one."""

    def __init__(self, members: Sequence[Member], heads: Sequence[Head]) -> None:
        self._members, self.heads = tuple(members), tuple(heads)

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """One row a text, one column for each of KINDS; rows add up to 1."""
        pairs = list(zip(self._members, self.heads, strict=True))
        if len(texts) > _READ_BY_ALL:
            pairs = pairs[-1:]
        rows = [_softmax(member.vectors(texts) @ weights.T + biases) for member, (weights, biases) in pairs]
        return np.asarray(np.mean(rows, axis=0), dtype=np.float32)


def load_classifier(
    model: TunedModel, content: str, read: Callable[[], Sequence[Example]], prepare: Prepare, kept: Path | None
) -> Classifier:
    """The tuned classifier; when some lines are new since the tuning, with heads adjusted to them.

    Args:
        content: names the lines as they stand (`content_of`). read: gives them, and is called only when they are needed,
            as reading 15,000 lines takes seconds. prepare: makes a line what the screen will read.
        kept: file that keeps adjusted heads between starts.
    Raises whatever the model or its file raises when it cannot be read, and what `read` raises.
    """
    members = model.members()
    tuned = Classifier(members, [(member.weights, member.biases) for member in members])
    with np.load(model.path, allow_pickle=False) as file:
        known, known_content = frozenset(file["lines"].tolist()), str(file["content"])
    if content == known_content:
        return tuned
    key = hashlib.sha256(f"{_VERSION} {content}".encode() + model.path.read_bytes()).hexdigest()
    heads = _read(kept, key, len(members)) if kept else None
    if heads is not None:
        return Classifier(members, heads)
    lines = read()
    marks = [mark_of(line.text, line.kind) for line in lines]
    new = [at for at, mark in enumerate(marks) if mark not in known]
    if not new:
        return tuned
    rehearsed = sorted(set(range(len(lines))) - set(new), key=marks.__getitem__)[:_REHEARSED]
    chosen = [lines[at] for at in (*new, *rehearsed)]
    texts, wanted = [prepare(line.text) for line in chosen], [KINDS.index(line.kind) for line in chosen]
    heads = [_adjusted(member, texts, wanted) for member in members]
    if kept:
        _write(kept, key, heads)
    return Classifier(members, heads)


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


def _adjusted(member: Member, texts: Sequence[str], wanted: Sequence[int]) -> Head:
    """The head nearest to the tuned one that also fits these lines (logistic regression held to the tuned head)."""
    from scipy.optimize import minimize

    vectors = np.hstack([member.vectors(texts), np.ones((len(texts), 1), dtype=np.float32)]).astype(np.float64)
    start = np.hstack([member.weights, member.biases[:, None]]).astype(np.float64)
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


def _read(path: Path, key: str, count: int) -> list[Head] | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["key"]) != key:
                return None
            return [(file[f"weights{number}"], file[f"biases{number}"]) for number in range(count)]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _write(path: Path, key: str, heads: Sequence[Head]) -> None:
    """A folder that cannot be written costs the next start some seconds, nothing else."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.npz")
        parts: dict[str, Any] = {}
        for number, (weights, biases) in enumerate(heads):
            parts |= {f"weights{number}": weights, f"biases{number}": biases}
        np.savez(temporary, key=np.array(key), **parts)
        temporary.replace(path)
    except OSError as error:
        logger.info("adjusted safety heads not kept: %s", type(error).__name__)


def _softmax(raw: NDArray[np.floating]) -> NDArray[np.floating]:
    raised = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
