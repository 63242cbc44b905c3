"""How the group sees it, said in the chat: only what was released, for members alone, and back to the question in hand."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.turn import AboutActivity, Shared, Talk
from facilitator.parity.figures import Side, count
from facilitator.parity.view import WIDE, ItemView, ParityView, Shown, SideView, alike, apart, by_gap
from facilitator.vocabulary import Rating, Stage, Step
from tests.talker import Talker

YES, PARTLY, NOT_YET, NOT_SURE = Rating.YES, Rating.PARTLY, Rating.NOT_YET, Rating.NOT_SURE
USE, PROVIDE = "People who use services, and carers", "Staff and leads"
LEADERS, PURPOSE, RULES, PAYMENT, DECISIONS = (
    f"before-{name}" for name in ("leadership", "purpose", "ground-rules", "payment", "decisions")
)


def item(name: str, use: list[Rating] | None, provide: list[Rating] | None, stage: Stage = Stage.BEFORE) -> ItemView:
    given = {Side.SERVICES_USED: use, Side.SERVICES_PROVIDED: provide}
    sides = {side: SideView(side, Shown(count(found))) if found else SideView(side, hidden="few") for side, found in given.items()}
    return ItemView(name, "topic", stage, sides)


def view(*items: ItemView, small_group: int = 3, step: int = 3) -> ParityView:
    return ParityView("activity", by_gap(items), (), small_group, step)


MIXED = view(
    item(LEADERS, [YES] * 3, [YES] * 4),
    item(PURPOSE, [NOT_YET] * 3, [YES] * 3),
    item(RULES, [YES, PARTLY, PARTLY, NOT_SURE], [YES, YES, PARTLY]),
    item(PAYMENT, [PARTLY] * 3, [YES] * 3),
    item(DECISIONS, [NOT_YET, NOT_YET, NOT_YET, PARTLY], [PARTLY, PARTLY, YES]),
    item("before-roles", [YES] * 3, [PARTLY] * 3),
    item("during-trust", [YES] * 3, None, Stage.DURING),
)


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


@pytest.fixture
def member(library) -> Talker:
    """Somebody at the first question of an activity whose figures are `MIXED`."""
    member = Talker(library)
    about = AboutActivity("The leaflet", date(2027, 1, 14), Stage.AFTER, ("Amber Robin",), "3KC4JK")
    member.outcome = open_conversation(Talk("member", activity=about, pseudonym="Amber Robin"), library)
    member.talk = member.outcome.talk
    member.begin()
    return given(member, MIXED)


def given(member: Talker, group: ParityView | None) -> Talker:
    member.talk = replace(member.talk, group=group)
    return member


def words(talker: Talker, wording, *, simple: bool = False) -> str:
    talk = replace(talker.talk, simple=simple)
    return "\n".join(wording.render(say, talk, talker.library).text for say in talker.outcome.says)


def choices(talker: Talker, wording, place: int = 0) -> list[str]:
    return [choice.title for choice in wording.render(talker.outcome.says[place], talker.talk, talker.library).choices]


# ── what is said ──


@pytest.mark.parametrize("simple", [False, True])
def test_a_member_hears_how_many_where_the_sides_are_apart_and_where_they_are_alike(member, wording, simple):
    said = member("group_view", "how does the group see it")
    assert said[:3] == ["utter_group_view", "utter_group_apart", "utter_group_alike"]
    text = words(member, wording, simple=simple)
    assert f"- {USE}: up to 4 people have answered\n- {PROVIDE}: up to 4 people have answered" in text
    assert "your group sees the time before it starts" in text
    points = re.findall(r"^- (.*?)\. People", text, re.MULTILINE)
    assert points == ["What this is for", "How decisions are shared", "Payment and benefits", "Leaders backing this", "Ground rules"]
    assert f"What this is for. {USE}: 0 yes, 0 partly, 3 not yet. {PROVIDE}: 3 yes, 0 partly, 0 not yet." in text


def test_it_says_whose_answers_count_and_that_figures_move_in_steps(member, wording):
    given(member, replace(MIXED, small_group=5, step=4))("group_view")
    text = words(member, wording)
    assert "only people who said that their answers may count" in text and "at least 4 more people" in text


def test_every_number_said_is_one_of_the_released_figures(member, wording):
    member("group_view")
    text = words(member, wording)
    released = {
        tuple(figures.counts[rating] for rating in (YES, PARTLY, NOT_YET))
        for one in MIXED.items
        if one.stage is Stage.BEFORE and one.gap is not None
        for side in one.sides.values()
        if (figures := side.figures)
    }
    said = {tuple(map(int, found)) for found in re.findall(r"(\d) yes, (\d) partly, (\d) not yet", text)}
    assert said and said <= released


def test_a_side_that_is_hidden_is_said_to_be_and_no_point_is_shown(member, wording):
    given(member, view(item(RULES, None, [YES] * 4), item(PAYMENT, None, [NOT_YET] * 3)))
    assert member("group_view")[:2] == ["utter_group_view", "utter_group_one_side"]
    text = words(member, wording)
    assert f"{USE}: not shown yet" in text and f"{PROVIDE}: up to 4 people" in text
    assert not re.search(r"\d (yes|partly|not yet)", text)


def test_with_nothing_to_show_it_says_why(member, wording):
    given(member, view(item(RULES, None, None), small_group=4, step=5))
    assert member("group_view")[0] == "utter_group_hidden"
    text = words(member, wording)
    assert "at least 4 people" in text and "steps of 5 people" in text


def test_sides_that_are_close_are_not_said_to_be_apart(member, wording):
    given(member, view(item(RULES, [YES] * 3, [YES, YES, YES, YES, PARTLY])))
    assert member("group_view")[:3] == ["utter_group_view", "utter_group_close", "utter_group_alike"]


def test_sides_that_are_far_apart_on_all_are_not_said_to_be_alike(member):
    given(member, view(item(RULES, [YES] * 3, [NOT_YET] * 3)))
    assert member("group_view")[:3] == ["utter_group_view", "utter_group_apart", "utter_where_we_were"]


def test_points_are_apart_from_a_wide_gap_on_and_alike_below_it():
    items = [item(name, [YES] * 4, answers) for name, answers in (("edge", [YES, YES, PARTLY, PARTLY]), ("near", [YES, YES, YES, PARTLY]))]
    assert items[0].gap == WIDE
    assert ([one.item for one in apart(items, 3)], [one.item for one in alike(items, 3)]) == (["edge"], ["near"])


# ── which stage ──


def test_a_stage_that_is_named_or_picked_is_shown_and_others_with_figures_are_offered(member, wording):
    member("group_view", "how does the group see it during")
    assert member.outcome.says[0].values["stage"] == "during"
    assert choices(member, wording) == ["How the group sees before"]
    member("group_view", stage="after")
    assert member.outcome.says[0].response == "utter_group_hidden"
    assert choices(member, wording) == ["How the group sees before", "How the group sees during"]


def test_with_no_stage_in_hand_it_is_the_one_that_fits_the_day(member):
    member.talk = replace(member.talk, position=replace(member.position, stage=None, step=Step.STAGE, item=None))
    member("group_view", "where do we agree")
    assert member.outcome.says[0].values["stage"] is Stage.AFTER


# ── for whom ──


def test_without_a_group_one_sentence_says_why(talker):
    assert talker.begin()("group_view", "how does the group see it")[0] == "utter_group_none"


def test_who_keeps_nothing_is_told_so_though_they_are_in_a_group(member):
    member.talk = replace(member.talk, kept=False)
    assert member("group_view", "how does the group see it")[0] == "utter_group_for_members"


def test_before_the_choice_about_keeping_that_comes_first(talker):
    assert talker("group_view", "how does the group see it") == ["utter_consent_first", "utter_ask_consent"]


# ── an aside ──


def test_it_returns_to_the_question_in_hand(member):
    asked, known = member.position.item, list(member.facts)
    assert member("group_view", "do staff think the same")[-2:] == ["utter_where_we_were", "utter_ask_item"]
    assert (member.position.item, member.facts) == (asked, known)


@pytest.mark.parametrize("text", ["staff think differently to us", "we see it the same as staff", "both sides need to listen"])
def test_what_is_told_of_the_group_at_a_question_is_kept_with_it_however_sure_the_reading(member, text):
    assert member("group_view", text, 0.99)[0] == "utter_comment_kept_rate"


@pytest.mark.parametrize(
    "text", ["group results", "compare us with staff", "I want to know if the staff agree", "let me see the others' scores", "do we agree"]
)
def test_what_is_asked_of_the_group_at_a_question_is_shown(member, text):
    assert member("group_view", text, 0.99)[0] == "utter_group_view"


def test_at_the_question_who_may_read_it_the_group_is_one_of_the_readers(member):
    member("reflect")
    member("add_comment", "we were heard")
    assert member.position.step is Step.SHARE_REFLECTION
    assert member("group_view", "the whole group")[0] == "utter_reflection_for_group"


# ── where it is found ──


def test_it_is_a_choice_beside_the_summary_of_somebody_in_a_group(member, talker, wording):
    for _ in range(5):
        member("skip")
    place = [say.response for say in member.outcome.says].index("utter_summary")
    assert choices(member, wording, place) == ["How the group sees it"]
    assert member("summary", "my answers")[0] == "utter_summary" and "How the group sees it" in choices(member, wording)
    member("group_view", stage="before")
    assert member.outcome.says[0].response == "utter_group_view"
    talker.begin()("answer_yes")
    assert talker("summary", "my answers")[0] == "utter_summary" and choices(talker, wording) == []


def test_who_meant_the_answers_of_others_finds_them_beside_their_words_and_the_other_way_round(member, wording):
    assert member("read_shared", "what does the rest of the group think")[0] == "utter_nothing_shared"
    assert choices(member, wording) == ["How the group sees it"]
    member.talk = replace(member.talk, shared={"7": Shared("we were heard", "Quiet River")})
    assert member("read_shared")[0] == "utter_shared" and choices(member, wording) == ["How the group sees it"]
    member("group_view")
    assert choices(member, wording)[-1] == "Read what others shared"
