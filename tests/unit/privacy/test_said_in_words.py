"""Details said rather than written: dates and numbers in words, letters for digits, an address with "dot" and "at"."""

from __future__ import annotations

import pytest

BIRTHDAYS = [
    "the third of August nineteen sixty-one",
    "nineteenth of October, nineteen forty eight",
    "the twenty second of febuary two thousand and four",
    "September the ninth 1955",
    "5 V 1972",
    "14.xi.1980",
    "xmas eve 1999",
    "Boxing Day 1958",
    "the 5th of the 11th 1980",
    "3 Mai 1990",
]
PHONES = [
    "o7700 9oo 388",
    "0770O 9OO 118",
    "oh seven seven double oh nine hundred one two three",
    "zero seven seven zero zero, nine double zero, four five six",
]
E_MAILS = [
    "s dot akhtar dot rep at example dot org",
    "t underscore rahman at example dot com",
    "fatima.z(at)example(dot)co(dot)uk",
    "jo.mensah at example.org",
]
POSTCODES = ["CF11 9TK", "CF11 9ti", "NE6 5CO", "L S 5 3 Q L", "ls1o 4ap"]


@pytest.mark.parametrize("date", BIRTHDAYS)
def test_a_birthday_in_words_is_taken_out(redact, date):
    assert redact(f"I was born {date}, in Leeds") == "I was born [date of birth], in Leeds"


@pytest.mark.parametrize("number", PHONES)
def test_a_phone_number_with_letters_or_words_for_digits_is_taken_out(redact, number):
    assert redact(f"my phone is {number}") == "my phone is [phone]"


def test_an_nhs_number_in_words_is_taken_out(redact):
    assert redact("NHS number nine four three four seven six five nine one nine") == "NHS number [NHS number]"


@pytest.mark.parametrize("address", E_MAILS)
def test_an_e_mail_address_in_words_is_taken_out(redact, address):
    assert redact(f"write to {address} please") == "write to [email] please"


@pytest.mark.parametrize("postcode", POSTCODES)
def test_a_mistyped_postcode_is_taken_out(redact, postcode):
    assert redact(f"my place is {postcode}, by the park") == "my place is [postcode], by the park"


def test_a_day_of_long_ago_in_a_row_of_details_is_a_birthday(redact):
    assert redact("Gloria Entwistle, 2nd Jan 1940, NHS 943 476 5919") == "[name], [date of birth], NHS [NHS number]"


def test_a_nickname_on_a_network_is_taken_out(redact):
    assert redact("find me on insta as wobbly_wendy_makes") == "find me on insta as [web address]"


@pytest.mark.parametrize(
    "text",
    [
        "since the twenty second of May nothing has happened",
        "the unit closed on the 31st of December 1999",
        "nineteen of us came and seven left early",
        "two thousand pounds, twenty volunteers, one two three testing",
        "the M4 5km from here, then the A1 2mi",
        "B12 5mg in the morning",
        "we sat at E5 4th from the door",
        "Look at mind dot org dot uk for the leaflet",
        "write to info at mind dot org dot uk",
        "we were at example.org yesterday",
        "@channel the room is booked",
        "On Christmas Day 2019 the ward was quiet",
        "seven out of ten said yes, six five four said no",
    ],
)
def test_what_only_looks_like_one_stays(redact, text):
    assert redact(text) == text
