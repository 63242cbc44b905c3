from __future__ import annotations

import pytest

from facilitator.checklist.content import load_checklists
from facilitator.conversation.turn import Library, Notice
from facilitator.settings import ROOT
from facilitator.wording import Wording, load_wording
from tests.fakes import FakeKnowledge


@pytest.fixture(scope="session")
def library() -> Library:
    return Library(load_checklists(ROOT / "knowledge" / "checklist"), FakeKnowledge(), Notice("Test Trust", "Ann"))


@pytest.fixture(scope="session")
def wording() -> Wording:
    return load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages")
