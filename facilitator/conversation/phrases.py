"""How people ask for things in so many words: the training phrases of bot/data/nlu, to tell a command from words meant to be kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from facilitator.conversation.words import these, words
from facilitator.dates import is_bare_day
from facilitator.errors import ContentError
from facilitator.fast_yaml import SafeLoader

# What is said in these may be said in need.
_MAY_BE_MORE = frozenset({"frustrated", "human_help", "stop", "nlu_fallback", "other_language", "reflect", "add_comment", "answer_no"})
# In these it is told how things are: only a few words are an ordinary phrase, for a "not" more or less may make a danger of it.
_TELLING = frozenset({"answer_yes", "answer_partly", "answer_unsure", "answer_not_applicable", "ask_question"})
ORDINARY_WORDS, TELLING_WORDS = 9, 4
KNOWN = 90  # likeness, of 100, to a phrase that is known
SLIP = 74  # likeness of two words, one of them misspelled
SHORT = 2
# A word that this many phrases of an intent use, and one in so many of them, is one of that intent's own words.
OFTEN, ONE_IN = 2, 50


# Words that go with any instruction and say nothing of what it is about.
_LITTLE = these(
    "a an and are at be bit can could do does from get give have here i i'd i'll i'm id im is it just let let's lets like me mean my now of"
    " off ok okay one please right see show so sorry thank thanks that that's the then there this to want what what's whats will with would"
    " you your question questions"
)
# Who is spoken of is not the bot: "we all need to pause now and then".
_OTHERS = these(
    "we us our ours they them their theirs he him his she her hers everyone everybody someone somebody anyone anybody nobody people group"
)
_TOGETHER = re.compile(r"^(?:(?:can|could|shall|may|should) we|let us) ")


class Phrases:
    """The phrases of each intent. Immutable."""

    def __init__(self, by_intent: Mapping[str, tuple[str, ...]]) -> None:
        self._by_intent = by_intent

    def knows(self, intent: str, text: str) -> bool:
        """Whether the text is nearly word for word one of the intent's phrases."""
        found = process.extractOne(_plain(text), self._by_intent.get(intent, ()), scorer=fuzz.ratio, score_cutoff=KNOWN)
        return found is not None

    def says(self, intent: str, text: str) -> bool:
        """Whether the text is one of the intent's phrases word for word, but for slips of the pen.

        Unlike `knows`, one word for another makes it something else: "we need a break" is not "I need a break".
        """
        said = words(text)
        return any(len(said) == len(phrase) and all(map(_same, said, phrase)) for phrase in self._in_words.get(intent, ()))

    def is_made_of(self, intent: str, text: str) -> bool:
        """Whether the text holds nothing but the words that the intent's phrases use again and again, and little ones."""
        said = set(words(_TOGETHER.sub("", text.lower())))
        own = self._own_words.get(intent, frozenset())
        return bool((said - _LITTLE) & own) and not said & _OTHERS and said <= own | _LITTLE

    @cached_property
    def _in_words(self) -> dict[str, tuple[list[str], ...]]:
        return {intent: tuple(map(words, phrases)) for intent, phrases in self._by_intent.items()}

    @cached_property
    def _own_words(self) -> dict[str, frozenset[str]]:
        return {intent: _used_often(phrases) for intent, phrases in self._in_words.items()}

    def is_ordinary(self, text: str) -> bool:
        """Whether the text is nearly word for word one of the short things people say to get about here, or answer when: "how far have I
        got", "goodbye", "tomorrow"."""
        length = len(words(text))
        if is_bare_day(text) or length > ORDINARY_WORDS:
            return is_bare_day(text)
        left_out = _MAY_BE_MORE | (_TELLING if length > TELLING_WORDS else frozenset())
        return any(self.knows(intent, text) for intent in self._by_intent if intent not in left_out)


def load_phrases(folder: Path) -> Phrases:
    """Read every file of the folder.

    Raises:
        ContentError: a file is not what Rasa reads.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            blocks = yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)["nlu"]  # noqa: S506
            for block in blocks:
                lines = str(block.get("examples", "")).splitlines()
                found.setdefault(str(block.get("intent")), []).extend(_plain(line.removeprefix("- ")) for line in lines)
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise ContentError(path, None, f"cannot be read as training phrases ({type(error).__name__})") from None
    return Phrases({intent: tuple(filter(None, lines)) for intent, lines in found.items()})


def _plain(text: str) -> str:
    return " ".join(text.strip().rstrip(".!?").lower().split())


def _same(said: str, meant: str) -> bool:
    """The same word, or a slip of it. Short words have no room for a slip: "we" is not "me"."""
    return said == meant or (min(len(said), len(meant)) > SHORT and fuzz.ratio(said, meant) >= SLIP)


def _used_often(phrases: Sequence[list[str]]) -> frozenset[str]:
    counted = Counter(word for phrase in phrases for word in set(phrase))
    return frozenset(word for word, count in counted.items() if count >= max(OFTEN, len(phrases) / ONE_IN))
