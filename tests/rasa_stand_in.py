"""Stands in for Rasa at its HTTP contract: same address, bodies and actions; only the understanding is a small table."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.actions.base import FacilitatorAction
from bot.actions.catalogue import MOVES
from facilitator.bootstrap import Bootstrap
from facilitator.conversation.turn import Turn
from tests.rules import action_of_intent

UNDERSTOOD = {
    "yes": "affirm", "no": "deny", "skip": "skip", "back": "back", "why do you ask?": "explain_why", "carry on": "resume",
    "pause": "pause", "change an answer": "change_answer", "change my answer about payment": "change_answer",
    "delete everything": "delete_data", "summary": "summary",
    "sort of but it was rushed": "answer_partly", "will i get paid for coming?": "ask_question", "how far am i": "progress",
    "change my name": "change_name", "can i talk to a person": "human_help", "i want to reflect": "reflect", "the ladder": "ladder",
    "keep my answers after all": "consent_yes", "i'm a carer": "role_carer", "who sees this?": "ask_who_sees",
    "what are my next steps": "next_steps", "what did others share": "read_shared",
    "how does the group see it": "group_view",
}  # fmt: skip
TOKEN = "inner-token"


class RasaStandIn:
    """A `Wire`. Set `failing` to have every turn answered with 503, `seen` to look at what was sent."""

    def __init__(self, built: Bootstrap) -> None:
        self._actions = {name: FacilitatorAction(built, name, move) for name, move in MOVES.items()}
        self._built = built
        self.failing = False
        self.seen: list[dict] = []

    async def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
        if self.failing:
            return 503, b'{"error": "NotReady"}'
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, b""
        if path.endswith("/health"):
            return 200, b'{"ready": true}'
        said = json.loads(body or b"")
        self.seen.append(said)
        return 200, json.dumps(self._answer(said)).encode()

    async def close(self) -> None:
        """Nothing is open."""

    def _answer(self, body: dict) -> dict:
        intent = body["intent"]["name"] if "intent" in body else UNDERSTOOD.get(body["text"].strip().lower(), "nlu_fallback")
        action = self._actions[action_of_intent()[intent]]
        entities = body["intent"]["entities"] if "intent" in body else {}
        unseen = bool(body["metadata"].get("unseen"))
        turn = Turn(body["message_id"], intent, 1.0, body.get("text"), entities, unseen=unseen)
        messages = [
            {
                "text": rendered.text,
                "buttons": [{"title": c.title, "intent": c.intent, "entities": dict(c.entities)} for c in rendered.choices],
                "custom": {"kind": rendered.kind, "response": rendered.response, "sources": [vars(s) for s in rendered.sources]},
            }
            for rendered in action.act(turn, body["conversation_id"])
        ]
        return {"messages": messages, "understood": {"intent": intent, "confidence": 1.0}}
