"""Builds the collaborators a process needs, once and only when first asked for. Tests build their own.

Language models are imported where they are built: importing spaCy and friends takes seconds, and the command line and the page need none.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from facilitator import erasure
from facilitator.checklist.content import Checklists, load_checklists, read_yaml
from facilitator.checklist.looking_back import LookingBack, load_looking_back
from facilitator.conversation.phrases import Phrases, load_phrases
from facilitator.conversation.turn import Library, Notice
from facilitator.encoder.memory import return_memory
from facilitator.parity.release import Rule
from facilitator.pseudonyms import Pseudonyms, load_pseudonyms
from facilitator.settings import ROOT, Settings, read_settings
from facilitator.storage.database import Database
from facilitator.wording import Wording, load_wording

if TYPE_CHECKING:
    from facilitator.encoder.encoder import SentenceEncoder
    from facilitator.knowledge.base import KnowledgeBase
    from facilitator.privacy.redact import Redactor
    from facilitator.safety.screen import SafetyScreen
    from facilitator.safety.support import Support

KNOWLEDGE = ROOT / "knowledge"


class Bootstrap:
    """Everything built from the settings. Attributes are made on first use and kept."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or read_settings()

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database, erased_list=self.settings.erased_list, after_erasing=self._delete_exports)

    def _delete_exports(self, conversation_ids: frozenset[str]) -> None:
        erasure.delete_exports(self.database, sorted(conversation_ids), self.settings.data_dir)

    @cached_property
    def checklists(self) -> Checklists:
        return load_checklists(KNOWLEDGE / "checklist")

    @cached_property
    def rule(self) -> Rule:
        """How many people make a group, and how many have to move before its figures do."""
        return Rule(self.settings.facilitator_small_group, self.settings.facilitator_release_step)

    @cached_property
    def looking_back(self) -> LookingBack:
        return load_looking_back(KNOWLEDGE / "checklist")

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        return load_pseudonyms(KNOWLEDGE / "messages" / "pseudonyms.yml")

    @cached_property
    def phrases(self) -> Phrases:
        return load_phrases(ROOT / "bot" / "data" / "nlu")

    @cached_property
    def wording(self) -> Wording:
        return load_wording(ROOT / "bot" / "domain.yml", KNOWLEDGE / "messages", self.support)

    @cached_property
    def strings(self) -> dict[str, dict[str, Any]]:
        """The interface's words, by language."""
        catalogues = (path for path in sorted((KNOWLEDGE / "messages").glob("??.yml")))
        found = {path.stem: {k: v for k, v in read_yaml(path).items() if k != "__line__"} for path in catalogues}
        # a sentence that is not there in a language yet is shown in English
        return {lang: found["en"] | words for lang, words in found.items()}

    @cached_property
    def support(self) -> Support:
        from facilitator.safety.support import load_support

        return load_support(KNOWLEDGE / "support" / "uk.yml")

    @cached_property
    def encoder(self) -> SentenceEncoder:
        from facilitator.encoder.encoder import shared_encoder

        return shared_encoder()

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        from facilitator.knowledge.live import LiveKnowledge
        from facilitator.storage.answers import PublishedAnswers

        answers = PublishedAnswers(self.database)
        return LiveKnowledge(KNOWLEDGE, self.settings.data_dir, cache_dir=self.settings.cache_dir, answers=answers)

    @cached_property
    def screen(self) -> SafetyScreen:
        from facilitator.safety.larger.model import LargerModel
        from facilitator.safety.screen import SafetyScreen
        from facilitator.safety.tuned import TunedModel
        from facilitator.settings import ROOT

        folder = KNOWLEDGE / "safety"
        larger = LargerModel(folder / "larger.npz", ROOT / "models")
        return SafetyScreen(folder, TunedModel(folder / "tuned.npz"), self.settings.cache_dir / "safety.db", larger=larger)

    @cached_property
    def redactor(self) -> Redactor:
        from facilitator.privacy.redact import Redactor

        return Redactor()

    def warm_door(self) -> None:
        """Load what a message meets first, so that nobody waits for it."""
        self.screen.screen("hello")
        self.redactor.warm_up()
        return_memory()

    def warm_library(self) -> None:
        """Load what answering needs. The first time on a machine this builds the search index."""
        self.library.knowledge.search("hello")
        return_memory()

    @cached_property
    def library(self) -> Library:
        settings = self.settings
        notice = Notice(settings.facilitator_organisation, settings.facilitator_contact, settings.periods)
        return Library(self.checklists, self.knowledge, self.looking_back, self.pseudonyms, self.phrases, notice, self.rule)
