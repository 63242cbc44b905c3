"""What surrounds the chat API: headers, origins, limits, logs and counts."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import threading
import time
import tracemalloc
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from hashlib import sha256
from html.parser import HTMLParser

import httpx
import pytest
import structlog
from limits import parse

from facilitator.errors import SettingsError, StorageUnavailableError
from facilitator.logs import begin_request, configure_logs, current_request
from tests.integration.web import Person, Running, running
from web.chat.limits import Limits, Rule
from web.chat.problems import Problem
from web.shield import checked_origins

CANARY = "zanzibarcanary"
LISTED = "https://trust.example"
ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
async def made(tmp_path) -> AsyncIterator:
    """Builds applications with settings of the test's own."""
    systems: list[Running] = []

    def make(**changes: object) -> Running:
        system = running(f"sqlite:///{tmp_path / f'{len(systems)}.db'}", tmp_path, **changes)
        system.built.database.upgrade()
        systems.append(system)
        return system

    yield make
    for system in systems:
        await system.parts.link.close()
        system.built.database.dispose()


def client_of(system: Running, address: str = "127.0.0.1", scheme: str = "http") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(system.app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://test")


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """What the logs say, as the processes are set up: by our own loggers and by others'."""
    handlers, configuration, hook = logging.getLogger().handlers[:], structlog.get_config(), threading.excepthook
    said = io.StringIO()
    configure_logs()
    (handler,) = logging.getLogger().handlers
    handler.setStream(said)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said), cache_logger_on_first_use=False)
    yield said.getvalue
    logging.getLogger().handlers[:] = handlers
    logging.captureWarnings(False)
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()
    threading.excepthook = hook


# ── headers ──

EVERY_KIND = (
    "/",
    "/join/ABC234",
    "/demo",
    "/widget/element.js",
    "/chat/strings",
    "/healthz",
    "/nothing-here",
    "/openapi.json",
    "/chat/conversations",
)


# The chat's own page carries its script and style, each named by its fingerprint; nothing else does.
PARTS = re.compile(r"default-src 'none'; script-src 'self'( 'sha256-\S{44}')?; style-src 'self'( 'sha256-\S{44}'){0,2}; img-src 'self';")


@pytest.mark.parametrize("path", EVERY_KIND)
async def test_every_answer_even_an_error_carries_the_headers(made, path):
    async with client_of(made()) as client:
        headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert PARTS.match(policy)
    assert "unsafe" not in policy and "*" not in policy
    assert "frame-ancestors 'self'" in policy and "base-uri 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in headers["permissions-policy"] and "geolocation=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "server" not in headers and ID.fullmatch(headers["x-request-id"])


async def test_a_failure_and_a_body_too_large_carry_them_too(made, monkeypatch):
    system = made(facilitator_allowed_origins=LISTED)

    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(system.parts.desk, "history", broken)
    async with client_of(system) as client:
        failed = await client.get("/chat/conversations/x/messages", headers={"Origin": LISTED})
        large = await client.post("/chat/conversations", content=b"x" * 1_000_001)
    for reply, status in ((failed, 500), (large, 413)):
        assert reply.status_code == status
        assert reply.headers["content-type"] == "application/problem+json"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert CANARY not in reply.text
    assert failed.headers["access-control-allow-origin"] == LISTED, "the widget on another site could not read the error"


async def test_a_large_body_without_a_length_is_refused_while_it_comes(made):
    sent = 0

    async def endless():
        nonlocal sent
        while sent < 50_000_000:
            sent += 65_536
            yield b"x" * 65_536

    async with client_of(made()) as client:
        reply = await client.post("/chat/conversations", content=endless(), headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.json()["type"]) == (413, "urn:facilitator:problem:message-too-long")
    assert sent < 2_000_000


