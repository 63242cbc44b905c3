"""Text as the finders read it: without invisible letters, in one form of every letter and digit; and the way back to the original.

Full-width digits, letters with loose accents, zero-width spaces and mathematical letters look the same to a reader, and would otherwise
hide a name or a number. What is stored is the original, with the detail cut out of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facilitator.privacy.entities import PLACEHOLDERS, Entity

# Long runs of signs say nothing, and cost the finders seconds: 12,000 hyphens 2.3 s (spaCy's tokenizer, while it read them, far more).
_RUN_OF_SIGNS = re.compile(r"[^a-zA-Z0-9\s]{4}")
_PLACEHOLDER = "|".join(re.escape(placeholder) for placeholder in PLACEHOLDERS.values())
_HAS_PLACEHOLDER = re.compile(_PLACEHOLDER)
# What was taken out before is one sign without meaning: the "name" of "[name]" must not make a name of the word after it.
_TAKEN_OUT = "\u25a1"
_CLUSTER = re.compile(rf"(?s){_PLACEHOLDER}|.[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\ufe00-\ufe0f]*")
_KEPT_SIGNS = 3


@dataclass(frozen=True)
class Plain:
    """`text` to search; each of its characters stands for `starts[i]` to `ends[i]` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def in_original(self, entity: Entity) -> Entity:
        return Entity(self.starts[entity.start], self.ends[entity.end - 1], entity.type)


def read_plainly(text: str) -> Plain:
    """The plain form. For text that is plain already nothing is changed."""
    if text.isascii() and not _RUN_OF_SIGNS.search(text) and not _HAS_PLACEHOLDER.search(text):
        return Plain(text, range(len(text)), range(1, len(text) + 1))
    pieces = [(letter, start, end) for shown, start, end in _without_long_runs(text) for letter in shown]
    return Plain("".join(letter for letter, _, _ in pieces), [start for _, start, _ in pieces], [end for _, _, end in pieces])


def _without_long_runs(text: str) -> Iterator[tuple[str, int, int]]:
    run = 0
    for match in _CLUSTER.finditer(text):
        shown = _one_form(match.group())
        is_sign = bool(shown) and not any(letter.isalnum() or letter.isspace() for letter in shown)
        run = run + 1 if is_sign else (run if not shown else 0)
        if shown and run <= _KEPT_SIGNS:
            yield shown, match.start(), match.end()


def _one_form(cluster: str) -> str:
    """One letter with its accents, in its usual form; nothing for what cannot be seen."""
    if len(cluster) > 2 and _HAS_PLACEHOLDER.fullmatch(cluster):
        return _TAKEN_OUT
    seen = "".join(letter for letter in cluster if unicodedata.category(letter) not in ("Cf", "Me") and not "\ufe00" <= letter <= "\ufe0f")
    form = unicodedata.normalize("NFKC", seen)
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in form)
