"""How people ask for things in so many words: the training phrases of bot/data/nlu, to tell a command from words meant to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from facilitator.dates import is_bare_day
from facilitator.errors import ContentError

# What is said in these may be said in need.
_MAY_BE_MORE = frozenset({"frustrated", "human_help", "stop", "nlu_fallback", "other_language", "reflect", "add_comment", "answer_no"})
KNOWN = 90  # likeness, of 100, to a phrase that is known


class Phrases:
    """The phrases of each intent. Immutable."""

    def __init__(self, by_intent: Mapping[str, tuple[str, ...]]) -> None:
        self._by_intent = by_intent

    def knows(self, intent: str, text: str) -> bool:
        """Whether the text is nearly word for word one of the intent's phrases."""
        found = process.extractOne(_plain(text), self._by_intent.get(intent, ()), scorer=fuzz.ratio, score_cutoff=KNOWN)
        return found is not None

    def is_ordinary(self, text: str) -> bool:
        """Whether the text is nearly word for word something people say to get about here, or answers when: "how far have I got",
        "goodbye", "tomorrow"."""
        return is_bare_day(text) or any(self.knows(intent, text) for intent in self._by_intent if intent not in _MAY_BE_MORE)


def load_phrases(folder: Path) -> Phrases:
    """Read every file of the folder.

    Raises:
        ContentError: a file is not what Rasa reads.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            # the C loader: these are thousands of lines
            blocks = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["nlu"]  # noqa: S506
            for block in blocks:
                lines = str(block.get("examples", "")).splitlines()
                found.setdefault(str(block.get("intent")), []).extend(_plain(line.removeprefix("- ")) for line in lines)
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ContentError(path, None, f"cannot be read as training phrases ({type(error).__name__})") from None
    return Phrases({intent: tuple(filter(None, lines)) for intent, lines in found.items()})


def _plain(text: str) -> str:
    return " ".join(text.strip().rstrip(".!?").lower().split())
