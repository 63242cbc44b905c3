"""What is counted while people talk, and the one id that each request carries. Nothing here can say who said what.

Labels come from short lists of our own (route templates, kinds, outcomes), never from what was sent. The page is off unless
FACILITATOR_METRICS=on, and answers only callers on a private network who did not come through the public web server.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from sqlalchemy import func, select
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException

from facilitator.errors import FacilitatorError
from facilitator.logs import REQUEST_ID_HEADER, begin_request
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.storage import inbox
from facilitator.storage.conversations import now
from facilitator.storage.database import Database
from facilitator.storage.models import ConversationRow, FlagRow, MessageRow
from facilitator.vocabulary import FlagKind, State
from web.chat.door import Door
from web.chat.rasa_link import RasaUnavailable, Understood
from web.parts import Parts
from web.shield import App, Message, Receive, Scope, Send

log = structlog.get_logger("web")
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10)
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
TURN_ROUTE = "/chat/conversations/{conversation_id}/messages"
# Asked every few seconds by machines: counted, but not worth a line each.
UNLOGGED_ROUTES = frozenset({"/healthz", "/readyz", "/metrics", "/widget/{name:path}"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "via")
FALLBACK_INTENT = "nlu_fallback"
# In the id of every sentence that declines a question, before the reason.
DECLINE = "decline_"
RECENTLY = timedelta(hours=1)
OPEN = "open"

# What became of the message now being handled. Inner parts write it, `Watch` reads it.
_outcome: ContextVar[dict[str, str] | None] = ContextVar("outcome", default=None)


class Metrics:
    """The counters of one web process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        counter = partial(Counter, namespace="facilitator", registry=self.registry)
        histogram = partial(Histogram, namespace="facilitator", registry=self.registry, buckets=SECONDS)
        gauge = partial(Gauge, namespace="facilitator", registry=self.registry)
        self.requests = counter("requests", "Requests, by route and status.", ["method", "route", "status"])
        self.turns = counter("turns", "Messages sent to us, by what became of them.", ["outcome"])
        self.turn_seconds = histogram("turn_seconds", "From a message to its answer.", ["outcome"])
        self.rasa_seconds = histogram("rasa_seconds", "How long Rasa and the actions took.", ["outcome"])
        self.flags = counter("flags", "Messages answered with support, by kind.", ["kind"])
        self.fallbacks = counter("fallbacks", "Messages that were not understood.")
        self.declined = counter("declined", "Questions that were declined, by reason.", ["reason"])
        self.refusals = counter("rate_limit_refusals", "Requests refused for coming too often, by limit.", ["limit"])
        self.failures = counter("failures", "Requests that failed through a fault of ours.")
        self.active = gauge("conversations_active", "Conversations in use within the last hour.")
        self.waiting = gauge("messages_waiting", "Messages that wait for an answer.")
        self.oldest_waiting = gauge("message_oldest_waiting_seconds", "The longest that a message has waited; 0 when none waits.")
        self.open_flags = gauge("flags_open", "Flags that nobody has looked at yet, by kind.", ["kind"])
        self.oldest_flag = gauge("flag_oldest_open_seconds", "Age of the oldest flag nobody has looked at, by kind; 0 when none.", ["kind"])

    def rasa_turn(self, seconds: float, result: Understood | RasaUnavailable) -> None:
        """One call to Rasa, answered or not."""
        answered = isinstance(result, Understood)
        self.rasa_seconds.labels("answered" if answered else "failed").observe(seconds)
        _became("answered" if answered else "waiting")
        if isinstance(result, Understood):
            self.fallbacks.inc(result.intent == FALLBACK_INTENT)
            for reply in result.replies:
                _, declined, reason = reply.response.partition(DECLINE)
                if declined:
                    self.declined.labels(reason).inc()

    def flagged(self, kind: SafetyKind) -> None:
        self.flags.labels(str(kind)).inc()
        _became("support")

    def refused(self, limit: str) -> None:
        self.refusals.labels(limit).inc()

    def count_stored(self, database: Database) -> None:
        """Set what is counted in the database, as it is now. Left as it was when the database cannot be asked."""
        recent = select(func.count()).select_from(ConversationRow).where(ConversationRow.last_active_at > now() - RECENTLY)
        open_now = recent.where(ConversationRow.state != State.FINISHED)
        pending = select(func.count(), func.min(MessageRow.created_at)).where(MessageRow.status == inbox.PENDING)
        flags = select(FlagRow.kind, func.count(), func.min(FlagRow.created_at)).where(FlagRow.state == OPEN).group_by(FlagRow.kind)
        try:
            with database.reading() as session:
                self.active.set(session.scalar(open_now) or 0)
                count, oldest = session.execute(pending).one()
                self._age(self.waiting, self.oldest_waiting, count, oldest)
                open_flags = {kind: (count, oldest) for kind, count, oldest in session.execute(flags)}
            for kind in FlagKind:
                self._age(self.open_flags.labels(kind), self.oldest_flag.labels(kind), *open_flags.get(kind, (0, None)))
        except FacilitatorError as error:
            log.warning("metrics_without_storage", error=type(error).__name__)

    @staticmethod
    def _age(number: Gauge, age: Gauge, count: int, oldest: datetime | None) -> None:
        number.set(count)
        age.set(max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0)


