"""Codes that can be read out, links and QR codes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from facilitator.codes import (
    JOIN_ALPHABET,
    RESUME_WORDS,
    SPOKEN,
    _words,
    join_link,
    new_join_code,
    new_resume_code,
    qr_svg,
    qr_text,
    resume_code_of,
    spaced_resume_code,
    spoken,
    tidy_join_code,
    tidy_resume_code,
)
from web.chat.limits import RESUME_CODES


def test_a_join_code_has_no_look_alikes_and_spells_no_word():
    assert not set(JOIN_ALPHABET) & set("0O1IL2Z5S8BUVG")
    assert not set(JOIN_ALPHABET) & set("AEIOUY")
    assert len(new_join_code()) == 6


def test_every_letter_of_a_join_code_can_be_read_out():
    assert {sign for sign in JOIN_ALPHABET if sign.isalpha()} <= set(SPOKEN)
    assert spoken(" c3k-4jk ") == "C for Charlie, 3, K for Kilo, 4, J for Juliet, K for Kilo"


@pytest.mark.parametrize(
    "typed",
    [
        "Paint-Lunar-Kept",
        "paint lunar kept",
        " PAINT, lunar, kept. ",
        "paintlunarkept",
        "my code is paint-lunar-kept",
        "Code: Paint Lunar Kept",
    ],
)
def test_a_resume_code_is_read_however_it_is_typed(typed):
    assert tidy_resume_code(typed) == "paintlunarkept"


def test_a_code_that_begins_like_the_words_before_it_is_left_whole():
    assert tidy_resume_code("item-issue-theft") == tidy_resume_code("my code is item issue theft") == "itemissuetheft"


def test_a_code_made_of_a_token_is_the_same_each_time_and_another_for_each_token_and_message():
    codes = [resume_code_of(token, said) for token in ("mine", "yours") for said in ("first", "second")]
    assert codes == [resume_code_of(token, said) for token in ("mine", "yours") for said in ("first", "second")]
    assert len(set(codes)) == 4 and {code.count("-") for code in codes} == {RESUME_WORDS - 1}
    assert tidy_resume_code(codes[0].upper()) == tidy_resume_code(codes[0])


def test_codes_made_of_tokens_use_all_words_at_every_place():
    places = zip(*(resume_code_of("token", str(number)).split("-") for number in range(3000)), strict=True)
    assert all(len(set(words)) > 1000 for words in places)


@pytest.mark.parametrize("typed", ["Paint, LUNAR kept", "my code is paint-lunar-kept", " paint  lunar.kept "])
def test_a_code_that_was_typed_is_shown_again_as_words_with_hyphens(typed):
    assert spaced_resume_code(typed) == "paint-lunar-kept"


def test_a_new_resume_code_survives_being_typed():
    code = new_resume_code()
    assert len(code.split("-")) == RESUME_WORDS == 4
    assert tidy_resume_code(code.upper()) == tidy_resume_code(code)


def test_guessing_any_of_five_thousand_new_codes_takes_years_at_the_most_that_everybody_may_try():
    a_year = 365 * 24 * 60 * RESUME_CODES.by_everyone.item.amount
    assert len(_words()) ** RESUME_WORDS / 5000 > 5 * a_year


def test_a_join_code_is_read_with_spaces_and_small_letters():
    assert tidy_join_code(" 3ka-4jk ") == "3KA4JK"


def test_a_link_is_the_address_and_the_code():
    assert join_link("https://example.org/", "3kc 4jk") == "https://example.org/join/3KC4JK"


def test_a_qr_code_is_an_svg_that_says_what_it_is_and_grows():
    svg = ElementTree.fromstring(qr_svg("https://example.org/join/3KC4JK", "Join <b>us</b> & talk"))
    assert svg.tag.endswith("svg")
    assert "Join <b>us</b> & talk" in "".join(svg.itertext())
    assert svg.get("viewBox")
    assert svg.get("width") is None


def test_a_qr_code_in_a_terminal_is_square_and_changes_with_the_link():
    drawn = qr_text("https://example.org/join/3KC4JK")
    assert len(drawn.splitlines()) > 10
    assert drawn != qr_text("https://example.org/join/3KC4JM")
