"""Crisis words in Welsh and the most used UK community languages. Plain phrases: no speaker has reviewed them yet."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind

_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@dataclass(frozen=True)
class ForeignPhrase:
    """A phrase found. `id` is `<language>:<kind>` and holds nothing the person typed."""

    id: str
    kind: SafetyKind


class Languages:
    """Looks for every phrase of every language in one pass."""

    def __init__(self, phrases: dict[str, ForeignPhrase]) -> None:
        self._phrases = phrases
        ordered = sorted(phrases, key=len, reverse=True)
        self._pattern = re.compile("|".join(_bounded(phrase) for phrase in ordered)) if ordered else None

    def find(self, text: str) -> ForeignPhrase | None:
        """The first phrase found, or None."""
        found = self._pattern.search(fold(text)) if self._pattern else None
        return self._phrases[found.group()] if found else None


def fold(text: str) -> str:
    """Lower case, without accents, vowel marks of Arabic script, or doubled spaces, so that slips in them do not matter."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter) or unicodedata.category(letter) == "Mc")
    plain = unicodedata.normalize("NFC", kept).replace("\u0142", "l").replace("\u0640", "")
    return re.sub(r"[\s'\u2019`\u00b4\-_]+", " ", plain)


def load_languages(path: Path) -> Languages:
    """Read `languages.yml`.

    Raises:
        ContentError: names the file, the language's line and the fault.
    """
    document = read_yaml(path)
    phrases: dict[str, ForeignPhrase] = {}
    for block in document.get("languages") or []:
        line = block.get("__line__") if isinstance(block, dict) else None
        if not isinstance(block, dict) or not block.get("code") or not block.get("review"):
            raise ContentError(path, line, "every language needs a code and the state of its review")
        for kind in SafetyKind:
            for phrase in block.get(kind.value) or []:
                folded = fold(str(phrase)).strip()
                if len(folded) < 3:
                    raise ContentError(path, line, f"{block['code']}: a phrase is too short to be told from other words")
                phrases.setdefault(folded, ForeignPhrase(f"{block['code']}:{kind.value}", kind))
    return Languages(phrases)


def _bounded(phrase: str) -> str:
    escaped = re.escape(phrase)
    return escaped if _UNSPACED.search(phrase) else rf"(?<!\w){escaped}(?!\w)"
