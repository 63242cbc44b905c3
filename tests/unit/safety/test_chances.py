"""What is read by which model, in what order, and what stands when one of them fails. Stand-ins read; test_screen.py has the models."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np
import pytest

from facilitator.safety import chances
from facilitator.safety.chances import _MOST_PAIRS, _MOST_PIECES, _READ_AGAIN, NO_DOUBT, Readers
from facilitator.safety.evidence import Limits, Probabilities

SAFE, AFRAID, UNSURE = (0, 0, 0.02, 0.98), (0.9, 0, 0, 0.1), (0.4, 0, 0, 0.6)
LONG = [f"line {number} is about chairs and tables" for number in range(30)]
TWO_LONG = "the wooden bird " + "on the shelf by the door and the tall window " * 3
Row = tuple[float, ...]


class Stand:
    """Says `rows` of a text that has one of its words, the last that fits, and `otherwise` of others. Keeps what it read."""

    def __init__(self, rows: dict[str, Row] | None = None, otherwise: Row = SAFE) -> None:
        self.rows, self.otherwise, self.texts = rows or {}, otherwise, []
        self.before: Callable[[list[str]], None] = lambda _texts: None

    def probabilities(self, texts):
        self.before(list(texts))
        self.texts += texts
        return np.float32([next((row for word, row in reversed(self.rows.items()) if word in text), self.otherwise) for text in texts])


def read(small: Stand, larger: Stand | None, *sentences: str) -> Probabilities:
    return Readers(small, larger).read(". ".join(sentences), f" | {' | '.join(sentences)} | ")


def failing(call: int | None = None, **says: object) -> Stand:
    """One that fails at this call (from 0), or at each."""
    made, calls = Stand(**says), []

    def fail(texts: list[str]) -> None:
        calls.append(texts)
        if call in (None, len(calls) - 1):
            raise RuntimeError("out of memory")

    made.before = fail
    return made


# ── in a long message ──


@pytest.mark.parametrize("worry", [(0.2, 0, 0, 0.8), (0.5, 0, 0, 0.5)])
def test_the_longest_message_is_read_in_a_bounded_number_of_pieces_and_none_twice(worry):
    small, larger = Stand(otherwise=worry), Stand(otherwise=(0.1, 0, 0, 0.9))
    read(small, larger, *(f"line {number} is about chairs and tables" for number in range(400)))
    assert 0 < len(small.texts) <= _MOST_PIECES + _MOST_PAIRS
    assert 0 < len(larger.texts) <= 2 * _READ_AGAIN
    for stand in (small, larger):
        assert len(set(stand.texts)) == len(stand.texts)


def test_a_part_that_leaves_no_doubt_is_enough():
    small = Stand({"bird": AFRAID})
    assert read(small, Stand({"bird": AFRAID}), *LONG, "the wooden bird has gone").risk > NO_DOUBT
    assert not [text for text in small.texts if " . " in text]


def test_what_is_worrying_only_beside_its_neighbour_is_found():
    small, larger = Stand({"wooden": (0.1, 0, 0, 0.9)}), Stand({"wooden bird . it": AFRAID})
    assert read(small, larger, *LONG, "a wooden bird", "it has gone").risk > NO_DOUBT


def test_a_worrying_part_said_again_and_again_leaves_room_for_others():
    said = [line for number in range(30) for line in (f"line {number} about chairs", "the bird the bird")]
    small, larger = Stand({"bird": (0.2, 0, 0, 0.8), "wooden": (0.1, 0, 0, 0.9)}), Stand({"wooden bird . it": AFRAID})
    read(small, larger, *said, "a wooden bird", "it has gone")
    assert "a wooden bird . it has gone" in small.texts


def test_what_its_neighbours_explain_is_not_taken_by_itself():
    small = Stand({"bird": UNSURE, "bird . but": AFRAID, "way . a": AFRAID})
    larger = Stand({"bird": UNSURE, " . ": SAFE})
    neighbours = ("by the way", "a wooden bird", "but only in the play")
    assert read(small, larger, *LONG, *neighbours).risk < NO_DOUBT
    assert len(set(larger.texts)) == len(larger.texts)


def test_where_the_larger_model_fails_the_second_time_what_it_said_first_stands(caplog):
    small = Stand({"bird": UNSURE, "bird . but": AFRAID})
    with caplog.at_level(logging.ERROR):
        found = read(small, failing(1, rows={"bird": UNSURE}), *LONG, "a wooden bird", "but only in the play")
    assert "RuntimeError" in caplog.text and found.full and found.larger == pytest.approx(0.4)


def test_where_the_larger_model_fails_in_a_long_message_the_small_one_answers(caplog):
    with caplog.at_level(logging.ERROR):
        found = read(Stand({"bird": AFRAID}), failing(), *LONG, "the wooden bird has gone")
    assert (found.full, found.risk) == (False, pytest.approx(0.9))
    assert "RuntimeError" in caplog.text and "wooden" not in caplog.text


# ── in a message of up to a hundred words ──


def test_the_larger_model_reads_while_the_small_one_still_does():
    begun, small, larger = threading.Event(), Stand(otherwise=UNSURE), Stand(otherwise=AFRAID)

    def waits(texts: list[str]) -> None:
        assert len(texts) == 1 or begun.wait(10), "the larger one had not begun"

    small.before, larger.before = waits, lambda _texts: begun.set()
    assert read(small, larger, "the wooden bird has gone", "it was on the shelf").risk > NO_DOUBT


@pytest.mark.parametrize("sentences", [["the bird has gone"], ["the bird has gone", "it was on the shelf"]])
def test_where_the_larger_model_fails_or_is_missing_the_small_one_answers(sentences, caplog):
    for larger in (failing(), None):
        found = read(Stand({"bird": AFRAID}), larger, *sentences)
        assert (found.full, found.risk) == (False, pytest.approx(0.9))
    assert "bird" not in caplog.text


def test_without_a_thread_to_be_had_the_larger_model_is_asked_in_its_turn(monkeypatch):
    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(chances._ahead, "submit", no_thread)
    larger = Stand(otherwise=AFRAID)
    assert read(Stand(otherwise=UNSURE), larger, "the wooden bird has gone", "it was on the shelf").risk > NO_DOUBT
    assert len(larger.texts) == 1


def test_two_long_sentences_together_count_though_they_are_the_whole_message():
    both = [f"{TWO_LONG}and more", f"{TWO_LONG}and it has gone"]
    small = Stand({"and more . the": AFRAID})
    assert sum(len(sentence.split()) for sentence in both) > 60
    assert read(small, None, *both).risk == pytest.approx(0.9)


def test_a_message_of_many_marks_and_few_words_is_read_as_a_whole():
    larger = Stand(otherwise=AFRAID)
    Readers(Stand(otherwise=UNSURE), larger).read(f"{'🙂 ' * 120}the bird has gone", " | the bird has gone | ")
    assert len(larger.texts) == 1 and "🙂" in larger.texts[0]


def test_what_leaves_no_doubt_is_above_the_limit():
    assert Limits().crisis < NO_DOUBT and Limits().crisis_small < NO_DOUBT
