"""The glossary: hard words and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from facilitator.errors import ContentError
from facilitator.knowledge.base import Term
from facilitator.knowledge.rows import read_blocks
from facilitator.knowledge.words import lemmas


class Glossary:
    """Finds the terms named in a text, whatever their ending ("consulted", "consulting")."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self._by_name: dict[tuple[str, ...], Term] = {}
        for term in terms:
            for spelling in (term.term, *term.also):
                self._by_name.setdefault(tuple(lemmas(spelling)), term)
        self._longest = max(map(len, self._by_name), default=0)

    def explain(self, text: str) -> Term | None:
        """The entry whose name stands in `text`: the longest name, then the first; None when there is none."""
        found = lemmas(text)
        for length in range(min(self._longest, len(found)), 0, -1):
            for start in range(len(found) - length + 1):
                term = self._by_name.get(tuple(found[start : start + length]))
                if term is not None:
                    return term
        return None


def load_glossary(path: Path) -> Glossary:
    """Read `glossary.yml`: a list of blocks with `term` and `meaning`, maybe `topic` and `also`.

    Raises:
        ContentError: names the file, the line and the first fault.
    """
    return Glossary([_term(path, line, block) for line, block in read_blocks(path)])


def _term(path: Path, line: int, block: Mapping[str, Any]) -> Term:
    term, meaning = (str(block.get(name) or "").strip() for name in ("term", "meaning"))
    if not term or not meaning:
        raise ContentError(path, line, f"{term or 'an entry'} has no {'meaning' if term else 'term'}")
    topic = str(block["topic"]) if block.get("topic") else None
    return Term(term, meaning, topic, tuple(str(name) for name in block.get("also") or ()))
