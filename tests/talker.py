"""A person in a test: says things to the pure conversation and remembers what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.actions.catalogue import MOVES
from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.respond import respond
from facilitator.conversation.turn import (
    AnswerErased,
    AnswersErased,
    Fact,
    KeepingChosen,
    Library,
    Outcome,
    RoleChosen,
    Talk,
    Turn,
    WrittenErased,
)
from facilitator.storage.inbox import TAKES_BACK
from tests.rules import action_of_intent

ACTIONS = action_of_intent()


class Talker:
    """`talker("answer_yes")` presses; `talker("ask_question", "will I be paid?")` types."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.outcome: Outcome = open_conversation(Talk("talker"), library)
        self.talk = self.outcome.talk
        self.facts: list[Fact] = []
        self.message_id = "message"

    def __call__(
        self,
        intent: str,
        text: str | None = None,
        confidence: float = 0.9,
        *,
        today: date = date(2026, 11, 23),
        ranking: dict[str, float] | None = None,
        message_id: str | None = None,
        **entities: str,
    ) -> list[str]:
        """Returns the ids of the sentences said."""
        move = MOVES[ACTIONS[intent]]
        self.outcome = respond(
            move, Turn(message_id or self.message_id, intent, confidence, text, entities, today, ranking or {}), self.talk, self.library
        )
        self._check_that_pages_are_told()
        self.talk = self._as_stored(self.outcome)
        self.facts += self.outcome.facts
        return [say.response for say in self.outcome.says]

    def _check_that_pages_are_told(self) -> None:
        """Open pages take back what was deleted when they hear one of these: one is said when something went, and only then."""
        went = any(isinstance(fact, AnswerErased | AnswersErased | WrittenErased) for fact in self.outcome.facts)
        assert went == any(say.response in TAKES_BACK for say in self.outcome.says)

    @staticmethod
    def _as_stored(outcome: Outcome) -> Talk:
        """What loading from the database would give: role and consent come from the facts, and a no leaves nothing of who they are."""
        talk = outcome.talk
        for fact in outcome.facts:
            if isinstance(fact, KeepingChosen):
                talk = replace(talk, kept=fact.keep)
            elif isinstance(fact, RoleChosen) and talk.kept:
                talk = replace(talk, role=fact.role)
        return talk if talk.kept is not False else replace(talk, role=None, pseudonym=None)

    @property
    def position(self):
        return self.talk.position

    def begin(self, *, keep: bool = True, role: str = "role_service_user", stage: str = "before", depth: str = "quick") -> Talker:
        self("consent_yes" if keep else "consent_no")
        if keep:
            self(role)
        self(f"start_{stage}")
        self(f"choose_{depth}")
        return self
