"""References, tickets and ids made by machines say nothing of a person, and stay; what is a detail beside them still goes."""

from __future__ import annotations

import random

import pytest

CODES = (
    "3fa0b91c", "ada40731", "bea7c0de", "ed632615", "0ba4c73e-45c1-beda-434e-bcd4437ca2f8", "LAN1-SJW7", "SU985664", "EM2FZE",
    "canary-e794ab", "b675fd-x", "e794ac", "W993FC", "#BT14EM", "CP/2026/00417", "INC4471902",
)  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_a_code_stays(redact, code):
    assert redact(f"please look up {code} for me") == f"please look up {code} for me"
    assert redact(code) == code


@pytest.mark.parametrize(
    "said",
    ["ref W6R7FP", "our ticket is M3T6HN", "the code is WR76DM", "reference number BT1 4EM", "ticket ZD826057C", "order 07700 900123"],
)
def test_what_is_said_to_be_a_reference_stays(redact, said):
    assert redact(f"{said} please") == f"{said} please"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("post code W6R7FP", "post code [postcode]"),
        ("postcode is ls98ac", "postcode is [postcode]"),
        ("it is ls98ab", "it is [postcode]"),
        ("kez94 told Sam", "[name]94 told [name]"),
        ("Sam-07700900123", "[name]-[phone]"),
        ("ticket 3fa0b91c, ask Priya on 07700 900123", "ticket 3fa0b91c, ask [name] on [phone]"),
        ("tel:07700900123 or mob-07700 900124", "tel:[phone] or mob-[phone]"),
        ("NHS-9434765919", "NHS-[NHS number]"),
        ("dob 030388", "dob [date of birth]"),
    ],
)
def test_a_detail_beside_a_code_or_like_one_still_goes(redact, said, left):
    assert redact(said) == left


def test_of_three_hundred_ids_of_machines_none_is_taken_for_a_detail(redact):
    """Eight hexadecimal figures, of which one in forty are digits alone: those may be a telephone number."""
    chance = random.Random(8)
    made = [f"{chance.getrandbits(32):08x}" for _ in range(300)]
    said = [f"words {code} about this point" for code in made if not code.isdigit()]
    assert len(said) > 280
    assert [text for text in said if redact(text) != text] == []
