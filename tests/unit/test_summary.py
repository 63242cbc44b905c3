"""The summary people take away: the same in plain text, as a page and in Word, and harmless whatever was typed."""

from __future__ import annotations

import io
import re
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from facilitator.settings import ROOT
from facilitator.summary.content import Answer, Part, Step, Summary, Thought
from facilitator.summary.outline import Heading, outline, tidy
from facilitator.summary.page import as_html
from facilitator.summary.text import as_text
from facilitator.summary.word import as_docx
from facilitator.summary.words import load_summary_words
from facilitator.vocabulary import Rating, Role, Stage, StepState, VisibleTo

WORDS = load_summary_words(ROOT / "knowledge" / "messages")
TODAY = date(2027, 1, 15)
FULL = Summary(
    True,
    (
        Part(
            Stage.BEFORE,
            (
                Answer("Is the room easy to reach?", Rating.YES),
                Answer("Will people be paid?", Rating.PARTLY, "Only fares,\nso far"),
                *(Answer(f"Question {rating}", rating) for rating in list(Rating)[2:]),
                Answer("Only words here?", None, "a comment"),
            ),
            (Step("Ask about payment", "staff", date(2027, 2, 1)), Step("Ring the café", "me", None, StepState.DONE), Step("Book", None)),
        ),
        Part(Stage.DURING),
        Part(Stage.AFTER, thoughts=(Thought("It went well", "What is working?", VisibleTo.GROUP), Thought("I was tired"))),
    ),
    "Planning the crisis café",
    date(2027, 1, 14),
    "Copper Lantern",
    Role.CARER,
)


def all_forms(summary: Summary) -> tuple[str, ElementTree.Element, list[tuple[str, str]]]:
    """Plain text; the page as a tree (so it is well-formed); Word opened again as (style, text)."""
    blocks = outline(summary, WORDS, TODAY)
    page = as_html(blocks)
    tree = ElementTree.fromstring(page.removeprefix("<!doctype html>"))
    document = Document(io.BytesIO(as_docx(blocks, TODAY)))
    return as_text(blocks), tree, [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]


def words_of(tree: ElementTree.Element) -> str:
    return " ".join(" ".join(tree.find("body").itertext()).split())


def test_all_three_say_the_same_in_the_same_order():
    text, tree, paragraphs = all_forms(FULL)
    plain = " ".join(re.sub(r"^[=-]+$|\u2022", "", text, flags=re.M).split())
    assert plain == words_of(tree) == " ".join(" ".join(text for _, text in paragraphs).split())


def test_answers_are_grouped_and_carry_what_was_said():
    text, _, _ = all_forms(FULL)
    assert [line for line in text.splitlines() if line in {WORDS.say(f"groups.{rating}") for rating in Rating}] == [
        "In place", "Partly in place", "Not yet in place", "Not sure", "Does not apply", "Skipped",
    ]  # fmt: skip
    assert "  \u2022 Will people be paid?\n    You said: Only fares,\n    so far\n" in text
    assert "  \u2022 Ask about payment\n    Who: staff\n    By: 1 February 2027\n    Where it stands: to do\n" in text
    assert "  \u2022 Ring the café\n    Who: you\n    Where it stands: done\n" in text
    assert "  \u2022 Book\n    Who: not said yet\n" in text
    assert "  \u2022 It went well\n    We asked: What is working?\n    Everyone in the group can see this.\n" in text
    assert "  \u2022 I was tired\n    Only you can see this.\n" in text
    assert "You left a comment\n  \u2022 Only words here?\n    You said: a comment" in text
    assert "You said you are a carer." in text


def test_a_stage_with_nothing_in_it_is_left_out_and_one_without_answers_says_so():
    text, _, _ = all_forms(FULL)
    assert "During the activity" not in text
    assert f"After the activity\n------------------\n{WORDS.say('nothing_here')}\n" in text


def test_somebody_who_has_not_begun_is_told_so():
    text, _, _ = all_forms(Summary(True, (Part(Stage.BEFORE),)))
    assert WORDS.say("nothing") in text
    assert text.startswith("Your summary\n")


def test_somebody_unkept_gets_an_honest_short_page():
    text, tree, _ = all_forms(Summary(False, FULL.parts, "A plan"))
    assert WORDS.say("unkept") in text
    assert "Will people be paid?" not in text + words_of(tree)
    assert WORDS.say("about.private") not in text


def test_the_page_is_accessible_and_stands_alone():
    page = as_html(outline(FULL, WORDS, TODAY))
    tree = ElementTree.fromstring(page.removeprefix("<!doctype html>"))
    assert tree.get("lang") == "en-GB"
    assert [heading.text for heading in tree.iter("h1")] == [tree.find("head/title").text] == ["Your summary: Planning the crisis café"]
    levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", element.tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {child.tag for list_ in tree.iter("ul") for child in list_} == {"li"}
    assert "@media print" in page
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import", page)


def test_word_has_real_headings_its_language_and_its_title():
    data = as_docx(outline(FULL, WORDS, TODAY), TODAY)
    document = Document(io.BytesIO(data))
    headings = [(p.style.name, p.text) for p in document.paragraphs if p.style.name.startswith("Heading")]
    expected = [(f"Heading {block.level}", block.text) for block in outline(FULL, WORDS, TODAY) if isinstance(block, Heading)]
    assert headings == expected
    assert document.core_properties.title == "Your summary: Planning the crisis café"
    assert document.core_properties.language == "en-GB"
    assert 'w:lang w:val="en-GB"' in document.styles.element.xml
    assert "en-US" not in re.sub(r'w:eastAsia="[^"]*"', "", document.styles.element.xml)


NASTY = [
    "=HYPERLINK(\"http://x\",\"y\")", "@SUM(1)", "+1", "-1", "<script>alert(1)</script>", "</li></ul><h1>x</h1>", "&amp; {{ 7*7 }} {text}",
    "a\x00b\x07c", "one\r\ntwo\x0bthree", "\ufffe\ud800", "turn\u202eround", "]]>", "%s {0} {missing}",
]  # fmt: skip


@pytest.mark.parametrize("typed", NASTY)
def test_what_people_type_is_only_ever_words(typed):
    part = Part(Stage.BEFORE, (Answer("Q?", Rating.YES, typed),), (Step(typed, typed),), (Thought(typed, typed),))
    text, tree, paragraphs = all_forms(Summary(True, (part,), typed, None, typed, Role.LEAD))
    for line in text.splitlines():
        assert line == "" or line[0] not in "=+@" or set(line) <= {"="}
    clean = " ".join(tidy(typed).split())
    assert words_of(tree).count(clean) >= 4
    assert " ".join(" ".join(text for _, text in paragraphs).split()).count(clean) >= 4
    assert len(list(tree.iter("h1"))) == 1
    assert not list(tree.iter("script"))


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(), max_size=40))
def test_any_text_makes_documents_that_open_again(typed):
    part = Part(Stage.AFTER, (Answer(typed, Rating.NOT_SURE, typed),), (Step(typed, typed),), (Thought(typed),))
    text, _, _ = all_forms(Summary(True, (part,), typed, None, typed))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)


def test_sentences_are_short():
    for key, text in WORDS.summary.items():
        assert max(len(sentence.split()) for sentence in re.split(r"(?<=[.?!]) ", text)) <= 20, key
