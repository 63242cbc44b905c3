"""The chat API against its own description (schemathesis), and against thousands of requests that nobody sane would send: with those
to Slack's address, the review app and the plain pages (test_malformed.py) they are ten thousand.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from facilitator.storage.database import Database
from tests.integration.web import Running, running
from web.parts import Parts

CANARY = "zanzibarcanary"
PROBLEM = re.compile(r"^urn:facilitator:problem:[a-z-]+$")
CASES_EACH = 75
MALFORMED = 5_500


@pytest.fixture
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("contract")
    address = f"sqlite:///{folder / 'test.db'}"
    database = Database(address)
    database.upgrade()
    database.dispose()
    made = running(address, folder)
    yield made
    asyncio.run(made.parts.link.close())
    made.built.database.dispose()


def calling(system: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://test")


def opened(system: Running) -> dict[str, Any]:
    async def work() -> dict[str, Any]:
        async with calling(system) as client:
            return (await client.post("/chat/conversations", json={})).json()

    return asyncio.run(work())


# ── the description ──


def test_every_operation_does_what_the_description_says(system: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Parts, "actions_ready", is_ready)
    described = schemathesis.openapi.from_asgi("/openapi.json", system.app)
    tried: Counter[str] = Counter()
    for found in described.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:
            try_operation(system, operation, mode, tried)
    assert set(tried) == {f"{method.upper()} {path}" for path, methods in system.app.openapi()["paths"].items() for method in methods}
    assert sum(tried.values()) >= 1000, tried


async def is_ready(_parts: Parts) -> bool:
    return True


def try_operation(system: Running, operation: Any, mode: GenerationMode, tried: Counter[str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=CASES_EACH,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def tries(case: Any) -> None:
        tried[operation.label] += 1
        headers = {}
        if mode is GenerationMode.POSITIVE and "conversation_id" in case.path_parameters and tried[operation.label] % 4:
            # Three in four come from a person with a conversation; the rest from a stranger.
            mine = opened(system)
            case.path_parameters["conversation_id"] = mine["conversation_id"]
            headers = {"Authorization": f"Bearer {mine['token']}"}
            if isinstance(case.body, dict) and case.body.get("choice"):
                case.body["choice"] = mine["messages"][-1]["choices"][0]["id"]
        case.call_and_validate(headers=headers, checks=CHECKS.get_all())

    if mode is GenerationMode.NEGATIVE:
        # What takes no values (/healthz) cannot be given wrong ones.
        with contextlib.suppress(Unsatisfiable):
            tries()
    else:
        tries()


# ── what nobody sane would send ──


def leaves(rng: random.Random) -> Any:
    return rng.choice(
        [
            CANARY, f"{CANARY}\x00", f"\ud800{CANARY}", "", " ", "\u202e" + CANARY, CANARY * 500, 0, -1, 10**400, 1e308, float("nan"), True,
            None, [], {}, [CANARY], {CANARY: CANARY}, "../" * 50, "%00", "'; DROP TABLE x;--", "=cmd|'/c calc'!A1", "<script>" + CANARY,
        ]
    )  # fmt: skip


def deep(rng: random.Random) -> bytes:
    depth = rng.choice([100, 5_000, 100_000])
    return rng.choice([b"[" * depth, b"[" * depth + b"]" * depth, b'{"text":' * depth + b"1" + b"}" * depth])


def body(rng: random.Random) -> bytes:
    names = [
        "client_message_id",
        "text",
        "choice",
        "activity_code",
        "resume_code",
        "role",
        "lang",
        "simple",
        "extra",
        CANARY,
        "__proto__",
        "\u0000",
    ]
    fields = {name: leaves(rng) for name in rng.sample(names, rng.randint(0, 5))}
    good = json.dumps(fields).encode()
    make = rng.choice(
        [
            lambda: good,
            lambda: json.dumps({"client_message_id": str(rng.random()), "text": leaves(rng)}).encode(),
            lambda: json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            lambda: good[: rng.randint(0, len(good))],
            lambda: json.dumps(leaves(rng)).encode(),
            lambda: deep(rng),
            lambda: rng.randbytes(rng.randint(0, 300)),
            lambda: b"\xff\xfe" + good.decode().encode("utf-16"),
            lambda: good.replace(b'"', b"'"),
            lambda: b'{"text": ' + b"9" * 5000 + b"}",
            lambda: b'{"text": "' + CANARY.encode() + b'", "text": 1, "client_message_id": "1"}',
            lambda: b"",
        ]
    )
    return make()


def path(rng: random.Random, known: str) -> str:
    ident = rng.choice(
        [known, known, "0" * 32, CANARY, "%00", "%ff", "..%2f..", "%F0%9F%98%80", "a" * 5000, "%ud800", " ".replace(" ", "%20")]
    )
    query = rng.choice(
        ["", f"?after={CANARY}", "?limit=NaN", "?limit=" + "9" * 400, "?after=%00", "?lang=%ff", "?limit=-1", f"?{CANARY}={CANARY}"]
    )
    return query_free(rng, ident) + query


def query_free(rng: random.Random, ident: str) -> str:
    return rng.choice(
        [
            "/chat/conversations", "/chat/conversations", *[f"/chat/conversations/{ident}/messages"] * 6, f"/chat/conversations/{ident}",
            f"/chat/conversations/{ident}/export", "/chat/strings", "/chat/support", "/chat//messages", f"/join/{ident}", "/healthz",
            "/openapi.json", f"/widget/{ident}", f"/widget/..%2f{ident}", f"/{ident}", "//", "/metrics", "/docs", "/.env", "/chat/support/",
        ]
    )  # fmt: skip


def head(rng: random.Random, token: str) -> list[tuple[bytes, bytes]]:
    tokens = [f"Bearer {token}", f"Bearer {CANARY}", "Bearer", "Basic x", "bearer  " + token, "Bearer \x00", "é" * 50]
    types = ["application/json", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16", CANARY, ""]
    found = [(b"authorization", rng.choice(tokens).encode()), (b"content-type", rng.choice(types).encode())]
    more = [
        (b"x-forwarded-for", b"\xff\xfe"), (b"origin", CANARY.encode()), (b"accept", b"\xf0\x28\x8c\xbc"), (b"cookie", b"\xff" * 200),
        (b"x-request-id", CANARY.encode()), (b"content-length", b"9" * 5000), (b"range", b"bytes=0-1,-5"), (b"host", b"\xff"),
    ]  # fmt: skip
    return found + rng.sample(more, rng.choice([0, 0, 1, 2]))


# What a path is usually asked with; DELETE would leave nothing to try.
FITTING = (("/conversations", "POST"), ("/messages", "POST"), ("/messages", "POST"), ("/messages", "GET"), ("0" * 32, "DELETE"))


async def send(app: Any, method: str, target: str, headers: list[tuple[bytes, bytes]], content: bytes) -> tuple[int, dict[str, str], bytes]:
    """One request as the server hands it on. Not by httpx, which would mend or refuse most of these."""
    raw, _, query = target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "root_path": "",
        "path": unquote(raw), "raw_path": raw.encode(), "query_string": query.encode(), "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("test", 80), "state": {},
    }  # fmt: skip
    messages = [{"type": "http.request", "body": content, "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def collect(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, collect)
    answered = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


async def test_thousands_of_malformed_requests_get_a_plain_refusal(system: Running, capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(20261123)
    async with calling(system) as client:
        mine = (await client.post("/chat/conversations", json={})).json()
    odd = ["PUT", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "FOO"]
    seen: Counter[int] = Counter()
    for number in range(MALFORMED):
        target = path(rng, mine["conversation_id"])
        fitting = [method for end, method in FITTING if target.partition("?")[0].endswith(end)]
        method = rng.choice(odd) if rng.random() < 0.1 else rng.choice(fitting or ["GET"])
        content = body(rng)
        status, headers, answer = await send(system.app, method, target, head(rng, mine["token"]), content)
        seen[status] += 1
        about = (number, method, target[:200], content[:200], status, answer[:300])
        assert status < 500, about
        assert b"Traceback" not in answer and b'File "' not in answer, about
        assert "default-src 'none'" in headers["content-security-policy"], about
        if status >= 400:
            assert CANARY.encode() not in answer, about
            assert headers["content-type"] == "application/problem+json", about
            if method != "HEAD":
                assert PROBLEM.match(json.loads(answer)["type"]), about
    assert {200, 400, 401, 404, 405, 413, 422} <= set(seen), seen
    logged = "".join(capfd.readouterr())
    assert "Traceback" not in logged and CANARY not in logged
