"""The Slack part as a whole: built where there are tokens, started and stopped with the web application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from sqlalchemy import delete

from facilitator.bootstrap import KNOWLEDGE
from facilitator.parity.release import Rule
from facilitator.parity.words import load_parity_words
from facilitator.reminders import store as reminders
from facilitator.storage import conversations as store
from facilitator.storage.models import SlackOutRow
from web.chat.helping import Helper
from web.parts import Parts
from web.slack import blocks as kit
from web.slack import commands, home, mentions, reminding, shortcuts, talking
from web.slack.calling import Caller, silent_logger
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later, Receiver
from web.slack.seats import NO_ACTIVITY, SlackDesk, SlackView, begin_again, close_seats
from web.slack.sending import Sender
from web.slack.words import load_words

log = structlog.get_logger("web")
PATH = "/slack/events"
FORGET_EVERY_S = 3600.0
RECONNECT_S = 5.0
MOST_HELPED = 1000

Handler = Callable[[Slack, Delivered], Awaitable[Later | None]]


def build_slack(parts: Parts, now: Callable[[], datetime] = store.now) -> SlackPart:
    """The Slack part over the application's own. Needs the bot token, and the signing secret or the app token."""
    settings = parts.built.settings
    token = settings.slack_bot_token.get_secret_value()
    secret, app_token = settings.slack_signing_secret.get_secret_value(), settings.slack_app_token.get_secret_value()
    words = load_words(KNOWLEDGE / "messages")
    caller = Caller(token, settings.slack_api_url)
    desk = SlackDesk(parts.built, parts.delivery, words, secret or app_token)
    sender = Sender(parts.built, caller, SlackView(parts.built, words), words, now)
    rule = Rule(settings.facilitator_small_group, settings.facilitator_release_step)
    reasons = load_parity_words(KNOWLEDGE / "messages" / "parity.yml", rule)
    own = replace(parts, desk=desk, helper=Helper(parts.built, desk))
    return SlackPart(Slack(own, desk, caller, sender, words, reasons, now), secret, app_token)


class SlackPart:
    """`router` goes into the application where Slack calls us; with an app token, we call Slack (Socket Mode)."""

    def __init__(self, slack: Slack, signing_secret: str, app_token: str) -> None:
        self.slack = slack
        self._app_token = app_token
        self.receiver = Receiver(slack.built.database, self.handle, self.without_storage, slack.caller, signing_secret, slack.now)
        self._requests = AsyncSlackRequestHandler(self.receiver.app)
        self._tasks: list[asyncio.Task[Any]] = []
        self._socket: AsyncSocketModeHandler | None = None
        # What was helped while nothing could be stored: Slack delivers it again.
        self._helped: dict[str, bool] = {}

    # ── living ──

    @property
    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)

        @router.post(PATH)
        async def events(request: Request) -> Response:
            """Everything that Slack sends; who may is decided by its signature."""
            if not request.headers.get("x-slack-request-timestamp", "").isdigit():
                return Response(status_code=401)
            try:
                return await self._requests.handle(request)
            except UnicodeDecodeError:
                return Response(status_code=401)

        return router if not self._app_token else APIRouter()

    async def start(self) -> None:
        slack = self.slack
        # Else whoever is first would wait for the words to be read.
        await asyncio.to_thread(lambda: (slack.built.library, slack.built.wording))
        self._tasks = [
            asyncio.create_task(slack.sender.run()),
            asyncio.create_task(reminding.run(slack)),
            asyncio.create_task(self._forget()),
        ]
        if self._app_token:
            self._tasks.append(asyncio.create_task(self._connect()))

    async def stop(self) -> None:
        if self._socket is not None:
            await _untyped(self._socket.client).close()
        await self.receiver.settle()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self) -> None:
        """Open the socket; the client opens it again by itself when it breaks, but the first time is ours to try again."""
        while True:
            socket = AsyncSocketModeHandler(self.receiver.app, self._app_token, logger=silent_logger(), web_client=self.slack.caller.client)
            try:
                await _untyped(socket.client).connect()
                self._socket = socket
                return
            except Exception as error:
                log.warning("slack_socket_waits", error=type(error).__name__)
                with contextlib.suppress(Exception):
                    await _untyped(socket.client).close()
            await asyncio.sleep(RECONNECT_S)

    async def _forget(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.receiver.forget_old)
            except Exception as error:
                log.warning("slack_forgetting_waits", error=type(error).__name__)
            await asyncio.sleep(FORGET_EVERY_S)

    # ── what each thing leads to ──

    async def handle(self, delivered: Delivered) -> Later | None:
        handler = self._handler(delivered)
        return await handler(self.slack, delivered) if handler is not None else None

    def _handler(self, delivered: Delivered) -> Handler | None:
        body = delivered.body
        if delivered.kind == "event":
            return EVENTS.get(str(delivered.event.get("type")))
        if delivered.kind == "command":
            return commands.command
        if delivered.kind == "view_submission":
            return BOXES.get(str((body.get("view") or {}).get("callback_id")))
        if delivered.kind == "message_action":
            return SHORTCUTS.get(str(body.get("callback_id")))
        return pressed

    async def without_storage(self, delivered: Delivered) -> None:
        """Nothing can be stored. Somebody in danger is helped all the same; anything else comes again, or is tried again."""
        if delivered.key in self._helped:
            return
        self._helped[delivered.key] = True
        for text in _texts(delivered):
            await self.slack.help_without_storage(delivered.who, delivered.key, text)
        while len(self._helped) > MOST_HELPED:
            self._helped.pop(next(iter(self._helped)))


