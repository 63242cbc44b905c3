"""The door: a guess of the classifier alone makes no danger of what people say to get about in the chat; a pattern always counts."""

from __future__ import annotations

import pytest

from facilitator.conversation.phrases import Phrases, load_phrases
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.settings import ROOT
from web.chat.door import Door

PHRASES = Phrases({"progress": ("how far have i got",), "stop": ("i want to stop",)})


class Fixed:
    """A screen that has made up its mind."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons

    def screen(self, text: str) -> Screened:
        return Screened(SafetyKind.CRISIS_SELF, self.reasons, 0.7)


@pytest.mark.parametrize(
    ("text", "reasons", "kind"),
    [
        ("How far have I got?", ("classifier",), SafetyKind.SAFE),
        ("how far hav i got", ("classifier",), SafetyKind.SAFE),
        ("how far have i got to go before it is over for good", ("classifier",), SafetyKind.CRISIS_SELF),
        ("How far have I got?", ("self-wants-to-die",), SafetyKind.CRISIS_SELF),
        ("How far have I got?", ("hint-self", "classifier"), SafetyKind.CRISIS_SELF),
        ("I want to stop", ("classifier",), SafetyKind.CRISIS_SELF),
    ],
)
async def test_only_a_guess_gives_way_to_an_ordinary_phrase(text, reasons, kind):
    assert await Door(Fixed(*reasons), None, PHRASES).look(text) is kind


@pytest.mark.parametrize(
    "text", ["I want to die", "I can't go on", "I've taken them all", "goodbye everyone, it's my last day", "I want to end it"]
)
def test_words_of_danger_are_no_ordinary_phrase(text):
    assert not load_phrases(ROOT / "bot" / "data" / "nlu").is_ordinary(text)


@pytest.mark.parametrize("text", ["goodbye", "how far have I got", "I'd like to go back to the last one", "add a next step"])
def test_what_people_say_to_get_about_is_ordinary(text):
    assert load_phrases(ROOT / "bot" / "data" / "nlu").is_ordinary(text)
