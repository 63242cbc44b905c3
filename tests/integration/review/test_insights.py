"""Insights: counted by the database, hidden where few people are behind a number, with a table for every drawing."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlalchemy import insert

from facilitator.coordinators.insights import Scope, insights
from facilitator.coordinators.rights import Post
from facilitator.storage import conversations as store
from facilitator.storage.models import MessageRow
from facilitator.vocabulary import Stage
from tests.integration.review import people
from tests.integration.review.test_work import items, three_a_side

PASSAGE = {"response": "utter_answer", "kind": "answer", "values": {"passage": "payment-benefits#short"}, "choices": []}


def chat(system, conversation_id: str, *, unclear: int = 0, clear: int = 0, asked: int = 0, weeks: int = 0) -> None:
    at = store.now() - timedelta(weeks=weeks)
    base = {"conversation_id": conversation_id, "created_at": at, "text": None, "say": None, "status": None}
    said = [("nlu_fallback", "person", "text", None)] * unclear + [("affirm", "person", "text", None)] * clear
    rows = [*said, *[(None, "bot", "answer", PASSAGE)] * asked]
    with system.built.database.unit_of_work() as session:
        values = [{**base, "id": store.new_id(), "intent": i, "author": a, "kind": k, "say": s} for i, a, k, s in rows]
        session.execute(insert(MessageRow), values)


def figures(system, scope: Scope):
    with system.built.database.reading() as session:
        return insights(session, scope, system.built.checklists, date.today())


def test_figures_of_one_activity_and_of_several(system):
    ours, theirs = people.activity(system, "Ours")[0], people.activity(system, "Theirs")[0]
    first, second = items(system)[:2]
    three_a_side(system, ours, first, "not_yet", "yes")
    some = [people.person(system, ours)[0] for _ in range(6)]
    for one in some:
        people.says(system, one, first, "partly")
        people.says(system, one, second, "skipped")
    for one, unclear, clear, asked in ((some[0], 5, 5, 2), (some[1], 0, 5, 1), (some[2], 0, 5, 1)):
        chat(system, one, unclear=unclear, clear=clear, asked=asked)
    chat(system, people.person(system, theirs)[0], clear=9, weeks=1)

    inside = figures(system, Scope(frozenset({ours}), 3))
    this_week = inside.weeks[-1]
    assert (this_week.people, this_week.turns, this_week.unclear) == (12, 20, 0.25)
    assert inside.weeks[-2].turns == 0 and len(inside.weeks) == 12
    assert [(one.stage, one.began, one.short) for one in inside.done] == [("before", 12, 0), ("during", 0, 0), ("after", 0, 0)]
    assert [(one.item, one.people) for one in inside.reach[Stage.BEFORE][:3]] == [(first, 12), (second, 6), (items(system)[2], 0)]
    assert inside.asked == [("payment-benefits", 4)]

    everywhere = figures(system, Scope(None))
    assert everywhere.weeks[-1].people == 15 and everywhere.weeks[-1].turns == 20 and everywhere.weeks[-2].turns == 10
    assert everywhere.weeks[-1].unclear is None and everywhere.asked == []
    assert everywhere.reach[Stage.BEFORE][1].people is None

    nobody = figures(system, Scope(frozenset()))
    assert not any(week.people or week.turns for week in nobody.weeks) and nobody.gaps == []


def test_what_one_or_two_people_said_in_an_activity_is_hidden_however_much_it_was(system):
    ours = people.activity(system, "Ours")[0]
    for one in (people.person(system, ours)[0] for _ in range(2)):
        chat(system, one, unclear=10, clear=30, asked=5)
    inside = figures(system, Scope(frozenset({ours}), 3))
    assert (inside.weeks[-1].people, inside.weeks[-1].turns, inside.weeks[-1].unclear, inside.asked) == (None, None, None, [])
    assert figures(system, Scope(None)).weeks[-1].turns == 80, "outside, the rule is one of counts"
    chat(system, people.person(system, ours)[0], clear=1, asked=1)
    inside = figures(system, Scope(frozenset({ours}), 3))
    assert (inside.weeks[-1].people, inside.weeks[-1].turns, inside.asked) == (3, 81, [("payment-benefits", 11)])


def test_somebody_with_three_conversations_is_one_person(system):
    ours = people.activity(system, "Ours")[0]
    first, second = items(system)[:2]
    theirs = [people.person(system, ours)[0] for _ in range(3)]
    with system.built.database.unit_of_work() as session:
        for one in theirs[1:]:
            store.conversation(session, one).person_id = store.conversation(session, theirs[0]).person_id
    for one in theirs:
        people.says(system, one, first, "yes")
        chat(system, one, clear=4, asked=2)
    hidden = figures(system, Scope(frozenset({ours}), 3))
    assert (hidden.weeks[-1].people, hidden.weeks[-1].turns, hidden.done[0].began, hidden.asked) == (None, None, None, [])
    assert hidden.reach[Stage.BEFORE][0].people is None
    people.says(system, theirs[0], second, "yes")
    alone = figures(system, Scope(frozenset({ours}), 1))
    assert (alone.weeks[-1].people, alone.done[0].began, alone.done[0].short) == (1, 1, 0)
    assert [one.people for one in alone.reach[Stage.BEFORE][:2]] == [1, 1]


def test_somebody_is_new_in_the_week_of_their_first_conversation_alone(system):
    ours = people.activity(system, "Ours")[0]
    before, back, new, gone = (people.person(system, ours)[0] for _ in range(4))
    with system.built.database.unit_of_work() as session:
        long_ago = store.conversation(session, before)
        long_ago.person_id = store.conversation(session, back).person_id
        long_ago.created_at = store.conversation(session, gone).created_at = store.now() - timedelta(weeks=30)
        store.conversation(session, new).created_at = store.now() - timedelta(weeks=1)
    for scope in (Scope(frozenset({ours}), 1), Scope(None, 1)):
        assert [week.people for week in figures(system, scope).weeks[-2:]] == [1, 0]


async def test_pages_have_a_table_for_every_drawing_and_show_only_ones_own(system):
    ours, code = people.activity(system, "Ours")
    _, other_code = people.activity(system, "Theirs")
    for item in items(system)[:2]:
        three_a_side(system, ours, item, "not_yet", "yes")
    cora = people.signed_in(system, people.account(system, "Cora", Post.COORDINATOR, ours))
    await cora.get(f"/review/activities/{code}/parity")
    await cora.get(f"/review/insights?activity={code}")
    assert cora.html.count('<svg role="img"') == cora.html.count("<details><summary>") > 3
    assert "1.00" in re.search(r'id="t-gaps".*?</table>', cora.html, re.S)[0]
    assert "You see one activity here" in cora.text
    vera = people.signed_in(system, people.account(system, "Vera", Post.VIEWER, ours))
    assert (await vera.get("/review/insights")).status == 200 and "more than one activity" in vera.text
    await cora.get(f"/review/insights?activity={other_code}")
    assert "more than one activity" in cora.text and "Theirs" not in cora.text
