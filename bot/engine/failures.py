"""What stops a turn, and the reason it may not be an `Exception`."""

from __future__ import annotations


class TurnFailed(BaseException):
    """Ends the turn at once; the channel answers 503 and nothing of the turn is saved.

    A `BaseException`, as asyncio's `CancelledError` is, because between our plug-ins and our channel Rasa has several
    `except Exception` that carry on with wrong data: `FailSafeTrackerStore.retrieve` goes on with a blank tracker,
    `FailSafeTrackerStore.save` keeps it in memory where no other replica sees it, and `MessageProcessor._run_action`
    drops the action's events and answers anyway.

    Holds the class name of what went wrong and nothing else: messages of exceptions quote what people typed.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @classmethod
    def because(cls, error: BaseException) -> TurnFailed:
        """Named after the first cause of `error`, so that a refused connection is not called `RasaException`."""
        return error if isinstance(error, TurnFailed) else cls(type(first_cause(error)).__name__)


def first_cause(error: BaseException) -> BaseException:
    """The exception that started the chain ending in `error`."""
    cause = error.__cause__ or error.__context__
    return error if cause is None else first_cause(cause)
