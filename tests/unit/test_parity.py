"""The pure parts of the parity view: counting, when figures may change, and what is worked out from them."""

from __future__ import annotations

import re

import pytest

from facilitator.parity.figures import SIDE_OF, Side, count, mean, spread
from facilitator.parity.outside import OutsideSide, rounded
from facilitator.parity.release import Entry, Release, Rule, next_release, without_those_who_left
from facilitator.parity.store import FEW, ROLES
from facilitator.parity.view import ItemView, ParityView, Shown, SideView, by_gap, movements, total
from facilitator.parity.words import load_parity_words
from facilitator.settings import ROOT
from facilitator.vocabulary import Rating, Role, Stage

RULE = Rule()
YES, PARTLY, NOT_YET, NOT_SURE, SKIPPED = Rating.YES, Rating.PARTLY, Rating.NOT_YET, Rating.NOT_SURE, Rating.SKIPPED
USER, CARER = Role.SERVICE_USER, Role.CARER
USE, PROVIDE = Side.SERVICES_USED, Side.SERVICES_PROVIDED


class Side1:
    """One side of one item over time: `say` sets answers, `look` is what a viewer gets to see."""

    def __init__(self) -> None:
        self.now: dict[str, tuple[Role, Rating]] = {}
        self.last: Release | None = None
        self.releases = 0

    def say(self, role: Role = USER, **ratings: Rating) -> Side1:
        self.now |= {person: (role, rating) for person, rating in ratings.items()}
        return self

    def leave(self, *people: str) -> Side1:
        for person in people:
            del self.now[person]
        return self

    def look(self) -> dict[Rating, int] | None:
        entries = [Entry(person, person, role, rating) for person, (role, rating) in self.now.items()]
        if self.last:
            self.last = without_those_who_left(self.last, entries, {person: person for person in self.now})
        released = next_release(self.last, entries, RULE)
        self.releases += released is not self.last
        self.last = released
        if self.last is None or not self.last.is_shown(RULE):
            return None
        return {rating: number for rating, number in self.last.counts.items() if number}

    def roles(self) -> dict[Role, dict[Rating, int]] | None:
        self.look()
        if self.last is None or self.last.roles is None:
            return None
        return {role: {rating: number for rating, number in counts.items() if number} for role, counts in self.last.roles.items()}


@pytest.fixture
def side() -> Side1:
    return Side1()


# ── figures ──


def test_the_scale_counts_yes_partly_and_not_yet_only():
    counts = count([YES, PARTLY, NOT_YET, NOT_SURE, SKIPPED, Rating.NOT_APPLICABLE])
    assert mean(counts) == 0.5
    assert mean(count([NOT_SURE, SKIPPED])) is None


@pytest.mark.parametrize(
    ("ratings", "apart"),
    [
        ([YES] * 4, 0),
        ([YES, NOT_YET], 1),
        ([YES, PARTLY], 0.5),
        ([YES, YES, NOT_YET], 2 / 3),
        ([YES, PARTLY, NOT_YET], 2 / 3),
        ([YES, NOT_SURE], None),
    ],
)
def test_spread_is_how_far_apart_two_people_are_on_average(ratings, apart):
    assert spread(count(ratings)) == pytest.approx(apart) if apart is not None else spread(count(ratings)) is None


def test_every_role_has_a_side():
    assert {SIDE_OF[role] for role in (USER, CARER)} == {USE}
    assert {SIDE_OF[role] for role in (Role.STAFF, Role.LEAD)} == {PROVIDE}


# ── the first release ──


def test_two_raters_are_hidden_and_three_are_shown(side):
    assert side.say(a=YES, b=NOT_YET).look() is None
    assert side.say(c=PARTLY).look() == {YES: 1, PARTLY: 1, NOT_YET: 1}


def test_those_who_are_not_sure_or_skip_do_not_make_up_the_three(side):
    assert side.say(a=YES, b=NOT_YET, c=NOT_SURE, d=SKIPPED).look() is None


def test_not_sure_and_skipped_are_shown_once_three_have_rated(side):
    assert side.say(a=YES, b=YES, c=YES, d=NOT_SURE, e=SKIPPED).look() == {YES: 3, NOT_SURE: 1, SKIPPED: 1}


# ── steps ──


def test_figures_stay_until_three_more_have_answered(side):
    first = side.say(a=YES, b=YES, c=YES).look()
    assert side.say(d=NOT_YET).look() == side.say(e=NOT_YET).look() == first
    assert side.say(f=NOT_YET).look() == {YES: 3, NOT_YET: 3}


def test_a_change_counts_as_a_new_answer(side):
    side.say(a=YES, b=YES, c=YES).look()
    assert side.say(a=NOT_YET, b=PARTLY, d=PARTLY).look() == {YES: 1, PARTLY: 2, NOT_YET: 1}


def test_changing_twice_is_one_person(side):
    first = side.say(a=YES, b=YES, c=YES).look()
    for rating in (NOT_YET, PARTLY, NOT_YET):
        assert side.say(a=rating, d=rating).look() == first


