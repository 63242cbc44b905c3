"""The web server against callers who are slow, greedy or lie about who they are: raw sockets, a real server."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn

from facilitator.errors import SettingsError
from web import server

CANARY = b"zanzibarcanary"
PATIENCE_S = 0.6
STRANGER = "127.0.0.2"  # also this machine, but no address that is trusted


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says who is calling, after reading the body; /large says very much."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    large = scope["path"] == "/large"
    about = {"client": scope["client"][0], "scheme": scope["scheme"], "body": len(body)}
    content = b"x" * 60_000_000 if large else json.dumps(about).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(content)).encode())]})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    for name in ("REQUEST_S", "READ_S"):
        monkeypatch.setattr(server, name, PATIENCE_S)
    monkeypatch.setattr(server, "MAX_CONNECTIONS_BY_ADDRESS", 20)
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    yield from serving()


def serving() -> Iterator[int]:
    async def lifeless(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = uvicorn.Server(server.server_config(lifeless, "127.0.0.1", 0))
        running.config.lifespan = "off"
        thread = threading.Thread(target=lambda: asyncio.run(running.serve([listening])))
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        running.should_exit = True
        running.force_exit = True
        thread.join(10)
        assert not thread.is_alive()


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


def ask(port: int, head: bytes = b"", source: str = "127.0.0.1") -> bytes:
    with connect(port, source) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + b"\r\n")
        return until_closed(caller)


def until_closed(caller: socket.socket) -> bytes:
    found = b""
    while True:
        try:
            more = caller.recv(65_536)
        except ConnectionError:
            return found
        if not more:
            return found
        found += more


def drip(caller: socket.socket, piece: bytes) -> float:
    """Send a byte at a time until the server has had enough. Gives the seconds it took."""
    began = time.monotonic()
    caller.settimeout(0.02)
    while time.monotonic() - began < 10:
        try:
            caller.sendall(piece)
            if caller.recv(1000) == b"":
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b""),
        (b"GET / HT", b""),
        (b"GET / HTTP/1.1\r\n", b"X-A: b\r\n"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n", b"x"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n", b"X-A: b\r\n"),
    ],
    ids=["silent", "half a line", "headers by drops", "body by drops", "chunks by drops", "second request by drops"],
)
def test_whoever_takes_too_long_to_ask_is_let_go(port: int, start: bytes, piece: bytes) -> None:
    with connect(port) as caller:
        caller.sendall(start)
        assert PATIENCE_S / 2 < drip(caller, piece) < PATIENCE_S * 5


def test_others_are_answered_while_many_callers_dawdle(port: int) -> None:
    with ExitStack() as open_sockets:
        for _ in range(300):
            open_sockets.enter_context(connect(port)).sendall(b"GET / HTTP/1.1\r\nX-A: ")
        began = time.monotonic()
        assert b"200 OK" in ask(port)
        assert time.monotonic() - began < PATIENCE_S * 5


def test_a_caller_in_time_is_served_and_may_ask_again_later(port: int) -> None:
    with connect(port) as caller:
        for pause in (0, PATIENCE_S * 1.5):
            time.sleep(pause)
            caller.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            answer = b""
            while not answer.endswith(b"}"):
                answer += caller.recv(65_536)
            assert b'"body": 3' in answer


def test_whoever_does_not_take_the_answer_is_let_go(port: int) -> None:
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", port))
        caller.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(PATIENCE_S * 3)
        caller.settimeout(10)
        assert len(until_closed(caller)) < 60_000_000


def test_headers_of_any_size_are_not_read(port: int) -> None:
    with connect(port) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n" + b"X-A: " + CANARY * 4000)
        answer = until_closed(caller)
    assert answer.startswith(b"HTTP/1.1 431") and CANARY not in answer
    assert b"200 OK" in ask(port, b"X-A: " + b"a" * 16_000 + b"\r\n")


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01", CANARY + b"\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_http_gets_a_plain_refusal(port: int, sent: bytes) -> None:
    with connect(port) as caller:
        caller.sendall(sent)
        answer = until_closed(caller)
    assert answer.startswith(b"HTTP/1.1 400") and CANARY not in answer


def test_one_address_cannot_hold_every_connection(port: int) -> None:
    with ExitStack() as open_sockets:
        for _ in range(20):
            open_sockets.enter_context(connect(port, STRANGER))
        time.sleep(0.1)
        assert ask_or_nothing(port, STRANGER) == b""
        assert b"200 OK" in ask(port), "others were shut out too"
    within(2, lambda: b"200 OK" in ask_or_nothing(port, STRANGER))
    within(2, lambda: not server.PatientProtocol.open_by_address)


def ask_or_nothing(port: int, source: str) -> bytes:
    try:
        return ask(port, source=source)
    except ConnectionError:
        return b""


def within(seconds: float, is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def said(answer: bytes) -> dict[str, Any]:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


FORWARDED = b"X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n"


def test_only_a_proxy_that_is_trusted_may_say_for_whom_it_asks(port: int) -> None:
    assert said(ask(port, FORWARDED)) == {"client": "198.51.100.7", "scheme": "https", "body": 0}
    assert said(ask(port, FORWARDED, STRANGER)) == {"client": STRANGER, "scheme": "http", "body": 0}


def test_what_a_caller_wrote_before_the_proxys_entry_is_not_believed(port: int) -> None:
    assert said(ask(port, b"X-Forwarded-For: 10.9.9.9, 198.51.100.7\r\n"))["client"] == "198.51.100.7"


def test_another_proxy_is_trusted_when_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", STRANGER)
    for port in serving():
        assert said(ask(port, FORWARDED, STRANGER))["client"] == "198.51.100.7"
        assert said(ask(port, FORWARDED))["client"] == "127.0.0.1"


def test_trusting_everybody_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with pytest.raises(SettingsError, match="FORWARDED_ALLOW_IPS"):
        server.server_config(app, "127.0.0.1", 0)
