"""Postcodes, NI and NHS numbers, telephones and dates of birth, in the shapes people type."""

from __future__ import annotations

import pytest

from facilitator.privacy.numbers import nhs_checksum_holds

NHS = ["9434765919", "943 476 5919", "943-476-5919", "943.476.5919", "9434 765 919", "94 34 76 59 19", "9 4 3 4 7 6 5 9 1 9"]
MOBILE = [
    "07700900123",
    "07700 900123",
    "07700 900 123",
    "07 700 900 123",
    "077 0090 0123",
    "07700-900-123",
    "07700.900.123",
    "0 7700 900123",
]
ABROAD = [
    "+447700900123",
    "+44 7700 900123",
    "+44 (0)7700 900123",
    "+44(0) 7700 900 123",
    "0044 7700 900123",
    "(+44) 7700 900 123",
    "447700900123",
]
LANDLINE = [
    "020 7946 0958",
    "02079460958",
    "(020) 7946 0958",
    "0161 496 0123",
    "01632 960 123",
    "(01632) 960123",
    "+44 161 496 0123",
    "029 2018 0123",
]


@pytest.mark.parametrize("number", NHS)
def test_an_nhs_number_is_taken_out_in_any_spacing(redact, number):
    assert redact(f"it is {number} on the letter") == "it is [NHS number] on the letter"


@pytest.mark.parametrize("number", ["9434765918", "943 476 5910", "1111111111", "123 456 7890"])
def test_ten_digits_that_fail_the_check_digit_are_no_nhs_number(redact, number):
    assert "[NHS number]" not in redact(f"the flipchart order is {number} by the way")
    assert not nhs_checksum_holds(number.replace(" ", ""))


def test_a_mistyped_nhs_number_is_taken_out_where_it_is_said_to_be_one(redact):
    assert redact("my NHS number is 943 476 5918") == "my NHS number is [NHS number]"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("943 4765 918 is what the letter says under NHS No", "[NHS number] is what the letter says under NHS No"),
        ("read it off the card, ready, 943 47 65 918, that's the nhs one", "read it off the card, ready, [NHS number], that's the nhs one"),
        ("My NHS number? It was 9434765918, I think", "My NHS number? It was [NHS number], I think"),
        ("one of these: 943 476 5918 or 943 476 5981", "one of these: [NHS number] or [NHS number]"),
        ("my NHS reference number is 943 476 5918", "my NHS reference number is [NHS number]"),
        ("the NHS online booking code, 9434765919", "the NHS online booking code, [NHS number]"),
        ("NHS patient number 4857773457", "NHS patient number [NHS number]"),
        ("CHI number 0101701234, from Glasgow", "CHI number [NHS number], from Glasgow"),
    ],
)
def test_ten_figures_with_a_slip_are_an_nhs_number_where_the_words_or_the_spaces_say_so(redact, said: str, left: str) -> None:
    assert redact(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "ticket 943 476 5918 is still open",
        "the NHS spends £1200000000 on it",
        "it cost NHS England 1500000001 pounds",
        "NHS trust board paper 1234567890 was sent",
        "the booking is 345 678 9012",
        "NHS mental health line 3001233393",
        "NHS 111 took 40 minutes",
        "Datix reference 4471902345",
    ],
)
def test_other_figures_stay(redact, said: str) -> None:
    assert redact(said) == said


def test_a_mobile_beside_the_nhs_is_a_phone(redact) -> None:
    assert redact("NHS 111 said to ring me on 7700 900123") == "NHS 111 said to ring me on [phone]"


def test_the_check_digit_is_the_one_of_the_data_dictionary():
    assert nhs_checksum_holds("9434765919")
    assert nhs_checksum_holds("9876543210")
    assert sum(nhs_checksum_holds(f"943476591{last}") for last in range(10)) == 1
    assert not any(nhs_checksum_holds(wrong) for wrong in ("", "943476591", "94347659199", "943476591x", "0000000000"))


@pytest.mark.parametrize("number", MOBILE + ABROAD + LANDLINE)
def test_a_telephone_number_is_taken_out_in_any_spacing(redact, number):
    assert redact(f"ring {number} please") == "ring [phone] please"


@pytest.mark.parametrize(
    "number",
    [
        "116 123",
        "116123",
        "111",
        "999",
        "101",
        "112",
        "85258",
        "0800 1111",
        "0800 068 4141",
        "0808 808 8000",
        "0300 123 3393",
        "0345 123 4567",
        "18000",
    ],
)
def test_a_number_that_belongs_to_everybody_stays(redact, number):
    assert redact(f"ring {number} if you need to") == f"ring {number} if you need to"


@pytest.mark.parametrize(
    "number", ["AB123456C", "AB 12 34 56 C", "ab123456c", "AB-12-34-56-C", "AB 123456 C", "JG 10 37 59 A", "QQ 12 34 56 C", "DN123456D"]
)
def test_a_national_insurance_number_is_taken_out(redact, number):
    assert redact(f"payroll want {number} today") == "payroll want [NI number] today"


def test_a_national_insurance_number_without_its_last_letter_needs_words_that_say_so(redact):
    assert redact("my NI number is AB 12 34 56") == "my NI number is [NI number]"
    assert redact("see form AB123456 please") == "see form AB123456 please"
    assert redact("the order number is AB123456C") == "the order number is AB123456C"


@pytest.mark.parametrize(
    "code", ["M1 1AE", "m11ae", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 1HQ", "EC1A 1BB", "ec1a1bb", "LS9  8AL", "SW1A 2AA", "M1 1AE."]
)
def test_a_postcode_is_taken_out_in_any_case_and_spacing(redact, code):
    assert redact(f"it is {code.rstrip('.')} here") == "it is [postcode] here"


@pytest.mark.parametrize(
    "text", ["the 1st 3rd and 2nd items", "item B2 4 people", "room W12 is upstairs", "version A4 2up", "ZZ9 9ZZ is no place"]
)
def test_what_only_looks_like_a_postcode_stays(redact, text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "said",
    [
        "born on 9th July 1968",
        "DOB 02.11.79",
        "date of birth: 14/03/2006",
        "d.o.b. 17-Jun-1955",
        "my birthday is 3 May",
        "bday 3rd of May 1984",
        "born 3.3.88",
        "born in March 1971",
        "dob 030388",
    ],
)
def test_a_date_of_birth_is_taken_out(redact, said):
    assert "[date of birth]" in redact(said)


def test_a_full_date_of_long_ago_is_a_birthday_though_nothing_says_so(redact):
    assert redact("sam 14/03/1974") == "[name] [date of birth]"


@pytest.mark.parametrize(
    "text",
    [
        "we meet on 12 November 2026",
        "the last date was 03/10/2026",
        "I was sectioned in 2014",
        "admitted 14/03/1999",
        "since March 2019",
        "the first Tuesday of May",
        "between 2009 and 2011",
        "see you on the 3rd",
        "half past two till 4.15pm",
    ],
)
def test_other_dates_and_times_stay(redact, text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "I give it 4 out of 5",
        "about 30 people and 12 staff",
        "it cost £1,250 for 3 hours",
        "45p a mile",
        "Room 214",
        "page 12, item 3.2",
        "code 4471",
        "order number 4471902",
        "reference CP-2026-0417",
        "section 117 aftercare",
        "version 2.1.0",
        "08:30-10:15",
        "2019-2024",
    ],
)
def test_money_rooms_ratings_and_references_stay(redact, text):
    assert redact(text) == text
