"""What every typed text meets first: the safety screen on the words as typed, and redaction. In a short text side by side.

Neither needs the database, a token or Rasa, and nothing is stored or passed on before both are done. CPU work runs off the event loop.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from facilitator.conversation.options import plainly_says_who
from facilitator.conversation.phrases import Phrases
from facilitator.encoder.latest import LatestTexts
from facilitator.privacy.redact import Redactor
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.safety.screen import SafetyScreen

log = structlog.get_logger("web")
THREADS = 2
# In characters. In a longer text the screen has pieces to read on both of two cores, and nobody in danger waits for names to be found.
SIDE_BY_SIDE = 250
_SAFE = Screened(SafetyKind.SAFE)
# of one of the short things people say to get about
_ORDINARY = Screened(SafetyKind.SAFE)


class NotScreened(Exception):
    """The safety screen itself failed; nobody knows whether this message needs help."""


class Door:
    """`phrases` are what people say to get about in the chat: no guess of the classifier alone makes a danger of those."""

    def __init__(self, screen: SafetyScreen, redactor: Redactor, phrases: Phrases | None = None) -> None:
        self._screen, self._redactor, self._phrases = screen, redactor, phrases
        # Threads of its own: when a database that does not answer holds up all the others, somebody in danger is still heard.
        self._screening = ThreadPoolExecutor(THREADS, thread_name_prefix="screening")
        # and nobody in danger waits behind the names in another's message
        self._redacting = ThreadPoolExecutor(THREADS, thread_name_prefix="redacting")
        # Both are of the text alone, and go to no thread a second time: two hops are more than either costs for "skip".
        self._known_ordinary, self._known_without_details = LatestTexts[bool](), LatestTexts[bool]()

    async def look(self, text: str, who_is_asked: Callable[[], Awaitable[bool]] | None = None) -> Screened:
        """Whether someone may be in danger or in distress.

        `who_is_asked` finds out whether the question in hand is who will do a next step. Only there is "I will do it" an offer, and only
        when nothing but a guess of the classifier speaks against it; anywhere else, and when it cannot be found out, it may be a hint.
        """
        if self._known_ordinary.get(text):
            return _ORDINARY
        try:
            found = await _aside(self._screening, self._look, text)
            if found is _ORDINARY:
                self._known_ordinary.put(text, True)
            if found.guessed and who_is_asked is not None and plainly_says_who(text) and await who_is_asked():
                return _SAFE
            return found
        except Exception as error:
            # A message that could not be screened is not passed on as if it were safe: the person is told, with the numbers.
            log.error("screen_failed", error=type(error).__name__)
            raise NotScreened from None

    def _look(self, text: str) -> Screened:
        ordinary = self._phrases is not None and self._phrases.is_ordinary(text)
        if ordinary and self._screen.by_rules(text).kind is SafetyKind.SAFE:
            # all the classifier could add is a guess of its own, which an ordinary phrase outweighs
            return _ORDINARY
        found = self._screen.screen(text)
        return _ORDINARY if found.guessed and ordinary else found

    async def admit(self, text: str) -> str:
        """The text with names and numbers taken out: the only form that is stored or passed on."""
        if self._known_without_details.get(text):
            return text
        redacted = (await _aside(self._redacting, self._redactor.redact, text)).text
        if redacted == text:
            self._known_without_details.put(text, True)
        return redacted

    async def meet(self, text: str, who_is_asked: Callable[[], Awaitable[bool]] | None = None) -> tuple[Screened, asyncio.Task[str]]:
        """`look` and `admit`. The first is there at once; the second goes on, and what becomes of it is for whoever awaits it.

        Raises:
            NotScreened: as `look`.
        """
        begun = self._begin_to_admit(text) if len(text) <= SIDE_BY_SIDE else None
        found = await self.look(text, who_is_asked)
        return found, begun or self._begin_to_admit(text)

    def _begin_to_admit(self, text: str) -> asyncio.Task[str]:
        begun = asyncio.create_task(self.admit(text))
        begun.add_done_callback(lambda task: task.cancelled() or task.exception())
        return begun


async def _aside[T](threads: ThreadPoolExecutor, work: Callable[[str], T], text: str) -> T:
    # with the request's id: a log line of a library holds no words while there is one
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, context.run, work, text)
