"""The WordPiece tokenizer of all-MiniLM-L6-v2, built from its vocabulary.

Built in code rather than read from the published `tokenizer.json` (466 kB of JSON, with padding and truncation
settings we would have to undo). tests/engine/test_encoder.py holds ids made by the genuine file, odd text included.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

VOCABULARY = Path(__file__).with_name("vocab.txt")
MAX_TOKENS = 256  # `max_seq_length` of the published model, [CLS] and [SEP] included
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def read_vocabulary() -> dict[str, int]:
    """Word pieces and their ids: one piece a line, the line number is the id."""
    # split("\n"), never splitlines(): a piece may be a character that Python calls a line break
    pieces = VOCABULARY.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return {piece: number for number, piece in enumerate(pieces)}


def build_tokenizer() -> Tokenizer:
    """A tokenizer that gives the ids of the genuine one, cut at MAX_TOKENS, without padding."""
    from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = read_vocabulary()
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.add_special_tokens([AddedToken(piece, normalized=False, special=True) for piece in _SPECIAL])
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(piece, vocabulary[piece]) for piece in ("[CLS]", "[SEP]")],
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


@lru_cache(maxsize=1)
def shared_tokenizer() -> Tokenizer:
    """One tokenizer for the process: it is read-only, and safe to use from several threads."""
    return build_tokenizer()


def encoded(text: str) -> Encoding:
    """`text` in pieces with [CLS] and [SEP], at most MAX_TOKENS. Half a surrogate pair becomes a question mark, so every place stays."""
    # JSON can carry "\ud83d" alone, which no UTF-8 library accepts
    return shared_tokenizer().encode(text.encode("utf-8", "replace").decode("utf-8"))


def token_ids(text: str) -> list[int]:
    """The ids of `encoded`."""
    return list(encoded(text).ids)
