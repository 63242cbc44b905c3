"""Reaching Slack when we start: does our token count, and, with Socket Mode, the socket. Neither holds anything else up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from web.slack.calling import Caller, Refused, SignedOut, TryLater, silent_logger

log = structlog.get_logger("web")
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
OPENS_WITHIN_S = 30.0
WATCH_EVERY_S = 60.0


def _waits() -> Iterator[float]:
    wait = FIRST_WAIT_S
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_WAIT_S)


async def look_in(caller: Caller, *, socket: bool) -> None:
    """Say in the log, once, whether Slack is there for us. A token that does not count is said by the caller."""
    told = False
    for wait in _waits():
        try:
            await caller.ask("auth.test", {})
        except SignedOut:
            return
        except (TryLater, Refused) as error:
            if not told:
                log.warning("slack_out_of_reach", error=str(error))
            told = True
            await asyncio.sleep(wait)
        else:
            log.info("slack_ready", way_in="socket" if socket else "http")
            return


class Socket:
    """Slack's own client opens the socket again when it breaks, and says so to nobody. So the first time is ours, and we watch."""

    def __init__(self, app: AsyncApp, app_token: str, caller: Caller) -> None:
        self._app, self._app_token, self._caller = app, app_token, caller
        self._client: Any = None

    async def run(self) -> None:
        """Open the socket and say in the log when it is lost and when it is there again."""
        told = False
        for wait in _waits():
            try:
                await self._open()
                break
            except Exception as error:
                if not told:
                    log.warning("slack_socket_waits", error=_why(error))
                told = True
                await self.close()
            await asyncio.sleep(wait)
        await self._watch()

    async def _open(self) -> None:
        # Asked for here, not by the client, which would go on asking with a wrong token, every few seconds and without a word.
        answer = await self._caller.client.apps_connections_open(app_token=self._app_token)
        handler: Any = AsyncSocketModeHandler(self._app, self._app_token, logger=silent_logger(), web_client=self._caller.client)
        self._client = handler.client
        self._client.wss_uri = answer["url"]
        async with asyncio.timeout(OPENS_WITHIN_S):
            await self._client.connect()

    async def _watch(self) -> None:
        there = True
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            now = await self._client.is_connected()
            if there and not now:
                log.warning("slack_socket_waits", error="closed")
            if now and not there:
                log.info("slack_socket_open")
            there = now

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                await client.close()


def _why(error: Exception) -> str:
    """Slack's word for it, where it has said one."""
    data = getattr(error.response, "data", None) if isinstance(error, SlackApiError) else None
    return str(data.get("error")) if isinstance(data, dict) else type(error).__name__
