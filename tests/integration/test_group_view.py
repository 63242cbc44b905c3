"""How the group sees it, over the chat API: a member sees the released figures and nothing else, on both databases."""

from __future__ import annotations

import re

import httpx
from sqlalchemy import select

from facilitator import service
from facilitator.activities import add_activity
from facilitator.parity.figures import VALUES, Side
from facilitator.parity.store import parity_view
from facilitator.storage import conversations as store
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationRow, ReleaseRow
from facilitator.vocabulary import Rating, Role, Stage
from tests.integration.web import Person, Running, running

YES, PARTLY, NOT_YET = "yes", "partly", "not_yet"
ASK = "how does the group see it"


class Group:
    """An activity and people in it who answered."""

    def __init__(self, system: Running, title: str = "The leaflet") -> None:
        self.built, self._made = system.built, 0
        with self.built.database.unit_of_work() as session:
            self.code = add_activity(session, title)
            session.flush()
            self.id = str(session.scalar(select(ActivityRow.id).where(ActivityRow.join_code == self.code)))
        self.items = self.built.checklists.stage(Stage.BEFORE).items

    def answered(self, role: Role, *ratings: dict[int, str], share: bool | None = True) -> Group:
        """One person for each table of ratings, by the item's place."""
        with self.built.database.unit_of_work() as session:
            for given in ratings:
                self._made += 1
                person = f"{self.id[:8]}-{self._made}"
                times = {"created_at": store.now(), "last_active_at": store.now()}
                who = {"id": person, "person_id": person, "activity_id": self.id, "role": role, "share_ratings": share}
                session.add(
                    ConversationRow(**who, channel="widget", kept=True, lang="en", simple=False, position={}, state="item", **times)
                )
                session.flush()
                for place, rating in given.items():
                    item = self.items[place]
                    about = {"stage": Stage.BEFORE, "item": item.id, "topic": item.topic, "message_id": store.new_id()}
                    answer = {"rating": Rating(rating), "created_at": store.now(), "role": role, **about}
                    session.add(AnswerRow(conversation_id=person, activity_id=self.id, **answer))
        return self

    def released(self) -> dict[str, dict[Side, str]]:
        """The counts of every item that is shown for both sides, as they are said."""
        with self.built.database.unit_of_work() as session:
            view = parity_view(session, self.id, self.built.checklists, rule=self.built.rule)
        shown = {item.item: {side: one.figures.counts for side, one in item.sides.items() if one.figures} for item in view.items}
        return {
            item: {side: tuple(counts.get(rating, 0) for rating in VALUES) for side, counts in sides.items()}
            for item, sides in shown.items()
            if len(sides) == len(Side)
        }

    async def member(self, http: httpx.AsyncClient) -> Person:
        person = Person(http)
        await person.open(activity_code=self.code)
        await person.choose("Keep")
        await person.choose("I use services")
        await person.choose("Before")
        await person.choose("Short")
        return person


