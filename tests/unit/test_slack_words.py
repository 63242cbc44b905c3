"""The Slack app's words: plain, short, each used; and the manifest asks for what is used and no more."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from facilitator.conversation.turn import AboutActivity, NextStep, Say, Shared, Talk
from facilitator.errors import ContentError
from facilitator.knowledge.reading import load_exceptions, reading_age
from facilitator.reminders.plan import ReminderKind
from facilitator.settings import ROOT
from facilitator.vocabulary import Role, Stage
from web.slack import blocks as kit
from web.slack.asking import speaks_of_oneself
from web.slack.commands import COMMANDS
from web.slack.others import counted
from web.slack.part import BOXES, EVENTS, PATH, SHORTCUTS
from web.slack.showing import WRITTEN
from web.slack.words import load_words

FILE = ROOT / "knowledge" / "messages" / "slack.yml"
DOCUMENT = yaml.safe_load(FILE.read_text(encoding="utf-8"))
MANIFEST = yaml.safe_load((ROOT / "web" / "slack" / "manifest.yml").read_text(encoding="utf-8"))
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "web" / "slack").glob("*.py")))
MOST_WORDS = 20
# What only the web page has.
PAGE = re.compile(r"\b(menu|(?:this|the) page|the box|this screen|browser|tab)\b")
# The page of an activity is a link away: words of others are read there.
NEVER = re.compile(r"\b(menu|this page|open the page|close the page|the box)\b")
NOTED = re.compile(r"If someone may be in danger.*$", re.MULTILINE)
# Lists that are not sentences.
LISTS = {"invite", "made", "help_line", "phrases", "words"}


def sentences() -> list[tuple[str, str]]:
    found = []
    for table in ("texts", "modals", "buttons", "commands"):
        found += [(key, sentence) for key, text in DOCUMENT[table].items() for sentence in re.split(r"(?<=[.?!:])\s+|\n", str(text))]
    for name, variants in DOCUMENT["responses"].items():
        found += [(name, sentence) for one in variants for sentence in re.split(r"(?<=[.?!:])\s+|\n", one["text"])]
    return found


def test_no_sentence_is_longer_than_twenty_words():
    assert [(key, sentence) for key, sentence in sentences() if key not in LISTS and len(sentence.split()) > MOST_WORDS] == []


def test_the_words_are_read_easily():
    prose = "\n".join(sentence for key, sentence in sentences() if key not in LISTS and len(sentence.split()) > 3)
    assert reading_age(re.sub(r"\{[a-z]+\}", "it", prose), load_exceptions(ROOT / "knowledge" / "reading-exceptions.yml")) <= 11


def test_every_word_is_said_somewhere_and_every_word_said_is_there():
    said = set(re.findall(r'\.text\(\s*"([a-z_]+)"', SOURCE)) | {"unknown_code", "no_activity", "did_you_mean", "gone"}
    said |= {f"reminder_{kind}" for kind in (*ReminderKind, "ahead", "before_begun")} | {"reflection_kept", "reflection_not_kept"}
    said |= {"problem_unavailable", "problem_message-too-long"}
    assert said == set(DOCUMENT["texts"])
    modals = set(re.findall(r'\.modal\(\s*"([a-z_]+)"', SOURCE)) | {"reflection", "comment"}
    assert modals == set(DOCUMENT["modals"])
    buttons = set(re.findall(r'\.button\("([a-z_]+)"\)', SOURCE)) | {f"write_{step}" for step in WRITTEN}
    buttons |= {"prepare", "carry_on", "reflect", "remind", "remind_stop"}
    assert buttons == set(DOCUMENT["buttons"])


def test_every_command_is_explained_and_every_one_explained_is_known():
    assert list(DOCUMENT["commands"]) == list(COMMANDS)


def test_every_stage_and_role_has_a_name():
    assert set(DOCUMENT["stages"]) == set(DOCUMENT["when"]) == set(Stage) and set(DOCUMENT["counts"]) == {*Role, "none", "some"}


def test_titles_fit_where_they_go():
    for key in ("words_title", "step_title", "new_title", "reflection_title", "save", "new_save", "close"):
        assert len(DOCUMENT["modals"][key]) <= kit.MAX_TITLE, key
    assert all(len(title) <= kit.MAX_BUTTON for title in DOCUMENT["buttons"].values())


def test_a_sentence_about_the_page_reads_otherwise_in_slack(library):
    words = load_words(FILE.parent)
    domain = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))["responses"]
    assert set(DOCUMENT["responses"]) <= set(domain)
    about_the_page = {name for name, variants in domain.items() if PAGE.search(" ".join(v["text"] for v in variants))}
    assert "utter_start_over_not_kept" in about_the_page and about_the_page <= set(DOCUMENT["responses"])
    for name in about_the_page:
        assert not any(NEVER.search(variant["text"]) for variant in DOCUMENT["responses"][name]), name
    assert "menu" not in (words.said_otherwise(Say("utter_kept"), Talk("c"), library) or "menu")
    assert words.said_otherwise(Say("utter_greet"), Talk("c"), library) is None


def test_a_notice_about_the_page_reads_otherwise_in_slack():
    notices = yaml.safe_load((FILE.parent / "notices.yml").read_text(encoding="utf-8"))
    said = set(re.findall(r'Problem\(\d+, "([a-z-]+)"', SOURCE)) | {"rate-limited"}
    about_the_page = {kind for kind in said if PAGE.search(notices["problems"][kind])}
    assert about_the_page == {"message-too-long"} and all(f"problem_{kind}" in DOCUMENT["texts"] for kind in about_the_page)
    assert not any(PAGE.search(variant["text"]) for variants in notices["responses"].values() for variant in variants)


def test_what_is_noted_of_somebody_in_danger_is_said_in_slack_as_on_the_page():
    domain = yaml.safe_load((ROOT / "bot" / "domain.yml").read_text(encoding="utf-8"))["responses"]
    compared = {}
    for name, variants in DOCUMENT["responses"].items():
        here, there = (NOTED.findall(found[0]["text"]) for found in (variants, domain[name]))
        if there:
            compared[name] = (here, there)
    assert {"utter_who_sees_kept", "utter_who_sees_not_kept", "utter_about_keeping"} <= set(compared)
    assert {name: here for name, (here, there) in compared.items() if here != there} == {}


@pytest.mark.parametrize("phrase", [one.strip() for one in DOCUMENT["personal"]["phrases"].split(",")])
def test_every_phrase_about_oneself_is_heard(phrase):
    for typed in (phrase, phrase.upper(), phrase.replace("'", "’")):
        only = {"words": "", "phrases": DOCUMENT["personal"]["phrases"]}
        assert speaks_of_oneself(f"Tell us, {typed}: is it so?", only)
    assert not speaks_of_oneself("how are people paid?", DOCUMENT["personal"])


@pytest.mark.parametrize("word", DOCUMENT["personal"]["words"].split())
def test_every_word_about_oneself_is_heard(word):
    for typed in (word, word.upper(), word.replace("'", "’")):
        assert speaks_of_oneself(f"is it {typed}?", {"words": DOCUMENT["personal"]["words"], "phrases": "about nothing"})


def test_a_sentence_with_words_of_others_reads_otherwise_in_slack(library):
    """One that has no sentence of its own there is left out (`SlackView`), which nobody should have to wonder about."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "facilitator" / "conversation").rglob("*.py")))
    showing = set(re.findall(r'"(utter_[a-z_]+)",\s*values=\{"others"', code))
    assert showing == {"utter_shared", "utter_step_for_you"} and showing <= set(DOCUMENT["responses"])
    words = load_words(FILE.parent)
    asked = {"s1": NextStep("ring the venue", "staff"), "s2": NextStep("find a room", "staff")}
    about = AboutActivity("The leaflet", code="3KC4JK")
    talk = Talk("c", activity=about, asked_of_me=asked, shared={"7": Shared("we were heard", "Quiet River")})
    for values, number in (({"others": "steps", "asked": "s1"}, 2), ({"others": "reflections", "shared": ["7"]}, 1)):
        name = "utter_step_for_you" if values["others"] == "steps" else "utter_shared"
        said = words.said_otherwise(counted(Say(name, values=values), talk, "https://chat.example.org"), talk, library) or ""
        assert f": {number}." in said and "https://chat.example.org/join/3KC4JK" in said
        assert not any(theirs in said for theirs in ("ring the venue", "find a room", "we were heard", "Quiet River"))


