"""What was taken out of a turn's cost in Rasa changes nothing of what a turn does."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conftest import Actions, Bot, texts
from rasa.core.actions.action import ActionExtractSlots
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import FollowupAction, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine import empty_domain, kept_open, no_slots, plain_runner, remembered_rules

ROOT = Path(__file__).resolve().parents[2]
LISTEN = {"event": "followup", "name": "action_listen"}


async def test_the_plain_runner_understands_as_dask_does(bot: Bot) -> None:
    from rasa.core.channels.channel import UserMessage

    processor = bot.agent.processor
    said = ["hello", "will I get paid", "asdf qwer", "yes please"]
    plain = [await processor.parse_message(UserMessage(text)) for text in said]
    ours = DaskGraphRunner.run
    DaskGraphRunner.run = ours.__wrapped__  # type: ignore[attr-defined]
    try:
        dask = [await processor.parse_message(UserMessage(text)) for text in said]
    finally:
        DaskGraphRunner.run = ours
    assert plain == dask
    assert plain[0]["intent"]["name"] == "greet"


def test_each_step_comes_after_those_it_needs() -> None:
    needs = {"a": {}, "b": {"x": "a", "y": "given"}, "c": {"x": "b", "y": "a"}}
    nodes = {name: SimpleNamespace(needs=need) for name, need in reversed(needs.items())}
    schema: Any = SimpleNamespace(minimal_graph_schema=lambda _targets: SimpleNamespace(nodes=nodes))
    assert plain_runner.steps_to(schema, ("c",)) == [("a", ()), ("b", ("a", "given")), ("c", ("b", "a"))]


async def test_installing_again_changes_nothing(bot: Bot) -> None:
    from rasa.utils.endpoints import EndpointConfig

    before = DaskGraphRunner.run, EndpointConfig.session, EndpointConfig.request
    plain_runner.install()
    kept_open.install()
    assert before == (DaskGraphRunner.run, EndpointConfig.session, EndpointConfig.request)


def test_a_domain_is_empty_when_rasa_says_so(bot: Bot) -> None:
    empty_domain.install()
    stock = Domain.is_empty.__wrapped__  # type: ignore[attr-defined]
    for domain in (bot.agent.domain, Domain.empty(), Domain.from_dict({"intents": ["greet"]}), Domain.from_dict({"responses": {}})):
        assert domain.is_empty() is stock(domain)
    assert Domain.empty().is_empty() and not bot.agent.domain.is_empty()


async def test_an_action_that_says_listen_ends_the_turn_like_a_predicted_one(bot: Bot, actions: Actions) -> None:
    asked = []
    run = bot.agent.processor._predict_next_with_tracker

    def counted(tracker: Any) -> Any:
        asked.append(tracker.followup_action)
        return run(tracker)

    bot.agent.processor._predict_next_with_tracker = counted
    actions.will("action_answer", events=[LISTEN], responses=[{"text": "did it"}])
    for _ in range(6):  # more turns than are kept
        assert texts((await bot.choose("ask_question"))[1]) == ["did it"]
    assert asked == [None, "action_listen"] * 6
    tracker = await bot.agent.tracker_store.retrieve("c1")
    assert tracker.latest_action_name == "action_listen" and tracker.followup_action is None
    assert any(isinstance(event, FollowupAction) for event in tracker.events)


async def test_rules_that_fit_are_found_once_and_are_those_that_stock_finds(bot: Bot, monkeypatch: Any) -> None:
    stock, remembered, calls, looked = RulePolicy._get_possible_keys.__wrapped__, RulePolicy._get_possible_keys, [], []  # type: ignore[attr-defined]
    fits = RulePolicy._is_rule_applicable

    def noted(*asked: Any) -> Any:
        calls.append(asked)
        return remembered(*asked)

    def counted(policy: Any, *arguments: Any) -> bool:
        looked.append(arguments)
        return bool(fits(policy, *arguments))

    monkeypatch.setattr(RulePolicy, "_get_possible_keys", noted)
    for intent in ("ask_question", "greet", "goodbye"):
        assert (await bot.choose(intent))[0] == 200
    monkeypatch.setattr(RulePolicy, "_is_rule_applicable", counted)
    for asked in calls:
        found = remembered(*asked)
        assert looked == []
        found.clear()  # it is the caller's own
        assert remembered(*asked) == stock(*asked)
        looked.clear()
    assert any(stock(*asked) for asked in calls)


async def test_a_rule_that_asks_for_words_is_held_against_them_each_time() -> None:
    policy: Any = SimpleNamespace(_is_rule_applicable=lambda rule, _, state: state["user"].get("text") in rule)
    said = [{"user": {"text": "canal"}}]
    asks = {'[{"user": {"text": "canal"}}]': "action_greet"}
    assert RulePolicy._get_possible_keys(policy, asks, said) == set(asks)
    assert RulePolicy._get_possible_keys(policy, asks, [{"user": {"text": "river"}}]) == set()
    assert not hasattr(policy, "_facilitator_rules")


async def test_nobodys_words_are_remembered_with_the_rules(bot: Bot, monkeypatch: Any) -> None:
    remembered, policies = RulePolicy._get_possible_keys, []

    def noted(policy: Any, *asked: Any) -> Any:
        policies.append((policy, repr(asked)))
        return remembered(policy, *asked)

    monkeypatch.setattr(RulePolicy, "_get_possible_keys", noted)
    await bot.say("my sister lives near the canal")
    policy = policies[0][0]
    assert any("canal" in asked for _, asked in policies)  # Rasa does ask with the words
    kept = policy._facilitator_rules._found
    assert kept and "canal" not in repr(kept)


def test_only_so_many_places_are_remembered(monkeypatch: Any) -> None:
    monkeypatch.setattr(remembered_rules, "MOST", 3)
    policy: Any = SimpleNamespace(_is_rule_applicable=lambda *_: True)
    for number in range(5):
        assert RulePolicy._get_possible_keys(policy, {"a": "b"}, [{"user": {"intent": str(number)}}]) == {"a"}
    assert len(policy._facilitator_rules._found) == 3


async def test_turns_share_a_connection_and_send_no_events(bot: Bot, actions: Actions) -> None:
    for _ in range(4):
        await bot.choose("ask_question")
    assert len(actions.callers) == 1
    assert all(call["tracker"]["events"] == [] for call in actions.calls)
    assert actions.calls[-1]["tracker"]["latest_message"]["intent"]["name"] == "ask_question"


async def test_a_kept_connection_that_the_server_closed_is_asked_again(bot: Bot, actions: Actions) -> None:
    await bot.choose("ask_question")
    actions.hang_up_once = True
    status, body = await bot.choose("ask_question")
    assert (status, texts(body)) == (200, ["did action_answer"])


async def test_slots_are_looked_for_only_where_they_may_be_filled(bot: Bot, monkeypatch: Any) -> None:
    looked, run = [], ActionExtractSlots.run

    async def noted(self: Any, *asked: Any) -> Any:
        looked.append(asked)
        return await run(self, *asked)

    monkeypatch.setattr(ActionExtractSlots, "run", noted)
    assert no_slots.fills_slots(bot.agent.domain)  # as this bot's has some
    assert (await bot.choose("greet"))[0] == 200
    assert len(looked) == 1
    monkeypatch.setattr(no_slots, "fills_slots", lambda _domain: False)
    assert (await bot.choose("greet"))[0] == 200
    assert len(looked) == 1


async def test_stock_would_find_nothing_to_fill_in_ours() -> None:
    domain = Domain.load(str(ROOT / "bot" / "domain.yml"))
    assert not no_slots.fills_slots(domain)
    tracker = DialogueStateTracker("c1", domain.slots)
    tracker.update(UserUttered("simple yes", {"name": "affirm"}, [{"entity": "item", "value": "b1"}]))
    assert await ActionExtractSlots(None).run(None, None, tracker, domain) == []


def test_slots_that_may_be_filled_are_looked_for() -> None:
    filled = {"type": "text", "mappings": [{"type": "from_text"}]}
    ours = {"type": "bool", "mappings": [{"type": "custom"}]}
    by_an_action = {"type": "bool", "mappings": [{"type": "custom", "action": "action_greet"}]}
    assert not no_slots.fills_slots(Domain.from_dict({"slots": {"simple": ours}}))
    assert no_slots.fills_slots(Domain.from_dict({"slots": {"simple": ours, "said": filled}}))
    assert no_slots.fills_slots(Domain.from_dict({"slots": {"simple": by_an_action}, "actions": ["action_greet"]}))
    assert no_slots.fills_slots(Domain.from_dict({"slots": {"simple": ours}, "actions": ["action_validate_slot_mappings"]}))
