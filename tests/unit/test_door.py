"""The door: a guess of the classifier alone makes no danger of what people say to get about in the chat; a pattern always counts."""

from __future__ import annotations

import pytest

from facilitator.conversation.phrases import Phrases, load_phrases
from facilitator.evaluation import read_tsv
from facilitator.privacy.redact import Redacted
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.safety.screen import SafetyScreen
from facilitator.settings import ROOT
from web.chat.door import Door

PHRASES = Phrases({"progress": ("how far have i got",), "stop": ("i want to stop",)})


class Fixed:
    """A screen that has made up its mind."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons

    def screen(self, text: str) -> Screened:
        return Screened(SafetyKind.CRISIS_SELF, self.reasons, 0.7)

    def by_rules(self, text: str) -> Screened:
        rules = tuple(reason for reason in self.reasons if reason != "classifier")
        return Screened(SafetyKind.CRISIS_SELF if rules else SafetyKind.SAFE, rules)


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
    assert (await Door(Fixed(*reasons), None, PHRASES).look(text)).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "I want to die",
        "I can't go on",
        "I've taken them all",
        "goodbye everyone, it's my last day",
        "I want to end it",
        "tonight is the night",
        "the end",
        "in the end",
        "one last time",
        "no more after today",
        "not after tomorrow",
        "I won't be here tomorrow",
        # near what is taught as an answer, but for a "not"
        "staff are scared here, manager makes sure of it",
        "someone cries alone in the loo here",
        "Mostly fine but one bloke shouts and when he's on form I go home early",
    ],
)
def test_words_of_danger_are_no_ordinary_phrase(text):
    assert not load_phrases(ROOT / "bot" / "data" / "nlu").is_ordinary(text)


@pytest.mark.parametrize("text", ["goodbye", "how far have I got", "I'd like to go back to the last one", "add a next step"])
def test_what_people_say_to_get_about_is_ordinary(text):
    assert load_phrases(ROOT / "bot" / "data" / "nlu").is_ordinary(text)


@pytest.mark.parametrize("text", ["Tomorrow.", "tonight", "before the day", "by the end of next month", "in 3 weeks", "on Friday 14 May"])
def test_saying_when_and_nothing_else_is_ordinary(text):
    assert load_phrases(ROOT / "bot" / "data" / "nlu").is_ordinary(text)


def asked(answer: bool):
    async def who_is_asked() -> bool:
        return answer

    return who_is_asked


WHO = ["me", "I will", "I will do it", "i'll do it", "I'll sort it out.", "the staff will do it", "carers can", "staff", "leave it to me"]


@pytest.mark.parametrize("text", WHO)
async def test_saying_who_where_who_is_asked_outweighs_a_guess(text):
    door = Door(Fixed("classifier"), None, PHRASES)
    assert (await door.look(text, asked(True))).kind is SafetyKind.SAFE


@pytest.mark.parametrize("text", WHO)
async def test_the_same_words_anywhere_else_are_no_offer(text):
    door = Door(Fixed("classifier"), None, PHRASES)
    assert (await door.look(text, asked(False))).kind is SafetyKind.CRISIS_SELF
    assert (await door.look(text)).kind is SafetyKind.CRISIS_SELF


@pytest.mark.parametrize("reasons", [("self-wants-to-die",), ("hint-self", "classifier")])
async def test_a_pattern_counts_where_who_is_asked_too(reasons):
    assert (await Door(Fixed(*reasons), None, PHRASES).look("I will do it", asked(True))).kind is SafetyKind.CRISIS_SELF


@pytest.mark.parametrize("text", ["I will do it tonight", "I will end it", "nobody will miss me", "I will go", "I can't do it any more"])
async def test_more_than_who_is_no_offer_where_who_is_asked(text):
    assert (await Door(Fixed("classifier"), None, PHRASES).look(text, asked(True))).kind is SafetyKind.CRISIS_SELF


class Unread(Fixed):
    """A screen whose classifier must not be asked."""

    def screen(self, text: str) -> Screened:
        raise AssertionError("the classifier was asked")


async def test_an_ordinary_phrase_without_a_sign_of_danger_costs_no_guess():
    assert (await Door(Unread("classifier"), None, PHRASES).look("how far have I got?")).kind is SafetyKind.SAFE


class Counting:
    """A screen and a redactor that count how often they are asked; danger is in "die", a detail in "Sam"."""

    def __init__(self) -> None:
        self.screened: list[str] = []
        self.redacted: list[str] = []

    def screen(self, text: str) -> Screened:
        return self.by_rules(text)

    def by_rules(self, text: str) -> Screened:
        self.screened.append(text)
        return Screened(SafetyKind.CRISIS_SELF if "die" in text else SafetyKind.SAFE, ("self-wants-to-die",) * ("die" in text))

    def redact(self, text: str) -> Redacted:
        self.redacted.append(text)
        return Redacted(text.replace("Sam", "[name]"), ())


async def said(door: Door, text: str) -> tuple[SafetyKind, str]:
    found, admitting = await door.meet(text)
    return found.kind, await admitting


async def test_an_ordinary_phrase_said_before_is_not_looked_through_again():
    counting = Counting()
    door = Door(counting, counting, PHRASES)
    assert {await said(door, "how far have I got?") for _ in range(3)} == {(SafetyKind.SAFE, "how far have I got?")}
    assert (len(counting.screened), len(counting.redacted)) == (1, 1)


@pytest.mark.parametrize("text", ["I want to die", "the bus was late"])
async def test_anything_else_is_screened_each_time(text):
    counting = Counting()
    door = Door(counting, counting, PHRASES)
    kinds = [(await said(door, text))[0] for _ in range(3)]
    assert len(counting.screened) == 3
    assert kinds == [SafetyKind.CRISIS_SELF if "die" in text else SafetyKind.SAFE] * 3


@pytest.mark.parametrize(("length", "looks"), [(60, 1), (61, 2)])
async def test_of_a_story_nothing_is_remembered(length, looks):
    counting = Counting()
    door = Door(counting, counting, PHRASES)
    assert [(await said(door, "a" * length))[1] for _ in range(2)] == ["a" * length] * 2
    assert len(counting.redacted) == looks


async def test_a_name_is_taken_out_each_time():
    counting = Counting()
    door = Door(counting, counting, PHRASES)
    assert [(await said(door, "Sam came"))[1] for _ in range(3)] == ["[name] came"] * 3
    assert len(counting.redacted) == 3


async def test_the_rules_alone_never_find_less_than_they_do_with_the_classifier():
    """So an ordinary phrase that a rule takes for danger is danger still, and all else goes to the whole screen."""
    screen = SafetyScreen(ROOT / "knowledge" / "safety")
    texts = [row["text"] for row in read_tsv(ROOT / "tests" / "evaluation" / "safety.tsv", ("text",))]
    assert [screen.by_rules(text) for text in texts] == [screen.screen(text) for text in texts]
    assert any(screen.by_rules(text).kind.is_crisis for text in texts)


@pytest.mark.parametrize(
    ("reasons", "chance", "unsure"),
    [
        (("classifier",), 0.3, True),
        (("classifier",), 0.7, False),
        (("self-wants-to-die",), 0.3, False),
        (("hint-self", "classifier"), 0.3, False),
    ],
)
def test_only_a_weak_guess_is_unsure(reasons, chance, unsure):
    assert Screened(SafetyKind.CRISIS_SELF, reasons, chance).unsure is unsure
    assert not Screened(SafetyKind.DISTRESS, reasons, chance).unsure
