"""The kept-open connection to Rasa: used again, given up in time, and every way of failing is one error with a name."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from web.chat.rasa_link import RasaLink, RasaUnavailable
from web.chat.wire import KeptOpen, WireFailed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Speaks HTTP as `answers` say, one for each request; None hangs up instead, "never" keeps the caller waiting."""

    def __init__(self, *answers):
        self.answers, self.connections, self.requests = list(answers), 0, []

    async def serve(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head.decode())
                answer = self.answers.pop(0)
                if answer == "never":
                    await reader.read()
                if not isinstance(answer, bytes):
                    break
                writer.write(answer)
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def wired(*answers):
    server = Server(*answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    wire = KeptOpen(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
    try:
        yield wire, server
    finally:
        await wire.close()
        listening.close()
        await listening.wait_closed()


async def test_one_connection_serves_many_turns():
    async with wired(OK, OK, OK) as (wire, server):
        for _ in range(3):
            assert await wire.ask("GET", "/x", None, {}, 5) == (200, b"ok")
        assert server.connections == 1


async def test_a_kept_connection_that_was_just_closed_is_no_failure():
    async with wired(OK, None, OK) as (wire, server):
        await wire.ask("GET", "/x", None, {}, 5)
        assert await wire.ask("GET", "/x", None, {}, 5) == (200, b"ok")
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answers", "seconds", "name"),
    [
        ((None, None), 30, "ServerDisconnectedError|ClientOSError"),
        (("never",), 0.2, "TimeoutError"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",), 30, "ClientPayloadError"),
    ],
)
async def test_a_broken_answer_is_one_error_that_says_what_happened(answers, seconds, name):
    async with wired(*answers) as (wire, _):
        with pytest.raises(WireFailed, match=name):
            await wire.ask("GET", "/x", None, {}, seconds)


async def test_nobody_there_is_an_error_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        wire = KeptOpen(f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(WireFailed, match="ClientConnectorError"):
            await wire.ask("GET", "/x", None, {}, 5)
        await wire.close()


class Answering:
    def __init__(self, status, body):
        self.answer = status, body

    async def ask(self, *_):
        return self.answer


@pytest.mark.parametrize(("status", "body"), [(503, b"{}"), (200, b"not json"), (200, b"[]"), (200, b'{"messages": [1]}'), (200, b"\xff")])
async def test_an_answer_that_is_no_answer_makes_the_message_wait(status, body):
    with pytest.raises(RasaUnavailable, match=f"status {status}"):
        await RasaLink("http://rasa", "t", 5, wire=Answering(status, body)).turn("c", "m", {"text": "hello \ud83d"}, {})
