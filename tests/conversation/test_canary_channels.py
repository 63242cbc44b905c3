"""The canaries of test_canary.py on every other way in: the plain page, all that Slack brings, the review app."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from facilitator.coordinators import accounts, audit, sessions
from facilitator.coordinators.rights import Post
from facilitator.settings import ROOT
from facilitator.storage.database import Database
from tests.conversation.stack import Stack, running
from tests.conversation.test_canary import ABOUT_ME, IDENTIFIERS, cells, files, forms, found_in
from tests.integration.plain import Browser as PlainBrowser
from tests.integration.review.people import Browser as Reviewer
from tests.integration.slack.people import SECRET, Door, Member, event, payload
from tests.slack_server import TOKEN, FakeSlack, serving

KEPT, UNKEPT, PLAIN = "wombat lanterns timbuktu", "gecko trumpets malmo", "tapir cymbals bergen"
NOTE, REPLY = "axolotl bunting reykjavik", "dugong fanfare valparaiso"
ABOUT = ABOUT_ME.format(**IDENTIFIERS)
DANGER = "I want to kill myself"
SETTLES_S, FOLDED_WITHIN_S = 60, 60
KEPT_IN = {("message", "text"), ("answer", "comment"), ("reflection", "text")}
REVIEW_IN = {NOTE: {("flag_event", "note")}, REPLY: {("message", "text")}}


@dataclass
class RealDoor(Door):
    """Slack's way into the running system; what was begun there is watched through its own tables."""

    stack: Stack | None = None
    slack: FakeSlack | None = None

    async def settle(self) -> None:
        assert self.stack is not None and self.slack is not None
        until, still, seen = time.monotonic() + SETTLES_S, 0, -1
        while still < 4:
            assert time.monotonic() < until, "Slack's work did not end"
            await asyncio.sleep(0.25)
            heard = len(self.slack.calls) + len(self.slack.responses)
            open_work = self.stack.query(
                "SELECT (SELECT count(*) FROM slack_event WHERE NOT done) + (SELECT count(*) FROM slack_out)"
                " + (SELECT count(*) FROM slack_seat WHERE busy_until > :now)",
                now=_utc(),
            )[0][0]
            still, seen = (still + 1, heard) if heard == seen and not open_work else (0, heard)


def _utc() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with serving() as made:
        yield made


@pytest.fixture
async def watched(tmp_path: Path, slack: FakeSlack) -> AsyncIterator[Stack]:
    changes = {
        "FACILITATOR_METRICS": "on",
        "LOG_LEVEL": "DEBUG",
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{slack.url}/api/",
    }
    system = running(tmp_path / "canary", changes=changes)
    yield await asyncio.to_thread(system.__enter__)
    await asyncio.to_thread(system.__exit__, None, None, None)


@pytest.fixture
async def door(watched: Stack, slack: FakeSlack) -> AsyncIterator[RealDoor]:
    async with httpx.AsyncClient(base_url=watched.url, timeout=60, trust_env=False) as client:
        yield RealDoor(None, None, client, stack=watched, slack=slack)  # type: ignore[arg-type]


async def in_slack(member: Member, words: str, *, keep: bool) -> None:
    """Every way Slack brings words to us."""
    await member.say("hello")
    await member.press("Keep" if keep else "Talk")
    if keep:
        await member.press("I work in services")
    await member.press("Before")
    await member.press("Short")
    for typed in (f"sort of but {words}, {ABOUT}", f"will I get paid for {words}? {ABOUT}?", f"/ask_question {words}"):
        await member.say(typed)
    await member.command(f"ask what is co-production, {words}, {ABOUT}")
    await member.command(f"nonsense {words} {ABOUT}")
    await member.mention(f"what is co-production, {words}? {ABOUT}")
    view = await member.shortcut(f"I learnt {words}, {ABOUT}")
    await member.fill(view, text=f"I learnt {words}, {ABOUT}")
    await member.say(f"{DANGER}, {words}, {ABOUT}")


async def refused_by_slacks_door(door: RealDoor, words: str) -> list[httpx.Response]:
    said = f"{words} {ABOUT}"
    form = payload("slash_command") | {"text": said}
    return [
        await door.event(event("message_im", text=said), secret="0" * 32),
        await door.event(event("message_im", text=said), at=time.time() - 3600),
        await door.post('{"type": "event_callback", "text": "' + said, "application/json"),
        await door.post(json.dumps([said]), "application/json"),
        await door.form(form, secret="0" * 32),
        await door.http.get(f"/slack/events?{httpx.QueryParams(text=said)}"),
    ]


