"""The app is taken out of a workspace, or its token is taken back."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import delete

from facilitator.reminders import store as reminders
from facilitator.storage.models import SlackOutRow
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import begin_again, close_seats

log = structlog.get_logger("web")


async def uninstalled(slack: Slack, delivered: Delivered) -> Later | None:
    """The app was taken out of the workspace: who talks where is forgotten; what people said stays as they were promised."""
    team = delivered.who.team

    def work() -> None:
        with slack.built.database.unit_of_work() as session:
            reminders.forget_team(session, team)
            close_seats(session, team)
            session.execute(delete(SlackOutRow).where(SlackOutRow.team == team))

    await asyncio.to_thread(work)
    slack.caller.signed_out = True
    log.warning("slack_uninstalled")
    return None


async def tokens_revoked(slack: Slack, delivered: Delivered) -> Later | None:
    """Our token counts no more: nothing is sent until we are started with a new one. What waits goes on waiting."""
    if not (delivered.event.get("tokens") or {}).get("bot"):
        return None

    def work() -> None:
        with slack.built.database.unit_of_work() as session:
            begin_again(session, delivered.who.team)

    await asyncio.to_thread(work)
    slack.caller.signed_out = True
    log.warning("slack_token_revoked")
    return None
