"""The learned half of the screen: one linear model over sentence vectors and terms, trained when loaded."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from facilitator.safety.kinds import SafetyKind
from facilitator.safety.terms import Terms

if TYPE_CHECKING:
    from facilitator.encoder import EmbeddingCache

logger = logging.getLogger(__name__)

KINDS = tuple(SafetyKind)
Floats = NDArray[np.float32]
_VERSION = "1"  # of the features; raise it when they change, so that what was learned before is not used
_STRENGTH = 30.0
# Every layer of the encoder: meaning alone loses what tells "I died of embarrassment" from "I want to die".
LAYERS = (1, 2, 3, 4, 5, 6)


class Encoder(Protocol):
    """What is needed of `facilitator.encoder.SentenceEncoder`; `shared_encoder(LAYERS)` gives the best one."""

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str], cache: EmbeddingCache | None = None) -> Floats: ...

    def disk_cache(self, path: Path) -> EmbeddingCache: ...


class Classifier:
    """Probabilities of the four kinds for prepared windows of text. Immutable, so several threads may share one."""

    def __init__(self, encoder: Encoder, terms: Terms, weights: Floats, biases: Floats) -> None:
        """`weights` has a row for each of KINDS: first the vector's, then the terms'."""
        self._encoder, self._terms, self._weights, self._biases = encoder, terms, weights, biases
        self._split = weights.shape[1] - len(terms)

    def probabilities(self, windows: Sequence[str]) -> Floats:
        """One row a window, one column for each of KINDS; rows add up to 1."""
        scores = self._encoder.encode(windows) @ self._weights[:, : self._split].T + self._biases
        for row, window in enumerate(windows):
            places, values = self._terms.weigh(window)
            scores[row] += self._weights[:, self._split + places] @ values
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float32)

    def save(self, path: Path, key: str) -> None:
        """Keep what was learned. A folder that cannot be written costs the next start some seconds, nothing else."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.npz")
            parts = {"terms": np.array(self._terms.terms), "idf": self._terms.weights, "weights": self._weights, "biases": self._biases}
            np.savez(temporary, key=np.array(key), allow_pickle=False, **parts)
            temporary.replace(path)
        except OSError as error:
            logger.info("safety model not kept: %s", type(error).__name__)


def load(encoder: Encoder, path: Path, key: str) -> Classifier | None:
    """What was learned before from the same lines, or None."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["key"]) != key:
                return None
            return Classifier(encoder, Terms(kept["terms"].tolist(), kept["idf"]), kept["weights"], kept["biases"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def train(encoder: Encoder, texts: Sequence[str], kinds: Sequence[SafetyKind], cache: EmbeddingCache | None = None) -> Classifier:
    """Learn from prepared texts: some seconds, most of them the vectors that `cache` does not hold yet.

    Raises whatever the encoder raises when its model cannot be loaded.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    vectors = encoder.encode(texts, cache=cache)
    terms = Terms.learn(texts)
    weighed = [terms.weigh(text) for text in texts]
    ends = np.cumsum([0, *(len(places) for places, _ in weighed)])
    places, values = np.concatenate([p for p, _ in weighed]), np.concatenate([v for _, v in weighed])
    features = hstack([csr_matrix(vectors), csr_matrix((values, places, ends), shape=(len(texts), len(terms)))]).tocsr()
    model = LogisticRegression(C=_STRENGTH, max_iter=400)
    model.fit(features, [kind.value for kind in kinds])
    order = [list(model.classes_).index(kind.value) for kind in KINDS]
    return Classifier(encoder, terms, model.coef_[order].astype(np.float32), model.intercept_[order].astype(np.float32))


def key_of(texts: Sequence[str], kinds: Sequence[SafetyKind], model: str) -> str:
    """A name for what is learned from these lines with this encoder model and its layers."""
    digest = hashlib.sha256(f"{_VERSION}\0{_STRENGTH}\0{model}".encode())
    for text, kind in zip(texts, kinds, strict=True):
        digest.update(f"\0{kind}\0{text}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
