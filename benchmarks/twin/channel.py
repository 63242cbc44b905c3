"""Our door into a Rasa that is otherwise as it comes: any tracker store, and none of our shorter ways through Rasa."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.engine import channel, quiet_logs
from bot.engine.heard_before import HeardBefore, Parsed


class _Anew(HeardBefore):
    """Remembers nothing: each text comes from another model."""

    async def parsed(self, words: str, model: object, parse: Callable[[], Awaitable[Parsed]]) -> Parsed:
        return await super().parsed(words, object(), parse)


class PlainChannel(channel.FacilitatorChannel):
    """The same addresses, token and answers."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token.strip()}".encode()
        self._heard = _Anew()
        quiet_logs.install()
        channel.is_bounded = lambda _store: True
        channel.action_validator.is_valid = lambda _body: True
