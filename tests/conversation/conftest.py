from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conversation.stack import Caller, Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One running system shared by the tests that do not stop it."""
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture
def caller(stack: Stack) -> Caller:
    return Caller(stack)
