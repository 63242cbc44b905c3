"""The learned half of the screen: a linear model over sentence vectors and words, trained when loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from facilitator.safety.kinds import SafetyKind

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from facilitator.encoder import EmbeddingCache

KINDS = tuple(SafetyKind)


class Encoder(Protocol):
    """What is needed of `facilitator.encoder.SentenceEncoder`."""

    def encode(self, texts: Sequence[str], cache: EmbeddingCache | None = None) -> NDArray[np.float32]: ...


class Classifier:
    """Probabilities of the four kinds for prepared windows of text. Immutable once trained."""

    def __init__(self, encoder: Encoder, words: TfidfVectorizer, model: LogisticRegression) -> None:
        self._encoder, self._words, self._model = encoder, words, model
        self._order = [list(model.classes_).index(kind.value) for kind in KINDS]

    def probabilities(self, windows: Sequence[str]) -> NDArray[np.float64]:
        """One row a window, one column for each of KINDS; rows add up to 1."""
        features = _features(self._encoder.encode(windows), self._words.transform(windows))
        return np.asarray(self._model.predict_proba(features)[:, self._order], dtype=np.float64)


def train(encoder: Encoder, texts: Sequence[str], kinds: Sequence[SafetyKind], cache: EmbeddingCache | None = None) -> Classifier:
    """Learn from prepared texts. About a second once the vectors are in `cache`.

    Raises whatever the encoder raises when its model cannot be loaded.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = encoder.encode(texts, cache=cache)
    # vectors carry what was meant, words carry "not", "used to" and "he", which vectors blur
    words = TfidfVectorizer(ngram_range=(1, 3), min_df=2, sublinear_tf=True, token_pattern=r"\S+")
    model = LogisticRegression(C=6.0, max_iter=2000, class_weight="balanced")
    model.fit(_features(vectors, words.fit_transform(texts)), [kind.value for kind in kinds])
    return Classifier(encoder, words, model)


def _features(vectors: NDArray[np.float32], words: object) -> object:
    from scipy.sparse import csr_matrix, hstack

    return hstack([csr_matrix(vectors * 2.0), words]).tocsr()
