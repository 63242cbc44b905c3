"""The review app on both databases, with a fresh system for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.integration.web import Running, running


@pytest.fixture
async def system(address: str, tmp_path: Any, database: Any) -> AsyncIterator[Running]:
    up = running(address, tmp_path)
    yield up
    await up.parts.link.close()
    up.built.database.dispose()
