"""How many messages are being answered at once. Beyond that a person is told kindly and at once, rather than kept until time runs out.

Nothing is stored of a message that is turned away, so it can be sent again. Words that may mean danger never come this far: they are
answered by the door.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# On two cores about 20 turns are answered a second: the last of these waits some 6 seconds, within the patience of the link to Rasa.
MOST_AT_ONCE = 120


class TooBusy(Exception):
    """More messages are being answered than can be in good time."""


class Turnstile:
    """Counts who is inside. One process has one; replicas each have their own."""

    def __init__(self, most: int = MOST_AT_ONCE) -> None:
        self._most = most
        self.inside = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those being answered.

        Raises:
            TooBusy: all are taken.
        """
        if self.inside >= self._most:
            raise TooBusy
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