class Inline(HTMLParser):
    """What in a page runs or paints without a file of its own: scripts, styles, and attributes that are either."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: list[tuple[str, str]] = []
        self.attributes: list[str] = []
        self._within = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.attributes += [name for name, value in attrs if name == "style" or name.startswith("on") or is_script_address(value)]
        # words kept as JSON are data: no policy forbids them, and nothing runs them
        if tag == "style" or (tag == "script" and "src" not in named and named.get("type") != "application/json"):
            self._within = tag
            self.texts.append((tag, ""))

    def handle_data(self, data: str) -> None:
        if self._within:
            tag, text = self.texts.pop()
            self.texts.append((tag, text + data))

    def handle_endtag(self, tag: str) -> None:
        self._within = ""


def is_script_address(value: str | None) -> bool:
    return (value or "").strip().lower().startswith("javascript:")


def forbidden(page: str, policy: str) -> list[str]:
    """What the page holds that its own policy does not let in: inline text is let in by its SHA-256 alone."""
    allowed = {name: rest.split() for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}
    found = Inline(page)
    prints = [(tag, f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'") for tag, text in found.texts]
    return found.attributes + [tag for tag, fingerprint in prints if fingerprint not in allowed[f"{tag}-src"]]


@pytest.mark.parametrize("path", ["/", "/join/ABC234", "/demo"])
async def test_no_page_needs_what_the_policy_forbids(made, path):
    async with client_of(made()) as client:
        reply = await client.get(path)
    assert forbidden(reply.text, reply.headers["content-security-policy"]) == []


@pytest.mark.parametrize(
    ("planted", "named"),
    [
        ("<script>window.owned = 1</script>", "script"),
        ("<SCRIPT type=module>window.owned = 1</SCRIPT>", "script"),
        ("<style>p { color: red }</style>", "style"),
        ('<p style="color: red">', "style"),
        ('<img src="x" onerror="window.owned = 1">', "onerror"),
        ('<a href=" JavaScript:window.owned = 1">', "href"),
    ],
)
async def test_a_page_with_anything_its_policy_does_not_name_would_be_noticed(made, planted, named):
    async with client_of(made()) as client:
        reply = await client.get("/")
    policy = reply.headers["content-security-policy"]
    assert forbidden(reply.text.replace("</body>", f"{planted}</body>"), policy) == [named]


async def test_the_chats_own_parts_are_let_in_letter_for_letter(made):
    async with client_of(made()) as client:
        chat, other = await client.get("/"), await client.get("/demo")
    inside = [tag for tag, _ in Inline(chat.text).texts]
    assert sorted(inside) == ["script", "style", "style"]
    assert forbidden(chat.text, other.headers["content-security-policy"]) == inside, "another page's policy let them in"
    changed = chat.text.replace("</script>", " </script>").replace("</style>", " </style>")
    assert forbidden(changed, chat.headers["content-security-policy"]) == inside


async def test_https_is_insisted_on_only_where_there_is_https(made):
    async with client_of(made()) as client:
        assert "strict-transport-security" not in (await client.get("/")).headers
    async with client_of(made(), scheme="https") as client:
        assert (await client.get("/")).headers["strict-transport-security"] == "max-age=31536000"
    async with client_of(made(facilitator_public_url="https://chat.example.org")) as client:
        assert "strict-transport-security" in (await client.get("/")).headers


# ── other sites ──


async def test_a_listed_site_may_frame_load_and_call(made):
    async with client_of(made(facilitator_allowed_origins=f"{LISTED}, https://b.example:8443")) as client:
        page = await client.get("/")
        script = await client.get("/widget/element.js", headers={"Origin": LISTED})
        asked = {
            "Origin": LISTED,
            "Access-Control-Request-Method": "DELETE",
            "Access-Control-Request-Headers": "authorization, content-type",
        }
        preflight = await client.options("/chat/conversations/x", headers=asked)
    assert f"frame-ancestors 'self' {LISTED} https://b.example:8443" in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers
    assert page.headers["cross-origin-resource-policy"] == "same-origin"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert script.headers["access-control-allow-origin"] == LISTED
    assert preflight.status_code == 200 and "DELETE" in preflight.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in preflight.headers


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://trust.example", "https://trust.example.evil.example", f"{LISTED}/"]
)
async def test_a_site_that_is_not_listed_may_not(made, origin):
    async with client_of(made(facilitator_allowed_origins=LISTED)) as client:
        plain = await client.get("/chat/strings", headers={"Origin": origin})
        preflight = await client.options("/chat/conversations", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert "access-control-allow-origin" not in plain.headers and "access-control-allow-origin" not in preflight.headers
    assert preflight.status_code == 403 and preflight.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "origin",
    ["*", "https://*.example.org", "example.org", "https://a.example/path", "https://a.example;script-src *", "javascript:x", "null"],
)
async def test_what_is_not_an_origin_stops_the_start(origin):
    with pytest.raises(SettingsError, match="FACILITATOR_ALLOWED_ORIGINS"):
        checked_origins([origin])


# ── limits ──


async def used_up(limits: Limits, rule: Rule, key: str) -> bool:
    try:
        await limits.check(rule, key)
    except Problem as problem:
        assert problem.status == 429 and int(problem.headers["Retry-After"]) >= 1
        return True
    return False


async def test_a_limit_counts_each_address_apart():
    limits, rule, refused = Limits(enabled=True), Rule("test", parse("3/minute")), []
    limits.on_refusal = refused.append
    assert [await used_up(limits, rule, "192.0.2.1") for _ in range(5)] == [False, False, False, True, True]
    assert not await used_up(limits, rule, "192.0.2.2")
    assert refused == ["test", "test"]


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
async def test_addresses_that_one_owner_can_change_at_will_are_one(first, second, shared):
    limits, rule = Limits(enabled=True), Rule("test", parse("1/minute"))
    await used_up(limits, rule, first)
    assert await used_up(limits, rule, second) is shared


async def test_memory_does_not_grow_with_the_number_of_callers(monkeypatch):
    buckets = 1 << 12
    monkeypatch.setattr("web.chat.limits.BUCKETS", buckets)
    limits, rule = Limits(enabled=True), Rule("test", parse("1000/minute"))
    for number in range(buckets):
        await limits.check(rule, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(3 * buckets):
        await limits.check(rule, f"{CANARY}{number}" * 50)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = limits.storage
    assert len(kept.storage) <= 2 * buckets and len(kept.events) == 0
    assert after - before < 4_000_000
    assert CANARY not in str(list(kept.storage)[:1000])


async def test_an_invented_address_in_a_header_changes_nothing(made):
    """The application itself never reads the header; only the server does, from a proxy it was told to trust."""
    system = made(facilitator_rate_limits="on")
    async with client_of(system, "192.0.2.1") as client:
        replies = [
            await client.post("/chat/conversations", json={"resume_code": f"wrong-{n}"}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
            for n in range(12)
        ]
    assert replies[-1].status_code == 429


# ── logs ──


async def test_one_id_goes_from_the_answer_through_the_logs_to_rasa(made, logged):
    system = made()
    ids: list[str] = []
    ask = system.rasa.ask

    async def noting(method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        ids.append(headers["X-Request-ID"])
        return await ask(method, path, body, headers, seconds)

    system.rasa.ask = noting
    async with client_of(system) as client:
        person = await Person(client).begin()
        reply = await person.post({"client_message_id": "1", "text": f"yes {CANARY}"})
    request_id = reply.headers["x-request-id"]
    lines = [line for line in logged().splitlines() if request_id in line]
    assert ids[-1] == request_id and len(set(ids)) == len(ids)
    assert re.search(r"event=request .*method=POST .*ms=\d+ outcome=answered", lines[-1]) or "outcome=answered" in lines[-1]
    assert "route=/chat/conversations/{conversation_id}/messages" in lines[-1]


async def test_an_id_from_outside_is_not_taken(made, logged):
    async with client_of(made()) as client:
        reply = await client.get("/chat/support", headers={"X-Request-ID": CANARY})
    assert ID.fullmatch(reply.headers["x-request-id"])
    assert CANARY not in logged()


async def test_two_requests_at_once_keep_their_ids(made, logged):
    async with client_of(made()) as client:
        replies = await asyncio.gather(*(client.get("/chat/support") for _ in range(20)))
    ids = {reply.headers["x-request-id"] for reply in replies}
    assert len(ids) == 20
    # on a busy machine the server's own rounds may log a line between, which belongs to no request
    requests = [line for line in logged().splitlines() if "event=request " in line]
    assert sorted(re.search(r"request=(\w+)", line)[1] for line in requests) == sorted(ids)


async def test_no_line_holds_what_was_typed_whatever_goes_wrong(made, logged, monkeypatch):
    system = made()
    async with client_of(system) as client:
        person = await Person(client).begin()
        await person.post({"client_message_id": "1", "text": CANARY})
        await person.post({"client_message_id": "2", "text": f"DANGER {CANARY}"})
        await person.post({"client_message_id": "3", "choice": CANARY})
        await client.get(f"/{CANARY}?{CANARY}={CANARY}")
        await client.get(f"/join/{CANARY}")
        await client.post("/chat/conversations", json={"resume_code": CANARY})
        await client.post("/chat/conversations", json={CANARY: CANARY})
        system.rasa.failing = True
        await person.post({"client_message_id": "4", "text": CANARY})
        for error in (RuntimeError(CANARY), StorageUnavailableError("OperationalError"), ValueError(CANARY)):
            monkeypatch.setattr(system.parts.desk, "send", failing(error))
            reply = await person.post({"client_message_id": "5", "text": CANARY})
            assert reply.status_code >= 500 and CANARY not in reply.text
    log = logged()
    assert "event=request_failed" in log and "error=RuntimeError" in log and "place=test_hardening.py:" in log
    assert "event=turn_waits" in log
    assert CANARY not in log and "Traceback" not in log


def failing(error: Exception):
    async def fail(*_: object) -> None:
        raise error

    return fail


def test_other_libraries_lines_lose_their_words_while_a_request_is_handled(logged):
    logging.getLogger("uvicorn.error").warning("port %s is taken", 80)
    begin_request()
    logging.getLogger("sqlalchemy.pool").error("parameters: %s", CANARY)
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("failed on %s", CANARY)
        structlog.get_logger("web").exception("ours")
    log = logged()
    assert "port 80 is taken" in log
    assert "logger=sqlalchemy.pool" in log and log.count("event=words_withheld") == 2
    assert log.count("error=ValueError place=test_hardening.py:") == 2
    assert CANARY not in log and "Traceback" not in log
    assert all(f"request={current_request()}" in line for line in log.splitlines()[1:])


async def test_a_task_that_fails_unseen_is_named_and_not_quoted(logged):
    async def fail() -> None:
        raise ValueError(CANARY)

    loop = asyncio.get_running_loop()
    task = loop.create_task(fail())
    await asyncio.sleep(0)
    loop.default_exception_handler({"message": f"Task failed: {CANARY}", "exception": task.exception(), "task": task})
    log = logged()
    assert "logger=asyncio" in log and "error=ValueError" in log and CANARY not in log


async def test_a_thread_that_dies_is_named_and_not_quoted(logged):
    thread = threading.Thread(target=lambda: {}[CANARY])
    thread.start()
    thread.join()
    log = logged()
    assert "event=thread_failed" in log and "error=KeyError" in log and CANARY not in log


# ── counts ──


async def metrics_of(client: httpx.AsyncClient) -> dict[str, float]:
    reply = await client.get("/metrics")
    assert reply.status_code == 200 and reply.headers["content-type"].startswith("text/plain")
    lines = [line.rpartition(" ") for line in reply.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def test_turns_flags_fallbacks_and_refusals_are_counted(made):
    system = made(facilitator_metrics="on", facilitator_rate_limits="on")
    async with client_of(system) as client:
        person = await Person(client).begin()
        before = await metrics_of(client)
        await person.type("sort of but it was rushed")
        await person.type("zzz", client_message_id="same")
        await person.type("zzz", client_message_id="same")
        await person.type("DANGER")
        await person.type("DISTRESS")
        await client.post("/chat/conversations/x/messages", json={"client_message_id": "1", "text": "hello"})
        system.rasa.failing = True
        await person.type("carry on")
        for n in range(12):
            await client.post("/chat/conversations", json={"resume_code": f"wrong-{n}"})
        after = await metrics_of(client)

    def more(name: str) -> float:
        return after.get(f"facilitator_{name}", 0) - before.get(f"facilitator_{name}", 0)

    assert more('turns_total{outcome="answered"}') == 2
    assert more('turns_total{outcome="repeated"}') == 1
    assert more('turns_total{outcome="support"}') == 2
    assert more('turns_total{outcome="refused"}') == 1
    assert more('turns_total{outcome="waiting"}') == 1
    assert more('turn_seconds_count{outcome="answered"}') == 2
    assert more('rasa_seconds_count{outcome="answered"}') == 2
    assert more('rasa_seconds_count{outcome="failed"}') == 1
    assert more('flags_total{kind="crisis_self"}') == more('flags_total{kind="distress"}') == 1
    assert more("fallbacks_total") == 1
    assert more('rate_limit_refusals_total{limit="resume-codes-address"}') == 2
    assert after["facilitator_conversations_active"] == 1
    assert after["facilitator_messages_waiting"] == 1
    assert 0 <= after["facilitator_message_oldest_waiting_seconds"] < 60
    assert after['facilitator_flags_open{kind="crisis"}'] == after['facilitator_flags_open{kind="distress"}'] == 1
    assert 0 < after['facilitator_flag_oldest_open_seconds{kind="crisis"}'] < 60
    assert (
        after['facilitator_flags_open{kind="asked_for_person"}']
        == after['facilitator_flag_oldest_open_seconds{kind="asked_for_person"}']
        == 0
    )
    assert after["process_resident_memory_bytes"] > 0


async def test_no_count_says_who_or_what(made):
    async with client_of(made(facilitator_metrics="on")) as client:
        person = await Person(client).begin()
        await person.type(CANARY)
        await client.get(f"/{CANARY}")
        await client.request(CANARY.upper(), "/")
        await client.get(f"/join/{CANARY}", headers={"Origin": CANARY})
        names = set(await metrics_of(client))
        text = "\n".join(names)
    assert CANARY not in text.lower() and person.id not in text and person.token not in text
    assert {label for name in names for label in re.findall(r'(\w+)="', name)} <= {
        "method", "route", "status", "outcome", "kind", "limit", "reason", "le", "generation",
        "implementation", "major", "minor", "patchlevel", "version",
    }  # fmt: skip


async def test_the_counts_are_not_public(made):
    async with client_of(made()) as client:
        assert (await client.get("/metrics")).status_code == 404, "off unless switched on"
    switched_on = made(facilitator_metrics="on")
    async with client_of(switched_on, "10.0.0.7") as client:
        assert (await client.get("/metrics")).status_code == 200
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"):
            assert (await client.get("/metrics", headers={name: "x"})).status_code == 404, name
    for address in ("8.8.8.8", "2600::1", "unknown"):
        async with client_of(switched_on, address) as client:
            assert (await client.get("/metrics")).status_code == 404, address


async def test_counts_without_a_database_are_still_served(made, monkeypatch):
    system = made(facilitator_metrics="on")

    def gone() -> None:
        raise StorageUnavailableError("gone")

    monkeypatch.setattr(system.built.database, "reading", gone)
    async with client_of(system) as client:
        assert "facilitator_requests_total" in (await client.get("/metrics")).text


# ── forgetting ──


async def test_what_was_deleted_is_soon_out_of_the_database_files_too(made, tmp_path):
    from web.forgetting import fold_away

    system = made()
    async with client_of(system) as client:
        person = await Person(client).begin()
        await person.type(f"sort of but {CANARY}")
        folding = asyncio.create_task(fold_away(system.built, every_s=0.05))
        assert any(CANARY.encode() in path.read_bytes() for path in tmp_path.glob("0.db*")), (
            "the words were never stored: nothing is tested"
        )
        assert (await client.delete(f"/chat/conversations/{person.id}", headers=person.headers)).status_code == 204
        until = time.monotonic() + 10
        while any(CANARY.encode() in path.read_bytes() for path in tmp_path.glob("0.db*")):
            assert time.monotonic() < until, "still in the files"
            await asyncio.sleep(0.05)
    folding.cancel()


@pytest.mark.parametrize("asked", ["everything", "one answer", "over the API"])
async def test_what_was_deleted_is_soon_out_of_the_index_of_words_too(made, tmp_path, asked):
    """SQLite's full-text index only notes that a word is gone. Nothing is past its time here, and nobody ran a command."""
    from facilitator.storage import conversations, search
    from web.forgetting import forget_on_time

    system, word = made(), CANARY[:-1].encode()  # the index keeps its stem
    database = system.built.database
    async with client_of(system) as client:
        person = await Person(client).begin()
        await person.type("partly")
        await person.type(f"we heard {CANARY}")
        with database.unit_of_work() as session:
            row = conversations.conversation(session, person.id)
            row.share_words = row.search_due = True
        assert search.catch_up(database)
        forgetting = asyncio.create_task(forget_on_time(system.built, scrub_every_s=0.05))
        await asyncio.sleep(0.1)
        if asked == "over the API":
            await client.delete(f"/chat/conversations/{person.id}", headers=person.headers)
        elif asked == "everything":
            await person.type("delete everything")
            await person.choose("Yes, delete")
        else:
            await person.type("delete my first answer only")
        until = time.monotonic() + 10
        while any(word in path.read_bytes() for path in tmp_path.glob("0.db*")):
            assert time.monotonic() < until, "still in the files"
            await asyncio.sleep(0.05)
        while database.scrubs_due():
            assert time.monotonic() < until, "it is done again and again"
            await asyncio.sleep(0.05)
    forgetting.cancel()