async def on_the_plain_page(http: httpx.AsyncClient, words: str) -> None:
    person = await PlainBrowser(http).get("/plain")
    if "choice" not in person.html:
        action, _, _ = next(form for form in person.forms() if form[0].startswith("/plain"))
        await person.send(action)
    for title in ("Talk", "Before", "Short"):
        await person.choose(title)
    for typed in (f"sort of but {words}, {ABOUT}", f"{DANGER}, {words}, {ABOUT}"):
        await person.type(typed)


async def in_the_review_app(stack: Stack, conversation_id: str) -> None:
    database = Database(stack.database_address)
    try:
        with database.unit_of_work() as session:
            row = accounts.add(session, audit.COMMAND_LINE, "Cora", "cora@example.org", Post.ADMIN)
            session.flush()
            made = sessions.start(session, row, complete=True)
    finally:
        database.dispose()
    number = stack.query("SELECT id FROM flag WHERE conversation_id = :id ORDER BY id DESC", id=conversation_id)[0][0]
    async with httpx.AsyncClient(base_url=stack.url, timeout=60, trust_env=False, follow_redirects=True) as http:
        http.cookies.set("review-session", made.token, path="/review")
        cora = await Reviewer(http).get(f"/review/flags/{number}")
        await cora.send(f"/review/flags/{number}/move", to="seen", note=NOTE)
        assert cora.status == 200 and NOTE in cora.html
        await cora.send(f"/review/flags/{number}/reply", reply=REPLY)
        assert cora.status == 200 and REPLY in cora.html
        await http.post(f"/review/flags/{number}/reply", data={"form": "forged", "reply": REPLY})
        await http.get(f"/review/flags/{number}/{REPLY}", params={"q": NOTE})


def conversation_of(stack: Stack, user: str) -> str:
    return str(stack.query('SELECT conversation_id FROM slack_seat WHERE "user" = :user', user=user)[0][0])


def erase(stack: Stack, *ids: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "facilitator"), "erase", "--yes"]
    command += [part for one in ids for part in ("--conversation", one)]
    environment = {"PATH": "/usr/bin:/bin", "FACILITATOR_DATA_DIR": str(stack.folder), "DATABASE_URL": stack.address}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)


async def test_canaries_of_every_channel_are_only_where_they_belong(watched: Stack, slack: FakeSlack, door: RealDoor) -> None:
    keeps, keeps_nothing = Member(door, slack), Member(door, slack, "U0002")
    await in_slack(keeps, KEPT, keep=True)
    await in_slack(keeps_nothing, UNKEPT, keep=False)
    refused = await refused_by_slacks_door(door, KEPT)
    async with httpx.AsyncClient(base_url=watched.url, timeout=60, trust_env=False, follow_redirects=True) as http:
        await on_the_plain_page(http, PLAIN)
    kept_id, unkept_id = conversation_of(watched, "U0001"), conversation_of(watched, "U0002")
    await in_the_review_app(watched, kept_id)
    everything = (KEPT, UNKEPT, PLAIN, NOTE, REPLY, *IDENTIFIERS.values())

    for reply in refused:
        assert reply.status_code < 500 and found_in(reply.content + str(reply.headers).encode(), *everything) == []
    assert {reply.status_code for reply in refused[:2]} == {401}
    # what we sent to Slack repeats nobody's details; the box holds their own words until they send it
    sent = json.dumps([call for call in slack.calls if call[0] != "views.open"], ensure_ascii=False) + str(slack.responses)
    assert found_in(sent.encode(), *IDENTIFIERS.values()) == []

    for path in files(watched, database=False):
        assert found_in(path.read_bytes(), *everything) == [], path
    counts = httpx.get(f"{watched.url}/metrics", trust_env=False)
    assert "facilitator_turns_total" in counts.text and found_in(counts.content, *everything) == []

    held = list(cells(watched))
    assert places(held, KEPT) == KEPT_IN
    assert {words: places(held, words) for words in (NOTE, REPLY)} == REVIEW_IN
    for path in watched.folder.glob("facilitator.db*"):
        assert found_in(path.read_bytes(), UNKEPT, PLAIN, *IDENTIFIERS.values()) == [], path

    certificate = erase(watched, kept_id, unkept_id)
    assert found_in((certificate.stdout + certificate.stderr).encode(), *everything) == []
    until = time.monotonic() + FOLDED_WITHIN_S
    while remaining := [path.name for path in files(watched, database=True) if found_in(path.read_bytes(), *everything)]:
        assert time.monotonic() < until, remaining
        await asyncio.sleep(0.5)


def places(held: list[tuple[str, str, str]], words: str) -> set[tuple[str, str]]:
    return {(table, column) for table, column, value in held if found_in(value.encode(), words)}


def test_the_finder_finds() -> None:
    """Else every check above would pass for nothing."""
    for form in forms(KEPT):
        assert found_in(b"x" + form + b"y", KEPT) == [KEPT]