def said(text: str) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Each point as it was said: its name, the counts of those who use services, the counts of those who provide them."""
    three = r"(\d+) yes, (\d+) partly, (\d+) not yet"
    found = re.findall(rf"- ([^.\n]+)\. People who use services, and carers: {three}\. Staff and leads: {three}\.", text)
    return [(name, tuple(map(int, numbers[:3])), tuple(map(int, numbers[3:]))) for name, *numbers in found]


async def test_what_a_member_sees_are_the_released_figures(system, http):
    group = Group(system)
    group.answered(Role.SERVICE_USER, {0: NOT_YET, 1: YES, 2: PARTLY}, {0: NOT_YET, 1: YES, 2: PARTLY}, {0: PARTLY, 1: YES, 2: YES})
    group.answered(Role.STAFF, *[{0: YES, 1: YES, 2: PARTLY}] * 2).answered(Role.LEAD, {0: YES, 1: YES, 2: YES}, {0: YES})
    member = await group.member(http)
    asked = member.question
    await member.type(ASK)
    released, shorts = group.released(), {item.short.lower(): item.id for item in group.items}
    points = said(member.texts)
    assert [name.lower() for name, *_ in points] == [group.items[place].short for place in (0, 1, 2)], "the widest gap, then the narrowest"
    assert [(use, provide) for _, use, provide in points] == [
        (released[shorts[name.lower()]][Side.SERVICES_USED], released[shorts[name.lower()]][Side.SERVICES_PROVIDED]) for name, *_ in points
    ]
    assert "carers: up to 3 people" in member.texts and "leads: up to 4 people" in member.texts
    assert member.question == asked


async def test_figures_move_in_steps_however_often_a_member_looks(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    member, seen = await group.member(http), []
    for more in ([], [{0: YES}], [{0: YES}], [{0: YES}]):
        group.answered(Role.SERVICE_USER, *more)
        await member.type(ASK)
        seen.append(said(member.texts)[0][1])
    assert seen == [(0, 0, 3), (0, 0, 3), (0, 0, 3), (3, 0, 3)]


async def test_a_group_of_two_on_each_side_shows_nothing(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 2).answered(Role.STAFF, *[{0: YES}] * 2)
    member = await group.member(http)
    await member.type(ASK)
    first = member.last["messages"][0]["text"]
    assert re.findall(r"\d+", first) == ["3", "3"], "the thresholds and nothing else"
    assert said(member.texts) == [] and "cannot show you" in first
    with system.built.database.reading() as session:
        assert session.scalars(select(ReleaseRow)).all() == []


async def test_of_two_beside_three_only_the_three_are_counted_and_no_answer_is_shown(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 2).answered(Role.STAFF, *[{0: YES}] * 3)
    member = await group.member(http)
    await member.type(ASK)
    assert "carers: not shown yet" in member.texts and "leads: up to 3 people" in member.texts
    assert said(member.texts) == [] and not re.search(r"\d (?:yes|partly|not yet)", member.texts)


async def test_who_did_not_say_that_their_answers_may_count_is_not_in_it(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 2).answered(Role.STAFF, *[{0: YES}] * 3)
    group.answered(Role.CARER, {0: NOT_YET}, share=False).answered(Role.CARER, {0: NOT_YET}, share=None)
    member = await group.member(http)
    await member.choose("Not yet")
    await member.type(ASK)
    assert "carers: not shown yet" in member.texts


async def test_the_thresholds_are_those_of_the_settings(address, tmp_path, database):
    system = running(address, tmp_path, facilitator_small_group=4)
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://test") as client:
        member = await group.member(client)
        await member.type(ASK)
        assert "at least 4 people" in member.texts
    await system.parts.link.close()
    system.built.database.dispose()


async def test_nobody_sees_the_figures_of_a_group_they_are_not_in(system, http):
    Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    outsider, nowhere = await Group(system, "Another").member(http), await Person(http).begin()
    await outsider.type(ASK)
    assert "cannot show you" in outsider.texts
    await nowhere.type(ASK)
    assert "not part of a group" in nowhere.texts
    assert said(outsider.texts) == said(nowhere.texts) == []


async def test_who_keeps_nothing_sees_nothing(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    person = Person(http)
    await person.open(activity_code=group.code)
    await person.choose("Talk without")
    await person.type(ASK)
    assert "asked me to keep nothing" in person.texts and said(person.texts) == []


async def test_it_is_found_beside_the_summary_and_can_be_pressed_there(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    member = await group.member(http)
    await member.type("summary")
    await member.choose("How the group sees it")
    assert said(member.texts)[0][1:] == ((0, 0, 3), (3, 0, 0))


async def test_the_figures_are_read_for_that_turn_and_for_no_other(system, http, monkeypatch):
    group, looks = Group(system), []

    def looked(*args, **options):
        looks.append(args)
        return parity_view(*args, **options)

    monkeypatch.setattr(service, "parity_view", looked)
    member = await group.member(http)
    await member.choose("Not yet")
    for words in ("no", "summary", "what did others share", "how far am i", "why do you ask?"):
        await member.type(words)
    assert looks == []
    await member.type(ASK)
    assert len(looks) == 1


async def test_the_same_call_again_says_what_it_said_then(system, http):
    group = Group(system).answered(Role.CARER, *[{0: NOT_YET}] * 3).answered(Role.STAFF, *[{0: YES}] * 3)
    member = await group.member(http)
    first = await member.type(ASK, client_message_id="once")
    group.answered(Role.CARER, *[{0: YES}] * 3)
    again = await member.type(ASK, client_message_id="once")
    assert [message["text"] for message in again["messages"]] == [message["text"] for message in first["messages"]]
