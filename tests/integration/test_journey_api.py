"""The whole journey over the chat API: activities, names, next steps, reflections and what can be taken away, on both databases."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from docx import Document
from sqlalchemy import select

from facilitator import exporting
from facilitator.activities import add_activity
from facilitator.storage.models import ChoiceRow, ConversationRow, LadderRow, MessageRow, NextStepRow, ReflectionRow
from tests.integration.web import Person, Running


@pytest.fixture
async def person(http) -> Person:
    return Person(http)


def rows(system: Running, table, *where):
    with system.built.database.unit_of_work() as session:
        return list(session.scalars(select(table).where(*where)))


def activity(system: Running, title: str = "The leaflet", **values) -> str:
    with system.built.database.unit_of_work() as session:
        return add_activity(session, title, **values)


async def member(http, code: str) -> Person:
    person = Person(http)
    await person.open(activity_code=code)
    await person.choose("Keep")
    await person.choose("I am a carer")
    return person


async def test_the_day_of_the_activity_chooses_the_stage(system, http):
    for days, words in ((5, "time before"), (0, "activity itself"), (-5, "time after")):
        person = await member(http, activity(system, f"In {days} days", happens_on=date.today() + timedelta(days=days)))
        assert words in person.texts
        assert "How much time" in person.question


async def test_members_have_different_names_and_choose_their_own(system, http):
    code = activity(system)
    first, second = await member(http, code), await member(http, code)
    await first.type("change my name")
    assert "What would you like to be called" in first.question
    await first.type("Sunshine")
    assert "Sunshine" in first.texts
    await second.type("change my name")
    await second.type("Sunshine")
    assert "has that name already" in second.texts
    named = {row.id: row.pseudonym for row in rows(system, ConversationRow)}
    assert named[first.id] == "Sunshine" != named[second.id]


async def test_a_real_full_name_is_not_taken_as_a_made_up_one(system, http):
    person = await member(http, activity(system))
    given = rows(system, ConversationRow)[0].pseudonym
    await person.type("change my name")
    await person.type("Margaret Thompson")
    assert "What would you like to be called" in person.question
    assert rows(system, ConversationRow)[0].pseudonym == given


async def test_the_token_of_another_conversation_of_mine_makes_the_next_one_mine(system, http):
    one, other = activity(system, "One"), activity(system, "Other")
    person = await member(http, one)
    second = await http.post("/chat/conversations", json={"activity_code": other}, headers=person.headers)
    stranger = await http.post("/chat/conversations", json={"activity_code": other}, headers={"Authorization": "Bearer nonsense"})
    assert second.status_code == stranger.status_code == 201
    people = {row.id: row.person_id for row in rows(system, ConversationRow)}
    assert people[second.json()["conversation_id"]] == people[person.id]
    assert people[stranger.json()["conversation_id"]] != people[person.id]


async def test_an_unkept_conversation_is_linked_to_nobody(system, http):
    person = Person(http)
    await person.open()
    await person.choose("Talk without")
    second = await http.post("/chat/conversations", json={}, headers=person.headers)
    people = {row.id: row.person_id for row in rows(system, ConversationRow)}
    assert people[second.json()["conversation_id"]] != people[person.id]


async def walked(http, system) -> Person:
    """Somebody with an answer, a next step, a reflection and a place on the ladder."""
    person = await member(http, activity(system, "The <leaflet>"))
    await person.choose("Before")
    await person.choose("Short")
    await person.choose("Not yet")
    await person.choose("Plan a next step")
    await person.type("=SUM(1) ask <b>who</b> signs")
    await person.choose("Staff")
    await person.choose("In a week")
    await person.choose("Nothing to add")
    await person.type("I want to reflect")
    await person.type("we were heard for once")
    await person.choose("Only me")
    await person.type("the ladder")
    await person.choose("4.")
    await person.choose("7.")
    return person


async def test_next_steps_reflections_and_the_ladder_are_stored_as_said(system, http):
    await walked(http, system)
    [step] = rows(system, NextStepRow)
    assert (step.what, step.who, step.due_on, step.state) == (
        "=SUM(1) ask <b>who</b> signs",
        "staff",
        date.today() + timedelta(days=7),
        "open",
    )
    [reflection] = rows(system, ReflectionRow)
    assert (reflection.text, reflection.visible_to) == ("we were heard for once", "me")
    [rung] = rows(system, LadderRow)
    assert (rung.stands, rung.wanted, rung.role) == ("consultation", "co-production", "carer")


@pytest.mark.parametrize("form", ["html", "docx", "txt"])
async def test_a_summary_can_be_taken_away(system, http, form):
    person = await walked(http, system)
    response = await http.get(f"/chat/conversations/{person.id}/summary", params={"as": form}, headers=person.headers)
    assert response.status_code == 200
    text = "\n".join(p.text for p in Document(io.BytesIO(response.content)).paragraphs) if form == "docx" else response.text
    assert "we were heard for once" in text
    assert ("&lt;b&gt;who" if form == "html" else "<b>who</b>") in text
    assert f'filename="my-summary.{form}"' in response.headers["content-disposition"]


async def test_a_summary_needs_the_token(system, http):
    person = await walked(http, system)
    response = await http.get(f"/chat/conversations/{person.id}/summary", headers={"Authorization": "Bearer nonsense"})
    assert response.status_code == 401


async def test_a_next_step_deleted_is_gone_from_where_it_was_marked_as_done_too(system, http):
    person = await walked(http, system)
    await person.type("what are my next steps")
    await person.choose("Done: =SUM(1)")
    assert any(
        "SUM" in (row.text or "") for row in rows(system, MessageRow, MessageRow.author == "person", MessageRow.choice_id.is_not(None))
    )
    await person.type("delete the next step")
    assert rows(system, NextStepRow) == []
    assert "SUM" not in str([(row.text, row.say) for row in rows(system, MessageRow)] + [row.title for row in rows(system, ChoiceRow)])
    assert "we were heard" in str([row.text for row in rows(system, MessageRow)])


@pytest.mark.parametrize("words", [("delete everything", "Yes, delete"), ("delete my first answer only",), ("delete the next step",)])
async def test_what_is_deleted_in_the_chat_is_not_left_in_an_export_on_disk(system, http, tmp_path, words):
    person, other = await walked(http, system), await walked(http, system)
    for each in (person, other):
        with system.built.database.reading() as session:
            exporting.write(exporting.document_of(session, each.id, system.built.checklists), tmp_path)
    (tmp_path / "exports" / "all.csv").write_text(f"id\n{person.id}\n")
    await person.type(words[0])
    for pressed in words[1:]:
        await person.choose(pressed)
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [f"conversation-{other.id}.json"]


async def test_a_deletion_is_done_even_where_an_export_cannot_be_deleted(system, http, tmp_path, monkeypatch):
    person = await walked(http, system)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / f"conversation-{person.id}.json").write_text("{}")

    def refuse(path, missing_ok=False):
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "unlink", refuse)
    await person.type("delete everything")
    await person.choose("Yes, delete")
    assert person.last["state"] == "consent" and rows(system, ReflectionRow) == []


async def test_deleting_in_the_chat_deletes_what_stands_beside_the_walk_too(system, http):
    person = await walked(http, system)
    before = rows(system, ConversationRow)[0].pseudonym
    await person.type("delete everything")
    await person.choose("Yes, delete")
    assert rows(system, NextStepRow) == rows(system, ReflectionRow) == rows(system, LadderRow) == []
    assert rows(system, ConversationRow)[0].pseudonym not in (None, before)


async def test_coming_back_by_code_shows_where_they_were(system, http):
    person = await walked(http, system)
    other = Person(http)
    await other.open(resume_code=person.opened["resume_code"])
    assert "the time before it starts: 1 of 5" in other.texts
    assert other.question == person.question
    await other.choose("Do something else")
    assert "What would you like to think about" in other.question


async def test_a_step_given_to_a_member_reaches_them_and_is_never_copied_into_their_messages(system, http):
    code = activity(system)
    giver, taker = await member(http, code), await member(http, code)
    name = next(row.pseudonym for row in rows(system, ConversationRow) if row.id == taker.id)
    await giver.choose("Before")
    await giver.choose("Short")
    await giver.choose("Not yet")
    await giver.choose("Plan a next step")
    await giver.type("ring the venue about the lift")
    assert "they will see this step" in giver.question
    await giver.choose(name)
    await giver.choose("No date")
    await taker.type("what are my next steps")
    assert "ring the venue about the lift" in taker.texts
    assert not any("ring the venue" in (m.text or "") for m in rows(system, MessageRow) if m.conversation_id == taker.id)
    await taker.choose("This is done")
    assert [step.state for step in rows(system, NextStepRow)] == ["done"]
    history = (await http.get(f"/chat/conversations/{taker.id}/messages", headers=taker.headers)).json()
    assert "ring the venue" not in str(history), "done, so no longer shown"


async def test_what_is_shared_with_the_group_is_read_by_the_group_until_it_is_taken_back(system, http):
    code = activity(system)
    writer, reader = await member(http, code), await member(http, code)
    outsider = await member(http, activity(system, "Another"))
    await writer.type("I want to reflect")
    await writer.type("we were heard for once")
    await writer.choose("Everyone")
    for person in (reader, outsider):
        await person.type("what did others share")
    assert "we were heard for once" in reader.texts
    assert "we were heard for once" not in outsider.texts
    await writer.type("delete everything")
    await writer.choose("Yes, delete")
    history = (await http.get(f"/chat/conversations/{reader.id}/messages", headers=reader.headers)).json()
    assert "we were heard for once" not in str(history)


async def test_a_typed_title_is_the_choice_and_is_marked_as_chosen(system, http):
    person = await member(http, activity(system))
    await person.type("BEFORE getting ready")
    history = (await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    mine = [m for m in history["messages"] if m["author"] == "person"]
    assert (mine[-1]["text"], bool(mine[-1]["chosen"])) == ("BEFORE getting ready", True)
    assert "How much time" in person.question


async def test_a_join_code_beside_the_code_for_coming_back_is_never_passed_over(system, http):
    """The same activity needs no word; another is named and not opened; one that nobody knows is said to be unknown."""
    mine, other = activity(system), activity(system, "The garden project")
    person = Person(http)
    await person.open(activity_code=mine)
    await person.choose("Keep my answers")
    told = {}
    for code in (mine, other, "ZZZZZZ"):
        opened = await http.post("/chat/conversations", json={"resume_code": person.opened["resume_code"], "activity_code": code})
        assert opened.json()["conversation_id"] == person.id
        told[code] = "\n".join(message["text"] for message in opened.json()["messages"])
    assert "code" not in told[mine]
    assert "The garden project" in told[other]
    assert "do not know the other code" in told["ZZZZZZ"]


@pytest.mark.parametrize("slip", [str.upper, lambda code: code.replace("-", ""), lambda code: f"my code is {code}"])
async def test_a_resume_code_is_taken_however_it_is_typed(system, http, slip):
    person = await member(http, activity(system))
    response = await http.post("/chat/conversations", json={"resume_code": slip(person.opened["resume_code"])})
    assert (response.status_code, response.json()["conversation_id"]) == (201, person.id)
