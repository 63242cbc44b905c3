"""What every typed text meets first: the safety screen on the words as typed, then redaction.

Neither needs the database, a token or Rasa. CPU work runs off the event loop.
"""

from __future__ import annotations

import asyncio

import structlog

from facilitator.privacy.redact import Redactor
from facilitator.safety.kinds import SafetyKind
from facilitator.safety.screen import SafetyScreen

log = structlog.get_logger("web")


class NotScreened(Exception):
    """The safety screen itself failed; nobody knows whether this message needs help."""


class Door:
    def __init__(self, screen: SafetyScreen, redactor: Redactor) -> None:
        self._screen, self._redactor = screen, redactor

    async def look(self, text: str) -> SafetyKind:
        """Whether someone may be in danger or in distress."""
        try:
            return (await asyncio.to_thread(self._screen.screen, text)).kind
        except Exception as error:
            # A message that could not be screened is not passed on as if it were safe: the person is told, with the numbers.
            log.error("screen_failed", error=type(error).__name__)
            raise NotScreened from None

    async def admit(self, text: str) -> str:
        """The text with names and numbers taken out: the only form that is stored or passed on."""
        return (await asyncio.to_thread(self._redactor.redact, text)).text
