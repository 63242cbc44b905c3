"""Coming back to a chat whose token has worn out. A token wears out; a code does not, and this browser holds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from fastapi import Request
from pydantic import ValidationError

from facilitator.errors import FacilitatorError
from web.chat import api
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.schemas import OpenConversation, Opened
from web.parts import Parts
from web.plain.cookies import Held


class NotOpened(Problem):
    """The token opens the chat no more, and nor does the code. `passing`: it may do so later."""

    def __init__(self, *, passing: bool) -> None:
        super().__init__(401, "unauthorised")
        self.passing = passing


def came_back(request: Request) -> Held | None:
    """The chat that was come back to in this request, for its browser to hold from now on."""
    found: Held | None = getattr(request.state, "came_back", None)
    return found


async def with_chat[T](request: Request, parts: Parts, held: Held, work: Callable[[Held], Awaitable[T]]) -> T:
    """What comes of `work` on the chat; where the token has worn out, of doing it again once the chat is come back to with its code.

    Once in a request: a server that refused the new token too would be asked for ever.

    Raises:
        NotOpened: neither the token nor the code opens it.
        Problem, FacilitatorError: whatever `work` raises besides.
    """
    back = came_back(request)
    if back is None:
        try:
            return await work(held)
        except Problem as problem:
            if problem.status != 401:
                raise
        back = request.state.came_back = await _come_back(request, parts, held)
    try:
        return await work(back)
    except Problem as problem:
        raise (NotOpened(passing=True) if problem.status == 401 else problem) from None


async def open_with(request: Request, parts: Parts, code: str) -> Opened:
    """The chat that a person's own code opens. Raises ValidationError for what cannot be a code; besides, what the chat API raises."""
    asked = OpenConversation(resume_code=code)
    return await api.open_conversation(asked=asked, parts=parts, token="", address=api.address_of(request))


async def _come_back(request: Request, parts: Parts, held: Held) -> Held:
    """With the code, which counts as one that somebody typed: a wrong one against the address, and against all."""
    if not held.kept or not held.resume_code:
        raise NotOpened(passing=False)
    try:
        opened = await open_with(request, parts, held.resume_code)
    except ValidationError:  # no code of ours
        raise NotOpened(passing=False) from None
    except Problem as problem:
        raise NotOpened(passing=problem.kind != UNKNOWN_CODE) from None
    except FacilitatorError:
        raise NotOpened(passing=True) from None
    return replace(held, conversation_id=opened.conversation_id, token=opened.token).after(opened)
