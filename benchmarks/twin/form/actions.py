"""What the form's validation and the rules call, on Rasa's own SDK and its own server."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

QUESTIONS = 15


def _moved(tracker: Tracker, by: int) -> float:
    return float((int(tracker.get_slot("number") or 1) - 1 + by) % QUESTIONS + 1)


class ValidateQuestions(FormValidationAction):
    """Keeps the answer, goes on to the next question, and empties the slot: so the form asks again, without end."""

    def name(self) -> str:
        return "validate_questions_form"

    def validate_rating(self, value: str | None, _dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any) -> dict[str, Any]:
        if value is None:
            return {}
        number = int(tracker.get_slot("number") or 1)
        kept = {**dict(tracker.get_slot("answers") or []), number: value}
        return {"rating": None, "number": _moved(tracker, 1), "answers": list(kept.items())}


class Answer(Action):
    """Answers a question in the middle of the form."""

    def name(self) -> str:
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, _tracker: Tracker, _domain: Any) -> list[dict[str, Any]]:
        dispatcher.utter_message(response="utter_answer")
        return []


class GoBack(Action):
    """One question back."""

    def name(self) -> str:
        return "action_go_back"

    def run(self, _dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any) -> list[dict[str, Any]]:
        return [SlotSet("number", _moved(tracker, -1))]


class Skip(Action):
    """One question on, with nothing kept."""

    def name(self) -> str:
        return "action_skip"

    def run(self, _dispatcher: CollectingDispatcher, tracker: Tracker, _domain: Any) -> list[dict[str, Any]]:
        return [SlotSet("number", _moved(tracker, 1))]
