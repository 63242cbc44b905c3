"""Sentence vectors: all-MiniLM-L6-v2, 384 floats, on one CPU core.

The one part of `facilitator` that Rasa's own process may import, so it runs on Python 3.10 and 3.12 and needs
numpy, onnxruntime and tokenizers only. Nothing is loaded on import. How the model was checked:
docs/decisions/0004-sentence-encoder.md.
"""

from .embedding_cache import EmbeddingCache
from .encoder import SentenceEncoder, shared_encoder
from .layers import DIMENSIONS, MODEL_SHA256
from .slips import one_slip_away
from .tokenizer import read_vocabulary

__all__ = ["DIMENSIONS", "MODEL_SHA256", "EmbeddingCache", "SentenceEncoder", "one_slip_away", "read_vocabulary", "shared_encoder"]
