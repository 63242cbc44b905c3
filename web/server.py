"""The web server: `python -m web.server`."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from facilitator.bootstrap import Bootstrap
from facilitator.errors import SettingsError
from facilitator.logs import configure_logs
from web.app import build_app

IDLE_S = 15
# A phone on a bad line sends a request in far less. Counted from its first byte, or from the connection if none comes.
REQUEST_S = 15.0
# How long a caller may refuse to take what we send.
READ_S = 30.0
MAX_HEAD_BYTES = 32_768
MAX_CONNECTIONS = 1000
MAX_CONNECTIONS_BY_ADDRESS = 200
TOO_LARGE_HEAD = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with an end to patience: uvicorn waits for ever for a request, and reads headers of any size."""

    open_by_address: ClassVar[Counter[str]] = Counter()
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _address = ""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        self.open_by_address[self._address] += 1
        if not _is_proxy(self._address) and self.open_by_address[self._address] > MAX_CONNECTIONS_BY_ADDRESS:
            transport.abort()
            return
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_by_address[self._address] -= 1
        if self.open_by_address[self._address] <= 0:
            del self.open_by_address[self._address]
        self._stop(self._deadline)
        self._stop(self._stalled)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and self._in_head:
            self._await_request()
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE_HEAD)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop(self._deadline)
        self._deadline, self._in_head = None, True
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(READ_S, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop(self._stalled)
        super().resume_writing()

    def _await_request(self) -> None:
        self._stop(self._deadline)
        self._deadline = self.loop.call_later(REQUEST_S, self._give_up)

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


def _is_proxy(address: str) -> bool:
    """Whether this address speaks for others. On this machine, that may be a web server with HTTPS."""
    return address in ("127.0.0.1", "::1") or bool(os.environ.get("FORWARDED_ALLOW_IPS"))


def server_config(app: Any, host: str, port: int) -> uvicorn.Config:
    """How the server is set.

    Raises:
        SettingsError: everybody would be believed about who they are.
    """
    if "*" in os.environ.get("FORWARDED_ALLOW_IPS", ""):
        raise SettingsError("FORWARDED_ALLOW_IPS must name the web server in front. With a star, anyone could get round the limits.")
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=5,
        reset_contextvars=True,
    )


def main() -> None:
    configure_logs()
    built = Bootstrap()
    settings = built.settings
    uvicorn.Server(server_config(build_app(built), settings.facilitator_host, settings.facilitator_port)).run()


if __name__ == "__main__":
    main()
