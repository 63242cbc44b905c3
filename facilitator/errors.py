"""What can go wrong, in the domain's own words. Each edge (actions, chat API, …) translates these once."""

from __future__ import annotations


class FacilitatorError(Exception):
    """Base of every error this library raises on purpose. Its text never holds what a person typed."""


class SettingsError(FacilitatorError):
    """A setting is missing or wrong; the text says which and what to do."""


class ContentError(FacilitatorError):
    """A file of `knowledge/` or `bot/domain.yml` is wrong.

    Args:
        path: the file. line: 1-based line number, or None when the fault has no single line.
    """

    def __init__(self, path: object, line: int | None, fault: str) -> None:
        self.path, self.line, self.fault = path, line, fault
        super().__init__(f"{path}{f':{line}' if line else ''}: {fault}")


class NotFoundError(FacilitatorError):
    """There is no such conversation, activity or code (or it is not yours: the two look alike on purpose)."""


class ChoiceUnknownError(FacilitatorError):
    """The choice id was never offered in this conversation."""


class ChoiceClosedError(FacilitatorError):
    """The choice belonged to a question that has been left."""


class StorageUnavailableError(FacilitatorError):
    """The database cannot be reached; trying again later can help."""


class UnstorableError(FacilitatorError):
    """No database of ours can hold a value that was given, or be asked for it; trying again changes nothing."""


class NoTablesYetError(StorageUnavailableError):
    """The database answers, and has not been set up: `facilitator db upgrade` makes its tables."""


class TablesError(FacilitatorError):
    """The tables cannot change to another version; they are as they were. The text says why and what to do."""
