"""Crisis words in Welsh and the most used UK community languages. Plain phrases: no speaker has reviewed them yet."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from facilitator.checklist.content import read_yaml
from facilitator.errors import ContentError
from facilitator.safety.kinds import SafetyKind

# letters that no decomposition brings together: Polish l, d with a bar, dotless i; Urdu and Persian forms of Arabic letters
_ALIKE = str.maketrans(
    {
        "\u0142": "l",
        "\u0111": "d",
        "\u0131": "i",
        "\u06cc": "\u064a",
        "\u0649": "\u064a",
        "\u06a9": "\u0643",
        "\u06c1": "\u0647",
        "\u0629": "\u0647",
        "\u0640": None,
    }
)
_BETWEEN = re.compile(r"[\s'\u2018\u2019`\u00b4\-_\u200b-\u200f]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"[^\s.,!?;:()\[\]{}\"\u201c\u201d\u060c\u061b\u061f\u06d4\u0964/|]+")


@dataclass(frozen=True)
class ForeignPhrase:
    """A phrase found. `id` is `<language>:<kind>` and holds nothing the person typed."""

    id: str
    kind: SafetyKind


class Languages:
    """Looks for the phrases of every language in one pass over the words.

    One regular expression of all 1,400 phrases took 1.3 s on the longest message allowed; this takes a few milliseconds.
    """

    def __init__(self, phrases: Mapping[str, ForeignPhrase]) -> None:
        self._by_first: dict[str, list[tuple[list[str], ForeignPhrase]]] = defaultdict(list)
        self._unspaced = {phrase: kind for phrase, kind in phrases.items() if _UNSPACED.search(phrase)}
        self._stems: list[tuple[str, ForeignPhrase]] = []
        for phrase, kind in phrases.items():
            words = phrase.split()
            if len(words) == 1 and phrase.endswith("*"):
                self._stems.append((phrase[:-1], kind))
            elif phrase not in self._unspaced:
                self._by_first[words[0]].append((words, kind))

    def find(self, text: str) -> ForeignPhrase | None:
        """The longest phrase at the first place where one is found, or None."""
        folded = fold(text)
        if _UNSPACED.search(folded):
            found = (kind for phrase, kind in self._unspaced.items() if phrase in folded)
            return next(found, None)
        words = _WORD.findall(folded)
        return next(self._matches(words), None)

    def _matches(self, words: Sequence[str]) -> Iterator[ForeignPhrase]:
        for at, word in enumerate(words):
            longest = 0
            best: ForeignPhrase | None = None
            for phrase, kind in self._by_first.get(word, ()):
                if len(phrase) > longest and _same(phrase, words[at : at + len(phrase)]):
                    longest, best = len(phrase), kind
            if best is None:
                best = next((kind for stem, kind in self._stems if word.startswith(stem)), None)
            if best is not None:
                yield best


def fold(text: str) -> str:
    """Lower case, without accents or vowel marks, hyphens and apostrophes as spaces, so that slips in them do not matter."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = unicodedata.normalize("NFC", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return _BETWEEN.sub(" ", plain.translate(_ALIKE))


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


def _same(phrase: Sequence[str], words: Sequence[str]) -> bool:
    if len(phrase) != len(words) or list(phrase[:-1]) != list(words[:-1]):
        return False
    return words[-1].startswith(phrase[-1][:-1]) if phrase[-1].endswith("*") else words[-1] == phrase[-1]
