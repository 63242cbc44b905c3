"""What someone who sees only figures could work out, tried by brute force on random histories.

The attacker keeps everything ever shown of one item and side, and adds and subtracts at will. `Side1` of test_parity is the system;
the truth about who said what is kept here, apart from it.
"""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from facilitator.parity.figures import VALUES
from facilitator.vocabulary import Rating, Role
from tests.unit.test_parity import Side1

PEOPLE = [(f"u{n}", Role.SERVICE_USER) for n in range(6)] + [(f"c{n}", Role.CARER) for n in range(6)]
SAID = [Rating.YES, Rating.PARTLY, Rating.NOT_YET, Rating.NOT_SURE]
# Mostly answers, in bursts between looks, so that many histories get to several releases.
answers = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SAID)), min_size=1, max_size=9)
bursts_of_answers = st.lists(answers, min_size=1, max_size=8)
leaving = st.lists(st.sampled_from(PEOPLE), max_size=2)
bursts = st.lists(st.tuples(answers, leaving), min_size=1, max_size=7)

Figure = dict[str, Rating]
"""Who stood behind a figure shown, and what each had said."""


def answer(side: Side1, burst) -> None:
    for (person, role), rating in burst:
        side.say(role, **{person: rating})


def ratings(people: Figure) -> Counter[Rating]:
    return Counter(people.values())


def history(groups) -> list[tuple[str, Figure]]:
    """Every different figure shown while people only answer and change, as sets of people."""
    side, shown = Side1(), []
    for group in groups:
        answer(side, group)
        before = side.releases
        figures = side.look()
        if figures is None or side.releases == before:
            continue
        truth = {person: rating for person, (_, rating) in side.now.items()}
        assert figures == ratings(truth), "a release shows what people say at that moment"
        shown.append(("all", truth))
        if side.last.roles is not None:
            for role in side.last.roles:
                shown.append((role, {p: r for p, r in truth.items() if side.now[p][0] is role}))
    return shown


def behind(combination, shown) -> set[str]:
    """The people whose answers do not cancel out when figures are added and subtracted."""
    weights: Counter[tuple[str, Rating]] = Counter()
    for factor, (_, people) in zip(combination, shown, strict=True):
        for person, rating in people.items():
            weights[person, rating] += factor
    return {person for (person, rating), weight in weights.items() if weight and rating in VALUES}


@settings(max_examples=300)
@given(bursts_of_answers)
def test_no_sum_or_difference_of_figures_ever_leaves_one_or_two_people(groups):
    shown = history(groups)[:7]
    for combination in product((-1, 0, 1), repeat=len(shown)):
        assert len(behind(combination, shown)) not in (1, 2)


@settings(max_examples=300)
@given(bursts)
def test_whatever_happens_what_is_shown_has_three_raters_and_moves_by_three(groups):
    side, last_truth, last_shown = Side1(), {}, None
    for burst, gone in groups:
        answer(side, burst)
        side.leave(*{person for person, _ in gone if person in side.now})
        figures = side.look()
        truth = {person: rating for person, (_, rating) in side.now.items()}
        if figures is not None:
            assert sum(number for rating, number in figures.items() if rating in VALUES) >= 3
        if figures is None or figures == last_shown:
            continue
        moved = {person for person, rating in truth.items() if last_truth.get(person) != rating}
        assert len(moved) >= 3, "figures moved for fewer than three people"
        assert figures == ratings(truth)
        last_truth, last_shown = truth, figures


@settings(max_examples=400)
@given(answers, leaving.filter(lambda gone: len(gone) > 0), bursts_of_answers)
def test_an_erased_answer_could_still_have_been_any_of_those_shown_before(first, gone, later):
    """The attacker knows who left, that those who stayed changed nothing, and one of the others' own answers."""
    side = Side1()
    answer(side, first)
    before = side.look()
    leavers = {person for person, _ in gone if person in side.now}
    said = [side.now[person][1] for person in leavers]
    if before is None or not leavers:
        return
    stayed = set(side.now) - leavers
    side.leave(*leavers)
    came: Figure = {}
    for burst in later:
        fresh = [((person, role), rating) for (person, role), rating in burst if person not in stayed | leavers]
        came |= {person: rating for (person, _), rating in fresh}
        answer(side, fresh)
        after = side.look()
        if after is None or after == before:
            continue
        for own in came.values():
            change = Counter(after)
            change.subtract(before)
            change[own] -= 1
            # Whoever left could have said any of these: the rest of the newcomers then said what is left over, none below nothing.
            possible = {r for r in before if r in VALUES and all(change[other] + (other is r) >= 0 for other in Rating)}
            assert set(said) & set(VALUES) <= possible
            assert possible == {r for r in before if r in VALUES}
        return


@given(st.permutations(PEOPLE[:3]), st.lists(st.sampled_from(SAID), min_size=1, max_size=30))
def test_one_person_changing_for_ever_moves_nothing(three, changes):
    side = Side1()
    answer(side, [(person, Rating.YES) for person in three])
    first = side.look()
    for rating in changes:
        answer(side, [(three[0], rating)])
        assert side.look() == first


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_leaving_and_coming_back_for_ever_shows_nothing_new(here):
    side = Side1()
    answer(side, [(person, Rating.YES) for person in PEOPLE[:3]])
    answer(side, [(PEOPLE[3], Rating.NOT_YET)])
    first = side.look()
    for present in here:
        side.now.pop(PEOPLE[3][0], None)
        if present:
            answer(side, [(PEOPLE[3], Rating.NOT_YET)])
        assert side.look() == first
