"""The private link to Rasa: our channel, its token, a time limit, and errors that say whether trying again can help."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from facilitator.logs import REQUEST_ID_HEADER, begin_request, current_request
from facilitator.storage.inbox import rendered_from
from facilitator.vocabulary import Kind
from facilitator.wording import Rendered
from web.chat.wire import CONNECT_TIMEOUT_S, KeptOpen, Wire, WireFailed


class RasaUnavailable(Exception):
    """Rasa is starting, stopped, slow or could not finish the turn. Trying again later can help."""


@dataclass(frozen=True)
class Understood:
    """What Rasa made of a message, and the replies."""

    intent: str | None
    confidence: float | None
    replies: list[Rendered]


class RasaLink:
    """`on_turn` is told of every turn: how many seconds it took, and what came of it."""

    def __init__(self, base_url: str, token: str, timeout_s: float, wire: Wire | None = None) -> None:
        self._wire = wire or KeptOpen(base_url)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._timeout_s = timeout_s
        self.on_turn: Callable[[float, Understood | RasaUnavailable], None] = lambda _seconds, _result: None

    async def turn(self, conversation_id: str, message_id: str, said: Mapping[str, Any], metadata: Mapping[str, Any]) -> Understood:
        """Send one message (`{"text": …}` or `{"intent": …}`) and return the replies.

        Raises:
            RasaUnavailable: for any failure; the message can be sent again, since actions act once.
        """
        body = {"conversation_id": conversation_id, "message_id": message_id, **said, "metadata": dict(metadata)}
        began = time.perf_counter()
        try:
            understood = await self._post(body)
        except RasaUnavailable as error:
            self.on_turn(time.perf_counter() - began, error)
            raise
        self.on_turn(time.perf_counter() - began, understood)
        return understood

    async def _post(self, body: Mapping[str, Any]) -> Understood:
        # A message answered later is nobody's request any more: it gets an id of its own.
        headers = {**self._headers, REQUEST_ID_HEADER: current_request() or begin_request()}
        # json escapes half a surrogate pair, which UTF-8 cannot hold
        asked = json.dumps(body, separators=(",", ":")).encode()
        try:
            status, answer = await self._wire.ask("POST", "/webhooks/facilitator/turn", asked, headers, self._timeout_s)
        except WireFailed as error:
            raise RasaUnavailable(str(error)) from None
        if status != 200:
            raise RasaUnavailable(f"status {status}")
        try:
            return _read(json.loads(answer))
        except (ValueError, KeyError, TypeError, AttributeError):
            # Said without the cause, which may quote the answer.
            raise RasaUnavailable("status 200, not readable") from None

    async def ready(self) -> bool:
        try:
            status, _ = await self._wire.ask("GET", "/webhooks/facilitator/health", None, self._headers, CONNECT_TIMEOUT_S)
        except WireFailed:
            return False
        return status == 200

    async def close(self) -> None:
        await self._wire.close()


def _read(body: Mapping[str, Any]) -> Understood:
    replies = []
    for message in body["messages"]:
        about = message.get("custom") or {}
        kind = Kind(about.get("kind", Kind.TEXT))
        replies.append(
            rendered_from(
                message.get("text") or "", kind, about.get("response", ""), message.get("buttons") or [], about.get("sources") or []
            )
        )
    understood = body.get("understood") or {}
    return Understood(understood.get("intent"), understood.get("confidence"), replies)
