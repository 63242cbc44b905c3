"""What was learned adds names the rules pass by and takes back what the sentence speaks against, and never touches what stays."""

from __future__ import annotations

import numpy as np
import pytest

from facilitator.encoder.states import WIDTH, WordStates
from facilitator.encoder.tokenizer import encoded
from facilitator.errors import ContentError
from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.lexicon import load_lexicon
from facilitator.privacy.names import NameFinder
from facilitator.privacy.redact import Redactor
from facilitator.privacy.second_opinion import DOUBTED, MODEL, MOST_WINDOWS, SURE, SecondOpinion
from facilitator.privacy.tokens import read_words
from facilitator.privacy.word_features import WordFeatures

NAMES = NameFinder(load_lexicon())


class Unmoved:
    """An encoder that makes nothing of any word, counting how often it is asked."""

    def __init__(self):
        self.asked = 0

    def read(self, text, spans):
        self.asked += 1
        assert all(0 <= start < end <= len(text) for start, end in spans)
        return np.zeros((len(spans), WIDTH), dtype=np.float32), np.ones(len(spans), dtype=bool)


@pytest.fixture
def states():
    return Unmoved()


@pytest.fixture
def opinion(states):
    return SecondOpinion(load_lexicon(), NAMES, states)


def weighed(opinion, text, chances, found=(), monkeypatch=None):
    """The words taken for names in `text`, when `chances` says how likely each of some words is."""
    around = NAMES.read(text)
    words = around.words
    monkeypatch.setattr(opinion, "_glance_offset", np.inf)  # every word is asked about, whatever the committed weights make of it
    monkeypatch.setattr(opinion, "chances", lambda *_: np.array([chances.get(word.text, 0.0) for word in words], dtype=np.float32))
    given = [Entity(text.index(name), text.index(name) + len(name), EntityType.PERSON) for name in found]
    return [text[entity.start : entity.end] for entity in opinion.weigh(text, around, given)]


@pytest.mark.parametrize(
    ("text", "chances", "found", "names"),
    [
        pytest.param("the tea was made by grace", {"grace": SURE}, (), ["grace"], id="a sure word is added"),
        pytest.param("the tea was made by grace", {"grace": SURE - 0.01}, (), [], id="one less sure is not"),
        pytest.param("made by hui min today", {"hui": SURE, "min": 0.6}, (), ["hui min"], id="what stands beside it belongs to it"),
        pytest.param("made by hui, min today", {"hui": SURE, "min": 0.6}, (), ["hui"], id="not across a comma"),
        pytest.param("bring it to Haha", {"Haha": DOUBTED - 0.01}, ("Haha",), [], id="a doubted name is taken back"),
        pytest.param("bring it to Haha", {"Haha": DOUBTED}, ("Haha",), ["Haha"], id="one less doubted stays"),
        pytest.param("bring it to Jo Bell", {"Jo": 0.9}, ("Jo Bell",), ["Jo Bell"], id="one believed word keeps the name"),
        pytest.param("my name is Winter", {}, ("Winter",), ["Winter"], id="said outright stays"),
        pytest.param("Dr Winter is here", {}, ("Winter",), ["Winter"], id="after a title stays"),
        pytest.param("we met in Leeds", {"Leeds": 1.0}, (), [], id="a town"),
        pytest.param("on Willow ward", {"Willow": 1.0}, (), [], id="a ward"),
        pytest.param("ask Samaritans or Mind", {"Samaritans": 1.0}, (), [], id="a helpline"),
        pytest.param("my ref is ada40731x2", {"ada40731x2": 1.0}, (), [], id="a code"),
    ],
)
def test_a_name_is_added_or_taken_back_by_how_likely_it_is(opinion, monkeypatch, text, chances, found, names):
    assert weighed(opinion, text, chances, found, monkeypatch) == names


def test_a_text_in_which_no_word_may_be_a_name_is_not_read(opinion, states):
    text = "who can see this, and what is it for"
    assert opinion.weigh(text, NAMES.read(text), []) == []
    assert states.asked == 0


