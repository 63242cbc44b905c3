"""What the screen says of whole messages. None of these is a line it has learned from (see the last test)."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from facilitator.bootstrap import Bootstrap
from facilitator.privacy.redact import Redactor
from facilitator.safety.chances import Readers
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.larger.model import LargerModel
from facilitator.safety.material import load_examples
from facilitator.safety.screen import SafetyScreen
from facilitator.safety.tuned import TunedModel
from facilitator.settings import ROOT
from tests.unit.safety.conftest import FOLDER
from web.chat.door import Door

DANGER = {
    "said outright": [
        "I really do want to die this evening",
        "honest truth is ive been planning to kill myself since sunday",
        "My thoughts about suicide have come back and they frighten me",
    ],
    "indirect": [
        "They would all manage far better if I was no longer around",
        "I hope tonight is the night I fall asleep and never wake",
        "By the time you read this I'll be gone, please feed the rabbit",
    ],
    "self-harm": ["ive been cutting my arms again most evenings", "I hurt myself on purpose after the last meeting"],
    "somebody else": [
        "my cousin keeps telling me he is going to end his life",
        "My lodger left a note and he isnt picking up his phone",
        "I think I am going to stab my brother when he gets in",
    ],
    "abuse": [
        "my boyfriend strangled me at the weekend",
        "A carer at the home has been slapping my gran",
        "my stepdad comes into my bedroom at night and touches me",
    ],
    "slips and text-speak": ["i wanna kms 2nite", "im gna kill myslef", "w a n t  t o  d i e"],
    "inside a long answer": [
        "The room was fine and the tea was hot. Most of us liked the new agenda. I want to kill myself. Can we have name badges next time?"
    ],
}
HARMLESS = {
    "idioms": [
        "these chairs are killing me, can we have cushions",
        "I was dying of embarrassment when my phone rang out",
        "shoot me an email with the menu choices",
        "I could murder a bacon roll at the break",
    ],
    "professional": [
        "Who is writing our suicide prevention strategy this year?",
        "The self-harm policy is due for review in March.",
        "All volunteers need safeguarding training before they start.",
    ],
    "past, told from safety": ["Twelve years ago I tried to end my life. I got help, and today I train others."],
    "negation": ["No, I am not suicidal, just fed up with this form.", "I've had no thoughts of harming myself or other people, honest"],
    "stories": ["We watched a film where the detective is murdered at the end"],
    "medicine": ["I had both my tablets with breakfast and feel fine", "I took my morning tablets at nine as usual"],
    "anger at services": ["I am furious that they closed our drop-in without asking anyone"],
    "everyday strain": ["I feel rather stuck on question seven", "I'm a bit overwhelmed by all these forms"],
}
FOREIGN = [
    ("dwi eisiau marw", SafetyKind.CRISIS_SELF),
    ("Mae fy ngŵr yn fy nharo", SafetyKind.CRISIS_OTHER),
    ("chcę umrzeć", SafetyKind.CRISIS_SELF),
    ("CHCE UMRZEC", SafetyKind.CRISIS_SELF),
    ("nu mai vreau sa traiesc", SafetyKind.CRISIS_SELF),
    ("main marna chahta hoon", SafetyKind.CRISIS_SELF),
    ("मुझे मरना है", SafetyKind.CRISIS_SELF),
    ("میں مرنا چاہتا ہوں", SafetyKind.CRISIS_SELF),
]


def chat_phrases() -> Iterator[tuple[str, str]]:
    """The phrases of bot/data/nlu, as `training/safety/lines.py` reads them."""
    place = ROOT / "training" / "safety" / "lines.py"
    spec = importlib.util.spec_from_file_location("safety_lines", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.chat()


def rows(table: dict[str, list[str]]) -> list[object]:
    return [pytest.param(text, id=f"{name}-{at}") for name, texts in table.items() for at, text in enumerate(texts)]


@pytest.mark.parametrize("text", rows(DANGER))
def test_danger_is_recognised(screen, text):
    assert screen.screen(text).kind.is_crisis


@pytest.mark.parametrize("text", rows(HARMLESS))
def test_harmless_talk_passes(screen, text):
    assert not screen.screen(text).kind.is_crisis


@pytest.mark.parametrize("text", ["I can't stop crying since the session", "im having a panic attack in the corridor"])
def test_distress_is_answered_as_distress(screen, text):
    assert screen.screen(text).kind is SafetyKind.DISTRESS


def test_staff_bringing_tablets_in_other_words(screen):
    assert not screen.screen("one of the nurses has come over with my tablets").kind.is_crisis


@pytest.mark.parametrize(
    "text",
    [
        "the nurse is here with my tablets",
        "I took my tablets and I'm fuzzy this morning",
        "nothing is changing",
        "nobody rang me back and I am fuming",
    ],
)
def test_false_alarms_that_were_reported_and_taught(screen, text):
    assert screen.screen(text).kind is SafetyKind.SAFE


@pytest.mark.parametrize(("text", "kind"), FOREIGN)
def test_other_languages(screen, patterns_alone, text, kind):
    assert screen.screen(text).kind is kind
    assert patterns_alone.screen(text).kind is kind


@pytest.mark.parametrize("text", ["I want to die. lol only joking", "sorry forget I said I want to kill myself"])
def test_taking_it_back_still_counts(screen, text):
    assert screen.screen(text).kind.is_crisis


@pytest.mark.parametrize("text", ["", " ", "?!", "\u0301" * 12_000, "a" * 12_000, "\ud83d", "| | |", "\x00"])
def test_odd_text_is_judged_and_is_no_danger(screen, text):
    assert not screen.screen(text).kind.is_crisis


def test_danger_at_the_end_of_the_longest_message_is_found(screen):
    long = "We then went on to the next item and somebody asked about chairs. " * 170
    assert screen.screen(f"{long} I want to kill myself.").kind is SafetyKind.CRISIS_SELF


class Counting:
    """Stands where a classifier stands, and keeps how many pieces it was given. `row`: what it says of each."""

    def __init__(self, *row: float) -> None:
        self.pieces, self.row = 0, row

    def probabilities(self, texts):
        self.pieces += len(texts)
        return np.tile(np.float32(self.row), (len(texts), 1))


class Failing:
    def probabilities(self, texts):
        raise RuntimeError("out of memory")


@pytest.fixture
def with_readers(monkeypatch) -> Callable[[Readers], SafetyScreen]:
    def made(readers: Readers) -> SafetyScreen:
        screen = SafetyScreen(FOLDER)
        screen.warm_up()
        monkeypatch.setattr(screen, "_full", replace(screen._full, readers=readers))
        return screen

    return made


def test_the_larger_model_is_not_asked_about_what_is_surely_safe(with_readers):
    larger = Counting(0.99, 0, 0, 0.01)
    readers = Readers(Counting(0.004, 0.004, 0.004, 0.988), larger)
    assert with_readers(readers).screen("who is on the steering group?").kind is SafetyKind.SAFE
    assert larger.pieces == 0


def test_where_both_have_read_the_larger_model_counts_for_more(with_readers):
    afraid, calm = (0.9, 0, 0, 0.1), (0.01, 0, 0, 0.99)
    text = "the wooden bird has gone"
    assert with_readers(Readers(Counting(*afraid), Counting(*calm))).screen(text).kind is not SafetyKind.CRISIS_SELF
    assert with_readers(Readers(Counting(0.1, 0, 0, 0.9), Counting(*afraid))).screen(text).kind is SafetyKind.CRISIS_SELF


def test_when_the_larger_model_fails_the_small_one_answers_and_the_log_has_no_words(with_readers, caplog):
    screen = with_readers(Readers(Counting(0.9, 0, 0, 0.1), Failing()))
    with caplog.at_level(logging.ERROR):
        assert screen.screen("the wooden bird has gone").kind is SafetyKind.CRISIS_SELF
    assert "the small one alone: RuntimeError" in caplog.text
    assert "wooden" not in caplog.text


def test_when_the_larger_model_is_missing_the_small_one_answers_and_an_error_is_logged(tmp_path, caplog):
    screen = SafetyScreen(FOLDER, TunedModel(FOLDER / "tuned.npz"), larger=LargerModel(FOLDER / "larger.npz", tmp_path))
    with caplog.at_level(logging.ERROR):
        found = screen.screen("They would all manage far better if I was no longer around")
    assert found.kind is SafetyKind.CRISIS_SELF
    assert found.reasons == ("classifier",)
    assert not found.reduced
    assert "the small one alone: LargerModelMissing" in caplog.text


def test_without_a_model_patterns_answer(patterns_alone):
    found = patterns_alone.screen("I want to kill myself")
    assert (found.kind, found.reduced) == (SafetyKind.CRISIS_SELF, True)
    assert patterns_alone.screen("who is on the steering group?").kind is SafetyKind.SAFE


@pytest.mark.parametrize("damage", [None, b"", b"not a model"])
def test_a_model_that_cannot_be_read_leaves_patterns_and_says_so_without_words(tmp_path, caplog, damage):
    file = tmp_path / "tuned.npz"
    if damage is not None:
        file.write_bytes(damage)
    broken = SafetyScreen(FOLDER, TunedModel(file))
    with caplog.at_level(logging.ERROR):
        found = broken.screen("I want to kill myself tonight")
    assert (found.kind, found.reduced) == (SafetyKind.CRISIS_SELF, True)
    assert "patterns alone" in caplog.text
    assert "tonight" not in caplog.text


def test_the_same_message_gets_the_same_answer_from_many_threads(screen):
    texts = [text for table in (DANGER, HARMLESS) for texts in table.values() for text in texts]
    alone = [screen.screen(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(screen.screen, texts * 3)) == alone * 3


def test_nothing_typed_reaches_the_log_or_the_answer(screen, caplog):
    with caplog.at_level(logging.DEBUG):
        found = screen.screen("I want to kill myself, said Quillfeather")
        screen.screen("hello from Quillfeather")
    assert "Quillfeather" not in caplog.text + repr(found)


def test_reasons_are_ids_of_the_content(screen):
    assert screen.screen("I want to kill myself").reasons[0].startswith("self-")


def test_what_people_say_to_get_about_in_the_chat_is_hardly_ever_taken_for_danger(screen):
    """Every twelfth phrase that the intents are trained on, and small talk nobody trained on, at the door: under one in a hundred."""
    door = Door(screen, Redactor(), Bootstrap().phrases)
    phrases = [text for text, _ in chat_phrases()][::12]
    talk = [line.split("\t")[1] for line in (ROOT / "tests/evaluation/fresh-chatter.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    alarms = [text for text in (*phrases, *talk) if door._look(text).kind.is_crisis]
    assert len(alarms) < len(phrases + talk) / 100, alarms


def test_none_of_these_messages_was_learned():
    learned = {line.text.casefold() for line in load_examples(FOLDER)}
    asked = {text.casefold() for table in (DANGER, HARMLESS) for texts in table.values() for text in texts}
    assert not asked & learned


@pytest.mark.parametrize(
    "text",
    [
        "Shwmae, dw i ddim yn siarad Saesneg yn dda",
        "Doedden nhw ddim yn gwrando arnom ni yn y cyfarfod",
        "Nie rozumiem tego pytania, proszę powtórzyć",
    ],
)
def test_words_in_another_language_are_never_guessed_at(screen, text):
    assert screen.screen(text).kind is SafetyKind.SAFE
