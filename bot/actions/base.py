"""What every action of ours does: read the tracker, call one plain function of `facilitator`, utter."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.moves.people import speak_english
from facilitator.conversation.turn import Move, Turn
from facilitator.service import take_turn
from facilitator.wording import Rendered

OTHER_LANGUAGE = "other_language"


class FacilitatorAction(Action):  # type: ignore[misc]
    """One action: its name in bot/domain.yml, and the move of the conversation that it makes."""

    def __init__(self, bootstrap: Bootstrap, name: str, move: Move) -> None:
        self._bootstrap, self._name, self._move = bootstrap, name, move

    def name(self) -> str:
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        turn = read_turn(tracker)
        # Off the event loop: a slow database must not hold up other people's turns.
        for rendered in await asyncio.to_thread(self.act, turn, tracker.sender_id):
            utter(dispatcher, rendered)
        # Every rule is one action and then listening (a test holds us to it): said outright, it spares Rasa a second prediction.
        return [FollowupAction("action_listen")]

    def act(self, turn: Turn, conversation_id: str) -> list[Rendered]:
        """Make the move, or find that it was made before, and return the words for it."""
        built = self._bootstrap
        # A text in another language is never guessed at, whatever Rasa made of it.
        move = speak_english if turn.intent == OTHER_LANGUAGE else self._move
        says, talk = take_turn(built.database, built.library, self._name, move, turn, conversation_id)
        return [built.wording.render(say, talk, built.library) for say in says]


def read_turn(tracker: Tracker) -> Turn:
    """The inbound message as Rasa understood it. A choice carries no text."""
    message = tracker.latest_message
    metadata = message.get("metadata") or {}
    intent = message.get("intent") or {}
    chosen = bool(metadata.get("chosen"))
    return Turn(
        message_id=str(metadata["message_id"]),
        intent=OTHER_LANGUAGE if metadata.get(OTHER_LANGUAGE) else str(intent.get("name")),
        confidence=float(intent.get("confidence") or 0.0),
        text=None if chosen else str(message.get("text") or ""),
        ranking={str(ranked.get("name")): float(ranked.get("confidence") or 0.0) for ranked in message.get("intent_ranking") or ()},
        entities={str(entity["entity"]): str(entity["value"]) for entity in message.get("entities") or ()} if chosen else {},
        unseen=bool(metadata.get("unseen")),
    )


def utter(dispatcher: CollectingDispatcher, rendered: Rendered) -> None:
    """Hand a message to Rasa: its text, its choices and, for the web app, what kind it is and where it came from."""
    buttons = [{"title": c.title, "intent": c.intent, "entities": dict(c.entities)} for c in rendered.choices]
    sources = [{"title": s.title, "section": s.section, "url": s.url} for s in rendered.sources]
    about = {"kind": str(rendered.kind), "response": rendered.response, "sources": sources}
    dispatcher.utter_message(text=rendered.text, buttons=buttons, json_message=about)