def test_a_word_that_may_well_be_a_name_is_read(opinion, states):
    text = "can you ask grace about it"
    opinion.weigh(text, NAMES.read(text), [])
    assert states.asked == 1


def test_a_long_text_is_read_in_a_bounded_number_of_windows(opinion, states):
    text = "we asked zbrowska about the meeting " * 400
    words = read_words(text)
    chances = opinion.chances(text, words, WordFeatures(load_lexicon()).of(words), range(len(words)))
    assert states.asked == MOST_WINDOWS
    assert chances.shape == (len(words),)
    assert set(chances[-600:]) == {0.5}


def test_only_the_windows_with_a_word_in_question_are_read(opinion, states):
    text = "we asked about the meeting " * 100
    words = read_words(text)
    opinion.chances(text, words, WordFeatures(load_lexicon()).of(words), [0, 100])
    assert states.asked == 2


def test_features_have_one_row_a_word():
    features = WordFeatures(load_lexicon())
    assert features.of([]).shape == (0, features.width)
    assert features.of(read_words("tell Priya")).shape == (2, features.width)


def test_a_missing_file_says_what_to_do(tmp_path):
    with pytest.raises(ContentError, match=r"training/privacy/make\.py"):
        SecondOpinion(load_lexicon(), NAMES, Unmoved(), path=tmp_path / "none.npz")


def test_a_file_for_other_features_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    with np.load(MODEL) as file:
        parts = {name: file[name] for name in file.files}
    np.savez(path, **{**parts, "inner": parts["inner"][:100]})
    with pytest.raises(ContentError, match="another version"):
        SecondOpinion(load_lexicon(), NAMES, Unmoved(), path=path)


def test_the_file_is_small():
    assert MODEL.stat().st_size < 1_000_000


def test_what_was_taken_out_is_no_name(redactor):
    assert redactor.redact("I told [name] and [name] that [phone] is wrong").text == "I told [name] and [name] that [phone] is wrong"


def test_an_organisations_own_names_stay():
    own = Redactor(kept=["Grace"])
    assert own.redact("it was alright but grace talked over everyone again").text == "it was alright but grace talked over everyone again"


@pytest.mark.parametrize(
    ("text", "by_the_rules", "together"),
    [
        ("I gave estelita my scarf and that was the best bit", [], ["estelita"]),
        ("how come precious got a badge and I got none", [], ["precious"]),
        ("it was shuggie who carried the urn", [], ["shuggie"]),
        ("my Daisy mug has gone missing", ["Daisy"], []),
    ],
)
def test_what_was_learned_adds_names_and_takes_some_back(redactor, text, by_the_rules, together):
    def named(found):
        return [text[entity.start : entity.end] for entity in found]

    assert named(NAMES.find(text)) == by_the_rules
    assert named(redactor.find(text)) == together


def test_the_states_of_a_word_are_the_mean_of_its_pieces_and_what_is_not_read_is_said():
    states, text = WordStates(), "shuggie \ud83d rang"
    rows, known = states.read(text, [(0, 7), (0, 2), (2, 7), (10, 14), (3, 3)])
    assert rows.shape == (5, WIDTH) and known.tolist() == [True, True, True, True, False]
    pieces = len(encoded("shuggie").ids) - 2
    assert pieces > 1 and not np.allclose(rows[1], rows[2]) and not rows[4].any()
    behind = "tea " * 300
    _, known = states.read(behind, [(0, 3), (len(behind) - 4, len(behind) - 1)])
    assert known.tolist() == [True, False]


@pytest.mark.parametrize("name", ["Muhammad Ali", "Sadiq Khan", "Su", "Mair", "Sinead O'Connor"])
def test_a_name_that_many_people_have_is_taken_out_though_one_of_them_is_well_known(redactor, name):
    assert redactor.redact(f"{name} rang me about the taxi").text == "[name] rang me about the taxi"