def test_before_anybody_chooses_they_are_told_what_slack_itself_keeps(library):
    words = load_words(FILE.parent)
    for simple in (True, False):
        for response in ("utter_about_keeping", "utter_about_keeping_unnamed"):
            values = {"organisation": "Trust", "contact": "Ann", "raw_text_days": 90, "answer_days": 365}
            said = words.said_otherwise(Say(response, values=values), Talk("c", simple=simple), library) or ""
            assert "keeps what is written in Slack" in said and "page" not in said
            assert "health" in said and "danger, I leave a note for the team, without your words" in said


def test_a_missing_table_is_named(tmp_path: Path):
    for name in ("slack.yml", "terms.yml"):
        text = (FILE.parent / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("\nmodals:", "\nother:"), encoding="utf-8")
    with pytest.raises(ContentError, match="modals"):
        load_words(tmp_path)


# ── the manifest ──


def test_the_manifest_names_our_address_command_shortcut_and_events_and_no_more():
    features, settings = MANIFEST["features"], MANIFEST["settings"]
    command = features["slash_commands"][0]
    assert command["command"] == "/coproduction" and command["should_escape"] is True
    assert all(word in command["usage_hint"] for word in COMMANDS)
    assert {shortcut["callback_id"] for shortcut in features["shortcuts"]} == set(SHORTCUTS) <= set(BOXES)
    events = {name.partition(".")[0] for name in settings["event_subscriptions"]["bot_events"]}
    assert events == set(EVENTS)
    for address in (command["url"], settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"]):
        assert address.endswith(PATH)


def test_the_manifest_asks_for_the_scopes_of_what_is_called_and_no_more():
    needed = {
        "app_mention": "app_mentions:read", "chat.postMessage": "chat:write", "/coproduction": "commands",
        "files.getUploadURLExternal": "files:write", "conversations.history": "im:history", "conversations.open": "im:write",
        "users.info": "users:read",
    }  # fmt: skip
    assert all(name in SOURCE for name in needed)
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set(needed.values())
    called = set(re.findall(r'"((?:chat|conversations|users|views|files)\.[a-zA-Z.]+)"', SOURCE))
    assert called <= {*needed, "chat.update", "views.open", "views.publish", "files.completeUploadExternal"}


def test_the_manifest_is_within_slacks_limits():
    about = MANIFEST["display_information"]
    assert len(about["name"]) <= 35 and len(about["description"]) <= 140 and 175 <= len(about["long_description"]) <= 4000
    assert len(MANIFEST["features"]["slash_commands"][0]["usage_hint"]) <= 1000
    assert all(len(shortcut["name"]) <= 24 for shortcut in MANIFEST["features"]["shortcuts"])


# Slack's own schema (github.com/slackapi/manifest-schema, version 1), for what we use: what may be there, what has to be, how long.
TEXT = {"type": "string", "minLength": 1}
ADDRESS = {"type": "string", "pattern": r"^https?:\/\/", "maxLength": 3000}
YES_OR_NO = {"type": "boolean"}
NAMES = {"type": "array", "items": {"type": "string", "maxLength": 50}, "maxItems": 100, "uniqueItems": True}


def only(required: list[str], **properties: object) -> dict[str, object]:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


COMMAND = only(
    ["command", "description"], command={**TEXT, "pattern": r"^\/", "maxLength": 32}, url=ADDRESS,
    description={**TEXT, "maxLength": 2000}, usage_hint={**TEXT, "maxLength": 1000}, should_escape=YES_OR_NO,
)  # fmt: skip
SHORTCUT = only(
    ["name", "type", "callback_id", "description"], name={**TEXT, "maxLength": 24}, type={"enum": ["message", "global"]},
    callback_id={**TEXT, "maxLength": 255}, description={**TEXT, "maxLength": 150},
)  # fmt: skip
SCHEMA = only(
    ["display_information"],
    display_information=only(
        ["name"], name={**TEXT, "maxLength": 35}, description={**TEXT, "maxLength": 140},
        background_color={"type": "string", "pattern": "^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"},
        long_description={"type": "string", "minLength": 175, "maxLength": 4000},
    ),
    features=only(
        [],
        app_home=only([], home_tab_enabled=YES_OR_NO, messages_tab_enabled=YES_OR_NO, messages_tab_read_only_enabled=YES_OR_NO),
        bot_user=only(["display_name"], display_name={**TEXT, "maxLength": 80}, always_online=YES_OR_NO),
        shortcuts={"type": "array", "items": SHORTCUT, "minItems": 1, "maxItems": 10},
        slash_commands={"type": "array", "items": COMMAND, "minItems": 1, "maxItems": 50},
    ),
    oauth_config=only([], scopes=only([], bot=NAMES)),
    settings=only(
        [],
        event_subscriptions=only([], request_url=ADDRESS, bot_events=NAMES),
        interactivity=only(["is_enabled"], is_enabled=YES_OR_NO, request_url=ADDRESS),
        org_deploy_enabled=YES_OR_NO, socket_mode_enabled=YES_OR_NO, token_rotation_enabled=YES_OR_NO,
    ),
)  # fmt: skip


def for_socket_mode() -> dict[str, object]:
    """The manifest as the guide has it changed: without the three lines with `url`."""
    text = (ROOT / "web" / "slack" / "manifest.yml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not re.match(r"\s*(request_)?url:", line)]
    assert len(text.splitlines()) - len(lines) == 3
    return yaml.safe_load("\n".join(lines).replace("socket_mode_enabled: false", "socket_mode_enabled: true"))


@pytest.mark.parametrize("manifest", [MANIFEST, for_socket_mode()], ids=["http", "socket"])
def test_the_manifest_is_as_slacks_schema_has_it(manifest):
    jsonschema_rs.Draft7Validator(SCHEMA).validate(manifest)


def test_the_schema_would_find_a_mistake():
    wrong: dict[str, object] = {**MANIFEST, "display_information": {**MANIFEST["display_information"], "nmae": "x"}}
    with pytest.raises(jsonschema_rs.ValidationError, match="nmae"):
        jsonschema_rs.Draft7Validator(SCHEMA).validate(wrong)
