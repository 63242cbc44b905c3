"""The chat API as clients meet it: the contract of DESIGN section 5, on both databases."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from facilitator.activities import add_activity
from facilitator.codes import tidy_resume_code
from facilitator.errors import UnstorableError
from facilitator.storage.conversations import digest, now
from facilitator.storage.models import AnswerRow, Base, ChoiceRow, ConversationRow, FlagRow, LadderRow, MessageRow, TokenRow
from tests.integration.web import Person, Running, running
from web.chat.alerting import Alert
from web.chat.held_words import HeldWords
from web.plain.showing import as_problem

# No database is here.
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
# As they stand in an address: with a NUL, with words, of the wrong length, with capitals, with a line's end; what stands in files of ours.
NO_IDS = ("%00ring%20me", "ring%20me", "0" * 31, "A" * 32, "0" * 32 + "%0A", "%D9%A0" * 32, "unknown", "erased")


@pytest.fixture
async def person(http) -> Person:
    return Person(http)


def rows(system: Running, table, *where):
    with system.built.database.unit_of_work() as session:
        return list(session.scalars(select(table).where(*where)))


def answers(system: Running, person: Person) -> dict[str, tuple[str | None, str | None]]:
    found = rows(system, AnswerRow, AnswerRow.conversation_id == person.id, AnswerRow.superseded_at.is_(None))
    return {row.item: (row.rating, row.comment) for row in found}


# ── opening and first turns ──


async def test_opening_gives_a_token_a_code_and_the_consent_question(person):
    opened = await person.open()
    assert opened["state"] == "consent"
    assert opened["progress"] is None
    assert opened["kept"] is None
    assert [c["title"] for c in opened["messages"][-1]["choices"]] == ["Keep my answers", "Talk without keeping"]
    assert "Test Trust" in person.texts
    assert len(opened["token"]) >= 43


async def test_walking_the_quick_before_stage_stores_every_answer_and_comment(system, person):
    await person.begin()
    assert person.last["state"] == "item"
    assert person.last["progress"] == {"stage": "before", "answered": 0, "total": 5}
    await person.choose("Partly")
    await person.type("only on Tuesdays")
    await person.type("sort of but it was rushed")
    await person.choose("Skip")
    await person.choose("Yes")
    await person.choose("Nothing to add")
    await person.choose("Does not apply")
    await person.choose("Nothing to add")
    assert person.last["progress"] == {"stage": "before", "answered": 5, "total": 5}
    assert answers(system, person) == {
        "before-leadership": ("partly", "only on Tuesdays"),
        "before-purpose": ("partly", "sort of but it was rushed"),
        "before-ground-rules": ("skipped", None),
        "before-payment": ("yes", None),
        "before-decisions": ("not_applicable", None),
    }


@pytest.mark.parametrize("typed", ["1", " 1. ", "one", "Option 1", "number one please"])
async def test_a_choice_is_picked_by_its_number_in_the_list(system, person, typed):
    await person.begin()
    for title in ("Partly", "Nothing to add", "Not yet", "Nothing to add"):
        await person.choose(title)
    await person.type("change an answer")
    titles = [choice["title"] for choice in person.last["messages"][-1]["choices"]]
    assert titles == ["What this is for", "Leaders backing this", "Leave them as they are"]
    await person.type(typed)
    assert "what this is for" in person.texts
    await person.type("1")
    assert answers(system, person)["before-purpose"] == ("yes", None)


async def test_a_number_counts_in_the_question_as_asked_last_and_none_beyond_its_end(system, person):
    await person.begin(keep=False)
    await person.type("will I get paid for coming?")
    for beyond in ("0", "7", "100", "1 2"):
        await person.type(beyond)
        assert "1 of 5" in person.question
    await person.type("6")
    assert "2 of 5" in person.question
    assert not rows(system, MessageRow, MessageRow.text == "6")


async def test_a_list_with_numbers_of_its_own_is_picked_by_those(system, person):
    await person.begin()
    await person.type("the ladder")
    assert [choice["title"].partition(".")[0] for choice in person.last["messages"][-1]["choices"]][-2:] == ["7", "I am not sure"]
    await person.type("3")
    assert [row.stands for row in rows(system, LadderRow)] == ["informing"]


async def test_a_question_in_the_middle_is_answered_with_its_source_then_the_same_question_again(person):
    await person.begin()
    asked = person.question
    reply = await person.type("will I get paid for coming?")
    [answer] = [m for m in reply["messages"] if m["kind"] == "answer"]
    assert answer["sources"] == [
        {"title": "Embedding co-production in mental health (NDTi, 2016)", "section": "Step 2: Payment and welfare benefits", "url": None}
    ]
    assert person.question == asked


async def test_why_do_you_ask_gives_the_reason_for_that_item(system, person):
    await person.begin()
    await person.type("why do you ask?")
    assert system.built.checklists.item("before-leadership").why in person.texts


# ── once and only once ──


async def test_the_same_client_message_id_stores_one_answer_and_gives_the_same_reply(system, person):
    await person.begin()
    first = await person.type("sort of but it was rushed", client_message_id="same-id")
    again = await person.type("sort of but it was rushed", client_message_id="same-id")
    assert again["messages"] == first["messages"]
    assert len(rows(system, AnswerRow)) == 1


async def test_ten_copies_at_once_store_one_answer(system, person):
    await person.begin()
    body = {"client_message_id": "copies", "text": "sort of but it was rushed"}
    replies = await asyncio.gather(*(person.post(body) for _ in range(10)))
    assert {reply.status_code for reply in replies} == {200}
    assert len(rows(system, AnswerRow)) == 1
    assert len(rows(system, MessageRow, MessageRow.client_message_id == "copies")) == 1


async def test_a_choice_pressed_again_gives_the_first_reply(system, person):
    await person.begin()
    choice = person.choice("Partly")
    first = await person.choose("Partly")
    again = await person.post({"client_message_id": str(uuid4()), "choice": choice})
    assert again.json()["messages"] == first["messages"]
    assert len(rows(system, AnswerRow)) == 1


async def test_a_choice_pressed_again_by_someone_unkept_gives_the_first_reply(system, person):
    await person.begin(keep=False)
    choice = person.choice("Partly")
    first = await person.choose("Partly")
    again = await person.post({"client_message_id": str(uuid4()), "choice": choice})
    assert again.json()["messages"] == first["messages"]


async def test_another_choice_of_a_question_already_left_is_closed_and_says_how_to_change(person):
    await person.begin()
    yes = person.choice("Yes")
    await person.choose("Partly")
    refused = await person.post({"client_message_id": str(uuid4()), "choice": yes})
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("choice-closed")
    assert "change" in refused.json()["detail"]


async def test_the_choices_beside_an_answer_may_be_pressed_again(person):
    await person.begin()
    await person.type("will I get paid for coming?")
    more = person.choice("Tell me more")
    for _ in range(2):
        reply = await person.post({"client_message_id": str(uuid4()), "choice": more})
        assert "payment-benefits more" in reply.json()["messages"][0]["text"]


async def test_messages_sent_together_are_answered_one_at_a_time_in_order(system, person):
    await person.begin()
    texts = ["the first thing on my mind", "the second thing on my mind", "the third thing on my mind"]
    for text in texts:
        await person.type(text)
    assert answers(system, person)["before-leadership"][1] == "\n".join(texts)


# ── whose conversation ──


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5000, "é"])
async def test_no_token_or_a_wrong_one_is_refused_and_changes_nothing(system, person, token):
    await person.begin()
    before = rows(system, MessageRow)
    refused = await person.http.post(
        f"/chat/conversations/{person.id}/messages",
        json={"client_message_id": "a", "text": "skip"},
        headers={"Authorization": f"Bearer {token}".encode()},
    )
    assert refused.status_code == 401
    assert len(rows(system, MessageRow)) == len(before)


async def test_another_persons_conversation_cannot_be_read_written_or_deleted(http, system):
    mine, theirs = await Person(http).begin(), await Person(http).begin()
    for method, path in [("GET", "/messages"), ("POST", "/messages"), ("GET", "/export"), ("DELETE", ""), ("PATCH", "")]:
        body = {"client_message_id": "a", "text": "skip"} if method == "POST" else {} if method == "PATCH" else None
        reply = await http.request(method, f"/chat/conversations/{theirs.id}{path}", headers=mine.headers, json=body)
        assert reply.status_code == 401, (method, path)
    assert len(rows(system, ConversationRow)) == 2


async def test_tokens_are_stored_as_hashes(system, person):
    await person.open()
    [row] = rows(system, TokenRow)
    assert person.token not in row.token_hash


# ── bad input ──

BAD = [
    (b"{", 422), (b"", 422), (b"\xff\xfe{}", 400), (b"[]", 422), (b"null", 422), (b'{"client_message_id": "a"}', 422),
    (b'{"client_message_id": "a", "text": "x", "choice": "y"}', 422), (b'{"client_message_id": "a", "text": "x", "extra": 1}', 422),
    (b'{"client_message_id": "a", "text": 5}', 422), (b'{"client_message_id": "a b", "text": "x"}', 422),
    (b'{"client_message_id": "a", "text": "   "}', 422), (b'{"client_message_id": "a", "text": "\\ud800"}', 422),
    (b'{"client_message_id": "a", "choice": "not-a-choice"}', 422), (b"[" * 20_000, 400),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BAD)
async def test_bad_bodies_are_refused_clearly_and_never_echoed(person, body, status):
    await person.begin()
    reply = await person.http.post(
        f"/chat/conversations/{person.id}/messages", content=body, headers={**person.headers, "Content-Type": "application/json"}
    )
    assert reply.status_code in {status, 400, 422}
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["type"].startswith("urn:facilitator:problem:")
    assert "Traceback" not in reply.text


async def test_too_long_a_message_is_refused_with_the_limit_and_nothing_is_stored(system, person):
    await person.begin()
    before = len(rows(system, MessageRow))
    reply = await person.post({"client_message_id": "a", "text": "canary " * 20_000})
    assert reply.status_code == 413
    assert reply.json()["type"].endswith("message-too-long")
    assert reply.json()["limit"] == 12_000
    assert "canary" not in reply.text
    assert len(rows(system, MessageRow)) == before


async def test_twelve_thousand_characters_are_not_too_long(person):
    await person.begin()
    assert (await person.post({"client_message_id": "a", "text": "é" * 12_000})).status_code == 200


async def test_a_body_over_the_limit_is_refused_before_it_is_read(person):
    await person.begin()
    reply = await person.http.post(f"/chat/conversations/{person.id}/messages", content=b"x" * 3_000_000, headers=person.headers)
    assert reply.status_code == 413


@pytest.mark.parametrize("text", ["/restart", "  /restart", '/ask_question{"a": "b"}', "🙂", "null\x00byte", "a\u202eb"])
async def test_odd_text_is_only_text(system, person, text):
    await person.begin()
    reply = await person.type(text)
    assert reply["state"] == "item"
    assert system.rasa.seen[-1]["text"].strip() == text.replace("\x00", "").strip()


async def test_an_unknown_conversation_looks_like_a_wrong_token(person):
    await person.open()
    person.id = "no-such-conversation"
    assert (await person.post({"client_message_id": "a", "text": "hi"})).status_code == 401


@pytest.mark.parametrize("path", ["/chat/nothing", "/nothing"])
async def test_an_unknown_address_is_a_problem_document(http, path):
    reply = await http.get(path)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "application/problem+json")


# ── Rasa away ──


async def test_while_rasa_is_away_the_message_is_kept_and_answered_later(system, person):
    await person.begin()
    system.rasa.failing = True
    waiting = await person.type("sort of but it was rushed")
    assert waiting["state"] == "waiting"
    [notice] = waiting["messages"]
    assert notice["kind"] == "notice"
    system.rasa.failing = False
    assert await system.parts.delivery.deliver(person.id)
    later = (
        await person.http.get(f"/chat/conversations/{person.id}/messages", params={"after": notice["id"]}, headers=person.headers)
    ).json()
    assert later["state"] == "item"
    assert "partly" in later["messages"][0]["text"]
    assert answers(system, person)["before-leadership"][0] == "partly"


async def test_a_choice_before_consent_waits_too(system, person):
    await person.open()
    system.rasa.failing = True
    waiting = await person.choose("Keep my answers")
    assert waiting["state"] == "waiting"
    system.rasa.failing = False
    await system.parts.delivery.deliver(person.id)
    history = await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)
    assert history.json()["kept"] is True


async def test_words_that_are_not_kept_are_lost_with_the_process_and_the_person_is_told(system, person, monkeypatch):
    await person.begin(keep=False)
    system.rasa.failing = True
    await person.type("my canary words")
    system.rasa.failing = False
    system.parts.delivery._held = HeldWords()
    monkeypatch.setattr("web.chat.delivery.LOST_AGE", timedelta(seconds=-1))
    await system.parts.delivery.deliver(person.id)
    history = (await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert "lost your last message" in history["messages"][-1]["text"]
    assert history["state"] == "item"


async def _yes(_settings) -> bool:
    return True


async def _no(_settings) -> bool:
    return False


async def test_a_message_is_never_given_up_while_the_actions_are_away(system, person, monkeypatch):
    monkeypatch.setattr("web.chat.delivery.actions_ready", _no)
    monkeypatch.setattr("web.chat.delivery.GIVE_UP_AFTER_S", 0.0)
    await person.begin()
    system.rasa.failing = True
    await person.choose("Partly")
    for _ in range(20):
        await system.parts.delivery.deliver(person.id)
    system.rasa.failing = False
    await system.parts.delivery.deliver(person.id)
    assert answers(system, person) == {"before-leadership": ("partly", None)}


async def test_a_message_that_fails_again_and_again_is_not_given_up_within_a_minute(system, person, monkeypatch):
    monkeypatch.setattr("web.chat.delivery.actions_ready", _yes)
    await person.begin()
    system.rasa.failing = True
    await person.choose("Partly")
    for _ in range(20):
        await system.parts.delivery.deliver(person.id)
    history = (await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert history["state"] == "waiting"


async def test_a_message_that_fails_again_and_again_is_given_up_kindly(system, person, monkeypatch):
    monkeypatch.setattr("web.chat.delivery.actions_ready", _yes)
    monkeypatch.setattr("web.chat.delivery.GIVE_UP_AFTER_S", 0.0)
    await person.begin()
    system.rasa.failing = True
    await person.type("something that breaks")
    for _ in range(5):
        await system.parts.delivery.deliver(person.id)
    history = (await person.http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert "could not deal with that message" in history["messages"][-1]["text"]
    assert history["state"] == "item"


# ── coming back ──


async def test_a_resume_code_opens_the_same_conversation_with_a_new_token_and_says_where_we_were(http, person):
    await person.begin()
    await person.choose("Yes")
    other = Person(http)
    again = await other.open(resume_code=person.opened["resume_code"].upper().replace("-", " "))
    assert again["conversation_id"] == person.id
    assert again["token"] != person.token
    assert "Welcome back" in other.texts
    assert again["state"] == "comment"
    await person.type("the old token still works")


async def after_a_no(person: Person, choice: str = "Talk") -> Person:
    """Somebody who said no to keeping answers, and has the code they were given on coming no more."""
    await person.open()
    await person.choose(choice)
    return person


async def opens(http, code: str) -> bool:
    return (await http.post("/chat/conversations", json={"resume_code": code})).status_code == 201


@pytest.mark.parametrize("begun", [False, True])
async def test_whoever_keeps_answers_after_a_no_is_given_a_new_code_and_the_old_one_stays_dead(system, http, person, begun):
    await after_a_no(person)
    if begun:
        await person.choose("Before")
        await person.choose("Short")
    told = await person.type("keep my answers after all")
    assert told["kept"] is True and "You have a code" in person.texts
    other = Person(http)
    await other.open(resume_code=told["resume_code"])
    assert other.id == person.id
    assert not await opens(http, person.opened["resume_code"])
    [row] = rows(system, ConversationRow)
    assert row.resume_code_hash == digest(tidy_resume_code(told["resume_code"])), "nothing but a hash is stored"
    assert told["resume_code"] not in str([(message.text, message.say) for message in rows(system, MessageRow)])


async def test_a_yes_sent_again_tells_the_same_code_and_so_does_the_history_of_that_device_alone(http, person):
    await after_a_no(person)
    told = await person.type("keep my answers after all", client_message_id="yes")
    again = await person.type("keep my answers after all", client_message_id="yes")
    assert again["resume_code"] == told["resume_code"] and again["messages"] == told["messages"]
    other = Person(http)
    await other.open(resume_code=told["resume_code"])
    for caller, code in ((person, told["resume_code"]), (other, None)):
        history = await http.get(f"/chat/conversations/{person.id}/messages", headers=caller.headers)
        assert history.json()["resume_code"] == code
    assert await opens(http, told["resume_code"])


async def test_a_yes_answered_while_nobody_was_there_tells_its_code_in_the_history(system, http, person):
    await after_a_no(person)
    system.rasa.failing = True
    waiting = await person.type("keep my answers after all")
    assert (waiting["state"], waiting["resume_code"]) == ("waiting", None)
    system.rasa.failing = False
    await system.parts.delivery.deliver(person.id)
    history = (await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert await opens(http, history["resume_code"])


async def test_whoever_said_yes_at_once_goes_on_with_the_code_they_were_given(http, person):
    await after_a_no(person, "Keep")
    assert person.last["resume_code"] is None
    history = (await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert history["resume_code"] is None
    assert await opens(http, person.opened["resume_code"])


async def test_a_second_no_and_yes_lead_to_another_code_again(http, person):
    await after_a_no(person)
    codes = [(await person.type("keep my answers after all"))["resume_code"]]
    await person.type("delete everything")
    await person.choose("Yes, delete")
    await person.choose("Talk")
    codes.append((await person.type("keep my answers after all"))["resume_code"])
    assert [await opens(http, code) for code in codes] == [False, True]


async def test_a_wrong_resume_code_reveals_nothing(http, person):
    await person.open()
    unknown = await http.post("/chat/conversations", json={"resume_code": "not-a-code"})
    unkept = await http.post("/chat/conversations", json={"resume_code": person.opened["resume_code"]})
    assert unknown.status_code == unkept.status_code == 404
    assert unknown.json() == unkept.json()


async def test_history_is_in_pages_oldest_first(person):
    await person.begin()
    await person.type("will I get paid for coming?")
    pages, after = [], None
    while True:
        params = {"limit": 3} | ({"after": after} if after else {})
        page = (await person.http.get(f"/chat/conversations/{person.id}/messages", params=params, headers=person.headers)).json()
        pages += page["messages"]
        after = page["next"]
        if after is None:
            break
    assert len({m["id"] for m in pages}) == len(pages)
    assert pages[-1]["id"] == person.last["messages"][-1]["id"]
    assert any(m["author"] == "person" and "paid" in m["text"] for m in pages)


# ── joining ──


async def test_a_join_code_ties_answers_to_the_activity(http, system):
    with system.built.database.unit_of_work() as session:
        code = add_activity(session, "Ward garden")
    person = Person(http)
    await person.open(activity_code=code.lower(), role="staff")
    await person.choose("Keep")
    assert person.last["state"] == "setup", "the role was given, so the stage is asked"
    await person.choose("Before")
    await person.choose("Short")
    await person.choose("Yes")
    [answer] = rows(system, AnswerRow)
    assert (answer.activity_id is not None, answer.role) == (True, "staff")


async def test_an_unknown_join_code_is_refused(http):
    refused = await http.post("/chat/conversations", json={"activity_code": "AAAAAA"})
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (404, "unknown-code")


async def test_without_a_code_the_door_can_be_closed(address, tmp_path, database):
    closed = running(address, tmp_path, facilitator_open_access="off")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(closed.app), base_url="http://test") as client:
        assert (await client.post("/chat/conversations", json={})).status_code == 403
    closed.built.database.dispose()


# ── not kept ──


async def test_nothing_anyone_unkept_says_is_stored_anywhere(system, person):
    await person.begin(keep=False)
    await person.type("sort of but it was rushed")
    await person.type("will I get paid for coming?")
    await person.choose("Partly")
    stored = []
    with system.built.database.engine.connect() as connection:
        for table in Base.metadata.tables:
            stored.append(str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()))
    messages = [row for row in rows(system, MessageRow) if row.author == "person"]
    assert all(row.text is None and row.choice_id is None and row.intent is None for row in messages)
    assert "rushed" not in "".join(stored)
    assert "coming?" not in "".join(stored)
    assert rows(system, AnswerRow) == []


async def test_of_someone_unkept_no_role_and_no_name_is_stored_whenever_they_said_it(system, http):
    with system.built.database.unit_of_work() as session:
        code = add_activity(session, "Ward garden")
    person = Person(http)
    await person.open(activity_code=code, role="staff")
    assert [row.pseudonym for row in rows(system, ConversationRow)] == [None], "nobody needs a name before they choose"
    await person.choose("Talk")
    await person.type("I'm a carer")
    assert "I keep nothing here" in person.texts
    assert [(row.role, row.pseudonym) for row in rows(system, ConversationRow)] == [(None, None)]
    assert not any("carer" in str(message.say) for message in rows(system, MessageRow))


async def test_someone_who_keeps_answers_after_all_is_asked_their_role_and_given_a_name_of_their_own(system, http):
    with system.built.database.unit_of_work() as session:
        code = add_activity(session, "Ward garden")
    people = [Person(http), Person(http)]
    for person in people:
        await person.open(activity_code=code, role="staff")
        await person.choose("Talk")
        await person.type("keep my answers after all")
        assert "In this group you are called" in person.texts and "most like you" in person.question
        await person.choose("I am a carer")
    found = rows(system, ConversationRow)
    assert [row.role for row in found] == ["carer", "carer"]
    assert len({row.pseudonym for row in found} - {None}) == 2


async def test_people_are_told_how_long_their_activity_keeps_answers(system, http):
    with system.built.database.unit_of_work() as session:
        code = add_activity(session, "Ward garden", raw_text_days=10, answer_days=800)
    person = Person(http)
    await person.open(activity_code=code)
    assert "800 days" in person.texts and "10 days" in person.texts
    await person.choose("Keep")
    await person.type("who sees this?")
    assert "800 days" in person.texts


async def test_someone_unkept_left_for_a_day_is_gone(system, person):
    await person.begin(keep=False)
    with system.built.database.unit_of_work() as session:
        row = session.get(ConversationRow, person.id)
        row.last_active_at -= timedelta(hours=25)
    assert (await person.post({"client_message_id": "a", "text": "hi"})).status_code == 401


# ── rights ──


async def test_deleting_in_words_leaves_no_answer_and_no_word(system, person):
    await person.begin()
    await person.type("sort of but it was rushed")
    await person.type("delete everything")
    await person.choose("Yes, delete")
    assert person.last["state"] == "consent"
    assert person.last["kept"] is None
    assert rows(system, AnswerRow) == []
    assert not [row for row in rows(system, MessageRow) if row.text]


async def test_delete_removes_the_conversation_and_only_that_one(http, system):
    mine, other = await Person(http).begin(), await Person(http).begin()
    assert (await http.delete(f"/chat/conversations/{mine.id}", headers=mine.headers)).status_code == 204
    assert [row.id for row in rows(system, ConversationRow)] == [other.id]
    with system.built.database.unit_of_work() as session:
        for table in (MessageRow, ChoiceRow, TokenRow):
            assert session.scalar(select(func.count()).select_from(table).where(table.conversation_id == mine.id)) == 0


async def test_export_holds_everything_said(person):
    await person.begin()
    await person.type("sort of but it was rushed")
    document = (await person.http.get(f"/chat/conversations/{person.id}/export", headers=person.headers)).json()
    assert document["answers"][0]["comment"] == "sort of but it was rushed"
    assert any(m["text"] == "sort of but it was rushed" for m in document["messages"])


async def test_simple_words_change_the_next_question(system, person):
    await person.begin()
    reply = await person.http.patch(f"/chat/conversations/{person.id}", json={"simple": True}, headers=person.headers)
    assert reply.status_code == 200
    await person.choose("Skip")
    assert system.built.checklists.item("before-purpose").simple in person.question


# ── what is typed before it is stored ──


async def test_names_are_taken_out_before_storing_or_passing_on(system, person):
    await person.begin()
    await person.type("Priya was not asked")
    assert system.rasa.seen[-1]["text"] == "[name] was not asked"
    assert answers(system, person)["before-leadership"][1] == "[name] was not asked"


async def test_danger_gets_the_support_message_and_rasa_never_sees_the_words(system, person):
    await person.begin()
    seen = len(system.rasa.seen)
    reply = await person.type("DANGER")
    assert reply["state"] == "support"
    assert reply["messages"][0]["kind"] == "support"
    assert "116 123" in reply["messages"][0]["text"]
    assert len(system.rasa.seen) == seen
    [flag] = rows(system, FlagRow)
    assert (flag.kind, flag.state, flag.conversation_id) == ("crisis", "open", person.id)


async def test_a_contact_is_told_of_a_danger_once_by_the_number_of_its_flag_and_not_of_distress(system, person, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(system.parts.helper.alert, "tell", lambda about, reference: told.append(reference))
    await person.begin()
    await person.type("DANGER", client_message_id="said-twice")
    await person.type("DANGER", client_message_id="said-twice")
    await person.type("DISTRESS")
    [flag] = rows(system, FlagRow, FlagRow.kind == "crisis")
    assert told == [str(flag.id)]


async def test_after_danger_the_person_may_carry_on_from_the_same_question(person):
    await person.begin()
    asked = person.question
    await person.type("DANGER")
    await person.choose("Carry on")
    assert person.question == asked
    assert person.last["state"] == "item"


async def test_danger_is_answered_with_rasa_down(system, person):
    await person.begin()
    system.rasa.failing = True
    assert (await person.type("DANGER"))["state"] == "support"


async def test_danger_is_answered_with_the_database_down_and_flagged_when_it_is_back(system, person, tmp_path, monkeypatch):
    broken, told = running(NOWHERE, tmp_path), []
    monkeypatch.setattr(broken.parts.helper.alert, "tell", lambda *news: told.append(news))
    await person.begin()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broken.app, raise_app_exceptions=False), base_url="http://test") as client:
        there = Person(client, id=person.id, token=person.token)
        reply = await there.type("DANGER")
        assert "116 123" in reply["messages"][0]["text"]
        other = await there.post({"client_message_id": "a", "text": "hello"})
        assert other.status_code == 503
        assert any("116 123" in line["contact"] for line in other.json()["support"])
    [spooled] = list((tmp_path / "flags").glob("*.json"))
    assert json.loads(spooled.read_text())["kind"] == "crisis"
    assert told == [("not stored", None)], "nobody could check whose it is, so nobody is named"
    system.parts.helper._raise_flag(spooled)
    assert [(flag.kind, flag.conversation_id) for flag in rows(system, FlagRow)] == [("crisis", person.id)]
    assert not list((tmp_path / "flags").iterdir())
    await broken.parts.link.close()


def _danger(http: httpx.AsyncClient, ident: str):
    body = {"client_message_id": "a", "text": "DANGER"}
    return http.post(f"/chat/conversations/{ident}/messages", json=body, headers={"Authorization": "Bearer x"})


@pytest.mark.parametrize("ident", NO_IDS)
async def test_what_is_no_id_of_ours_gets_the_words_and_leaves_neither_file_nor_alert(system, http, tmp_path, monkeypatch, ident):
    """NUL, which PostgreSQL cannot be asked for, was once taken for a database that is down: its flag was tried for ever."""
    broken = running(NOWHERE, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broken.app, raise_app_exceptions=False), base_url="http://test") as nowhere:
        for at, client in ((system, http), (broken, nowhere)):
            monkeypatch.setattr(at.parts.helper.alert, "tell", lambda *news: pytest.fail("told"))
            reply = await _danger(client, ident)
            assert reply.status_code == 200 and "116 123" in reply.json()["messages"][0]["text"]
    assert not list((tmp_path / "flags").glob("*")) and rows(system, FlagRow) == []
    await broken.parts.link.close()


@pytest.mark.parametrize("ident", NO_IDS)
async def test_what_is_no_id_of_ours_opens_nothing(http, ident):
    where, headers = f"/chat/conversations/{ident}", {"Authorization": "Bearer x"}
    message = {"client_message_id": "a", "text": "hello"}
    replies = [
        await http.post(f"{where}/messages", json=message, headers=headers),
        await http.get(f"{where}/messages", headers=headers),
        await http.get(f"{where}/export", headers=headers),
        await http.get(f"{where}/summary", headers=headers),
        await http.patch(where, json={"simple": True}, headers=headers),
        await http.delete(where, headers=headers),
    ]
    assert [reply.status_code for reply in replies] == [401] * 6


async def test_a_value_that_no_database_can_hold_is_refused_and_nothing_is_said_to_be_down(system, http, person, monkeypatch):
    await person.begin()

    async def refuse(*asked):
        raise UnstorableError("DataError")

    monkeypatch.setattr(system.parts.desk, "history", refuse)
    reply = await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)
    assert (reply.status_code, reply.json()["type"]) == (422, "urn:facilitator:problem:invalid-request")
    assert as_problem(UnstorableError()).status == 422, "the plain page says the same"


async def test_an_unknown_message_to_go_on_from_is_the_beginning_whatever_it_is(person):
    await person.begin()
    found = [
        await person.http.get(f"/chat/conversations/{person.id}/messages{after}", headers=person.headers)
        for after in ("", "?after=%00", f"?after={'0' * 32}")
    ]
    assert [reply.status_code for reply in found] == [200] * 3
    assert found[0].json() == found[1].json() == found[2].json()


async def test_many_dangers_of_one_person_are_each_answered_and_flagged_and_told_as_one_and_another_persons_at_once(system, http):
    sent: list[str] = []
    words = {"text": "number {reference}", "not_stored": "not stored", "more": "more {count}"}
    system.parts.helper.alert = alert = Alert({"way": sent.append}, words, "")
    ann, ben = await Person(http).begin(), await Person(http).begin()
    for person in (ann, ann, ann, ben):
        assert (await person.type("DANGER"))["state"] == "support"
    alert.close()
    flags = [flag.conversation_id for flag in sorted(rows(system, FlagRow), key=lambda flag: flag.id)]
    assert flags == [ann.id, ann.id, ann.id, ben.id]
    assert sum(int(text.partition("more ")[2] or 0) for text in sent) + len(sent) == 4
    assert len(sent) <= 3, "Ann's second and third together"


async def test_danger_without_a_valid_token_still_gets_help_and_touches_nobody(system, person):
    await person.begin()
    reply = await person.post({"client_message_id": "a", "text": "DANGER"}, token="wrong")
    assert reply.status_code == 200
    assert reply.json()["state"] == "support"
    assert rows(system, FlagRow) == []


@pytest.mark.parametrize("over", ["token", "chat of one who keeps nothing"])
async def test_danger_with_a_token_that_has_run_out_raises_one_flag_without_words(system, person, over):
    await person.begin(keep=over == "token")
    with system.built.database.unit_of_work() as session:
        if over == "token":
            session.execute(update(TokenRow).values(expires_at=TokenRow.created_at))
        else:
            session.execute(update(ConversationRow).values(last_active_at=now() - timedelta(days=2)))
    before = len(rows(system, MessageRow))
    for _ in range(2):
        reply = await person.post({"client_message_id": "a", "text": "DANGER"})
        assert (reply.status_code, reply.json()["state"]) == (200, "support")
    [flag] = rows(system, FlagRow)
    assert (flag.conversation_id, flag.kind) == (person.id, "crisis")
    assert len(rows(system, MessageRow)) == before, "whoever is let in no more adds no words"


# ── limits ──


async def test_too_many_messages_are_slowed_down_with_the_seconds_to_wait(address, tmp_path, database):
    limited = running(address, tmp_path, facilitator_rate_limits="on")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited.app), base_url="http://test") as client:
        person = await Person(client).begin()
        replies = [await person.post({"client_message_id": str(n), "text": "how far am i"}) for n in range(65)]
    slowed = [reply for reply in replies if reply.status_code == 429]
    assert slowed and int(slowed[0].headers["retry-after"]) >= 1
    limited.built.database.dispose()


async def test_guessing_codes_is_slowed_down(address, tmp_path, database):
    limited = running(address, tmp_path, facilitator_rate_limits="on")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited.app), base_url="http://test") as client:
        replies = [await client.post("/chat/conversations", json={"resume_code": f"wrong-{n}"}) for n in range(12)]
    assert replies[-1].status_code == 429
    limited.built.database.dispose()


# ── headers and health ──


async def test_every_reply_carries_the_security_headers(http):
    for path in ("/", "/healthz", "/chat/strings"):
        headers = (await http.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_ready_names_each_part(http, system):
    assert (await http.get("/healthz")).status_code == 200
    reply = await http.get("/readyz")
    assert reply.status_code == 503
    assert reply.json() == {"database": "ready", "rasa": "ready", "actions": "not ready"}


async def test_the_widget_is_served_small_and_only_the_widget(http):
    served = await http.get("/widget/element.js", headers={"Accept-Encoding": "gzip"})
    assert (served.status_code, served.headers["content-encoding"]) == (200, "gzip")
    again = await http.get("/widget/element.js", headers={"If-None-Match": served.headers["etag"]})
    assert again.status_code == 304
    for hidden in ("size.py", "jsconfig.json", "types.js", "../app.py", "demo/examples.json"):
        assert (await http.get(f"/widget/{hidden}")).status_code == 404, hidden


@pytest.mark.parametrize("path", ["/", "/join/ABC234", "/demo"])
async def test_every_page_has_one_heading_and_a_title(http, path):
    page = await http.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert "<title>" in page.text


async def test_another_site_may_embed_the_chat_only_when_it_is_listed(address, tmp_path, database):
    listed = running(address, tmp_path, facilitator_allowed_origins="https://trust.example")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(listed.app), base_url="http://test") as client:
        allowed = await client.get("/chat/strings", headers={"Origin": "https://trust.example"})
        refused = await client.get("/chat/strings", headers={"Origin": "https://elsewhere.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://trust.example"
    assert "access-control-allow-origin" not in refused.headers
    listed.built.database.dispose()


async def test_when_the_safety_screen_itself_fails_nothing_is_passed_on_and_the_numbers_are_given(system, person, monkeypatch):
    await person.begin()
    seen = len(system.rasa.seen)

    def broken(text: str) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(system.built.screen, "screen", broken)
    refused = await person.post({"client_message_id": "a", "text": "canary words"})
    assert refused.status_code == 503
    assert any("116 123" in line["contact"] for line in refused.json()["support"])
    assert "canary" not in refused.text
    assert len(system.rasa.seen) == seen
