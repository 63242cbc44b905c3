"""The tracker table: what is in it, what is never in it, and that no failure passes for an empty conversation."""

from __future__ import annotations

import json
import random
import sqlite3
from typing import Any

import pytest
import sqlalchemy as sa
from conftest import PROJECT, Actions, Bot
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    FollowupAction,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot.engine.failures import TurnFailed
from bot.engine.tracker_store import TABLE, BoundedTrackerStore

PLANTED = "Hortense Plumtree"


@pytest.fixture(scope="session")
def domain() -> Domain:
    return Domain.load(str(PROJECT / "domain.yml"))


@pytest.fixture
def store(database: str, domain: Domain) -> BoundedTrackerStore:
    return BoundedTrackerStore(domain, database)


def rows(url: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """Every row of the table: conversation, version and state."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(sa.select(TABLE)).all()
    engine.dispose()
    return {row.conversation_id: (row.version, json.loads(row.state)) for row in found}


def talk(tracker: DialogueStateTracker, turns: int, words: str = PLANTED) -> None:
    """Add turns full of words to a tracker."""
    if not tracker.events:
        tracker.update(ActionExecuted("action_listen"))
    for number in range(turns):
        intent = {"name": "ask_question", "confidence": 0.9}
        entities = [{"entity": "item", "value": words}]
        parse = {"intent": intent, "entities": entities, "text": words, "secret": words}
        tracker.update(UserUttered(words, intent, entities, parse, message_id=f"m{number}", metadata={"who": words}))
        tracker.update(ActionExecuted("action_answer", policy=words))
        tracker.update(BotUttered(words, {"buttons": [{"title": words}]}, {"more": words}))
        tracker.update(SlotSet("item", f"item-{number}"))
        tracker.update(ActionExecuted("action_listen"))


async def test_a_tracker_comes_back_with_slots_loop_and_last_turns(store: BoundedTrackerStore) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 5)
    tracker.update(SlotSet("stage", "during"))
    tracker.change_loop_to("comment_form")
    await store.save(tracker)
    back = await store.retrieve("c1")
    assert back is not None
    assert (back.get_slot("item"), back.get_slot("stage")) == ("item-4", "during")
    assert back.latest_action_name == "action_listen"
    assert back.followup_action is None
    assert [e.message_id for e in back.events if isinstance(e, UserUttered)] == ["m2", "m3", "m4"]
    assert back.latest_message is not None and back.latest_message.intent_name == "ask_question"


@pytest.mark.parametrize(
    "event",
    [
        ActionExecuted("action_answer"), ActionExecutionRejected("comment_form"), FollowupAction("action_listen"),
        ActiveLoop("comment_form"), ActiveLoop(None), LoopInterrupted(True), AllSlotsReset(), ConversationPaused(),
        ConversationResumed(), SlotSet("item", "a"), SlotSet("item", None),
    ],
    ids=str,
)  # fmt: skip
async def test_every_kept_event_comes_back_as_it_was(store: BoundedTrackerStore, event: Event) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    tracker.update(event)
    await store.save(tracker)
    back = await store.retrieve("c1")
    assert back is not None and back.events[-1] == event and type(back.events[-1]) is type(event)


async def test_nothing_typed_or_said_is_in_the_table(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 2)
    tracker.update(SlotSet("session_started_metadata", {"who": PLANTED}))
    tracker.update(SlotSet("comment", "sad"))  # one word, but filled from text
    tracker.update(SlotSet("item", PLANTED))  # a sentence where an id belongs
    tracker.update(SlotSet("requested_slot", [PLANTED]))
    await store.save(tracker)
    stored = json.dumps(rows(database))
    assert "Plumtree" not in stored and "sad" not in stored
    assert set(rows(database)["c1"][1]["events"][1]) == {"event", "intent", "confidence", "message_id", "at"}


async def test_of_someone_unkept_there_is_only_that_there_was_a_message(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    tracker.update(ActionExecuted("action_listen"))
    intent = {"name": "answer_partly", "confidence": 0.9}
    tracker.update(UserUttered("sort of", intent, [], message_id="m1", metadata={"kept": False}))
    tracker.update(ActionExecuted("action_answer"))
    await store.save(tracker)
    message = rows(database)["c1"][1]["events"][1]
    assert (message["intent"], message["confidence"], message["message_id"]) == (None, None, "m1")
    back = await store.retrieve("c1")
    assert back is not None and back.latest_message is not None and back.latest_message.intent_name is None


async def test_a_row_stays_small_however_long_the_conversation(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    sizes = []
    for _ in range(100):
        talk(tracker, 1)
        await store.save(tracker)
        sizes.append(len(json.dumps(rows(database)["c1"][1])))
        tracker = await store.retrieve("c1")
    assert max(sizes) < sizes[4] + 50 and len(tracker.events) < 25


async def test_a_save_from_an_older_version_is_refused(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    await store.save(tracker)
    late, early = await store.retrieve("c1"), await store.retrieve("c1")
    early.update(SlotSet("item", "early"))
    await store.save(early)
    late.update(SlotSet("item", "late"))
    with pytest.raises(TurnFailed, match="StaleTracker"):
        await store.save(late)
    assert rows(database)["c1"][0] == 2
    assert (await store.retrieve("c1")).get_slot("item") == "early"


async def test_a_blank_tracker_is_never_saved_over_a_stored_one(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    await store.save(tracker)
    blank = DialogueStateTracker("c1", store.domain.slots)
    blank.update(ActionExecuted("action_listen"))
    with pytest.raises(TurnFailed, match="StaleTracker"):
        await store.save(blank)
    assert rows(database)["c1"][0] == 1


async def test_an_erased_conversation_is_not_brought_back_by_a_turn_under_way(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    await store.save(tracker)
    assert list(await store.keys()) == ["c1"] and await store.exists("c1")
    under_way = await store.retrieve("c1")
    assert await store.delete("c1") is True
    talk(under_way, 1)
    await store.save(under_way)  # the turn in which somebody deletes everything still has to be answered
    assert rows(database) == {} and await store.delete("c1") is False
    assert await store.retrieve("c1") is None


async def test_a_state_written_by_another_version_of_this_code_is_an_error(store: BoundedTrackerStore, database: str) -> None:
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    await store.save(tracker)
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(TABLE.update().values(state='{"format": 99}'))
    engine.dispose()
    with pytest.raises(TurnFailed, match="ValueError"):
        await store.retrieve("c1")


async def test_slots_that_left_the_domain_are_forgotten(database: str, domain: Domain) -> None:
    old = BoundedTrackerStore(domain, database)
    tracker = old.init_tracker("c1")
    talk(tracker, 4)
    await old.save(tracker)
    back = await BoundedTrackerStore(Domain.empty(), database).retrieve("c1")
    assert back is not None and "item" not in back.slots


async def test_the_fail_safe_wrapper_cannot_hide_a_failure(store: BoundedTrackerStore, database: str) -> None:
    wrapped = FailSafeTrackerStore(store)
    tracker = store.init_tracker("c1")
    talk(tracker, 1)
    await wrapped.save(tracker)
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE tracker_state RENAME TO hidden"))
    try:
        with pytest.raises(TurnFailed):
            await wrapped.get_or_create_tracker("c1")
        with pytest.raises(TurnFailed):
            await wrapped.save(tracker)
        assert wrapped._fallback_tracker_store is None
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE hidden RENAME TO tracker_state"))
        engine.dispose()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://h/d", "sqlite://", "sqlite:///:memory:", "postgresql+nosuchdriver://h/d", "oracle://h"]
)
def test_a_bad_address_stops_the_start(url: str) -> None:
    if url.startswith("postgresql"):  # a driver in the address is replaced by ours, so this one is fine
        BoundedTrackerStore(None, url)
        return
    with pytest.raises(RasaException):
        TrackerStore.create(EndpointConfig(url, type="bot.engine.tracker_store.BoundedTrackerStore"))


def test_a_misspelt_setting_stops_the_start(sqlite_database: str) -> None:
    config = EndpointConfig(sqlite_database, type="bot.engine.tracker_store.BoundedTrackerStore", turn=3)
    with pytest.raises(RasaException):
        TrackerStore.create(config)


async def test_a_missing_database_is_an_error_and_no_new_file(tmp_path: Any) -> None:
    store = BoundedTrackerStore(None, f"sqlite:///{tmp_path}/a folder #1/none.db")
    (tmp_path / "a folder #1").mkdir()
    with pytest.raises(TurnFailed):
        await store.retrieve("c1")
    assert not (tmp_path / "a folder #1" / "none.db").exists()


async def test_one_turn_is_one_read_and_one_write(bot: Bot, sqlite_database: str) -> None:
    statements: list[str] = []
    engine = bot.agent.tracker_store._tracker_store._engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2].split()[0]))
    await bot.say("hello")
    assert statements == ["SELECT", "INSERT"]
    statements.clear()
    await bot.choose("skip")
    assert statements == ["SELECT", "UPDATE"]
    assert rows(sqlite_database)["c1"][0] == 2


async def test_a_read_that_fails_is_a_503_with_the_row_unchanged_and_no_action_run(
    bot: Bot, actions: Actions, sqlite_database: str
) -> None:
    await bot.choose("ask_question", item="before-payment")
    before, calls = rows(sqlite_database), len(actions.calls)
    path = sqlite_database.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE tracker_state RENAME TO hidden")
    assert await bot.choose("ask_question", item="lost") == (503, {"error": "OperationalError"})
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE hidden RENAME TO tracker_state")
    assert rows(sqlite_database) == before and len(actions.calls) == calls
    assert (await bot.choose("ask_question"))[0] == 200
    assert actions.calls[-1]["tracker"]["slots"]["item"] == "before-payment"


async def test_a_write_that_fails_is_a_503(bot: Bot, sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await bot.choose("ask_question", item="before-payment")
    before = rows(sqlite_database)

    def explode(*_: object) -> None:
        raise sqlite3.OperationalError(PLANTED)

    monkeypatch.setattr(bot.agent.tracker_store._tracker_store, "_write", explode)
    assert await bot.choose("ask_question", item="lost") == (503, {"error": "OperationalError"})
    assert rows(sqlite_database) == before


async def test_a_bounded_tracker_chooses_what_a_full_one_chooses(bot: Bot, actions: Actions) -> None:
    """Forty random turns, a form among them: the same actions as with every event kept."""
    from rasa.core.agent import Agent

    full = Agent.load(bot.agent.processor.model_path, action_endpoint=bot.agent.action_endpoint)
    dice = random.Random(7)
    actions.will("action_answer", events=[], responses=[{"text": "ok"}])
    for number in range(40):
        stage = dice.choice([None, "before"])
        # as the fallback, it must say that it is done: no rule says what follows it
        listen = {"event": "followup", "name": "action_listen"}
        actions.will("action_not_understood", events=[{"event": "slot", "name": "stage", "value": stage}, listen])
        intent = dice.choice(["greet", "ask_question", "answer_yes", "skip", "start_form", "nlu_fallback"])
        status, _ = await bot.choose(intent, "bounded")
        assert status == 200
        await _choose(full, intent)
        assert await _doings(bot.agent, "bounded", 1) == await _doings(full, "full", 1), f"turn {number}, {intent}"


async def _choose(agent: Any, intent: str) -> None:
    from rasa.core.channels.channel import UserMessage

    chosen = {"name": intent, "confidence": 1.0}
    parse = {"intent": chosen, "intent_ranking": [chosen], "entities": [], "text": None}
    await agent.handle_message(UserMessage(None, sender_id="full", parse_data=parse))


async def _doings(agent: Any, conversation: str, turns: int) -> tuple[list[str], dict[str, Any], str | None]:
    """Actions of the last turns, slots and loop."""
    tracker = await agent.tracker_store.retrieve(conversation)
    events = list(tracker.events)
    last = [index for index, event in enumerate(events) if isinstance(event, UserUttered)][-turns]
    names = [event.action_name for event in events[last:] if isinstance(event, ActionExecuted)]
    slots = {name: value for name, value in tracker.current_slot_values().items() if name != "comment"}
    return names, slots, tracker.active_loop_name
