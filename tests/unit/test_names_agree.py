"""What code names and what bot/domain.yml, the rules and the training data name are the same, both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.actions.catalogue import MOVES
from facilitator.conversation.commands import COMMANDS
from facilitator.pseudonyms import NameFault
from facilitator.settings import ROOT
from facilitator.vocabulary import Rating, Role, Stage, VisibleTo
from tests.rules import action_of_intent

DOMAIN = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))
RASA_OWN = {"nlu_fallback"}
MESSAGES = sorted(path.stem for path in (ROOT / "knowledge" / "messages").glob("*.yml"))
# Understood by a choice or by the web app, never by training phrases.
UNTRAINED = {"other_language", "pick"}


def sources(*folders: str) -> str:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def responses(path: Path) -> set[str]:
    return set(yaml.safe_load(path.read_text(encoding="utf-8"))["responses"])


def trained_intents() -> set[str]:
    files = (ROOT / "bot" / "data" / "nlu").glob("*.yml")
    return {block["intent"] for path in files for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"] if "intent" in block}


def test_every_action_of_the_domain_is_served_and_every_served_action_is_in_the_domain():
    assert sorted(MOVES) == sorted(DOMAIN["actions"])


def test_every_intent_has_training_phrases_and_a_rule():
    intents = set(DOMAIN["intents"])
    assert trained_intents() - RASA_OWN == intents - UNTRAINED
    assert set(action_of_intent()) == intents | RASA_OWN


def test_every_rule_names_an_action_of_the_domain():
    assert set(action_of_intent().values()) == set(DOMAIN["actions"])


def test_every_rule_is_one_action_and_then_listening():
    """`bot/actions/base.py` says so to Rasa, which then predicts nothing more."""
    paths = sorted((ROOT / "bot" / "data" / "rules").glob("*.yml"))
    rules = [rule for path in paths for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]]
    assert rules and all([next(iter(step)) for step in rule["steps"]] == ["intent", "action"] for rule in rules)


def test_every_sentence_is_said_somewhere_and_every_sentence_said_exists():
    said = set(re.findall(r"utter_[a-z_]+[a-z]", sources("facilitator", "web")))
    # Built from a stage's name, or named by content.
    said |= {f"utter_ask_next_{stage}" for stage in (Stage.DURING, Stage.AFTER)} | {"utter_ask_next"}
    said |= {f"utter_reflection_for_{who}" for who in VisibleTo} | {f"utter_name_{fault}" for fault in NameFault}
    said |= {"utter_day_has_come", "utter_day_has_gone"}
    said -= {"utter_day_has", "utter_reflection_for", "utter_name", "utter_decline"}
    declined = yaml.safe_load((ROOT / "knowledge" / "declined.yml").read_text(encoding="utf-8"))
    said |= {kind["reply"] for kind in declined["kinds"]}
    exist = set(DOMAIN["responses"]) | responses(ROOT / "knowledge" / "messages" / "notices.yml")
    assert said - exist - {"utter_message"} == set(), "said but not written"
    assert exist - said == set(), "written but never said"


def keys_written_twice(node: yaml.Node) -> list[str]:
    if isinstance(node, yaml.SequenceNode):
        return [key for each in node.value for key in keys_written_twice(each)]
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [key.value for key, _ in node.value]
    return [key for key in keys if keys.count(key) > 1] + [key for _, value in node.value for key in keys_written_twice(value)]


@pytest.mark.parametrize("path", ["bot/domain.yml", "knowledge/support/uk.yml", *(f"knowledge/messages/{name}.yml" for name in MESSAGES)])
def test_no_sentence_is_written_over_by_another_of_its_name(path):
    """Of two the last would be said, and the first never."""
    assert keys_written_twice(yaml.compose((ROOT / path).read_text(encoding="utf-8"))) == []


def test_every_choice_is_an_intent_and_has_words_that_can_be_typed_instead():
    payloads = {b["payload"] for variants in DOMAIN["responses"].values() for v in variants for b in v.get("buttons", [])}
    intents = {payload.removeprefix("/").partition("{")[0] for payload in payloads}
    assert intents <= set(DOMAIN["intents"])
    # what can be picked from a list has its own words: see conversation/options
    assert intents - {"pick"} <= trained_intents()


def test_commands_are_intents():
    assert set(DOMAIN["intents"]) >= COMMANDS


@pytest.mark.parametrize("kind", [Rating, Role, Stage])
def test_every_word_of_the_vocabulary_has_a_plain_word(kind):
    terms = yaml.safe_load((ROOT / "knowledge" / "messages" / "terms.yml").read_text(encoding="utf-8"))
    table = {"Rating": "ratings", "Role": "roles", "Stage": "stages"}[kind.__name__]
    assert set(terms[table]) == set(kind)


def test_no_sentence_for_people_is_written_in_python():
    """A rough guard: a string of five words or more that begins with a capital and ends with a stop, outside errors and docs."""
    for folder in ("facilitator/conversation", "bot/actions"):
        code = re.sub(r'""".*?"""', "", sources(folder), flags=re.S)
        code = re.sub(r"#.*", "", code)
        assert re.findall(r'"[A-Z][a-z]+(?: [a-z]+){4,}[.?]"', code) == []
