"""Calls to the action server over connections that stay open, with only what an action reads.

Stock Rasa makes a client, a connection and an encrypted-connection context of its own for every call of an action, and sends the events
of the conversation, which our actions never look at: our database has it.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from rasa.shared.core.trackers import DialogueStateTracker

_MARK = "_facilitator_kept_open"


class _Lent:
    """A session that goes back to its owner instead of being closed."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(self, *_: Any) -> None:
        """Still open."""


def install() -> None:
    """Replace what the module's first lines name. Doing it twice is the same as once."""
    from rasa.core.actions.action import RemoteAction
    from rasa.utils.endpoints import EndpointConfig

    if getattr(EndpointConfig.session, _MARK, False):
        return
    _keep_sessions(EndpointConfig)
    _ask_again(EndpointConfig)
    stock_format = RemoteAction._action_call_format

    @wraps(stock_format)
    def call_format(self: Any, tracker: DialogueStateTracker, domain: Any) -> dict[str, Any]:
        return dict(stock_format(self, _Latest(tracker), domain))

    RemoteAction._action_call_format = call_format


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


def _keep_sessions(endpoint: Any) -> None:
    make = endpoint.session

    @wraps(make)
    def session(self: Any) -> _Lent:
        kept = self.__dict__.get("_facilitator_session")
        if kept is None or kept.closed:
            kept = self._facilitator_session = make(self)
        return _Lent(kept)

    setattr(session, _MARK, True)
    endpoint.session = session


def _ask_again(endpoint: Any) -> None:
    """A connection that the server closed just as it was used again is no failure: an action acts once, so it may be asked again."""
    request = endpoint.request

    @wraps(request)
    async def again(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return await request(self, *arguments, **named)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await request(self, *arguments, **named)

    endpoint.request = again
