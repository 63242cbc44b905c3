from __future__ import annotations

import pytest

from facilitator.checklist.content import load_checklists
from facilitator.checklist.looking_back import load_looking_back
from facilitator.conversation.phrases import load_phrases
from facilitator.conversation.turn import Library, Notice
from facilitator.periods import Periods
from facilitator.pseudonyms import load_pseudonyms
from facilitator.settings import ROOT
from facilitator.wording import Wording, load_wording
from tests.fakes import FakeKnowledge


@pytest.fixture(scope="session")
def library() -> Library:
    content = ROOT / "knowledge" / "checklist"
    phrases = load_phrases(ROOT / "bot" / "data" / "nlu")
    names = load_pseudonyms(ROOT / "knowledge" / "messages" / "pseudonyms.yml")
    notice = Notice("Test Trust", "Ann", Periods(90, 365))
    return Library(load_checklists(content), FakeKnowledge(), load_looking_back(content), names, phrases, notice)


@pytest.fixture(scope="session")
def wording() -> Wording:
    return load_wording(ROOT / "bot" / "domain.yml", ROOT / "knowledge" / "messages")
