"""What every typed text meets first: the safety screen on the words as typed, then redaction.

Neither needs the database, a token or Rasa. CPU work runs off the event loop.
"""

from __future__ import annotations

import asyncio

from facilitator.privacy.redact import Redactor

from facilitator.safety.kinds import SafetyKind
from facilitator.safety.screen import SafetyScreen


class Door:
    def __init__(self, screen: SafetyScreen, redactor: Redactor) -> None:
        self._screen, self._redactor = screen, redactor

    async def look(self, text: str) -> SafetyKind:
        """Whether someone may be in danger or in distress."""
        return (await asyncio.to_thread(self._screen.screen, text)).kind

    async def admit(self, text: str) -> str:
        """The text with names and numbers taken out: the only form that is stored or passed on."""
        return (await asyncio.to_thread(self._redactor.redact, text)).text
