"""The Slack part as a whole: built where there are tokens, started and stopped with the web application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_sdk.signature import SignatureVerifier

from facilitator.bootstrap import KNOWLEDGE
from facilitator.logs import error_and_place
from facilitator.parity.words import load_parity_words
from facilitator.storage import conversations as store
from web.chat.helping import Helper
from web.parts import Parts
from web.slack import blocks as kit
from web.slack import boxes, commands, home, inviting, leaving, mentions, pressing, reminding, sending, shortcuts, talking
from web.slack.calling import Caller
from web.slack.connecting import Socket, look_in
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later, Receiver
from web.slack.rhythm import every
from web.slack.seats import SlackDesk, SlackView
from web.slack.sending import Sender
from web.slack.words import load_words

log = structlog.get_logger("web")
PATH = "/slack/events"
FORGET_EVERY_S = 3600.0
ROUND_ENDS_WITHIN_S = 5.0
MOST_HELPED = 1000
# What slack-bolt ends in over a body that is nothing Slack sends.
UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, RecursionError)

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
    reasons = load_parity_words(KNOWLEDGE / "messages" / "parity.yml", parts.built.rule)
    own = replace(parts, desk=desk, helper=Helper(parts.built, desk, parts.helper.alert, patience_s=None))
    return SlackPart(Slack(own, desk, caller, sender, words, reasons, now), secret, app_token)


class SlackPart:
    """`router` goes into the application where Slack calls us; with an app token, we call Slack (Socket Mode)."""

    def __init__(self, slack: Slack, signing_secret: str, app_token: str) -> None:
        self.slack = slack
        self.receiver = Receiver(
            slack.built.database,
            self.handle,
            self.without_storage,
            self.not_taken,
            self.not_taken_after_all,
            slack.caller,
            signing_secret,
            slack.now,
        )
        self._socket = Socket(self.receiver.app, app_token, slack.caller) if app_token else None
        self._signing_secret = signing_secret
        self._stopping = asyncio.Event()
        self._rounds: list[asyncio.Task[Any]] = []
        self._tasks: list[asyncio.Task[Any]] = []
        # What was helped and could not be taken: Slack delivers it again.
        self._helped: dict[str, bool] = {}

    # ── living ──

    @property
    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        if self._socket is not None:
            return router
        verifier = SignatureVerifier(self._signing_secret)

        @router.post(PATH)
        async def events(request: Request) -> Response:
            """Everything that Slack sends. Who may is decided by its signature, before anything of it is read."""
            body = await request.body()
            if not _is_signed(verifier, body, request.headers):
                return Response(status_code=401)
            try:
                asked = to_async_bolt_request(request, body)
            except UNREADABLE as error:
                log.warning("slack_not_understood", **error_and_place(error))
                return Response(status_code=400)
            return to_starlette_response(await self.receiver.app.async_dispatch(asked))

        return router

    async def start(self) -> None:
        """Begin what runs for as long as we do. Nothing here waits for Slack."""
        slack, stopping = self.slack, self._stopping
        self._rounds = [
            asyncio.create_task(every(sending.EVERY_S, slack.sender.send_all, stopping, "slack_waits")),
            asyncio.create_task(every(reminding.EVERY_S, reminding.Reminding(slack).round, stopping, "reminders_wait")),
            asyncio.create_task(every(FORGET_EVERY_S, self._forget, stopping, "slack_forgetting_waits")),
        ]
        self._tasks = [
            asyncio.create_task(look_in(slack.caller, socket=self._socket is not None)),
            asyncio.create_task(asyncio.to_thread(slack.warm)),
        ]
        if self._socket is not None:
            self._tasks.append(asyncio.create_task(self._socket.run()))

    async def _forget(self) -> None:
        await asyncio.to_thread(self.receiver.forget_old)

    async def stop(self) -> None:
        """Take nothing more, let what has begun come to its end, and go."""
        self._stopping.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self.receiver.stop()
        if self._rounds:
            _, unfinished = await asyncio.wait(self._rounds, timeout=ROUND_ENDS_WITHIN_S)
            for task in unfinished:
                task.cancel()

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
        return pressing.pressed

    def not_taken(self, delivered: Delivered, why: str = "") -> Mapping[str, Any] | None:
        """What Slack shows when something could not be taken; a box stays open with the words in it. None: nothing can be shown."""
        words = self.slack.words
        if delivered.kind == "command":
            return {"response_type": "ephemeral", "text": kit.read_aloud(self.slack.problem("unavailable"))}
        if delivered.kind == "view_submission":
            inputs = (delivered.body.get("view") or {}).get("blocks") or []
            first = next((block.get("block_id") for block in inputs if block.get("type") == "input"), None)
            said = words.text("box_stays_open", why=why or kit.read_aloud(self.slack.problem("unavailable")))
            return {"response_action": "errors", "errors": {first: said}} if first else None
        return None

    async def not_taken_after_all(self, delivered: Delivered, why: str = "") -> None:
        """Slack was told that it was taken, and then it could not be: said in the direct message. A box has closed: with its words."""
        said, written = self.slack.words.text("lost_after_all"), "\n\n".join(delivered.written)
        if written.strip():
            try:
                theirs = await self.slack.parts.door.admit(written)
                why = why or self.slack.words.text("given_back_again")
                said = self.slack.words.text("given_back", why=why, words=theirs, numbers=self.slack.numbers())
            except Exception as error:  # words that nobody could look through are not posted
                log.error("slack_not_given_back", **error_and_place(error))
        await self.slack.tell_directly(delivered.who, said)

    async def without_storage(self, delivered: Delivered) -> None:
        """It could not be taken. Somebody in danger is helped all the same; anything else comes again, or is tried again."""
        if delivered.key in self._helped:
            return
        # now, so that what comes again meanwhile is not helped beside it
        self._helped[delivered.key] = True
        try:
            for text in _texts(delivered):
                await self.slack.help_without_storage(delivered.who, delivered.key, text)
        except Exception:
            self._helped.pop(delivered.key, None)
            raise
        while len(self._helped) > MOST_HELPED:
            self._helped.pop(next(iter(self._helped)))


def _is_signed(verifier: SignatureVerifier, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether Slack signed it with our secret, within the last five minutes: Slack documents that, and slack_sdk holds to it."""
    try:
        return verifier.is_valid(body, headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature"))
    except (ValueError, TypeError, OverflowError):
        # a time that is no number or no time at all, a signature in other letters, a body that is no text
        return False


def _texts(delivered: Delivered) -> list[str]:
    """What somebody typed, wherever it is."""
    body = delivered.body
    typed = [] if delivered.event.get("bot_id") else [str(delivered.event.get("text") or ""), str(body.get("text") or "")]
    return [kit.typed(text) for text in [*typed, *delivered.written] if text.strip()]


EVENTS: Mapping[str, Handler] = {
    "message": talking.message,
    "app_mention": mentions.mention,
    "app_home_opened": home.opened,
    "app_uninstalled": leaving.uninstalled,
    "tokens_revoked": leaving.tokens_revoked,
}
BOXES: Mapping[str, Handler] = {
    boxes.WORDS: boxes.written,
    boxes.STEP: boxes.written,
    inviting.NEW: inviting.new_written,
    shortcuts.REFLECTION: shortcuts.reflection_written,
}
SHORTCUTS: Mapping[str, Handler] = {shortcuts.REFLECTION: shortcuts.save_reflection}