class CountedDoor(Door):
    """The door, counting what the safety screen saw."""

    def __init__(self, door: Door, metrics: Metrics) -> None:
        self._door, self._metrics = door, metrics

    async def look(self, text: str, who_is_asked: Callable[[], Awaitable[bool]] | None = None) -> Screened:
        found = await self._door.look(text, who_is_asked)
        if found.kind is not SafetyKind.SAFE:
            self._metrics.flagged(found.kind)
        return found

    async def admit(self, text: str) -> str:
        return await self._door.admit(text)


def count(parts: Parts, metrics: Metrics) -> Parts:
    """The same parts, counted."""
    parts.link.on_turn = metrics.rasa_turn
    parts.limits.on_refusal = metrics.refused
    return replace(parts, door=CountedDoor(parts.door, metrics))


def metrics_router(metrics: Metrics, database: Database) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    async def read_metrics(request: Request) -> Response:
        if not _came_directly(request):
            raise HTTPException(404)
        await asyncio.to_thread(metrics.count_stored, database)
        return Response(generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    return router


def _came_directly(request: Request) -> bool:
    """Whether the caller is on a private network and did not come through the public web server, which says whom it speaks for."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_private
    except ValueError:
        return False


class Watch:
    """ASGI middleware, the first that a request meets: its id, one log line, and its counts."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id, began, became = begin_request(), time.perf_counter(), dict[str, str]()
        token = _outcome.set(became)
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            _outcome.reset(token)
            self._note(scope, status, time.perf_counter() - began, became.get("outcome", ""))

    def _note(self, scope: Scope, status: int, seconds: float, outcome: str) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, route, str(status)).inc()
        if method == "POST" and route == TURN_ROUTE:
            outcome = _turn_outcome(status, outcome)
            self._metrics.turns.labels(outcome).inc()
            self._metrics.turn_seconds.labels(outcome).observe(seconds)
        if route not in UNLOGGED_ROUTES:
            known = {"outcome": outcome} if outcome else {}
            log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000), **known)


def _became(outcome: str) -> None:
    """Write down what became of the message. A message with support stays one, whatever follows."""
    found = _outcome.get()
    if found is not None and found.get("outcome") != "support":
        found["outcome"] = outcome


def _turn_outcome(status: int, outcome: str) -> str:
    if status >= 500 or not status:
        return "failed"
    # 200 without anything done: the same message again, answered from what is stored
    return (outcome or "repeated") if status < 400 else "refused"
