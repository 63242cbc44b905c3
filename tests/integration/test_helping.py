"""Somebody in danger waits for nobody: not for a database that hangs, not for redaction, not for a disk."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.storage import conversations as store
from facilitator.storage.models import ActivityRow, FlagRow
from tests.integration.web import Person, Running, running
from web import forgetting
from web.chat.helping import HARDLY_S, Helper
from web.chat.schemas import SendMessage

# Far more than the patience of 0.2 s, far less than the seconds a database may hang.
SOON_S = 10.0  # a database that hangs here hangs for ever


@pytest.fixture
async def system(tmp_path) -> AsyncIterator[Running]:
    made = running(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    made.built.database.upgrade()
    yield made
    await made.parts.link.close()
    made.built.database.dispose()


@pytest.fixture
async def person(system) -> AsyncIterator[Person]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://test") as client:
        yield await Person(client).begin()


class Hanging:
    """The database, in the helper's eyes: takes what is sent and does not answer until it is let go."""

    def __init__(self, system: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self._help = system.parts.helper._help
        monkeypatch.setattr(system.parts.helper, "_help", self)
        monkeypatch.setattr(system.parts.helper, "_patience_s", 0.05)

    def __call__(self, *asked):
        assert self.let_go.wait(10)
        return self._help(*asked)


def flags(system: Running) -> list[str]:
    with system.built.database.reading() as session:
        return [flag.kind for flag in session.query(FlagRow)]


def files(tmp_path, ending: str) -> list[str]:
    return [path.name for path in (tmp_path / "flags").glob(f"*.{ending}")]


async def until(is_so) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_the_words_come_while_the_database_hangs_and_are_stored_once_it_answers(system, person, tmp_path, monkeypatch):
    hanging = Hanging(system, monkeypatch)
    began = time.monotonic()
    reply = await person.type("DANGER", client_message_id="one")
    assert time.monotonic() - began < SOON_S
    assert "116 123" in reply["messages"][0]["text"] and reply["state"] == "support"
    assert len(files(tmp_path, "held")) == 1, "a stop now would lose the flag"
    hanging.let_go.set()
    await until(lambda: not system.parts.helper._storing)
    assert flags(system) == ["crisis"]
    assert files(tmp_path, "held") == files(tmp_path, "json") == []
    monkeypatch.setattr(system.parts.helper, "_patience_s", 60)  # however busy this machine is
    again = await person.type("DANGER", client_message_id="one")
    assert [message["kind"] for message in again["messages"]] == ["support", "question"], "asked again, it is as it was stored"
    assert flags(system) == ["crisis"]


async def test_a_stop_loses_no_flag_of_a_message_that_nobody_waits_for_any_more(system, person, tmp_path, monkeypatch):
    hanging = Hanging(system, monkeypatch)
    monkeypatch.setattr(system.parts.helper, "_patience_s", 60)
    token = person.headers["Authorization"].removeprefix("Bearer ")
    asked = SendMessage(client_message_id=store.new_id(), text="DANGER")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await system.parts.helper.help(person.id, token, asked, Screened(SafetyKind.CRISIS_SELF), "DANGER")
    assert len(files(tmp_path, "held")) == 1, "a stop now would lose the flag"
    hanging.let_go.set()
    await asyncio.gather(*system.parts.helper._storing)
    assert flags(system) == ["crisis"] and files(tmp_path, "held") == files(tmp_path, "json") == []


async def test_a_weak_guess_gives_the_numbers_and_says_that_it_may_be_wrong(system, person):
    await person.open()
    reply = await person.type("PERHAPS")
    text = reply["messages"][0]["text"]
    assert text.startswith("I may have read this the wrong way") and "999" in text and "116 123" in text
    assert flags(system) == ["crisis"]


async def test_a_second_danger_is_heard_in_short_flagged_and_told_like_the_first(system, person, monkeypatch):
    told: list[str] = []
    monkeypatch.setattr(system.parts.helper.alert, "tell", lambda about, reference: told.append(reference))
    await person.open()
    texts = [(await person.type(words))["messages"][0]["text"] for words in ("DANGER", "DANGER now", "HARMED", "more DANGER")]
    support = system.built.support
    again = support.again[SafetyKind.CRISIS_SELF]
    assert texts == [support.messages[SafetyKind.CRISIS_SELF], again, support.messages[SafetyKind.CRISIS_OTHER], again]
    assert flags(system) == ["crisis"] * 4 and len(told) == 4


async def test_somebody_who_is_back_another_day_gets_the_whole_message_again(system, person):
    await person.open()
    await person.type("DANGER")
    with system.built.database.unit_of_work() as session:
        store.conversation(session, person.id).last_active_at -= timedelta(hours=20)
    texts = [(await person.type("DANGER"))["messages"][0]["text"] for _ in range(2)]
    support = system.built.support
    assert texts == [support.messages[SafetyKind.CRISIS_SELF], support.again[SafetyKind.CRISIS_SELF]]


async def test_what_cannot_be_stored_is_said_in_full_however_often(system, person, monkeypatch):
    await person.open()
    await person.type("DANGER")
    hanging = Hanging(system, monkeypatch)
    for number in range(2):
        reply = await person.type("DANGER", client_message_id=f"unheard-{number}")
        assert reply["messages"][0]["text"] == system.built.support.messages[SafetyKind.CRISIS_SELF]
    hanging.let_go.set()
    await until(lambda: not system.parts.helper._storing)


async def test_in_simple_words_help_is_in_simple_words(system, person):
    await person.open(simple=True)
    reply = await person.type("DANGER")
    assert reply["messages"][0]["text"] == system.built.support.simple[SafetyKind.CRISIS_SELF]


@pytest.mark.parametrize(("spent_s", "left_s"), [(0, 0.2), (0.05, 0.15), (0.15, 0.1), (3, 0.1)])
def test_the_longer_the_screen_took_the_less_is_waited_for_the_database(system, spent_s, left_s):
    helper = Helper(system.built, system.parts.desk, None, patience_s=0.2)
    assert helper._patience(spent_s) == pytest.approx(left_s)


async def test_while_the_database_hangs_the_next_in_danger_hardly_wait_for_it(system, person, monkeypatch):
    helper = system.parts.helper
    hanging = Hanging(system, monkeypatch)
    await person.type("DANGER", client_message_id="one")
    monkeypatch.setattr(helper, "_patience_s", 60)
    assert helper._patience(0) == HARDLY_S
    reply = await person.type("DANGER", client_message_id="two")
    assert "116 123" in reply["messages"][0]["text"], "sixty seconds would have been too long for this test"
    hanging.let_go.set()
    await until(lambda: not helper._storing)
    assert helper._patience(0) == 60, "it has answered, so it is waited for again"
    assert flags(system) == ["crisis", "crisis"]


async def test_the_time_the_screen_took_is_counted(system, person, monkeypatch):
    door, waited = system.app.state.parts.door, []
    meet = door.meet

    async def slowly(*asked):
        await asyncio.sleep(0.05)
        return await meet(*asked)

    monkeypatch.setattr(door, "meet", slowly)
    monkeypatch.setattr(system.parts.helper, "_patience", waited.append)
    await person.type("DANGER")
    assert len(waited) == 1 and waited[0] >= 0.05


async def test_a_process_stopped_while_the_database_hangs_loses_no_flag(system, person, tmp_path, monkeypatch):
    hanging = Hanging(system, monkeypatch)
    await person.type("DANGER")
    after = running(f"sqlite:///{tmp_path / 'test.db'}", tmp_path)
    raising = asyncio.create_task(after.parts.helper.raise_spooled_flags(0.01))
    await until(lambda: flags(after) == ["crisis"])
    raising.cancel()
    assert files(tmp_path, "held") == files(tmp_path, "json") == []
    hanging.let_go.set()
    await until(lambda: not system.parts.helper._storing)
    after.built.database.dispose()


def a_flag(tmp_path, name: str, **changes) -> None:
    flag = {"conversation_id": store.new_id(), "kind": "crisis", "at": store.now().isoformat(), **changes}
    (tmp_path / "flags").mkdir(exist_ok=True)
    (tmp_path / "flags" / f"{name}.json").write_text(json.dumps(flag))


async def test_a_flag_that_can_never_be_raised_is_set_aside_and_holds_none_of_the_others_up(system, person, tmp_path, capsys):
    a_flag(tmp_path, "a", conversation_id="\0canary words")
    a_flag(tmp_path, "b")  # no such conversation
    a_flag(tmp_path, "c", at="canary")
    a_flag(tmp_path, "d", kind="canary")
    a_flag(tmp_path, "e", conversation_id=["canary"])
    (tmp_path / "flags" / "f.json").write_text("canary")
    (tmp_path / "flags" / "g.json").write_text("[]")
    for name, whose in (("x", person.id), ("y", "unknown"), ("z", "erased")):
        a_flag(tmp_path, name, conversation_id=whose)
    raising = asyncio.create_task(system.parts.helper.raise_spooled_flags(0.01))
    await until(lambda: not files(tmp_path, "json"))
    raising.cancel()
    with system.built.database.reading() as session:
        assert {flag.conversation_id for flag in session.query(FlagRow)} == {person.id, "unknown", "erased"}
    assert sorted(files(tmp_path, "aside")) == [f"{name}.aside" for name in "abcdefg"]
    said = capsys.readouterr().out
    assert said.count("flag_set_aside") == 7 and "flag_waits" not in said and "canary" not in said


async def test_a_flag_that_waited_is_seen_by_whoever_looks_after_the_activity(system, person, tmp_path):
    with system.built.database.unit_of_work() as session:
        session.add(ActivityRow(id="ours", title="Ward review", join_code="ACDEFG", created_at=store.now()))
    await person.open(activity_code="ACDEFG")
    a_flag(tmp_path, "a", conversation_id=person.id)
    system.parts.helper._raise_flag(tmp_path / "flags" / "a.json")
    with system.built.database.reading() as session:
        assert [flag.activity_id for flag in session.query(FlagRow)] == ["ours"]


async def test_a_flag_set_aside_is_gone_when_it_is_a_month_old(system, tmp_path):
    for name in ("old", "new"):
        a_flag(tmp_path, name)
    flags = tmp_path / "flags"
    for name in ("old", "new"):
        system.parts.helper._raise_flag(flags / f"{name}.json")
    os.utime(flags / "old.aside", (time.time() - 31 * 86_400,) * 2)
    forgetting._purge(system.built)
    assert sorted(files(tmp_path, "aside")) == ["new.aside"]


async def test_a_redaction_that_fails_keeps_nobody_from_the_words(system, person, tmp_path, monkeypatch):
    monkeypatch.setattr(system.built.redactor, "redact", lambda text: {}[text], raising=False)
    reply = await person.type("DANGER")
    assert "116 123" in reply["messages"][0]["text"]
    assert len(files(tmp_path, "json")) == 1


async def test_a_fault_of_ours_and_no_id_of_ours_keep_nobody_from_the_words_and_leave_no_file(system, person, tmp_path, monkeypatch):
    """Whose it is would only have been looked at after the redaction that fails."""
    monkeypatch.setattr(system.built.redactor, "redact", lambda text: {}[text], raising=False)
    monkeypatch.setattr(system.parts.helper.alert, "tell", lambda *news: pytest.fail("told"))
    for ident, token in (("ring me", person.token), ("unknown", person.token), (person.id, "")):
        reply = await Person(person.http, id=ident, token=token).type("DANGER")
        assert "116 123" in reply["messages"][0]["text"]
    assert not list((tmp_path / "flags").glob("*"))


async def test_a_full_disk_and_no_database_keep_nobody_from_the_words(tmp_path):
    (tmp_path / "flags").write_text("in the way")
    broken = running("postgresql://nobody@127.0.0.1:1/none", tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broken.app), base_url="http://test") as client:
        reply = await Person(client, id=store.new_id(), token="any").type("DANGER")
    assert "116 123" in reply["messages"][0]["text"]
    await broken.parts.link.close()
