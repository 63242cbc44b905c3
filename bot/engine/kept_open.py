"""Calls to the action server over connections that stay open, with only what an action reads.

Stock Rasa makes a client, a connection and an encrypted-connection context of its own for every call of an action, and sends the events
of the conversation, which our actions never look at: our database has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp

from bot.engine.replacing import replace_once

if TYPE_CHECKING:
    from rasa.shared.core.trackers import DialogueStateTracker


class _Lent:
    """A session that goes back to its owner instead of being closed."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        """Still open."""


def install() -> None:
    """Replace what the module's first lines name."""
    from rasa.core.actions.action import RemoteAction
    from rasa.utils.endpoints import EndpointConfig

    replace_once(EndpointConfig, "session", _keeping)
    replace_once(EndpointConfig, "request", _asking_again)
    replace_once(RemoteAction, "_action_call_format", _of_the_latest)


async def close(endpoint: Any) -> None:
    """Close what was kept open to `endpoint`, if anything was."""
    session = getattr(endpoint, "_facilitator_session", None)
    if session is not None:
        await session.close()


class _Latest:
    """A tracker as an action is told of it: where things stand, and the latest message, without the events before."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        self.sender_id, self._tracker = tracker.sender_id, tracker

    def current_state(self, _verbosity: Any) -> dict[str, Any]:
        from rasa.shared.core.trackers import EventVerbosity

        return {**self._tracker.current_state(EventVerbosity.NONE), "events": []}


def _keeping(make: Any) -> Any:
    def session(self: Any) -> _Lent:
        kept = self.__dict__.get("_facilitator_session")
        if kept is None or kept.closed:
            kept = self._facilitator_session = make(self)
        return _Lent(kept)

    return session


def _asking_again(request: Any) -> Any:
    """A connection that the server closed just as it was used again is no failure: an action acts once, so it may be asked again."""

    async def again(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return await request(self, *arguments, **named)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await request(self, *arguments, **named)

    return again


def _of_the_latest(call_format: Any) -> Any:
    def latest(self: Any, tracker: DialogueStateTracker, domain: Any) -> dict[str, Any]:
        return dict(call_format(self, _Latest(tracker), domain))

    return latest
