"""Whether Slack is on. Its libraries are loaded only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from web.parts import Parts

if TYPE_CHECKING:
    from web.slack.part import SlackPart

log = structlog.get_logger("web")


def slack_part(parts: Parts) -> SlackPart | None:
    """The Slack part, or None, said in the log once, where its tokens are not set."""
    settings = parts.built.settings
    set_ = {
        "bot_token": bool(settings.slack_bot_token.get_secret_value()),
        "signing_secret": bool(settings.slack_signing_secret.get_secret_value()),
        "app_token": bool(settings.slack_app_token.get_secret_value()),
    }
    if not set_["bot_token"] or not (set_["signing_secret"] or set_["app_token"]):
        log.info("slack_off", **set_)
        return None
    from web.slack.part import build_slack

    return build_slack(parts)