def test_someone_who_changed_back_has_not_changed(side):
    first = side.say(a=YES, b=YES, c=YES).look()
    side.say(a=NOT_YET).look()
    assert side.say(a=YES, d=NOT_YET, e=NOT_YET).look() == first


def test_going_back_to_what_was_shown_before_is_not_new(side):
    """Else two moments with a third between them would leave two people: those who did not go back."""
    side.say(a=YES, b=YES, c=YES, d=YES).look()
    second = side.say(a=NOT_YET, b=NOT_YET, c=NOT_YET).look()
    assert second == {YES: 1, NOT_YET: 3}
    assert side.say(a=YES, b=YES, d=PARTLY).look() == second


def test_skips_alone_change_nothing(side):
    first = side.say(a=YES, b=YES, c=YES).look()
    assert side.say(d=SKIPPED, e=SKIPPED, f=NOT_SURE).look() == first


def test_a_step_that_would_leave_fewer_than_three_raters_is_not_taken(side):
    first = side.say(a=YES, b=YES, c=YES).look()
    assert side.say(a=NOT_SURE, b=NOT_SURE, c=NOT_SURE).look() == first


# ── people who take their answers back ──


def test_figures_stay_when_one_of_four_leaves(side):
    first = side.say(a=YES, b=NOT_YET, c=NOT_YET, d=NOT_YET).look()
    assert side.leave("a").look() == first


def test_a_side_is_hidden_when_fewer_than_three_of_its_people_are_left(side):
    side.say(a=YES, b=NOT_YET, c=NOT_YET).look()
    assert side.leave("a").look() is None
    assert side.say(d=YES).look() is None, "d less a would be seen"


def test_an_erased_answer_is_not_shown_by_a_count_that_goes_down(side):
    first = side.say(a=YES, b=NOT_YET, c=NOT_YET, d=NOT_YET).look()
    assert side.leave("a").say(e=PARTLY, f=PARTLY, g=PARTLY).look() == first
    assert side.say(h=YES).look() == first, "h could be the one who compares"
    assert side.say(i=YES).look() == {YES: 2, PARTLY: 3, NOT_YET: 3}


def test_somebody_who_leaves_and_says_the_same_again_is_not_new(side):
    side.say(a=YES, b=YES, c=PARTLY, d=YES).look()
    first = side.leave("c").say(a=PARTLY, b=PARTLY).look()
    assert side.say(e=PARTLY).look() == first, "e may be c come back: the difference would be a and b alone"
    assert side.say(f=PARTLY).look() == {YES: 1, PARTLY: 4}


def test_three_who_leave_are_a_group_of_their_own(side):
    side.say(a=YES, b=YES, c=YES, d=NOT_YET, e=NOT_YET, f=NOT_YET).look()
    assert side.leave("a", "b", "c").say(g=PARTLY, h=PARTLY, i=PARTLY).look() == {PARTLY: 3, NOT_YET: 3}


def test_three_who_leave_change_nothing_by_themselves(side):
    first = side.say(a=YES, b=YES, c=YES, d=NOT_YET, e=NOT_YET, f=NOT_YET).look()
    assert side.leave("a", "b", "c").look() == first


def test_someone_on_a_second_device_is_the_same_person():
    shown = next_release(None, [Entry(c, c, USER, YES) for c in "abc"], RULE)
    entries = [Entry("a2", "a", USER, NOT_YET), Entry("b", "b", USER, YES), Entry("c", "c", USER, YES)]
    left = without_those_who_left(shown, entries, {"a": "a", "a2": "a", "b": "b", "c": "c"})
    assert left.basis == {"a2": (YES,), "b": (YES,), "c": (YES,)}
    assert left.is_shown(RULE)


# ── roles ──


def test_roles_are_shown_when_each_has_three(side):
    side.say(a=YES, b=YES, c=YES).say(CARER, d=NOT_YET, e=NOT_YET, f=YES)
    assert side.roles() == {USER: {YES: 3}, CARER: {YES: 1, NOT_YET: 2}}


def test_three_of_one_role_and_one_of_another_are_not_told_apart(side):
    side.say(a=YES, b=YES, c=YES).say(CARER, d=NOT_YET)
    assert side.look() == {YES: 3, NOT_YET: 1}
    assert side.roles() is None


def test_roles_stay_hidden_after_a_total_that_mixed_few_of_them(side):
    """The first total less the users shown later would be the one carer less the one new user."""
    side.say(a=YES, b=YES).say(CARER, c=NOT_YET).look()
    side.say(d=PARTLY).say(CARER, e=YES, f=YES)
    assert side.look() == {YES: 4, PARTLY: 1, NOT_YET: 1}
    assert side.roles() is None


def test_a_step_of_two_roles_with_few_in_each_hides_roles(side):
    side.say(a=YES, b=YES, c=YES).say(CARER, d=NOT_YET, e=NOT_YET, f=YES).look()
    side.say(g=YES, h=YES).say(CARER, i=YES)
    assert side.roles() is None


