"""Friendly names, and which made-up ones may be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilitator.errors import ContentError
from facilitator.privacy.lexicon import load_lexicon
from facilitator.pseudonyms import NameFault, load_pseudonyms
from facilitator.settings import ROOT
from facilitator.vocabulary import Role

NAMES = load_pseudonyms(ROOT / "knowledge" / "messages" / "pseudonyms.yml")


def test_there_are_enough_pairs_and_every_pair_is_acceptable():
    pairs = [f"{one} {other}" for one in NAMES.first for other in NAMES.second]
    assert len(set(pairs)) >= 2500
    assert [(pair, NAMES.fault(pair)) for pair in pairs if NAMES.fault(pair)] == []


def test_no_word_is_a_first_name():
    lexicon = load_lexicon()
    assert not {word.lower() for word in NAMES.first + NAMES.second} & (lexicon.first | lexicon.ambiguous_first)


def test_no_pair_is_one_word_twice():
    assert not set(NAMES.first) & set(NAMES.second)


def test_the_same_seed_gives_the_same_three_different_names():
    assert NAMES.suggest("a") == NAMES.suggest("a")
    assert len(set(NAMES.suggest("a"))) == 3
    assert NAMES.suggest("a") != NAMES.suggest("b")


@given(st.text(max_size=20), st.integers(0, 40))
def test_a_taken_name_is_never_suggested_however_it_is_written(seed, number):
    taken = {name.upper() for name in NAMES.suggest(seed, count=number)}
    assert not taken & {name.upper() for name in NAMES.suggest(seed, taken)}


def test_there_is_a_name_when_every_pair_is_taken():
    every = {f"{one} {other}" for one in NAMES.first for other in NAMES.second}
    [name] = NAMES.suggest("x", every, count=1)
    assert name not in every
    assert NAMES.fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "Jo",
        "Dave",
        "Blue Tiger",
        "Dave B",
        "O'Malley",
        "Copper Lantern",
        "zoë",
        "Łukasz",
        "अनिल",
        "Bus 42",
        "Tea-lover",
        "Scunthorpe fan",
        "Mr Tea",
    ],
)
def test_these_can_be_used(name):
    assert NAMES.fault(name) is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", NameFault.LENGTH),
        ("J", NameFault.LENGTH),
        ("x" * 31, NameFault.LENGTH),
        ("   a   ", NameFault.LENGTH),
        ("jo@example.org", NameFault.CONTACT),
        ("07700 900123", NameFault.CONTACT),
        ("12", NameFault.CONTACT),
        ("Jo 90012345", NameFault.CONTACT),
        ("LS1 4AP", NameFault.CONTACT),
        ("www.example.org", NameFault.CHARACTERS),
        ("<b>Jo</b>", NameFault.CHARACTERS),
        ("=HYPERLINK(1)", NameFault.CHARACTERS),
        ("Jo_Jo", NameFault.CHARACTERS),
        ("Jo\u202eoJ", NameFault.CHARACTERS),
        ("Jo\nJo", NameFault.CHARACTERS),
        ("--", NameFault.CHARACTERS),
        ("Z\u0335\u0336\u0337\u0338o", NameFault.CHARACTERS),
        ("Sarah Jones", NameFault.FULL_NAME),
        ("sarah jones", NameFault.FULL_NAME),
        ("SarahJones", NameFault.FULL_NAME),
        ("Mohammed Khan", NameFault.FULL_NAME),
        ("Dr Patel", NameFault.FULL_NAME),
        ("psycho", NameFault.UNKIND),
        ("The Nutters", NameFault.UNKIND),
        ("Shit-head", NameFault.UNKIND),
        ("Staff", NameFault.TAKEN),
        ("me", NameFault.TAKEN),
        ("service user", NameFault.TAKEN),
        ("Service-User", NameFault.TAKEN),
    ],
)
def test_these_cannot_and_the_reason_is_named(name, fault):
    assert NAMES.fault(name) is fault


@pytest.mark.parametrize("role", Role)
def test_nobody_can_be_called_what_a_next_step_calls_a_role(role):
    assert NAMES.fault(role.replace("_", " ")) is NameFault.TAKEN


@given(st.text(max_size=40))
def test_anything_typed_is_judged_without_an_error(text):
    assert NAMES.fault(text) in (None, *NameFault)


@pytest.mark.parametrize("body", ["first: [A]\n", "first: [A, A]\nsecond: [B]\nreserved: [c]\nunkind: [d]\n"])
def test_a_fault_in_the_file_is_named(tmp_path, body):
    path = tmp_path / "pseudonyms.yml"
    path.write_text(body)
    with pytest.raises(ContentError):
        load_pseudonyms(path)
