"""What holds for every test: on a busy machine an example may take its time (Hypothesis would call that a failure); the longest begin."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Files that take longest, though some have few tests: begun first, so that in the end no worker is alone with one of them.
LONGEST = (
    "test_api_contract", "test_demo", "test_screen", "test_backup", "test_tuned", "test_malformed", "test_exports", "test_search",
    "test_receiving", "test_questions",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path.stem, LONGEST))


def _place(name: str, first: Sequence[str]) -> int:
    return first.index(name) if name in first else len(first)
