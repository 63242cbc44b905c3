"""The only door into Rasa: a bearer token, one conversation's message, and an honest status code.

Stock channels believe any sender, run typed `/intent{...}` as commands, log text when they fail and then answer
200 with an empty list. `web` is the only caller; contract in docs/decisions and DESIGN "Parts".
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.engine import action_validator, empty_domain, kept_open, no_slots, plain_runner, quiet_logs, remembered_rules
from bot.engine.failures import TurnFailed
from bot.engine.heard_before import HeardBefore
from bot.engine.tracker_store import is_bounded
from bot.engine.turn_request import Choice, InvalidTurn, Turn, read_turn

logger = logging.getLogger(__name__)

NAME = "facilitator"
# JSON may write a character as \u0000 or as a pair of them: 12 bytes for each of 12,000, and room for the rest
_MAX_BODY = 200_000
# Rasa takes text that begins so, after any white space, for a command
_COMMAND = re.compile(r"[\s/]+")

Handle = Callable[[UserMessage], Awaitable[Any]]


class NotReady(Exception):
    """No model is loaded yet, or Rasa has put another tracker store in place of ours."""


class Replies(OutputChannel):
    """Collects what the bot says, one entry a message, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The channel's name, so that a response may have a variation for it."""
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep a message whole. Rasa's own collector cuts text at blank lines into several messages."""
        self.messages.append(
            {
                "text": message.get("text"),
                "buttons": message.get("buttons") or [],
                "custom": message.get("custom") or {},
            }
        )


class FacilitatorChannel(InputChannel):
    """`POST /webhooks/facilitator/turn` and `GET /webhooks/facilitator/health`."""

    def __init__(self, token: str) -> None:
        if not token.strip():
            raise RasaException("FACILITATOR_RASA_TOKEN is empty: Rasa does not start without a token")
        self._expected = f"Bearer {token.strip()}".encode()
        action_validator.install()
        empty_domain.install()
        kept_open.install()
        no_slots.install()
        plain_runner.install()
        quiet_logs.install()
        remembered_rules.install()
        self._heard = HeardBefore()

    @classmethod
    def name(cls) -> str:
        """What stands for the channel in addresses and in `input_channel`."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FacilitatorChannel:
        """From the entry in credentials.yml. Raises RasaException when there is no token."""
        return cls(str((credentials or {}).get("token") or ""))

    def blueprint(self, on_new_message: Handle) -> Blueprint:
        """The two addresses."""
        blueprint = Blueprint(NAME, NAME)

        @blueprint.listener("before_server_start")
        async def limit_body(app: Sanic, _loop: Any) -> None:
            app.config.REQUEST_MAX_SIZE = _MAX_BODY

        @blueprint.listener("after_server_start")
        async def warm_up(app: Sanic, _loop: Any) -> None:
            await _warm_up(getattr(app.ctx, "agent", None))

        @blueprint.listener("after_server_stop")
        async def hang_up(app: Sanic, _loop: Any) -> None:
            await kept_open.close(getattr(getattr(app.ctx, "agent", None), "action_endpoint", None))

        @blueprint.get("/health")
        async def health(request: Request) -> HTTPResponse:
            if not self._admits(request):
                return _refused()
            ready = _is_ready(getattr(request.app.ctx, "agent", None))
            return json({"ready": ready}, 200 if ready else 503)

        @blueprint.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not self._admits(request):
                return _refused()
            try:
                asked = read_turn(request.body)
            except InvalidTurn as error:
                return json({"error": "InvalidTurn", "detail": str(error)}, 422)
            agent = getattr(request.app.ctx, "agent", None)
            request_id = request.headers.get(quiet_logs.REQUEST_ID_HEADER, "")
            return await _respond(asked, agent, on_new_message, self._heard, request_id)

        return blueprint

    def _admits(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self._expected)


async def _warm_up(agent: Agent | None) -> None:
    """Load what is loaded at first use, so that the first person does not wait for it."""
    action_validator.is_valid({})
    if agent is not None and _is_ready(agent):
        await agent.processor.parse_message(UserMessage("hello"))


async def _respond(turn: Turn, agent: Agent | None, handle: Handle, heard: HeardBefore, request_id: str) -> HTTPResponse:
    began = time.perf_counter()
    with quiet_logs.handling(turn.message_id, request_id):
        try:
            answer = await _answer(turn, agent, handle, heard)
            logger.info("turn answered: conversation %s message %s in %d ms",
                        turn.conversation_id, turn.message_id, (time.perf_counter() - began) * 1000)  # fmt: skip
            return json(answer)
        except InvalidTurn as error:
            return json({"error": "InvalidTurn", "detail": str(error)}, 422)
        except asyncio.CancelledError:
            raise  # the caller hung up
        except (Exception, TurnFailed) as error:
            failure = TurnFailed.because(error)
            logger.error("turn failed: conversation %s message %s: %s at %s",
                         turn.conversation_id, turn.message_id, failure.reason, _place(error))  # fmt: skip
            return json({"error": failure.reason}, 503)


async def _answer(turn: Turn, agent: Agent | None, handle: Handle, heard: HeardBefore) -> dict[str, Any]:
    if agent is None or not _is_ready(agent):
        raise NotReady
    agent.processor.on_circuit_break = _stop_circling
    replies = Replies()
    metadata = {**turn.metadata, "message_id": turn.message_id}
    message = UserMessage(None, replies, turn.conversation_id, None, NAME, turn.message_id, metadata)
    message.parse_data = await _understand(turn, agent, metadata, heard)
    message.text = message.parse_data["text"]  # as typed; the constructor strips it
    await handle(message)
    intent = message.parse_data["intent"]
    understood = {"intent": intent.get("name"), "confidence": intent.get("confidence")}
    return {"messages": replies.messages, "understood": understood}


async def _understand(turn: Turn, agent: Agent, metadata: dict[str, Any], heard: HeardBefore) -> dict[str, Any]:
    """What Rasa calls parse data. Done here and handed over, so that a typed `/` is never a command."""
    if isinstance(turn.said, Choice):
        return _chosen(turn.said, agent)
    words = turn.said
    if _COMMAND.match(words):
        words = _COMMAND.sub("", words, count=1) or "?"
    processor = agent.processor
    message = UserMessage(words, message_id=turn.message_id, metadata=metadata)
    return {**await heard.parsed(words, processor, lambda: processor.parse_message(message)), "text": turn.said}


def _chosen(choice: Choice, agent: Agent) -> dict[str, Any]:
    if choice.intent not in agent.domain.intents:
        raise InvalidTurn("intent.name: not an intent of this assistant")
    intent = {"name": choice.intent, "confidence": 1.0}
    entities = [{"entity": name, "value": value, "extractor": "choice"} for name, value in choice.entities.items()]
    return {"intent": intent, "intent_ranking": [intent], "entities": entities, "text": None}


def _is_ready(agent: Agent | None) -> bool:
    return agent is not None and bool(agent.is_ready()) and is_bounded(agent.tracker_store)


def _stop_circling(*_: Any) -> NoReturn:
    """Called by Rasa after ten actions in one turn; it would then answer with all they said."""
    raise TurnFailed("ActionLimitReached")


def _refused() -> HTTPResponse:
    return json({"error": "Unauthorized"}, 401, headers={"WWW-Authenticate": "Bearer"})


def _place(error: BaseException) -> str:
    """File and line where `error` was raised: enough to find it, and no words."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "?"
