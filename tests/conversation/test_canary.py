"""A phrase and identifiers that nobody else would type, followed through everything that is stored, written or answered."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from facilitator.settings import ROOT
from tests.conversation.stack import Caller, Stack, running

# Words that say nothing about a person: stored for somebody whose answers are kept, and then only where they belong.
KEPT, UNKEPT = "quokka lanterns zanzibar", "marmoset trumpets uppsala"
IDENTIFIERS = {
    "name": "Oluwaseun Brathwaite",
    "phone": "07700 900142",
    "e-mail": "seun.brathwaite@example.org",
    "postcode": "SW1A 2AA",
    "NHS number": "943 476 5919",
}
ABOUT_ME = "my name is {name}, ring me on {phone} or write to {e-mail}. I live at {postcode} and my NHS number is {NHS number}"
BELONGS_IN = {("message", "text"), ("answer", "comment"), ("reflection", "text")}
FOLDED_WITHIN_S = 40


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running system of its own, with everything that could write switched on."""
    with running(tmp_path_factory.mktemp("canary"), changes={"FACILITATOR_METRICS": "on", "LOG_LEVEL": "DEBUG"}) as started:
        yield started


def forms(words: str) -> set[bytes]:
    """A canary as it may be written: with and without spaces, in capitals, as JSON or an address would have it."""
    plain = {words, words.lower(), words.replace(" ", ""), words.replace(" ", "%20"), words.replace(" ", "+"), words.replace(" ", "_")}
    return {form.encode() for form in plain}


def found_in(content: bytes, *canaries: str) -> list[str]:
    return [canary for canary in canaries if any(form in content or form in content.lower() for form in forms(canary))]


def files(stack: Stack, *, database: bool) -> list[Path]:
    """Every file that the system may have written: its data folder, and what changed in the folder of caches since it began."""
    began = (stack.folder / "run" / "supervisor.conf").stat().st_mtime
    mine = [path for path in stack.folder.rglob("*") if path.is_file()]
    cached = [path for path in (ROOT / ".cache").rglob("*") if path.is_file() and path.stat().st_mtime >= began]
    return [path for path in [*mine, *cached] if database or not path.name.startswith("facilitator.db")]


def cells(stack: Stack) -> Iterator[tuple[str, str, str]]:
    """Every value of every table: its table, its column, and itself."""
    for (table,) in stack.query("SELECT name FROM sqlite_master WHERE type = 'table'"):
        columns = [row[1] for row in stack.query(f"PRAGMA table_info({table})")]
        for row in stack.query(f"SELECT * FROM {table}"):
            yield from ((table, column, str(value)) for column, value in zip(columns, row, strict=True))


def talk(caller: Caller, words: str, *, keep: bool) -> list[str]:
    """Say the canaries as a comment, a question and a reflection, and once with every identifier. Gives the states that came by."""
    about_me = ABOUT_ME.format(**IDENTIFIERS)
    caller.open()
    caller.choose("Keep" if keep else "Talk")
    if keep:
        caller.choose("I use services")
    caller.choose("Before")
    caller.choose("Short")
    states = []
    for typed in (
        f"sort of but {words}",
        f"will I get paid for {words}?",
        "not yet",
        f"{words} and {about_me}",
        f"{about_me}?",
        "I want to reflect",
        f"I learnt about {words}, {about_me}",
        f"/ask_question {words}",
        f"I want to kill myself, {words}, {about_me}",
    ):
        states.append(caller.type(typed)["state"])
    return states


def mistakes(stack: Stack, caller: Caller, words: str) -> list[httpx.Response]:
    """The same canaries through everything that is refused."""
    said = f"{words} {ABOUT_ME.format(**IDENTIFIERS)}"
    address = f"/chat/conversations/{caller.id}/messages"
    http, headers = caller.http, caller.headers
    return [
        http.post(address, json={"client_message_id": "1", "text": said, words: words}, headers=headers),
        http.post(address, json={"client_message_id": "1", "text": said * 200}, headers=headers),
        http.post(address, json={"client_message_id": said, "text": "hello"}, headers=headers),
        http.post(address, json={"client_message_id": "2", "choice": words}, headers=headers),
        http.post(address, content=b'{"text": "' + said.encode(), headers=headers),
        http.post(address, json={"client_message_id": "3", "text": said}, headers={"Authorization": f"Bearer {words}"}),
        http.post("/chat/conversations", json={"resume_code": said[:60]}),
        http.get(address, params={"after": said[:60], "limit": words}, headers=headers),
        http.get(f"/{words}", params={"q": said}, headers={"Referer": f"http://x/{words.replace(' ', '')}"}),
        http.get(f"/join/{words}/{words}"),
        http.request("PUT", f"/chat/conversations/{words}", json={"a": said}),
        httpx.post(f"{stack.inner('FACILITATOR_RASA_URL')}/webhooks/facilitator/turn?q={words}", json={"text": said}, trust_env=False),
        httpx.post(f"{stack.inner('FACILITATOR_ACTIONS_URL')}?q={words}", json={"text": said}, trust_env=False),
        httpx.post(
            stack.inner("FACILITATOR_ACTIONS_URL"),
            json={"next_action": "action_greet", "sender_id": "x", "tracker": {"latest_message": {"text": said}}},
            headers={"Authorization": f"Bearer {stack.inner('FACILITATOR_ACTIONS_TOKEN')}"},
            trust_env=False,
        ),
    ]


