"""What Slack's documentation allows is as documented. What it does not allow is in test_receiving.py."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.integration.slack.people import PAYLOADS, payload
from web.slack import part, shapes
from web.slack.shapes import is_as_documented


@pytest.mark.parametrize("name", sorted(path.stem for path in PAYLOADS.glob("*.json")))
def test_every_documented_payload_is(name):
    assert is_as_documented(payload(name))


def merged(body: Any, changes: Any) -> Any:
    if not isinstance(body, dict) or not isinstance(changes, dict):
        return changes
    return {**body, **{name: merged(body.get(name), change) for name, change in changes.items()}}


def values(**entered: Any) -> dict[str, Any]:
    return {"view": {"state": {"values": {"text": {"text": {"type": "x", **entered}}}}}}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        # a note of Slack's about another message, a bot's words, files without words
        ("message_im", {"event": {"subtype": "message_changed", "user": None, "text": None, "message": {"text": "x"}}}),
        ("message_im", {"event": {"subtype": "bot_message", "bot_id": "B1", "user": None}}),
        ("message_im", {"event": {"subtype": "file_share", "text": "", "files": [{}]}}),
        ("app_mention", {"event": {"user": None, "bot_id": "B1"}}),
        ("app_mention", {"event": {"thread_ts": "1700000000.000100"}}),
        ("app_home_opened", {"event": {"tab": None}}),
        ("tokens_revoked", {"event": {"tokens": {"oauth": ["U1"], "bot": None}}}),
        ("tokens_revoked", {"event": {"tokens": []}}),
        ("slash_command", {"text": ""}),
        ("slash_command", {"text": None, "response_url": None, "channel_id": None}),
        # for a whole organisation
        ("block_actions", {"team": None}),
        ("view_submission", {"team": None, "enterprise": {"id": "E1"}}),
        ("message_action", {"user": {"team_id": None}}),
        # on the Home tab, in a message that only one person sees, a link
        ("block_actions", {"message": None, "channel": None, "view": {"id": "V1", "state": {"values": []}}}),
        ("block_actions", {"actions": [{"type": "button", "action_id": "link:0", "value": None}]}),
        ("message_action", {"message": {"user": None, "text": None, "blocks": None}}),
        ("view_submission", {"view": {"blocks": [{"type": "divider"}, {"type": "input", "block_id": "x", "hint": None}]}}),
        ("view_submission", {"view": {"state": {"values": []}}}),
        ("view_submission", {"view": {"state": []}}),
        ("view_submission", {"view": {"state": None, "private_metadata": None, "blocks": None}}),
        ("view_submission", values(value=None)),
        ("view_submission", values(selected_date=None)),
        ("view_submission", values(selected_date="2026-02-28")),
        ("view_submission", values(selected_option=None)),
        ("view_submission", values(selected_option={"text": {"type": "plain_text", "text": "x"}, "value": "x"})),
        ("view_submission", values(selected_options=[], rich_text_value={}, selected_date_time=7)),
    ],
)
def test_what_slack_may_leave_out_or_send_null_for_may_be_missing(name, changes):
    body = merged(payload(name), changes)
    assert body != payload(name) and is_as_documented(body)


@pytest.mark.parametrize(
    ("name", "gone"), [("message_im", "user"), ("message_im", "text"), ("app_mention", "user"), ("app_home_opened", "tab")]
)
def test_null_or_not_there_at_all_is_the_same(name, gone):
    body = deepcopy(payload(name))
    del body["event"][gone]
    assert is_as_documented(body)


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        {"type": "url_verification", "challenge": 7},
        {"type": "app_rate_limited", "team_id": 7},
        {"type": "view_closed", "view": []},
        {"type": ["event_callback"], "event": "\ud83d"},
        payload("message_im") | {"event": {"type": "user_change", "user": {"id": "U1"}, "text": 7, "channel": {}, "tab": []}},
    ],
)
def test_what_we_do_not_know_may_be_anything(unknown):
    assert is_as_documented(unknown)


def test_every_event_that_we_act_on_has_its_shape():
    assert part.EVENTS.keys() == shapes.EVENTS.keys()
