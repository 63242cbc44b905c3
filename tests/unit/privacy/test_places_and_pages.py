"""Street addresses, e-mails and personal pages; streets in general, services and their pages stay."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "address",
    [
        "27 Canal Row",
        "27 canal road",
        "Flat 6, 118 Ravensbourne Avenue",
        "flat 2b, 14 Harcourt Road",
        "15 Nightingale Close",
        "4 The Green",
        "12a High St",
        "4 The Old Bakehouse, Silver Street",
        "92b Victoria Terrace",
        "Rose Cottage, Mill Lane",
        "3 Heol Las",
        "12 Ffordd Penrhyn",
        "PO Box 1234",
    ],
)
def test_an_address_is_taken_out(redact, address):
    assert redact(f"I live at {address}") == "I live at [address]"


def test_an_address_and_its_postcode_are_two_details(redact):
    assert redact("send it to 8 Ashgrove, DL3 7RT please") == "send it to [address], [postcode] please"


def test_a_street_without_a_number_is_an_address_where_somebody_lives_there(redact):
    assert redact("I live on Mill Lane") == "I live on [address]"


@pytest.mark.parametrize(
    "text",
    [
        "the bus goes down the High Street",
        "Brick Lane was closed",
        "lots of people on my street feel this",
        "we met in Room 214, Wellington House",
        "Jubilee House has step free access",
        "it is a 10 minute walk",
        "there are 3 ways in",
        "the ring road",
        "two people came down the road",
        "the second floor of the Town Hall",
    ],
)
def test_streets_and_venues_in_general_stay(redact, text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "address",
    [
        "jo.fair81@gmail.com",
        "JO@EXAMPLE.CO.UK",
        "r_okonkwo+chat@hotmail.co.uk",
        "jo at gmail dot com",
        "jo(at)yahoo.com",
        "o'brien@example.org",
        "jo@mail.example.com",
    ],
)
def test_an_email_is_taken_out(redact, address):
    assert redact(f"write to {address} please") == "write to [email] please"


@pytest.mark.parametrize(
    "text",
    [
        "email involvement@example.nhs.uk to join",
        "jo@samaritans.org is slower",
        "write to info@mind.org.uk",
        "we are @ the library",
        "meet @ 10.30",
    ],
)
def test_a_services_mailbox_stays(redact, text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "page",
    [
        "https://www.facebook.com/carol.dewhurst",
        "linkedin.com/in/hafsa-begum",
        "www.my-margate-diary.blogspot.com",
        "@kez_recovers",
        "instagram.com/jo.b",
        "https://jobloggs.me.uk/diary?x=1",
    ],
)
def test_a_personal_page_is_taken_out(redact, page):
    assert redact(f"find me on {page} ok") == "find me on [web address] ok"


@pytest.mark.parametrize(
    "page", ["www.nhs.uk", "https://www.england.nhs.uk/long-read/a", "ndti.org.uk", "mind.org.uk/urgent", "www.gov.uk/benefits"]
)
def test_a_services_page_stays(redact, page):
    assert redact(f"see {page} for it") == f"see {page} for it"
