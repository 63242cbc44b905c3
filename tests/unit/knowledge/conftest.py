from __future__ import annotations

from pathlib import Path

import pytest

from facilitator.knowledge.live import LiveKnowledge
from facilitator.settings import ROOT, read_settings
from tests.unit.knowledge.stand_ins import WordEncoder, write_knowledge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small knowledge base without a fault."""
    return write_knowledge(tmp_path / "knowledge")


@pytest.fixture
def small(folder: Path, tmp_path: Path) -> LiveKnowledge:
    return LiveKnowledge(folder, tmp_path / "var", WordEncoder())  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> LiveKnowledge:
    """The knowledge base people get, without any organisation's documents. The first run on a machine builds its index."""
    return LiveKnowledge(ROOT / "knowledge", tmp_path_factory.mktemp("var"), cache_dir=read_settings({}).cache_dir)