def say_while_down(stack: Stack, caller: Caller, words: str) -> None:
    """The inner processes die; what is said meanwhile is answered once supervisor has brought them back."""
    for part in ("rasa", "actions"):
        os.kill(stack.processes()[part], signal.SIGKILL)
    caller.type(f"{words} while it is down")
    stack.wait_until(lambda: stack.readiness().get("all") == "ready", 120)


def logs(stack: Stack) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in sorted((stack.folder / "logs").glob("*")))


def test_a_canary_is_only_where_it_belongs_and_after_deletion_nowhere(watched: Stack) -> None:
    kept, unkept = Caller(watched), Caller(watched)
    states = [*talk(kept, KEPT, keep=True), *talk(unkept, UNKEPT, keep=False)]
    assert {"comment", "reflection", "support"} <= set(states), states
    refused = [*mistakes(watched, kept, KEPT), *mistakes(watched, unkept, UNKEPT)]
    say_while_down(watched, kept, KEPT)
    say_while_down(watched, unkept, UNKEPT)
    everything = (KEPT, UNKEPT, *IDENTIFIERS.values())

    # what was answered to mistakes
    assert all(400 <= reply.status_code < 600 for reply in refused), [reply.status_code for reply in refused]
    for reply in refused:
        assert found_in(reply.content + str(reply.headers).encode(), *everything) == [], (str(reply.request.url)[:80], reply.text[:300])

    # logs, flags, configuration, caches, counts
    for path in files(watched, database=False):
        assert found_in(path.read_bytes(), *everything) == [], path
    counts = httpx.get(f"{watched.url}/metrics", trust_env=False)
    assert counts.status_code == 200 and "facilitator_turns_total" in counts.text
    assert found_in(counts.content, *everything) == []

    # the database: identifiers nowhere, the words of one who keeps nothing nowhere, the others' in three columns
    places = {(table, column) for table, column, value in cells(watched) if found_in(value.encode(), KEPT)}
    assert places == BELONGS_IN
    for path in watched.folder.glob("facilitator.db*"):
        assert found_in(path.read_bytes(), UNKEPT, *IDENTIFIERS.values()) == [], path

    # gone
    for caller in (kept, unkept):
        assert caller.http.delete(f"/chat/conversations/{caller.id}", headers=caller.headers).status_code == 204
    until = time.monotonic() + FOLDED_WITHIN_S
    while remaining := [path for path in files(watched, database=True) if found_in(path.read_bytes(), *everything)]:
        assert time.monotonic() < until, remaining
        time.sleep(0.5)


def test_one_id_is_in_the_logs_of_all_three_processes(watched: Stack) -> None:
    caller = Caller(watched)
    caller.open()
    caller.choose("Keep")
    reply = caller.post({"client_message_id": "one", "text": "I use services"})
    request_id = reply.headers["x-request-id"]
    for name, line in (("web", r"event=request .*"), ("rasa", r"turn answered: .*"), ("actions", r"event=action .*")):
        log = watched.folder / "logs" / f"{name}.log"
        # The line is written once the answer has been sent, and supervisor passes it on.
        watched.wait_until(lambda log=log, line=line: re.search(rf"{line}{request_id}", log.read_text(encoding="utf-8")), 5)


def test_no_token_is_in_any_log(watched: Stack) -> None:
    caller = Caller(watched)
    opened = caller.open()
    caller.choose("Talk")
    secrets = [caller.token, opened["resume_code"], watched.inner("FACILITATOR_RASA_TOKEN"), watched.inner("FACILITATOR_ACTIONS_TOKEN")]
    written = logs(watched)
    assert "turn answered" in written, "nothing was logged: the test would pass for nothing"
    assert [secret for secret in secrets if secret in written] == []