def test_a_step_of_one_role_keeps_roles(side):
    side.say(a=YES, b=YES, c=YES).say(CARER, d=NOT_YET, e=NOT_YET, f=YES).look()
    side.say(g=PARTLY, h=PARTLY, i=PARTLY)
    assert side.roles() == {USER: {YES: 3, PARTLY: 3}, CARER: {YES: 1, NOT_YET: 2}}


# ── what is worked out ──


def item(name: str, use: list[Rating] | None, provide: list[Rating] | None, *, topic: str = "t", stage: Stage = Stage.BEFORE) -> ItemView:
    given = {USE: use, PROVIDE: provide}
    sides = {side: SideView(side, Shown(count(g))) if g else SideView(side, hidden=FEW) for side, g in given.items()}
    return ItemView(name, topic, stage, sides)


def test_items_are_sorted_by_gap_ties_keep_their_order_and_hidden_come_last():
    items = [
        item("hidden", None, [YES] * 3),
        item("none", [YES] * 3, [YES] * 3),
        item("half", [PARTLY] * 3, [YES] * 3),
        item("other half", [YES] * 3, [PARTLY] * 3),
        item("whole", [NOT_YET] * 3, [YES] * 3),
    ]
    assert [one.item for one in by_gap(items)] == ["whole", "half", "other half", "none", "hidden"]
    assert [one.gap for one in by_gap(items)] == [1, 0.5, 0.5, 0, None]


def test_a_hidden_side_gives_no_gap_no_spread_and_a_reason():
    one = item("a", None, [YES] * 3)
    assert (one.gap, one.difference, one.spread, one.gap_hidden) == (None, None, None, "gap_needs_both")
    assert one.sides[USE].figures is None


def test_the_difference_says_who_sees_it_brighter():
    assert item("a", [NOT_YET] * 3, [YES] * 3).difference == 1
    assert item("a", [YES] * 3, [NOT_YET] * 3).difference == -1


def test_movement_is_by_topic_for_items_both_sides_can_be_shown_for():
    items = [
        item("b", [NOT_YET] * 3, [YES] * 3),
        item("b2", None, [NOT_YET] * 3),
        item("d", [PARTLY] * 3, [YES] * 3, stage=Stage.DURING),
        item("a", [YES] * 3, [YES] * 3, stage=Stage.AFTER),
        item("once", [YES] * 3, [YES] * 3, topic="once"),
    ]
    overall, [topic] = movements(items)[0], movements(items)[1:]
    assert (overall.topic, topic.topic) == (None, "t")
    assert [stage.means[USE] for stage in topic.stages] == [0, 0.5, 1]
    assert [stage.items for stage in topic.stages] == [1, 1, 1]
    assert topic.change(USE) == 1
    assert topic.change(PROVIDE) == 0
    assert topic.gap_change == -1


def test_movement_with_one_stage_shown_says_nothing():
    moved = movements([item("b", [YES] * 3, [YES] * 3), item("d", None, None, stage=Stage.DURING)])[0]
    assert (moved.change(USE), moved.gap_change) == (None, None)


def test_totals_add_up_what_is_shown_and_nothing_else():
    items = [item("a", [YES] * 3, None), item("b", [NOT_YET] * 4, None), item("c", None, None)]
    assert total(items, USE).counts == count([YES] * 3 + [NOT_YET] * 4)
    assert total(items, PROVIDE) is None
    assert total(items, USE, CARER) is None
    assert total(items[2:], USE) is None


def test_a_filter_picks_and_never_counts_anew():
    items = (item("a", [YES] * 3, [YES] * 3), item("d", [YES] * 3, None, stage=Stage.DURING, topic="u"))
    view = ParityView("x", items, movements(items), 3, 3)
    assert view.only(stage=Stage.DURING).items == items[1:]
    assert view.only(topic="t").items == items[:1]
    assert view.only(topic="t", stage=Stage.DURING).items == ()


# ── outside ──


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, None), (7, None), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20)])
def test_outside_one_to_seven_are_hidden_and_the_rest_rounded_to_five(number, shown):
    assert rounded(number) == shown


def test_outside_a_total_or_mean_is_made_from_rounded_counts_or_not_at_all():
    clear = OutsideSide(USE, {r: rounded(n) for r, n in count([YES] * 9 + [NOT_YET] * 11).items()})
    assert (clear.total, clear.mean) == (20, 0.5)
    part = OutsideSide(USE, {r: rounded(n) for r, n in count([YES] * 9 + [NOT_YET] * 2).items()})
    assert (part.total, part.mean) == (None, None)


# ── words ──


def test_every_reason_has_words_that_are_short_and_filled_in():
    words = load_parity_words(ROOT / "knowledge" / "messages" / "parity.yml", Rule(5, 4))
    assert set(words.reasons) == {FEW, ROLES, "gap_needs_both"}
    assert set(words.sides) == set(Side)
    assert "at least 5" in words.reasons[FEW]
    assert "at least 4" in words.about["steps"]
    for text in (*words.reasons.values(), *words.about.values(), *words.sides.values()):
        assert max(len(sentence.split()) for sentence in re.split(r"(?<=[.?!]) ", text)) <= 20, text
