from __future__ import annotations

import pytest

from facilitator.knowledge.reading import Exceptions, reading_age
from facilitator.knowledge.search import question_in
from facilitator.knowledge.spelling import Speller
from facilitator.knowledge.words import lemmas

VOCABULARY = ("facilitator", "expenses", "meeting", "benefits", "confidential", "carer", "paid")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Paying, paid and pays", ["pay", "pay", "and", "pay"]),
        ("the children went", ["the", "child", "go"]),
        ("I can’t go; cant, cannot", ["i", "can", "not", "go", "can", "not", "can", "not"]),
        ("co-production Co production coproduction", ["coproduction"] * 3),
        ("", []),
        ("!!! 🙂", []),
    ],
)
def test_words_are_brought_to_their_lemma(text: str, wanted: list[str]) -> None:
    assert lemmas(text) == wanted


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("what is a faciltator", "what is a facilitator"),
        ("my expences", "my expenses"),
        ("is it confidental??", "is it confidential??"),
        ("meeeeeting", "meeting"),
    ],
)
def test_a_misspelt_word_is_read_as_one_we_know(typed: str, read: str) -> None:
    assert Speller(VOCABULARY).mend(typed) == read


@pytest.mark.parametrize("text", ["sertraline", "Priya", "career paths", "pain", "xyzzy", "a fee", "Kowalski said no"])
def test_a_word_that_is_one_already_or_is_like_none_is_left_alone(text: str) -> None:
    assert Speller(VOCABULARY).mend(text) == text


def test_of_a_long_message_the_last_question_is_searched() -> None:
    story = "It was a long day and the bus was late. " * 20
    assert question_in(f"{story}Will I be paid? {story}What are the rules? {story}") == "What are the rules?"
    assert story.startswith(question_in(story)[:300])
    assert len(question_in("word " * 3000)) <= 320
    assert question_in("  two\n\nlines ") == "two lines"


def test_reading_age_rises_with_long_words_and_sentences() -> None:
    easy = "You can ask. We will help. It is fine to say no."
    hard = "Organisational transformation necessitates sustained interdisciplinary collaboration among professionals."
    assert reading_age(easy) < 7 < 15 < reading_age(hard)
    assert reading_age("Co-production.", Exceptions(frozenset({"co-production"}))) < reading_age("Co-production.")
    assert reading_age("") == 5
