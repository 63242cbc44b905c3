"""Words that are not stored: in memory, in so much room and no more."""

from __future__ import annotations

from web.chat.held_words import HeldWords, Words


def test_what_was_said_first_of_a_message_is_held_until_it_is_dropped():
    held = HeldWords()
    held.hold("a", Words({"text": "first"}))
    held.hold("a", Words({"text": "second"}))
    assert held.get("a") == Words({"text": "first"})
    held.drop("a", "not there")
    assert held.get("a") is None


def test_there_is_room_for_so_many_and_the_oldest_goes_first():
    held = HeldWords(most=2)
    for name in "abc":
        held.hold(name, Words({"intent": {"name": "affirm"}}))
    assert [held.get(name) is not None for name in "abc"] == [False, True, True]


def test_there_is_room_for_so_much_and_what_was_dropped_takes_none():
    held = HeldWords(most_signs=10)
    held.hold("a", Words({"text": "12345"}))
    held.drop("a")
    held.hold("b", Words({"text": "12345"}))
    held.hold("c", Words({"text": "12345"}))
    assert held.get("b") is not None
    held.hold("d", Words({"text": "1"}))
    assert [held.get(name) is not None for name in "bcd"] == [False, True, True]


def test_what_is_too_much_by_itself_is_not_held():
    held = HeldWords(most_signs=3)
    held.hold("a", Words({"text": "1234"}))
    assert held.get("a") is None
    held.hold("b", Words({"text": "123"}))
    assert held.get("b") is not None


def test_what_has_been_held_for_long_is_told_from_what_has_not():
    held = HeldWords()
    held.hold("a", Words({"text": "x"}))
    assert held.held_for(0) == ["a"] and held.held_for(60) == []
