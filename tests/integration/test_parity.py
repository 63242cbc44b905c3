"""The parity view over both databases: what counts, what is hidden, what two people looking at once see."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from facilitator import erasure
from facilitator.activities import add_activity, find_by_code
from facilitator.errors import NotFoundError
from facilitator.parity.figures import Side
from facilitator.parity.outside import across_activities
from facilitator.parity.release import Rule
from facilitator.parity.store import FEW, ROLES, forget, parity_view
from facilitator.storage import conversations as store
from facilitator.storage.models import AnswerRow, ConversationRow, ReleaseRow
from facilitator.vocabulary import Rating, Role, Stage

USE, PROVIDE = Side.SERVICES_USED, Side.SERVICES_PROVIDED
USER, CARER, STAFF, LEAD = Role
YES, PARTLY, NOT_YET = Rating.YES, Rating.PARTLY, Rating.NOT_YET


class Group:
    """People in one activity; `say` answers an item for a person, who is made when first heard of."""

    def __init__(self, database, library) -> None:
        self.database, self.lists = database, library.checklists
        with database.unit_of_work() as session:
            code = add_activity(session, "A plan")
            session.flush()
            self.activity = find_by_code(session, code).id
        self.items = [item.id for item in self.lists.stage(Stage.BEFORE).items]

    def add(self, person: str, role: Role, *, conversation: str | None = None, kept=True, share=True) -> None:
        with self.database.unit_of_work() as session:
            session.add(
                ConversationRow(
                    id=conversation or person, person_id=person, activity_id=self.activity, kept=kept, role=role, share_ratings=share,
                    position={}, state="item", created_at=store.now(), last_active_at=store.now(),
                )
            )  # fmt: skip

    def say(self, conversation: str, item: str, rating: Rating, activity: str | None = None) -> None:
        with self.database.unit_of_work() as session:
            current = (AnswerRow.conversation_id == conversation) & (AnswerRow.item == item) & AnswerRow.superseded_at.is_(None)
            session.execute(update(AnswerRow).where(current).values(superseded_at=store.now()))
            session.add(
                AnswerRow(
                    conversation_id=conversation, activity_id=activity or self.activity, role=None, stage=self.lists.stage_of(item),
                    item=item, topic=self.lists.item(item).topic, rating=rating, message_id=store.new_id(), created_at=store.now(),
                )
            )  # fmt: skip

    def all_say(self, role: Role, item: str, *ratings: Rating) -> None:
        for number, rating in enumerate(ratings):
            person = f"{role}{number}"
            with self.database.unit_of_work() as session:
                known = session.get(ConversationRow, person)
            if known is None:
                self.add(person, role)
            self.say(person, item, rating)

    def look(self, **options):
        with self.database.unit_of_work() as session:
            return parity_view(session, self.activity, self.lists, **options)

    def item(self, item: str):
        return next(one for one in self.look().items if one.item == item)

    def counts(self, item: str, side: Side = USE) -> dict[Rating, int] | None:
        figures = self.item(item).sides[side].figures
        return {rating: number for rating, number in figures.counts.items() if number} if figures else None


@pytest.fixture
def group(database, library) -> Group:
    return Group(database, library)


def test_with_three_on_each_side_the_item_rated_most_differently_is_first(group):
    agreed, apart, nearly = group.items[:3]
    for item, use, provide in ((agreed, YES, YES), (apart, NOT_YET, YES), (nearly, PARTLY, YES)):
        group.all_say(USER, item, use, use, use)
        group.all_say(STAFF, item, provide, provide, provide)
    view = group.look()
    assert [(one.item, one.gap) for one in view.items[:3]] == [(apart, 1), (nearly, 0.5), (agreed, 0)]
    assert all(one.gap is None for one in view.items[3:])
    assert len(view.items) == sum(len(group.lists.stage(stage).items) for stage in Stage)


def test_with_fewer_than_three_a_side_is_hidden_and_says_so(group):
    item = group.items[0]
    group.all_say(USER, item, NOT_YET, NOT_YET)
    group.all_say(STAFF, item, YES, YES, YES)
    found = group.item(item)
    assert (found.sides[USE].figures, found.sides[USE].hidden, found.gap, found.gap_hidden) == (None, FEW, None, "gap_needs_both")
    assert found.sides[PROVIDE].figures.raters == 3
    assert group.look().items[0].gap is None


def test_only_kept_shared_current_answers_of_people_with_a_role_count(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES)
    for person, options in (("unkept", {"kept": False}), ("unshared", {"share": False}), ("unasked", {"share": None})):
        group.add(person, USER, **options)
        group.say(person, item, YES)
    group.add("no-role", None)
    group.say("no-role", item, YES)
    group.say("service_user0", item, NOT_YET)
    assert group.counts(item) is None
    with group.database.unit_of_work() as session:
        session.get(ConversationRow, "unshared").share_ratings = True
    assert group.counts(item) == {YES: 2, NOT_YET: 1}


def test_one_person_with_two_conversations_counts_once_with_the_latest(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES)
    group.add("service_user0", USER, conversation="second-device")
    group.say("second-device", item, NOT_YET)
    assert group.counts(item) is None
    group.add("third", USER)
    group.say("third", item, YES)
    assert group.counts(item) == {YES: 2, NOT_YET: 1}


def test_a_carer_among_three_service_users_is_not_told_apart(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES)
    group.all_say(CARER, item, NOT_YET)
    side = group.item(item).sides[USE]
    assert (side.figures.raters, dict(side.roles), side.roles_hidden) == (4, {}, ROLES)


def test_roles_with_three_each_are_shown_and_stay_across_looks(group):
    item = group.items[0]
    group.all_say(STAFF, item, YES, YES, YES)
    group.all_say(LEAD, item, NOT_YET, NOT_YET, PARTLY)
    for _ in range(2):
        roles = group.item(item).sides[PROVIDE].roles
        assert {role: shown.mean for role, shown in roles.items()} == {STAFF: 1, LEAD: pytest.approx(1 / 6)}


def test_figures_move_in_steps_of_three_and_say_since_when(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES)
    first_day = store.now()
    with group.database.unit_of_work() as session:
        parity_view(session, group.activity, group.lists, at=first_day)
    group.all_say(USER, item, YES, YES, NOT_YET, NOT_YET)
    later = first_day + timedelta(days=3)
    assert next(one for one in group.look(at=later).items if one.item == item).sides[USE].as_of == first_day.date()
    assert group.counts(item) == {YES: 3}
    group.all_say(USER, item, YES, YES, NOT_YET, NOT_YET, NOT_YET)
    view = group.look(at=later)
    shown = next(one for one in view.items if one.item == item).sides[USE]
    assert (shown.figures.raters, shown.as_of) == (5, later.date())


def test_looking_again_writes_nothing(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES)
    group.look()
    with group.database.unit_of_work() as session:
        parity_view(session, group.activity, group.lists)
        assert not session.dirty
        assert not session.new


def test_consent_taken_back_leaves_the_basis_and_the_figures_stay(group):
    item = group.items[0]
    group.all_say(USER, item, YES, NOT_YET, NOT_YET, NOT_YET)
    before = group.counts(item)
    with group.database.unit_of_work() as session:
        session.get(ConversationRow, "service_user0").share_ratings = False
    assert group.counts(item) == before
    with group.database.unit_of_work() as session:
        assert "service_user0" not in session.scalar(select(ReleaseRow)).basis


def test_erasing_hides_the_side_when_two_are_left_and_the_next_person_does_not_show_the_difference(group):
    item = group.items[0]
    group.all_say(USER, item, YES, NOT_YET, NOT_YET)
    assert group.counts(item) == {YES: 1, NOT_YET: 2}
    with group.database.unit_of_work() as session:
        forget(session, "service_user0", group.activity)
        erasure.erase(session, erasure.these(["service_user0"]), None)
    assert group.item(item).sides[USE].hidden == FEW
    group.add("new", USER)
    group.say("new", item, PARTLY)
    assert group.counts(item) is None
    with group.database.unit_of_work() as session:
        assert "service_user0" not in str([row.basis for row in session.scalars(select(ReleaseRow))])


def test_forgetting_without_an_activity_or_with_one_that_is_gone_is_nothing(group):
    with group.database.unit_of_work() as session:
        forget(session, "nobody", None)
        forget(session, "nobody", "gone")


def test_an_unknown_activity_is_named(group):
    with group.database.unit_of_work() as session, pytest.raises(NotFoundError):
        parity_view(session, "none", group.lists)


def test_thresholds_can_be_raised(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES, YES)
    view = group.look(rule=Rule(5, 5))
    assert next(one for one in view.items if one.item == item).sides[USE].hidden == FEW


def test_a_stage_and_a_topic_pick_from_what_is_shown(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES)
    topic = group.lists.item(item).topic
    assert {one.stage for one in group.look(stage=Stage.DURING).items} == {Stage.DURING}
    assert {one.topic for one in group.look(topic=topic).items} == {topic}
    assert group.look(stage=Stage.DURING).total(USE) is None
    assert group.look(topic=topic).total(USE).raters == 3


def test_two_who_look_at_once_release_once(group):
    item = group.items[0]
    group.all_say(USER, item, YES, YES, YES)
    seen, faults = [], []
    start = threading.Barrier(4)

    def look() -> None:
        try:
            start.wait(10)
            seen.append(group.counts(item))
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert seen == [{YES: 3}] * 4
    with group.database.unit_of_work() as session:
        assert len(list(session.scalars(select(ReleaseRow)))) == 1


def test_answers_go_in_while_somebody_looks(group):
    """The look holds the activity, not its key: an answer that names the activity must not wait on PostgreSQL."""
    if group.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    item = group.items[0]
    group.add("late", USER)
    with group.database.unit_of_work() as session:
        parity_view(session, group.activity, group.lists)
        answered = threading.Thread(target=group.say, args=("late", item, YES))
        answered.start()
        answered.join(5)
        assert not answered.is_alive()


def test_outside_an_activity_few_are_hidden_and_the_rest_rounded(group, library):
    first, item = group.activity, group.items[0]
    group.all_say(USER, item, *[YES] * 11)
    group.all_say(STAFF, item, *[YES] * 5)
    other = Group(group.database, library)
    for number in range(2):
        other.add(f"service_user{number}", USER, conversation=f"again{number}")
        other.say(f"again{number}", item, YES)
    with group.database.reading() as session:
        found = next(one for one in across_activities(session, group.lists) if one.item == item)
    assert (found.sides[USE].counts[YES], found.sides[USE].mean) == (10, 1), "people in two activities count once"
    assert (found.sides[PROVIDE].counts[YES], found.sides[PROVIDE].mean, found.gap) == (None, None, None)
    assert first != other.activity
