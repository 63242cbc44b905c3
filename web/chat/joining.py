"""Looking up a code for joining before anybody joins: for the title on the page that a link opens, and beside a code for coming back."""

from __future__ import annotations

import asyncio

from facilitator.activities import find_by_code
from web.chat.limits import JOIN_CODES
from web.chat.problems import UNKNOWN_CODE, Problem
from web.parts import Parts


async def title_of(parts: Parts, join_code: str, address: str) -> str:
    """The title of the activity with this code. A wrong code is counted against the address, as at joining; a right one is not.

    Raises:
        Problem: 404 when no activity has it; 429 after too many wrong ones, whatever this one is.
        StorageUnavailableError: the database cannot be asked.
    """

    def look() -> str | None:
        with parts.built.database.reading() as session:
            found = find_by_code(session, join_code)
            return found.title if found else None

    async with parts.limits.only_wrong(JOIN_CODES, address):
        title = await asyncio.to_thread(look)
        if title is None:
            raise Problem(404, UNKNOWN_CODE)
        return title