async def pressed(slack: Slack, delivered: Delivered) -> Later | None:
    """A button, in a message or on the Home tab."""
    actions = delivered.body.get("actions") or [{}]
    name, value = str(actions[0].get("action_id") or "").partition(":")[0], str(actions[0].get("value") or "")
    action = BUTTONS.get(name)
    return await action(slack, delivered, value) if action is not None else None


async def go(slack: Slack, delivered: Delivered, target: str) -> Later | None:
    """Begin, carry on, look back, be reminded or not: of one activity, or none."""
    what, _, about = target.partition(":")
    activity = None if about in ("", NO_ACTIVITY) else about
    who, key = delivered.who, delivered.key
    if what == "new":
        return await commands.new(slack, delivered, "")
    if what == "prep":
        return await commands.begin(slack, key, who, activity)
    if what == "reflect":
        return await commands.look_back(slack, key, who, activity)
    if what in ("quiet", "remind") and activity:
        return await _reminded(slack, delivered, activity, wanted=what == "remind")
    return await commands.carry_on(slack, who, activity)


async def _reminded(slack: Slack, delivered: Delivered, activity_id: str, *, wanted: bool) -> Later:
    def work() -> None:
        with slack.built.database.unit_of_work() as session:
            for member in reminders.members_of(session, delivered.who.team, delivered.who.user):
                if member.activity_id == activity_id:
                    reminders.set_reminded(session, member, wanted=wanted)

    await asyncio.to_thread(work)
    return lambda: home.publish(slack, delivered.who)


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


def _untyped(client: Any) -> Any:
    """Slack's socket client says nothing of its types."""
    return client


def _texts(delivered: Delivered) -> list[str]:
    """What somebody typed, wherever it is."""
    body = delivered.body
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    boxes = [str(element.get("value") or "") for block in values.values() for element in block.values() if isinstance(element, dict)]
    typed = [] if delivered.event.get("bot_id") else [str(delivered.event.get("text") or ""), str(body.get("text") or "")]
    return [kit.typed(text) for text in [*typed, *boxes] if text.strip()]


EVENTS: Mapping[str, Handler] = {
    "message": talking.message,
    "app_mention": mentions.mention,
    "app_home_opened": home.opened,
    "app_uninstalled": uninstalled,
    "tokens_revoked": tokens_revoked,
}
BOXES: Mapping[str, Handler] = {
    talking.WORDS: talking.box_written,
    talking.STEP: talking.box_written,
    commands.NEW: commands.new_written,
    shortcuts.REFLECTION: shortcuts.reflection_written,
}
SHORTCUTS: Mapping[str, Handler] = {shortcuts.REFLECTION: shortcuts.save_reflection}
BUTTONS: Mapping[str, Callable[[Slack, Delivered, str], Awaitable[Later | None]]] = {
    "choose": talking.choose,
    "write": talking.open_box,
    "go": go,
    "snooze": reminding.snooze,
    "stop": reminding.stop,
}
