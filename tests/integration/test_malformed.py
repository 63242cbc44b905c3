"""Requests that nobody sane would send, to what the chat API's description does not know: Slack's address, signed well and badly; the
review app, signed in and not; the plain pages. With test_api_contract.py, ten thousand. None is our fault, none gets its words back.
"""

from __future__ import annotations

import hmac
import json
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest

from facilitator.coordinators import accounts, sessions
from facilitator.coordinators.rights import Post
from facilitator.storage import conversations as store
from tests.integration.review import people
from tests.integration.review.test_seats import ROUTES, filled
from tests.integration.slack.people import PAYLOADS, SECRET, part_of, with_slack
from tests.integration.test_api_contract import CANARY, body, deep, leaves, send
from tests.integration.web import Running
from tests.slack_server import serving
from web.slack import receiving

SLACK, REVIEW, PLAIN = 1_500, 1_500, 1_500
SCRIPT = f"<script>{CANARY}".encode()
# These end the session, or cost a slow password each time; they have tests of their own.
LEFT_OUT = ("/review/sign-out", "/review/sign-in", "/review/welcome/{token}", "/review/me/password", "/review/erasing/erase")
FIELDS = (
    "note", "to", "reply", "tags", "name", "query", "id", "message", "flag", "text", "intent", "kind", "activity", "title", "description",
    "happens_on", "raw_text_days", "answer_days", "asked", "email", "post", "owner", "what", "form_of_it", "question", "asks", "credit",
    "do",
    "code", "closed", "choice", "resume_code", "activity_code", "lang", "simple", CANARY,
)  # fmt: skip


@pytest.fixture
async def system(up_to_date_file, tmp_path, monkeypatch) -> AsyncIterator[Running]:
    monkeypatch.setattr(receiving, "PATIENCE_S", 30.0)
    (tmp_path / "test.db").write_bytes(up_to_date_file.read_bytes())
    async with serving() as slack:
        made = with_slack(f"sqlite:///{tmp_path / 'test.db'}", tmp_path, slack)
        yield made
        await part_of(made).stop()
        await made.parts.link.close()
        made.built.database.dispose()


class Judge:
    """Counts answers, and looks at each: no fault of ours, nothing of how we are made, and nothing of what was sent."""

    def __init__(self, system: Running) -> None:
        self.app, self.seen = system.app, Counter[int]()

    async def ask(self, method: str, target: str, headers: list[tuple[bytes, bytes]], content: bytes, *, own: bool = False) -> None:
        """`own`: a form that is shown again to the one who filled it in may hold what they wrote, as text and never as a tag."""
        status, answered, answer = await send(self.app, method, target, headers, content)
        self.seen[status] += 1
        about = (method, target[:200], content[:300], status, answer[:300])
        assert status < 500, about
        assert b"Traceback" not in answer and b'File "' not in answer, about
        assert "default-src 'none'" in answered["content-security-policy"], about
        assert SCRIPT not in answer, about
        if status >= 400 and not own:
            assert CANARY.encode() not in answer, about


# ── Slack ──


def twisted(rng: random.Random, value: Any) -> Any:
    """A documented payload with parts of it replaced, taken out, or put where others belong."""
    if rng.random() < 0.06:
        return leaves(rng)
    if isinstance(value, dict):
        return {key: twisted(rng, inner) for key, inner in value.items() if rng.random() > 0.04}
    if isinstance(value, list):
        return [twisted(rng, inner) for inner in value]
    return value


