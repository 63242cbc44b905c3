"""Many people at once: each conversation in its own order, nobody held up by another, and a kind word when there are too many."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from facilitator.errors import StorageUnavailableError
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import ActivityRow, AnswerRow, ConversationRow, MessageRow
from tests.integration.web import Person, running
from web.chat.door import THREADS
from web.chat.held_words import HeldWords
from web.chat.schemas import SendMessage
from web.chat.turnstile import TooBusy, Turnstile


class Slow:
    """Rasa, which keeps the turns of one conversation until it is told to go on."""

    def __init__(self, rasa, conversation_id):
        self._rasa, self._conversation_id = rasa, conversation_id
        self.arrived, self.go_on = asyncio.Event(), asyncio.Event()

    async def ask(self, method, path, body, headers, seconds):
        if body and json.loads(body)["conversation_id"] == self._conversation_id:
            self.arrived.set()
            await self.go_on.wait()
        return await self._rasa.ask(method, path, body, headers, seconds)


async def test_one_slow_turn_holds_up_its_own_conversation_and_no_other(system, http, monkeypatch):
    slow_one, other = Person(http), Person(http)
    await slow_one.begin()
    await other.begin()
    wire = Slow(system.rasa, slow_one.id)
    monkeypatch.setattr(system.parts.link, "_wire", wire)
    body = {"client_message_id": "first", "text": "sort of but it was rushed"}
    first = asyncio.create_task(slow_one.post(body))
    await wire.arrived.wait()
    second = asyncio.create_task(slow_one.post({"client_message_id": "second", "text": "skip"}))
    assert (await other.type("why do you ask?"))["state"] == "item"
    # the second is stored while it waits: it is safe before it is answered
    while _inbound(system, slow_one.id) < 2 + _BEGUN:
        await asyncio.sleep(0)
    assert not first.done() and not second.done()
    wire.go_on.set()
    replies = [(await each).json() for each in (first, second)]
    assert all(reply["state"] != "waiting" for reply in replies)
    seen = [said.get("text") or said["intent"]["name"] for said in system.rasa.seen if said["conversation_id"] == slow_one.id]
    assert seen[-2:] == ["sort of but it was rushed", "skip"]


_BEGUN = 4  # keeping, role, stage, depth


def _inbound(system, conversation_id):
    with system.built.database.reading() as session:
        mine = (MessageRow.conversation_id == conversation_id) & (MessageRow.author == "person")
        return session.scalar(select(func.count()).select_from(MessageRow).where(mine))


async def test_people_who_write_at_once_each_get_their_own_answer(system, http):
    people = [Person(http) for _ in range(6)]
    for person in people:
        await person.begin()
    for words in ("sort of but it was rushed", "why do you ask?", "skip"):
        await asyncio.gather(*(person.type(words) for person in people))
    assert len({person.last["messages"][-1]["text"] for person in people}) == 1
    assert len({message["id"] for person in people for message in person.last["messages"]}) >= len(people)


async def test_when_too_many_write_the_next_is_told_kindly_and_nothing_is_kept(system, http):
    person = Person(http)
    await person.begin()
    before = _inbound(system, person.id)
    system.parts.turnstile.inside = 10_000
    refused = await person.post({"client_message_id": "m1", "text": "sort of but it was rushed"})
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (503, "busy")
    assert refused.headers["retry-after"] == "5"
    assert refused.json()["support"] and "again" in refused.json()["detail"]
    assert _inbound(system, person.id) == before
    system.parts.turnstile.inside = 0
    assert (await person.post({"client_message_id": "m1", "text": "sort of but it was rushed"})).status_code == 200


async def test_somebody_in_danger_is_answered_however_many_write(system, http):
    person = Person(http)
    await person.begin()
    system.parts.turnstile.inside = 10_000
    helped = await person.type("DANGER")
    assert helped["state"] == "support"


async def test_somebody_in_danger_is_answered_while_every_other_thread_waits_for_the_database(system, http):
    released = threading.Event()
    stuck = [asyncio.create_task(asyncio.to_thread(released.wait)) for _ in range(64)]
    await _danger_is_heard(system, released, stuck)


async def test_nobody_in_danger_waits_for_the_names_in_what_others_write(system, http, monkeypatch):
    person = Person(http)
    await person.begin()
    released, begun = threading.Event(), threading.Semaphore(0)
    redact = system.built.redactor.redact
    monkeypatch.setattr(system.built.redactor, "redact", lambda text: (begun.release(), released.wait(), redact(text))[2])
    others = [asyncio.create_task(person.post({"client_message_id": f"m{number}", "text": "it was rushed"})) for number in range(4)]
    for _ in range(THREADS):  # every thread that looks for names is held up
        assert await asyncio.to_thread(begun.acquire, timeout=20)
    await _danger_is_heard(system, released, others)


async def _danger_is_heard(system, released, held_up):
    try:
        assert (await asyncio.wait_for(system.parts.door.look("DANGER"), 20)).kind.is_crisis
    finally:
        released.set()
        await asyncio.gather(*held_up)


async def test_names_are_taken_out_while_the_screen_reads_and_nothing_goes_on_before_both_are_done(system, http, monkeypatch):
    person = Person(http)
    await person.begin()
    before = _inbound(system, person.id)
    redacted, released = threading.Event(), threading.Event()
    redact, screen = system.built.redactor.redact, system.built.screen.screen
    monkeypatch.setattr(system.built.redactor, "redact", lambda text: (redact(text), redacted.set())[0])
    monkeypatch.setattr(system.built.screen, "screen", lambda text: (released.wait(), screen(text))[1])
    sent = asyncio.create_task(person.post({"client_message_id": "m1", "text": "Priya did all the work"}))
    try:
        assert await asyncio.to_thread(redacted.wait, 20)
        assert _inbound(system, person.id) == before
    finally:
        released.set()
    assert (await sent).status_code == 200
    assert _inbound(system, person.id) == before + 1


async def test_names_in_a_long_text_wait_for_the_screen(system, monkeypatch):
    order = []
    redact, screen = system.built.redactor.redact, system.built.screen.screen
    monkeypatch.setattr(system.built.redactor, "redact", lambda text: (order.append("names"), redact(text))[1])
    monkeypatch.setattr(system.built.screen, "screen", lambda text: (time.sleep(0.2), order.append("screen"), screen(text))[2])
    for length in (100, 1000):
        _, admitting = await system.parts.door.meet("Priya was there. " * (length // 17))
        assert "Priya" not in await admitting
    assert order == ["names", "screen", "screen", "names"]


def test_a_place_is_free_again_after_a_failure():
    turnstile = Turnstile(1)
    with pytest.raises(StorageUnavailableError), turnstile.place():
        with pytest.raises(TooBusy), turnstile.place():
            pass
        raise StorageUnavailableError("gone")
    with turnstile.place():
        assert turnstile.inside == 1


@pytest.mark.parametrize("keep", [True, False])
async def test_words_held_by_a_process_that_died_are_taken_from_the_message_sent_again(system, http, keep):
    person = Person(http)
    await person.open()
    if not keep:
        await person.begin(keep=False)
    system.rasa.failing = True
    said = {"client_message_id": "m1", **({"choice": person.choice("Keep")} if keep else {"text": "sort of but it was rushed"})}
    assert (await person.post(said)).json()["state"] == "waiting"
    system.parts.delivery._held = HeldWords()
    system.rasa.failing = False
    answered = (await person.post(said)).json()
    assert answered["state"] != "waiting"
    assert "lost your last message" not in answered["messages"][0]["text"]
    if keep:
        assert answered["kept"] is True


async def _waits(system, person, monkeypatch) -> str:
    """The id of a message that is held in memory, as Rasa is away, and old enough for a sweep to look at."""
    monkeypatch.setattr("web.chat.delivery.SWEEP_AGE", timedelta(0))
    await person.begin(keep=False)
    system.rasa.failing = True
    assert (await person.type("sort of but it was rushed"))["state"] == "waiting"
    await system.parts.delivery._sweep_once()
    [message_id] = system.parts.delivery._held.held_for(0)
    return message_id


async def test_words_that_are_held_leave_memory_when_the_person_deletes_the_chat(system, http, monkeypatch):
    person = Person(http)
    message_id = await _waits(system, person, monkeypatch)
    assert (await http.delete(f"/chat/conversations/{person.id}", headers=person.headers)).status_code == 204
    await system.parts.delivery._sweep_once()
    assert system.parts.delivery._held.get(message_id) is None


async def test_words_that_are_held_leave_memory_when_another_copy_has_closed_their_message(system, http, address, tmp_path, monkeypatch):
    person = Person(http)
    message_id = await _waits(system, person, monkeypatch)
    monkeypatch.setattr("web.chat.delivery.LOST_AGE", timedelta(seconds=-1))
    other = running(address, tmp_path)
    assert await other.parts.delivery.deliver(person.id)
    await other.parts.link.close()
    other.built.database.dispose()
    await system.parts.delivery._sweep_once()
    assert system.parts.delivery._held.get(message_id) is None


async def test_words_that_are_held_stay_for_as_long_as_their_message_waits(system, http, monkeypatch):
    person = Person(http)
    await _waits(system, person, monkeypatch)
    system.rasa.failing = False
    await system.parts.delivery._sweep_once()
    history = (await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()
    assert history["state"] == "item" and not any("lost your last" in said["text"] for said in history["messages"])
    assert system.parts.delivery._held.held_for(0) == []


async def _another_copy_sees_rasa_come_back(system, person, address, tmp_path, monkeypatch) -> None:
    """Rasa was away for longer than words are waited for; a copy of web that never had them looks first."""
    other = running(address, tmp_path)
    await _waits(system, person, monkeypatch)
    monkeypatch.setattr("web.chat.delivery.LOST_AGE", timedelta(seconds=-1))
    for away in (True, False):
        other.rasa.failing = away
        await other.parts.delivery._sweep_once()
    await other.parts.link.close()
    other.built.database.dispose()


async def _history(http, person):
    return (await http.get(f"/chat/conversations/{person.id}/messages", headers=person.headers)).json()


async def test_another_copy_calls_no_words_lost_before_the_one_that_holds_them_has_had_its_go(system, http, address, tmp_path, monkeypatch):
    person = Person(http)
    await _another_copy_sees_rasa_come_back(system, person, address, tmp_path, monkeypatch)
    system.rasa.failing = False
    await system.parts.delivery._sweep_once()
    history = await _history(http, person)
    assert history["state"] == "item" and not any("lost your last" in said["text"] for said in history["messages"])


async def test_words_that_nobody_held_are_called_lost_a_while_after_rasa_is_back(system, http, address, tmp_path, monkeypatch):
    person = Person(http)
    monkeypatch.setattr("web.chat.delivery.FIRST_GO", timedelta(0))
    await _another_copy_sees_rasa_come_back(system, person, address, tmp_path, monkeypatch)
    assert any("lost your last" in said["text"] for said in (await _history(http, person))["messages"])


class Cut:
    """Rasa, whose answers never arrive: it has acted, and whoever asked is gone."""

    def __init__(self, rasa):
        self._rasa = rasa

    async def ask(self, method, path, body, headers, seconds):
        await self._rasa.ask(method, path, body, headers, seconds)
        return 503, b'{"error": "NotReady"}'


@pytest.mark.parametrize("typed", [True, False])
async def test_a_choice_to_keep_that_was_acted_on_before_the_process_died_is_answered_when_sent_again(system, http, monkeypatch, typed):
    person = Person(http)
    await person.open()
    title = next(c["title"] for m in person.last["messages"] for c in m["choices"] if c["title"].startswith("Keep"))
    said = {"client_message_id": "m1", **({"text": title} if typed else {"choice": person.choice("Keep")})}
    with monkeypatch.context() as cut:
        cut.setattr(system.parts.link, "_wire", Cut(system.rasa))
        assert (await person.post(said)).json()["state"] == "waiting"
    system.parts.delivery._held = HeldWords()
    answered = (await person.post(said)).json()
    assert answered["state"] != "waiting" and answered["kept"] is True
    assert "lost your last message" not in answered["messages"][0]["text"] and answered["messages"][-1]["choices"]


# ── a choice whose question is left while it waits ──

MOVED_ON = "We have moved on from that question"


async def _pressed_while_slow(system, person, *said):
    """Each is sent while Rasa does not answer, then all are answered. Returns what was replied to the last, sent once more."""
    system.rasa.failing = True
    for number, each in enumerate(said):
        assert (await person.post({"client_message_id": f"slow{number}", **each})).json()["state"] == "waiting"
    system.rasa.failing = False
    assert await system.parts.delivery.deliver(person.id)
    return (await person.post({"client_message_id": f"slow{len(said) - 1}", **said[-1]})).json()


async def _to_sharing(system, person):
    """In an activity, where both sharing questions are asked."""
    with system.built.database.unit_of_work() as session:
        session.add(ActivityRow(id="ours", title="Ward review", join_code="ACDEFG", created_at=store.now()))
    await person.begin(activity_code="ACDEFG")
    while not any(choice["title"] == "No, keep it to me" for message in person.last["messages"] for choice in message["choices"]):
        await person.choose("Skip")
    return person


def _shares(system, conversation_id):
    with system.built.database.reading() as session:
        row = session.get(ConversationRow, conversation_id)
        return row.kept, row.share_words, row.share_ratings


@pytest.mark.parametrize("typed", [False, True])
async def test_no_then_yes_to_one_question_is_never_a_yes_to_the_next(system, http, typed):
    person = await _to_sharing(system, Person(http))
    no, yes = ({"choice": person.choice(title)} for title in ("No", "Yes"))
    late = await _pressed_while_slow(system, person, no, {"text": "yes they may"} if typed else yes)
    assert _shares(system, person.id) == (True, False, None)
    assert MOVED_ON in late["messages"][0]["text"] and late["state"] == "consent"
    answered = [
        said for said in system.rasa.seen if said.get("intent", {}).get("name") in ("affirm", "deny") or said.get("text") == "yes they may"
    ]
    assert len(answered) == 1


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("typed", [True, False])
async def test_skip_then_yes_rates_nothing_that_nobody_has_seen(system, http, keep, typed):
    person = Person(http)
    await person.begin(keep=keep)
    skip, yes = ({"choice": person.choice(title)} for title in ("Skip", "Yes"))
    late = await _pressed_while_slow(system, person, skip, {"text": "1"} if typed else yes)
    assert MOVED_ON in late["messages"][0]["text"]
    assert late["progress"] == {"stage": "before", "answered": 1, "total": 5}
    with system.built.database.reading() as session:
        assert [row.rating for row in session.scalars(select(AnswerRow))] == (["skipped"] if keep else [])


async def test_talking_without_keeping_is_not_undone_by_a_second_press_of_the_same_question(system, http):
    person = Person(http)
    await person.open()
    no, yes = ({"choice": person.choice(title)} for title in ("Talk", "Keep"))
    late = await _pressed_while_slow(system, person, no, yes)
    assert MOVED_ON in late["messages"][0]["text"]
    assert _shares(system, person.id) == (False, None, None)


async def test_no_keep_it_then_delete_everything_neither_deletes_nor_rates(system, http):
    person = Person(http)
    await person.begin()
    await person.choose("Partly")
    await person.choose("Nothing to add")
    await person.type("delete everything")
    no, yes = ({"choice": person.choice(title)} for title in ("No, keep it", "Yes, delete everything"))
    late = await _pressed_while_slow(system, person, no, yes)
    assert MOVED_ON in late["messages"][0]["text"] and late["state"] == "item" and late["kept"] is True
    with system.built.database.reading() as session:
        assert [row.rating for row in session.scalars(select(AnswerRow))] == ["partly"]


async def test_a_yes_typed_before_a_question_of_consent_was_asked_is_asked_for_again(system, http):
    person = await _to_sharing(system, Person(http))
    again = await _pressed_while_slow(system, person, {"choice": person.choice("No")}, {"text": "yes"})
    assert _shares(system, person.id) == (True, False, None)
    assert "your answers count" in again["messages"][-1]["text"] and again["messages"][-1]["choices"]
    await person.type("yes")
    assert _shares(system, person.id) == (True, False, True)


async def test_a_yes_typed_before_the_question_whether_to_delete_all_deletes_nothing(system, http):
    person = await Person(http).begin()
    again = await _pressed_while_slow(system, person, {"text": "delete everything"}, {"text": "yes please"}, {"text": "delete everything"})
    assert _shares(system, person.id)[0] is True and "Yes, delete everything" in str(again["messages"][-1]["choices"])
    await person.type("yes")
    assert _shares(system, person.id)[0] is None


async def test_a_yes_typed_after_the_question_counts_although_that_was_asked_again_meanwhile(system, http):
    person = await _to_sharing(system, Person(http))
    await _pressed_while_slow(system, person, {"text": "why do you ask?"}, {"text": "yes"})
    assert _shares(system, person.id) == (True, True, None)


@pytest.mark.parametrize("keep", [True, False])
async def test_skip_typed_behind_an_answer_is_read_where_that_leads(system, http, keep):
    person = await Person(http).begin(keep=keep)
    skipped = await _pressed_while_slow(system, person, {"text": "sort of but it was rushed"}, {"text": "skip"})
    assert MOVED_ON not in str(skipped["messages"]) and system.rasa.seen[-1]["text"] == "skip"
    assert skipped["progress"]["answered"] == 2


async def test_what_is_offered_beside_an_answer_is_never_late(system, http):
    person = Person(http)
    await person.begin()
    await person.type("will I get paid for coming?")
    skip, more = ({"choice": person.choice(title)} for title in ("Skip", "Tell me more"))
    assert "payment-benefits more" in (await _pressed_while_slow(system, person, skip, more))["messages"][0]["text"]


async def test_what_comes_after_a_late_choice_is_answered(system, http):
    person = Person(http)
    await person.begin()
    skip, yes = ({"choice": person.choice(title)} for title in ("Skip", "Yes"))
    assert (
        "payment-benefits short"
        in (await _pressed_while_slow(system, person, skip, yes, {"text": "will I get paid for coming?"}))["messages"][0]["text"]
    )


@pytest.mark.parametrize("keep", [True, False])
async def test_an_answer_that_was_acted_on_and_whose_reply_was_lost_is_not_late_for_itself(system, http, monkeypatch, keep):
    person = Person(http)
    await person.begin(keep=keep)
    said = {"client_message_id": "m1", "choice": person.choice("Skip")}
    with monkeypatch.context() as cut:
        cut.setattr(system.parts.link, "_wire", Cut(system.rasa))
        assert (await person.post(said)).json()["state"] == "waiting"
    answered = (await person.post(said)).json()
    assert MOVED_ON not in "".join(message["text"] for message in answered["messages"])
    assert answered["progress"]["answered"] == 1 and answered["messages"][-1]["choices"]


async def test_two_presses_of_one_choice_at_once_are_one_message(system, http, tmp_path, monkeypatch):
    person, other = await Person(http).begin(), running(system.built.settings.database, tmp_path)
    both, looked = threading.Barrier(2), inbox.pressed_before

    def look(*args):
        found = looked(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)  # both have looked before either has written; where one waits for the other, it goes on by itself
        return found

    monkeypatch.setattr(inbox, "pressed_before", look)
    choice = person.choice("Partly")
    await asyncio.gather(
        *(
            asyncio.to_thread(
                each.parts.desk._receive, person.id, person.token, SendMessage(client_message_id=name, text=None, choice=choice), None
            )
            for name, each in (("a", system), ("b", other))
        )
    )
    await other.parts.link.close()
    other.built.database.dispose()
    with system.built.database.reading() as session:
        pressed = session.scalars(select(MessageRow).where(MessageRow.choice_id == choice)).all()
    assert len(pressed) == 1


# ── claims, and clocks that are wrong ──


def _busy_until(system, conversation_id):
    with system.built.database.reading() as session:
        return session.get(ConversationRow, conversation_id).busy_until


@pytest.mark.parametrize(("ahead", "binds"), [(timedelta(seconds=5), True), (timedelta(seconds=-1), False), (timedelta(hours=1), False)])
async def test_a_claim_binds_for_seconds_and_one_by_a_clock_an_hour_ahead_not_at_all(system, http, ahead, binds):
    person = Person(http)
    await person.open()
    with system.built.database.unit_of_work() as session:
        session.get(ConversationRow, person.id).busy_until = inbox.now() + ahead
    with system.built.database.unit_of_work() as session:
        assert inbox.claim(session, person.id) is not binds


async def test_a_turn_that_takes_long_goes_on_holding_its_conversation(system, http, monkeypatch):
    monkeypatch.setattr("web.chat.delivery.RENEW_EVERY_S", 0.01)
    person = Person(http)
    await person.begin()
    wire = Slow(system.rasa, person.id)
    monkeypatch.setattr(system.parts.link, "_wire", wire)
    turn = asyncio.create_task(person.type("skip"))
    await wire.arrived.wait()
    claimed = _busy_until(system, person.id)
    while _busy_until(system, person.id) == claimed:
        await asyncio.sleep(0)
    wire.go_on.set()
    await turn
    assert _busy_until(system, person.id) is None


async def test_two_that_answer_the_same_message_at_once_act_once_and_say_it_once(system, http, tmp_path, monkeypatch):
    """What would happen if claims did not hold, as with clocks apart."""
    person, other = Person(http), running(system.built.settings.database, tmp_path)
    await person.begin()
    system.rasa.failing = True
    await person.choose("Partly")
    system.rasa.failing = False
    monkeypatch.setattr(inbox, "claim", lambda _session, _conversation_id: True)
    await asyncio.gather(system.parts.delivery.deliver(person.id), other.parts.delivery.deliver(person.id))
    await other.parts.link.close()
    other.built.database.dispose()
    with system.built.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AnswerRow).where(AnswerRow.conversation_id == person.id)) == 1
        newest = session.scalars(select(MessageRow).where(MessageRow.author == "person").order_by(MessageRow.seq.desc())).first()
        replies = inbox.replies_to(session, newest.id)
    assert newest.status == inbox.ANSWERED
    assert len({reply.text for reply in replies}) == len(replies) > 0
