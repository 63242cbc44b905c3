"""Connections to Rasa that are kept open: one request and its answer as bytes, with time limits.

aiohttp rather than httpx: on this path, many times a second, httpx's layers cost a fifth of the web server's processor time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import aiohttp

CONNECT_TIMEOUT_S = 2.0
# Beyond this many turns at once, the next waits for its place here rather than in Rasa, within the same time limit.
MAX_CONNECTIONS = 64


class WireFailed(Exception):
    """No answer: refused, cut off or too slow. The text is the name of what happened."""


class Wire(Protocol):
    async def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        """Status and body of the answer. Raises WireFailed."""
        ...

    async def close(self) -> None: ...


class KeptOpen:
    """A `Wire` to one address. Opens nothing until it is asked."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        try:
            try:
                return await self._once(method, path, body, headers, seconds)
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                # The other side closed a connection it had kept just as we used it. Actions act once, so asking again is safe.
                return await self._once(method, path, body, headers, seconds)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WireFailed(type(error).__name__) from None

    async def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        limit = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, CONNECT_TIMEOUT_S))
        async with self._opened().request(method, self._base + path, data=body, headers=headers, timeout=limit) as response:
            return response.status, await response.read()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, ttl_dns_cache=30)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
