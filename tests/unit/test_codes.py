from __future__ import annotations

import pytest

from facilitator.codes import JOIN_ALPHABET, new_join_code, new_resume_code, tidy_join_code, tidy_resume_code


def test_a_join_code_has_no_look_alikes():
    assert not set(JOIN_ALPHABET) & set("0O1IL2Z5S8BUV")
    assert len(new_join_code()) == 6


@pytest.mark.parametrize("typed", ["Paint-Lunar-Kept", "paint lunar kept", " PAINT, lunar, kept. "])
def test_a_resume_code_is_read_however_it_is_typed(typed):
    assert tidy_resume_code(typed) == "paint-lunar-kept"


def test_a_new_resume_code_survives_being_typed():
    code = new_resume_code()
    assert len(code.split("-")) == 3
    assert tidy_resume_code(code.upper()) == code


def test_a_join_code_is_read_with_spaces_and_small_letters():
    assert tidy_join_code(" 3ka-4jk ") == "3KA4JK"
