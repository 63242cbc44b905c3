"""Block Kit within Slack's limits, whatever is put in; and nothing typed becomes a mention."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facilitator.conversation.turn import Talk
from facilitator.settings import ROOT
from facilitator.vocabulary import Author, Kind, Step
from tests.integration.slack.limits import Broken, check_blocks, check_message, check_view
from web.chat.schemas import ChoiceOut, MessageOut, SourceOut
from web.slack import blocks as kit
from web.slack.showing import shown
from web.slack.words import Words, load_words

WHEN = "2026-01-01T00:00:00Z"
awkward = st.text(alphabet=st.sampled_from("aé<>&@#!|* \n.🙂"), max_size=9000) | st.text(max_size=200)


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words(ROOT / "knowledge" / "messages")


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@given(awkward)
@settings(max_examples=150)
def test_a_text_is_parted_within_the_limit_and_no_sign_is_lost(text):
    made = kit.sections(text)
    check_blocks(made[:50], most=50, surface="message")
    assert all(len(block["text"]["text"]) <= kit.MAX_SECTION for block in made)
    assert bare("".join(html.unescape(block["text"]["text"]) for block in made)) == bare(text) or "&" in text


def test_a_text_is_parted_between_paragraphs_then_sentences_then_words():
    assert kit.split("one two\n\nthree four", 12) == ["one two", "three four"]
    assert kit.split("One two. Three four.", 12) == ["One two.", "Three four."]
    assert kit.split("aaaaaaaaaa" * 3, 12) == ["aaaaaaaaaaaa", "aaaaaaaaaaaa", "aaaaaa"]
    assert all(len(kit.escaped(part)) <= 12 for part in kit.split("&&&&&&&&", 12))


@pytest.mark.parametrize(
    "text", ["<!channel>", "<@U0001>", "<#C1|general>", "<https://x.example|here>", "<!subteam^S1>", "<!date^1^{date}|x>", "&lt;!here&gt;"]
)
def test_what_slack_reads_as_its_own_is_only_text(text):
    block = kit.sections(f"I typed {text}")[0]
    assert "<" not in block["text"]["text"] and block["text"]["verbatim"] is True
    assert html.unescape(block["text"]["text"]) == f"I typed {text}"
    check_blocks([block], most=50, surface="message")


def test_a_message_holds_no_more_blocks_and_no_more_words_than_slack_takes():
    few = kit.sections("word " * 4000)
    parts = kit.messages([*few, *kit.actions([kit.button("go", "Yes", "1")], "x")])
    assert len(parts) > 1 and [block for part in parts for block in part] == [*few, *kit.actions([kit.button("go", "Yes", "1")], "x")]
    assert [len(part) for part in kit.messages([{"type": "divider"}] * 120)] == [50, 50, 20]
    for part in parts:
        check_message({"text": kit.read_aloud(part), "blocks": part})
    with pytest.raises(Broken, match="msg_blocks_too_long"):
        check_message({"text": "x", "blocks": few})


def test_the_checker_would_find_a_mention():
    with pytest.raises(Broken):
        check_blocks([{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel>", "verbatim": True}}], most=50, surface="message")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a &lt; b &amp; c", "a < b & c"),
        ("ask <@U0001> or <@U2|sam>", "ask [name] or [name]"),
        ("in <#C1|general> and <#C2>", "in general and C2"),
        ("see <https://example.org/x|this>", "see https://example.org/x"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("<tel:0123|0123>", "0123"),
        ("<!here> hello", "here hello"),
    ],
)
def test_what_was_typed_is_read_as_it_was_meant(typed, meant):
    assert kit.typed(typed) == meant


# ── whole replies ──


@given(
    st.lists(
        st.builds(
            MessageOut,
            id=st.uuids().map(str),
            author=st.just(Author.BOT),
            created_at=st.just(WHEN),
            kind=st.sampled_from(list(Kind)),
            text=awkward.filter(str.strip),
            choices=st.lists(st.builds(ChoiceOut, id=st.uuids().map(str), title=st.text("ab& <", min_size=1, max_size=200)), max_size=60),
            sources=st.lists(st.builds(SourceOut, title=st.text(max_size=50), section=st.text(max_size=50)), max_size=12),
        ),
        max_size=4,
    ),
    st.sampled_from(list(Step)),
)
@settings(max_examples=60)
def test_any_reply_is_within_the_limits_and_every_choice_can_be_pressed(messages, step):
    words = load_words_once()
    titled = [m.model_copy(update={"choices": [c for c in m.choices if c.title.strip()]}) for m in messages]
    made = shown(titled, Talk("c" * 32, kept=True).at(step=step), None, words)
    for part in kit.messages(made):
        check_message({"text": kit.read_aloud(part) or "x", "blocks": part})
    pressed = {element["value"] for block in made if block["type"] == "actions" for element in block["elements"]}
    assert {choice.id for message in titled if message.kind not in (Kind.QUESTION, Kind.NOTICE) for choice in message.choices} <= pressed
    assert not any(block["type"] == "actions" for block in shown(titled, Talk("c"), None, words, live=False, chosen="x"))


_loaded: list[Words] = []


def load_words_once() -> Words:
    if not _loaded:
        _loaded.append(load_words(ROOT / "knowledge" / "messages"))
    return _loaded[0]


def test_a_title_too_long_for_a_button_is_read_in_full_above_it(words):
    long = "Ask the people who use the ward which time of the day suits them best, and write it down for everyone to see"
    choices = [ChoiceOut(id="1", title=long), ChoiceOut(id="2", title="No")]
    made = shown(
        [MessageOut(id="m", author=Author.BOT, created_at=WHEN, kind=Kind.QUESTION, text="?", choices=choices)], Talk("c"), None, words
    )
    assert f"1. {long}" in made[1]["text"]["text"]
    assert [e["text"]["text"][:3] for e in made[2]["elements"]] == ["1. ", "2. "]


def test_more_than_25_choices_are_more_than_one_row(words):
    choices = [ChoiceOut(id=str(n), title=str(n)) for n in range(60)]
    made = shown(
        [MessageOut(id="m", author=Author.BOT, created_at=WHEN, kind=Kind.QUESTION, text="?", choices=choices)], Talk("c"), None, words
    )
    assert [len(block["elements"]) for block in made if block["type"] == "actions"] == [25, 25, 10]


def test_of_several_questions_only_the_last_is_asked(words):
    said = [
        MessageOut(id=str(n), author=Author.BOT, created_at=WHEN, kind=kind, text=text)
        for n, (kind, text) in enumerate(
            [(Kind.QUESTION, "first?"), (Kind.NOTICE, "wait"), (Kind.TEXT, "thanks"), (Kind.QUESTION, "last?")]
        )
    ]
    assert [block["text"]["text"] for block in shown(said, Talk("c"), None, words)] == ["thanks", "last?"]


@given(
    st.text(max_size=4000),
    st.text(max_size=400),
    st.lists(st.tuples(st.text("ab ", min_size=1), st.text("ab", min_size=1)), min_size=1, max_size=200),
)
@settings(max_examples=60)
def test_any_box_is_within_the_limits(about, title, options):
    listed = [(name.strip() or "x", value) for name, value in options]
    blocks = [
        kit.text_input("t", title.strip() or "x", multiline=True, hint=title, value=about),
        kit.date_input("d", "when"),
        kit.select_input("s", "which", listed, optional=False),
    ]
    check_view(kit.modal("c", title.strip() or "x", "Send", "Cancel", blocks, about))