def delivery(rng: random.Random, payloads: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """(content type, body)"""
    what = twisted(rng, rng.choice(payloads))
    if isinstance(what, dict) and rng.random() < 0.9:
        what |= {name: f"{rng.random()}" for name in ("event_id", "trigger_id")}
    text = json.dumps(what)
    return rng.choice(
        [
            (b"application/json", text.encode()),
            (b"application/json", text.encode()),
            (b"application/x-www-form-urlencoded", urlencode({"payload": text}, errors="replace").encode()),
            (b"application/x-www-form-urlencoded", urlencode({"payload": text}, errors="replace").encode()),
            (
                b"application/x-www-form-urlencoded",
                urlencode(what if isinstance(what, dict) else {"command": text}, errors="replace").encode(),
            ),
            (b"application/json", body(rng)),
            (b"application/x-www-form-urlencoded", body(rng)),
            (b"application/json", deep(rng)),
            (rng.choice([b"text/plain", b"\xff", b"", b"multipart/form-data"]), text.encode()),
        ]
    )


def signed(rng: random.Random, content: bytes) -> list[tuple[bytes, bytes]]:
    """Most with Slack's own signature; the others with a wrong one, an old one, half of one, or none."""
    stamp = str(int(time.time()))
    good, wrong = _signature(SECRET, stamp, content), _signature("x" * 32, stamp, content)
    kind = rng.choices(["good", "wrong", "half", "none", "time"], [6, 1, 1, 1, 1])[0]
    sign = {"good": good, "wrong": wrong, "half": good[:20], "none": "", "time": good}[kind]
    when = rng.choice(["", "x", "-1", "9" * 400, "\u0663"]) if kind == "time" else stamp
    return [(b"x-slack-signature", sign.encode()), (b"x-slack-request-timestamp", when.encode())]


def _signature(secret: str, stamp: str, content: bytes) -> str:
    """As Slack makes it; slack_sdk's own makes none for a body that is no text."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + content, sha256).hexdigest()


async def test_slacks_address_is_no_way_to_a_fault(system, capfd):
    rng, judge = random.Random(20261128), Judge(system)
    # one that says goodbye would have all the others turned away
    paths = [path for path in sorted(PAYLOADS.glob("*.json")) if "uninstall" not in path.name and "revoked" not in path.name]
    payloads = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    for _ in range(SLACK):
        kind, content = delivery(rng, payloads)
        headers = [(b"content-type", kind), *signed(rng, content)]
        await judge.ask(rng.choices(["POST", "GET", "PUT"], [30, 1, 1])[0], "/slack/events", headers, content)
    await part_of(system).receiver.settle(60)
    assert {200, 400, 401, 405} <= set(judge.seen) and judge.seen[200] > SLACK / 4, judge.seen
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said and CANARY not in said


# ── the review app, and the plain pages ──


def form(rng: random.Random, secret: str = "") -> bytes:
    fields = [(name, str(leaves(rng))) for name in rng.sample(FIELDS, rng.randint(0, 6))]
    fields += [("form", secret)] if secret else []
    good = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in fields])
    return rng.choice([good.encode()] * 6 + [good.encode()[: rng.randint(0, len(good))], body(rng), rng.randbytes(200), b"a=&" * 500])


def odd(rng: random.Random, known: str) -> str:
    return rng.choice([known, known, known, CANARY, "0" * 32, "%00", "%ff", "..%2f..", "9" * 400, "-1", "%F0%9F%98%80", "a" * 3000])


async def test_the_review_app_is_no_way_to_a_fault(system, capfd):
    rng, judge = random.Random(20261129), Judge(system)
    activity, code = people.activity(system, "Plans")
    conversation, _ = people.person(system, activity)
    ada, other = people.account(system, "Ada", Post.ADMIN), people.account(system, "Otto", Post.COORDINATOR, activity)
    with system.built.database.unit_of_work() as session:
        token = sessions.start(session, accounts.account(session, ada), complete=True).token
    parts = {"code": code, "flag_id": str(people.flag(system, conversation, "crisis", "words")), "conversation_id": conversation}
    parts |= {"account_id": other, "answer_id": "0" * 12, "export_id": "0" * 32, "path": "nowhere", "name": "review.css"}
    cookies = {"Ada": f"review-session={token}".encode(), "nobody": b"", "made up": f"review-session={CANARY}; x=\xff".encode("latin-1")}
    routes = [(path, method) for path, method, _ in ROUTES if not path.startswith(LEFT_OUT)]
    for _ in range(REVIEW):
        path, method = rng.choice(routes)
        who = rng.choices(list(cookies), [6, 1, 1])[0]
        target = filled(path, {name: odd(rng, known) for name, known in parts.items()}) + rng.choice(
            ["", f"?q={CANARY}&page=%00", "?page=x"]
        )
        secret = sessions.form_secret(token) if who == "Ada" and rng.random() < 0.8 else CANARY
        headers = [(b"cookie", cookies[who]), (b"content-type", b"application/x-www-form-urlencoded")]
        method = rng.choice(["PUT", "TRACE", "HEAD"]) if rng.random() < 0.03 else method
        await judge.ask(method, target, headers, form(rng, secret) if method == "POST" else b"", own=who == "Ada")
    assert {200, 303, 403, 404, 405, 422} <= set(judge.seen), judge.seen
    with system.built.database.reading() as session:
        assert sessions.find(session, token) is not None, "signed out on the way: the rest tried nothing"
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said and CANARY not in said and "review_failed" not in said


async def test_the_plain_pages_are_no_way_to_a_fault(system, capfd):
    rng, judge = random.Random(20261130), Judge(system)
    paths = sorted({route.path for route in _routes(system) if route.path.startswith("/plain")})
    for _ in range(PLAIN):
        target = re.sub(r"{\w+(:path)?}", lambda _: odd(rng, "x"), rng.choice(paths)) + rng.choice(
            ["", f"?code={CANARY}", "?lang=%ff", "?as=x"]
        )
        cookie = rng.choice([b"", f"plain={CANARY}; chat={store.new_id()}".encode(), b"\xff=\xff"])
        headers = [(b"cookie", cookie), (b"content-type", b"application/x-www-form-urlencoded"), (b"origin", CANARY.encode())]
        method = rng.choice(["GET", "POST", "POST", "HEAD", "PUT"])
        await judge.ask(method, target, headers, form(rng, CANARY) if method == "POST" else b"", own=True)
    assert {200, 405} <= set(judge.seen), judge.seen
    said = "".join(capfd.readouterr())
    assert "Traceback" not in said and CANARY not in said and "plain_page_failed" not in said


def _routes(system: Running) -> list[Any]:
    from tests.integration.review.test_seats import walk

    return list(walk(system.app.routes))
