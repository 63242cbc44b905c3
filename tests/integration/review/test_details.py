"""What coordinators write about people is kept without names and numbers, and they are told what was taken out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from facilitator.coordinators.rights import Post
from facilitator.storage.models import ConversationNoteRow, ConversationTagRow, FlagEventRow, MessageRow, SavedFilterRow
from tests.integration.review import people

TAKEN_OUT = "For privacy this was taken out: a name."


@pytest.fixture
def ours(system) -> tuple[people.Browser, str, int]:
    """(Cora's browser, a conversation of hers, a flag in it)"""
    activity_id, _ = people.activity(system, "Plans")
    cora = people.account(system, "Cora", Post.COORDINATOR, activity_id)
    conversation, _ = people.person(system, activity_id)
    return people.signed_in(system, cora), conversation, people.flag(system, conversation, "crisis", "some words")


def kept(system, column) -> list[str]:
    with system.built.database.reading() as session:
        return [text for text in session.scalars(select(column)) if text]


@pytest.mark.parametrize("to", ["seen", "closed", ""])
async def test_a_note_on_a_flag(system, ours, to):
    cora, _, flag = ours
    await cora.get(f"/review/flags/{flag}")
    await cora.send(f"/review/flags/{flag}/move", note="rang Priya, all well", to=to)
    assert TAKEN_OUT in cora.text and "Priya" not in cora.text
    assert kept(system, FlagEventRow.note) == ["rang [name], all well"]


async def test_a_note_on_a_conversation_and_on_a_message_that_is_flagged(system, ours):
    cora, conversation, _ = ours
    await cora.get(f"/review/conversations/{conversation}")
    await cora.send(f"/review/conversations/{conversation}/note", note="Priya knows")
    assert TAKEN_OUT in cora.text and "Priya" not in cora.text
    with system.built.database.reading() as session:
        message = session.scalars(select(MessageRow.id)).one()
    await cora.get(f"/review/conversations/{conversation}?at={message}")
    await cora.send(f"/review/conversations/{conversation}/note", message=message, note="for Priya", flag="yes")
    assert TAKEN_OUT in cora.text and "Priya" not in cora.text
    assert kept(system, ConversationNoteRow.text) == ["[name] knows"]
    assert kept(system, FlagEventRow.note) == ["for [name]"]


async def test_nothing_is_said_where_nothing_was_taken_out(system, ours):
    cora, _, flag = ours
    await cora.get(f"/review/flags/{flag}")
    await cora.send(f"/review/flags/{flag}/move", note="rang the team", to="seen")
    assert "taken out:" not in cora.text
    await cora.get(f"/review/flags/{flag}?done=flag_seen&out=<b>.PERSON.nonsense.PERSON")
    assert TAKEN_OUT in cora.text and "nonsense" not in cora.text.replace(cora.path, "")


async def test_a_reply_with_a_name_is_shown_again_without_it_and_sent_when_it_was_read(system, ours):
    cora, _, flag = ours
    await cora.get(f"/review/flags/{flag}")
    await cora.send(f"/review/flags/{flag}/reply", reply="Ask for Priya at the desk.")
    assert cora.status == 422 and TAKEN_OUT in cora.text and "It is not sent yet." in cora.text
    assert "Ask for [name] at the desk.</textarea>" in cora.html
    assert kept(system, MessageRow.text) == ["some words"]
    await cora.send(f"/review/flags/{flag}/reply", reply="Ask for the lead nurse at the desk.")
    assert cora.status == 200
    assert kept(system, MessageRow.text) == ["some words", "Ask for the lead nurse at the desk."]


async def test_a_tag_or_a_saved_filter_with_a_name_is_refused(system, ours):
    cora, conversation, _ = ours
    await cora.get(f"/review/conversations/{conversation}")
    await cora.send(f"/review/conversations/{conversation}/tags", tags="good example, Priya")
    assert cora.status == 422 and "This looks like somebody's details." in cora.text
    assert 'value="good example, Priya"' in cora.html, "what was typed is lost"
    assert kept(system, ConversationTagRow.tag) == []
    for query, name in (("q=Priya", "Mine"), ("", "Priya")):
        await cora.get(f"/review/conversations?{query}")
        await cora.send("/review/conversations/save", name=name, query=query)
        assert "These filters are not saved. They look like somebody's details." in cora.text
    assert kept(system, SavedFilterRow.name) == []
