"""Posting a message so that it is there once: a call that timed out may have been carried out, and Slack does not say.

Each message carries a mark. Before one is posted again, the direct message is looked through for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from facilitator.storage import conversations as store
from web.slack.calling import Caller, Refused
from web.slack.seats import Who

log = structlog.get_logger("web")
MARK = "coproduction_message"
# Slack gives apps that are not its customers' own fifteen messages a call.
LOOKED_AT = 15
# Slack's words for blocks that it does not take. What it says of several blocks together is not documented in full.
BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


class Poster:
    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._channels: dict[str, str] = {}

    async def post_once(self, channel: str, mark: str, post: Mapping[str, Any], *, look: bool) -> str:
        """Post; with `look`, only if it is not there already. Returns Slack's id of the message.

        Raises:
            TryLater, Refused, SignedOut.
        """
        key = store.digest(mark)
        if look and (found := await self._find(channel, key)):
            return found
        marked = {**post, "channel": channel, "metadata": {"event_type": MARK, "event_payload": {"key": key}},
                  "parse": "none", "link_names": False, "unfurl_links": False, "unfurl_media": False}  # fmt: skip
        try:
            return await self._post(marked)
        except Refused as refused:
            if refused.code not in BAD_BLOCKS:
                raise
            # Words without form are better than none.
            log.error("slack_blocks_not_taken", error=refused.code)
            return await self._post({name: value for name, value in marked.items() if name != "blocks"})

    async def _post(self, payload: Mapping[str, Any]) -> str:
        return str((await self._caller.call("chat.postMessage", payload))["ts"])

    async def _find(self, channel: str, key: str) -> str | None:
        asked = {"channel": channel, "limit": LOOKED_AT, "include_all_metadata": True}
        found = await self._caller.ask("conversations.history", asked)
        marks = ((message.get("metadata") or {}, message) for message in found.get("messages", ()))
        return next((str(m["ts"]) for about, m in marks if (about.get("event_payload") or {}).get("key") == key), None)

    async def channel_of(self, who: Who) -> str:
        """The direct message with somebody."""
        if who.lane not in self._channels:
            opened = await self._caller.call("conversations.open", {"users": who.user})
            self._channels[who.lane] = str(opened["channel"]["id"])
        return self._channels[who.lane]
