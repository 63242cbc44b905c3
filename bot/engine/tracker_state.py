"""What the tracker table holds of a conversation, and how a tracker is made of it again.

Kept: slots, the active loop and the last few turns, of each turn the intent, its confidence, the message id and the
names of actions, slots and loops. The list is closed: an event or field not named here is not kept, so neither what a
person typed nor what the bot said can be, whatever a future component adds to an event.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    ConversationResumed,
    Event,
    FollowupAction,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

FORMAT = 1
# An id, a name, a number: never a sentence. Slots holding anything else are left out of the table.
_TOKEN = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
_MAX_LIST = 50

State = dict[str, Any]


def keep(tracker: DialogueStateTracker, turns: int) -> State:
    """The state of `tracker` with its last `turns` turns, as JSON values."""
    applied = tracker.applied_events()
    start = _window_start(applied, turns)
    before = tracker.init_copy()
    for event in applied[:start]:
        event.apply_to(before)
    slots = {name: slot.value for name, slot in before.slots.items() if _differs(slot) and may_keep(slot, slot.value)}
    return {
        "format": FORMAT,
        "slots": slots,
        "loop": _loop(before),
        "paused": before.is_paused(),
        "latest_action": tracker.latest_action_name,  # for people reading the table; loading replays the events
        "events": [kept for event in applied[start:] if (kept := _keep_event(event, tracker.slots))],
    }


def rebuild(state: State) -> list[Event]:
    """Events which, applied to a blank tracker, give back what `keep` was given.

    Events rather than attributes, because policies never look at a tracker's attributes: they replay its events.
    Raises ValueError for a state of another format.
    """
    if state.get("format") != FORMAT:
        raise ValueError("tracker state of another format")
    events: list[Event] = [SlotSet(name, value) for name, value in state["slots"].items()]
    if state["loop"]:
        events.append(ActiveLoop(state["loop"]["name"]))
        if state["loop"]["rejected"]:
            events.append(ActionExecutionRejected(state["loop"]["name"]))
    if state["paused"]:
        events.append(ConversationPaused())
    return events + [_LOADERS[kept["event"]](kept) for kept in state["events"]]


def may_keep(slot: Slot, value: Any) -> bool:
    """Whether a slot's value may be stored: not when it is filled from text, nor when it could be a sentence."""
    if any(mapping.get("type") == "from_text" for mapping in slot.mappings or []):
        return False
    if isinstance(value, list):
        return len(value) <= _MAX_LIST and all(_is_token(item) for item in value)
    return _is_token(value)


def _is_token(value: Any) -> bool:
    if isinstance(value, str):
        return _TOKEN.fullmatch(value) is not None
    return value is None or isinstance(value, (bool, int, float))


def _differs(slot: Slot) -> bool:
    return bool(slot.value != slot.initial_value)


def _window_start(events: list[Event], turns: int) -> int:
    """Index of the `action_listen` before the last `turns` messages; 0 when there are no more than that.

    A turn is never cut in two, and at least one whole turn precedes the next message, so a rule for the start of a
    conversation cannot match later on.
    """
    messages = [index for index, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(messages) <= turns:
        return 0
    first = messages[-turns]
    listening = (i for i in range(first, -1, -1) if _is_listen(events[i]))
    return next(listening, first)


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _loop(tracker: DialogueStateTracker) -> State | None:
    loop = tracker.active_loop
    return {"name": loop.name, "rejected": loop.rejected} if loop and loop.name else None


def _keep_event(event: Event, slots: dict[str, Slot]) -> State | None:
    if isinstance(event, SlotSet):
        slot = slots.get(event.key)
        # a value that may not be kept is forgotten, as if the slot had been emptied
        value = event.value if slot and may_keep(slot, event.value) else None
        return {"event": "slot", "name": event.key, "value": value} if slot else None
    if isinstance(event, UserUttered):
        return _keep_message(event)
    if isinstance(event, ActionExecuted) and not event.action_name:
        return None  # an end-to-end action is named by what the bot says
    if attribute := _NAMED.get(type(event)):
        return {"event": event.type_name, "name": getattr(event, attribute)}
    return {"event": event.type_name} if type(event) in _BARE else None


def _keep_message(event: UserUttered) -> State:
    # An intent can be a rating ("answer_partly"): for someone whose answers are not kept, only that there was a message.
    told = (event.metadata or {}).get("kept") is not False
    return {
        "event": "user",
        "intent": event.intent_name if told else None,
        "confidence": event.intent.get("confidence") if told else None,
        "message_id": event.message_id,
        "at": round(event.timestamp),  # session expiry, if it is ever switched on, counts from here
    }


def _load_message(kept: State) -> UserUttered:
    intent = {"name": kept["intent"], "confidence": kept["confidence"]}
    message_id = kept["message_id"]
    metadata = {"message_id": message_id}
    return UserUttered(None, intent, timestamp=kept["at"], message_id=message_id, metadata=metadata)


# Events that hold one name or flag: the attribute, whose value is also the constructor's first argument.
_NAMED: dict[type[Event], str] = {
    ActionExecuted: "action_name",
    ActionExecutionRejected: "action_name",
    FollowupAction: "action_name",
    ActiveLoop: "name",
    LoopInterrupted: "is_interrupted",
}
# Events that hold nothing at all.
_BARE: tuple[type[Event], ...] = (AllSlotsReset, ConversationPaused, ConversationResumed)


def _loader(kind: type[Event], *field: str) -> Callable[[State], Event]:
    return lambda kept: kind(*(kept[name] for name in field))


_LOADERS: dict[str, Callable[[State], Event]] = {
    "slot": lambda kept: SlotSet(kept["name"], kept["value"]),
    "user": _load_message,
    **{kind.type_name: _loader(kind, "name") for kind in _NAMED},
    **{kind.type_name: _loader(kind) for kind in _BARE},
}
