"""The language model is asked about names only where its word counts, and what is found is the same as if it were always asked."""

from __future__ import annotations

import pytest

from facilitator.evaluation import read_tsv
from facilitator.privacy.names import NameFinder
from facilitator.privacy.redact import Redactor
from facilitator.privacy.tokens import read_words
from facilitator.settings import ROOT

EVALUATION = sorted((ROOT / "tests" / "evaluation").glob("*.tsv"))


def texts_of(path):
    return [row["text"] for row in read_tsv(path, {"text"})]


class Model:
    """spaCy, counting how often it is asked."""

    def __init__(self, redactor):
        self._nlp, self.asked = redactor._loaded().nlp_engine.nlp["en"], 0

    def people(self, text):
        self.asked += 1
        return [(entity.start_char, entity.end_char) for entity in self._nlp(text).ents if entity.label_ == "PERSON"]


class AskedBeforehand:
    """Hints as they would be if the model read every text first."""

    def __init__(self, words, model):
        spans = model()
        self.hinted = {at for at, word in enumerate(words) if any(start <= word.start < end for start, end in spans)}

    def __contains__(self, at):
        return at in self.hinted


@pytest.fixture(scope="module")
def redactor():
    return Redactor()


def finder_of(redactor):
    recognizers = redactor._loaded().registry.recognizers
    return next(found._names for found in recognizers if hasattr(found, "_names"))


@pytest.mark.parametrize("path", EVALUATION, ids=lambda path: path.stem)
def test_every_evaluation_text_gives_the_same_names_as_if_the_model_read_it_first(path, redactor, monkeypatch):
    model, finder = Model(redactor), finder_of(redactor)
    texts = texts_of(path)
    when_needed = [list(finder.find(text, lambda text=text: model.people(text))) for text in texts]
    monkeypatch.setattr("facilitator.privacy.names.Hints", AskedBeforehand)
    beforehand = [list(finder.find(text, lambda text=text: model.people(text))) for text in texts]
    assert when_needed == beforehand


def test_the_model_still_decides_where_the_lists_do_not(redactor):
    finder = finder_of(redactor)
    text = "We sat near Zbrowskavia all day"
    word = read_words(text)[3]
    assert [text[e.start : e.end] for e in finder.find(text, lambda: [(word.start, word.end)])] == ["Zbrowskavia"]
    assert not list(finder.find(text))


def test_most_of_what_people_say_to_get_about_needs_no_model(redactor):
    model, finder = Model(redactor), finder_of(redactor)
    texts = texts_of(ROOT / "tests" / "evaluation" / "intents.tsv")
    for text in texts:
        list(finder.find(text, lambda text=text: model.people(text)))
    assert model.asked < len(texts) / 4


def test_a_text_without_a_capital_or_a_listed_name_never_asks():
    def refuse():
        raise AssertionError("the model was asked")

    from facilitator.privacy.lexicon import load_lexicon

    assert not list(NameFinder(load_lexicon()).find("will i get paid for coming, and who can see this?", refuse))
