"""People's names go, whatever their origin and however they are typed; wards, services, months and books stay."""

from __future__ import annotations

import pytest

from facilitator.privacy.names import looks_like_full_name
from facilitator.privacy.redact import Redactor

MANY_ORIGINS = [
    "Oluwaseun",
    "Nkechi",
    "Kwabena",
    "Wanjiru",
    "Abdirahman",
    "Selamawit",
    "Tendai",
    "Fatoumata",
    "Gurpreet",
    "Lakshmi",
    "Deepak",
    "Ayesha",
    "Mohammed",
    "Tahmina",
    "Layla",
    "Parisa",
    "Mehmet",
    "Berivan",
    "Agnieszka",
    "Zbigniew",
    "Bogdan",
    "Oksana",
    "Volodymyr",
    "Rasa",
    "Desislava",
    "Shpresa",
    "João",
    "Beatriz",
    "Guadalupe",
    "Chiara",
    "Yiannis",
    "Zsuzsanna",
    "Mei-Ling",
    "Thuy",
    "Keiko",
    "Jiwoo",
    "Marisol",
    "Delroy",
    "Errol",
    "Llinos",
    "Gethin",
    "Siobhán",
    "Caoimhe",
    "Oisín",
    "Eilidh",
    "Kayleigh",
    "Jayden",
    "Winifred",
]


@pytest.mark.parametrize("name", MANY_ORIGINS)
def test_a_first_name_of_any_origin_is_taken_out_with_and_without_capitals(redact, name):
    assert redact(f"I think {name} should come") == "I think [name] should come"
    assert redact(f"please tell {name.lower()} i said thanks") == "please tell [name] i said thanks"


@pytest.mark.parametrize(
    "name",
    [
        "Sarah Jones",
        "Agnieszka Wróblewska",
        "Emily Hargreaves-Singh",
        "Sarah O'Connell",
        "T. Bakare",
        "Jean-Luc",
        "Xiu Ying",
        "Samira H",
        "Ludwig van Dijk",
        "Yetunde Akande-Smith",
        "Mohammed bin Rashid",
    ],
)
def test_a_whole_name_is_one_detail(redact, name):
    assert redact(f"we met {name} today") == "we met [name] today"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("my key worker tomasz said yes", "my key worker [name] said yes"),
        ("my key worker Zog said yes", "my key worker [name] said yes"),
        ("our chair is Dan", "our chair is [name]"),
        ("the advocate, Mehmet Yildiz, came", "the advocate, [name], came"),
        ("my support worker's called Zbigniew", "my support worker's called [name]"),
        ("Dr Venkataraman was kind", "Dr [name] was kind"),
        ("mrs pettigrew takes the minutes", "mrs [name] takes the minutes"),
        ("Nurse Achebe gave me the leaflet", "Nurse [name] gave me the leaflet"),
        ("she's called Grace", "she's called [name]"),
        ("put my name down as Oluwadurotimi", "put my name down as [name]"),
        ("told Xanthippa about it", "told [name] about it"),
        ("Xanthippa said no", "[name] said no"),
        ("we meet at Margaret's house", "we meet at [name]'s house"),
        ("keith and sue didnt come", "[name] and [name] didnt come"),
        ("PRIYA WAS NOT ASKED", "[name] WAS NOT ASKED"),
    ],
)
def test_the_words_around_show_a_name(redact, text, wanted):
    assert redact(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Will said he would", "[name] said he would"),
        ("Mark from the college ran it", "[name] from the college ran it"),
        ("May is our chair this year", "[name] is our chair this year"),
        ("I met Rose on the ward", "I met [name] on the ward"),
        ("Hope is late again", "[name] is late again"),
    ],
)
def test_a_name_that_is_also_a_word_is_a_name_where_it_acts_like_one(redact, text, wanted):
    assert redact(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I will mark it in May",
        "I hope so",
        "Will you tell us?",
        "the mark out of ten",
        "rose tinted glasses",
        "May is a bad month for me",
        "the joy went out",
        "be frank about it",
        "can we grant everyone a say",
        "Hope is all we have",
        "Christian and Sikh prayers",
        "I'd bill the trust",
        "Grace period for expenses",
        "the crown jewels",
        "Dawn meetings are no use",
    ],
)
def test_an_everyday_word_is_no_name(redact, text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Sunny Bank Ward was closed",
        "Jasmine Unit has a garden",
        "I was on Rose Ward",
        "St Mary's hospital is near",
        "the Queen Elizabeth hospital",
        "the Rowan Centre is too hot",
        "Mind and Rethink both came",
        "Samaritans were great",
        "the King's Fund wrote it",
        "Healthwatch said so",
        "Mencap said so",
        "the Green Light Toolkit says so",
        "Recovery Star is on page 4",
        "Leeds and York share a trust",
        "Otley is too far",
        "the Mental Health Act",
        "Universal Credit is my worry",
        "clozapine clinic clashes with it",
        "the Early Intervention team",
        "my dr said it was fine",
        "the Dr on the ward was new",
        "my key worker changed three times",
        "my key worker left",
        "sister on the ward was lovely",
        "I'm Polish and my English is poor",
        "it is Alice in Wonderland in there",
        "The Body Keeps the Score",
        "I felt like Cinderella",
    ],
)
def test_wards_services_places_and_jobs_stay(redact, text):
    assert redact(text) == text


def test_the_name_somebody_gave_themselves_here_stays_and_others_go(redactor):
    assert redactor.redact("Sam and Priya agree", pseudonym="Sam").text == "Sam and [name] agree"
    assert redactor.redact("Sam Jones was there", pseudonym="Sam").text == "[name] was there"


def test_an_organisations_own_names_stay():
    own = Redactor(kept=["Priya Centre", "Marjorie"])
    assert own.redact("Marjorie told Priya").text == "Marjorie told [name]"


@pytest.mark.parametrize("text", ["Sarah Jones", "sarah jones", "Dr Patel", "Mohammed Ali Khan", "Oluwaseun Adeyemi"])
def test_a_pseudonym_that_looks_like_a_full_name_is_noticed(text):
    assert looks_like_full_name(text)


@pytest.mark.parametrize("text", ["Blue Tiger", "Dave B", "Sam", "Bluebell", "", "!!", "The Quiet One"])
def test_a_pseudonym_that_does_not_is_fine(text):
    assert not looks_like_full_name(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hi its debs again, lost the link", "hi its [name] again, lost the link"),
        ("its Jazz from the clozapine group", "its [name] from the clozapine group"),
        ("this is Sukhjit, I did it twice", "this is [name], I did it twice"),
        ("Jools here, lost my login", "[name] here, lost my login"),
        ("On Hazel ward, Mthunzi played dominoes", "On Hazel ward, [name] played dominoes"),
        ("Xanthe and Bartholomew said so", "[name] and [name] said so"),
        ("please cc mr t kowalczyk in", "please cc mr [name] in"),
        ("Mark marked the agenda", "[name] marked the agenda"),
        ("see you Tuesday. Cheers, Perpetua x", "see you Tuesday. Cheers, [name] x"),
        ("I go by Zephyr here", "I go by [name] here"),
        ("My son's called Zephyr, yes really", "My son's called [name], yes really"),
    ],
)
def test_people_say_who_they_are_in_many_ways(redact, text, wanted):
    assert redact(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Mark the date please",
        "Hope faded the longer it went on",
        "it's Parking that worries me",
        "thanks, Team",
        "Nothing here, sorry",
        "thank you, everyone",
    ],
)
def test_an_everyday_word_in_such_a_place_is_no_name(redact, text):
    assert redact(text) == text
