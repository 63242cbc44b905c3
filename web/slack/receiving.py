"""What Slack delivers, taken once: as Slack documents it (`shapes`), known by its id, stored before Slack is told, worked on after.

By HTTP or by Socket Mode the same. A delivery that is being worked on is not acknowledged twice: Slack is asked to come again, and finds
it done. So a process may end at any moment and nothing is lost or doubled. Once its shape has been looked at, whatever goes wrong with a
delivery is a mistake of ours: it is let go again, and nobody's message is lost for it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from facilitator.errors import StorageUnavailableError
from facilitator.logs import error_and_place
from facilitator.storage import conversations as store
from facilitator.storage.database import Database
from facilitator.storage.models import SlackEventRow
from web.slack.calling import Caller, silent_logger
from web.slack.rhythm import pause
from web.slack.seats import Who
from web.slack.shapes import INTERACTIONS, is_as_documented, kind_of

log = structlog.get_logger("web")
# Slack waits for three seconds.
PATIENCE_S = 2.0
# How long until we try once more what Slack has been told is done, and will not bring again.
AGAIN_S = (3.0, 10.0, 30.0)
CLAIM = timedelta(seconds=30)
KNOWN_FOR = timedelta(days=7)
NOT_NOW = 503

Later = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Delivered:
    """One thing that Slack delivered. `key` is the same however often it comes; a box sent off again with other words is another thing."""

    key: str
    kind: str
    who: Who
    body: Mapping[str, Any]

    @property
    def event(self) -> Mapping[str, Any]:
        """What an event is about; empty for anything else."""
        return self.body["event"] if self.kind == "event" else {}

    @property
    def written(self) -> list[str]:
        """What was typed into each place of a box; empty for anything else."""
        return _written(self.body) if self.kind in INTERACTIONS else []


class NotTaken(Exception):
    """What was written in a box is not taken as it is. `why` is for the person: it stands in the box, which stays open with their words.

    Without it: not now. The same words may be taken later, so once the box has closed they are tried again; not with `again=False`, where
    the person had better not wait. Raised before anything of it has been stored.
    """

    def __init__(self, why: str = "", *, again: bool = True) -> None:
        super().__init__("not taken")
        self.why, self.again = why, again and not why


@dataclass(frozen=True)
class Worked:
    """Whether a delivery was taken. If not: whether it may be tried `again` before the person has seen `why`."""

    done: bool
    why: str = ""
    again: bool = True


Handle = Callable[[Delivered], Awaitable[Later | None]]
"""Stores what has to be stored and returns the rest, to be done once Slack has been told. May raise NotTaken for a box."""


class Taken(Enum):
    OURS = "ours"
    DONE = "done"
    BUSY = "busy"


class OurStep(AsyncMiddleware):
    """One step among slack-bolt's. For a plain function, slack-bolt would look through the body first, and stumble where it is odd.

    `answer` gives what Slack is told; None: go on to the next step.
    """

    def __init__(self, answer: Callable[[AsyncBoltRequest], Awaitable[BoltResponse | None]]) -> None:
        self._answer = answer

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        answer = await self._answer(req)
        return await next() if answer is None else answer


class Receiver:
    def __init__(
        self,
        database: Database,
        handle: Handle,
        without_storage: Callable[[Delivered], Awaitable[None]],
        not_taken: Callable[[Delivered, str], Mapping[str, Any] | None],
        not_taken_after_all: Callable[[Delivered, str], Awaitable[None]],
        caller: Caller,
        signing_secret: str,
        now: Callable[[], datetime] = store.now,
    ) -> None:
        self._database, self._handle, self._without_storage, self._now = database, handle, without_storage, now
        self._not_taken, self._not_taken_after_all = not_taken, not_taken_after_all
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = asyncio.Event()
        self.app = self._bolt(caller, signing_secret)

    def _bolt(self, caller: Caller, signing_secret: str) -> AsyncApp:
        """slack-bolt checks the signature once more, and answers Slack's own questions about the address. The rest is ours."""

        async def authorize() -> AuthorizeResult:
            # One workspace, one token. Asking Slack about it here could keep a message from being taken.
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=caller.client.token)

        async def look(req: AsyncBoltRequest) -> BoltResponse | None:
            return None if is_as_documented(req.body) else BoltResponse(status=400)

        async def take(req: AsyncBoltRequest) -> BoltResponse:
            try:
                return await self._take(req)
            except Exception as error:
                log.error("slack_not_taken", **error_and_place(error))
                return BoltResponse(status=NOT_NOW)

        app = AsyncApp(
            logger=silent_logger(),
            signing_secret=signing_secret,
            before_authorize=OurStep(look),
            authorize=authorize,
            # Bots' own messages, ours too, are left alone by what handles messages.
            ignoring_self_events_enabled=False,
        )
        app.middleware(OurStep(take))
        return app

    async def _take(self, req: AsyncBoltRequest) -> BoltResponse:
        delivered = _read(req.body)
        if delivered is None:
            return BoltResponse(status=200)
        try:
            taken = await asyncio.to_thread(self._claim, delivered.key)
            if taken is not Taken.OURS:
                return BoltResponse(status=200 if taken is Taken.DONE else NOT_NOW)
            work = self._start(self._work(delivered))
            await asyncio.wait({work}, timeout=PATIENCE_S)
        except StorageUnavailableError:
            self._help(delivered)
            return self._sorry(delivered)
        if not work.done():
            if delivered.kind == "event":
                return BoltResponse(status=NOT_NOW)
            # Only events come again. For the rest, the person would see an error for what is about to be done.
            self._start(self._rest(delivered, partial(self._see_through, delivered, work)))
            return BoltResponse(status=200)
        worked = work.result()
        return BoltResponse(status=200) if worked.done else self._sorry(delivered, worked.why)

    def _sorry(self, delivered: Delivered, why: str = "") -> BoltResponse:
        """Events come again. Nothing else does, so the person is told, and what they wrote stays where they wrote it.

        A box that has no place to say it in is none of ours, whatever else has gone wrong.
        """
        told = self._not_taken(delivered, why)
        if told is None:
            return BoltResponse(status=400 if delivered.kind == "view_submission" else NOT_NOW)
        return BoltResponse(status=200, body=json.dumps(told), headers={"content-type": ["application/json;charset=utf-8"]})

    async def _work(self, delivered: Delivered) -> Worked:
        """Store it and start the rest."""
        try:
            later = await self._handle(delivered)
            await asyncio.to_thread(self._finish, delivered.key)
        except StorageUnavailableError:
            self._help(delivered)
            return Worked(done=False)
        except NotTaken as refused:
            # With the same words the box is sent off again under the same id.
            await asyncio.to_thread(self._let_go, delivered.key)
            return Worked(done=False, why=refused.why, again=refused.again)
        except Exception as error:
            log.error("slack_delivery_failed", kind=delivered.kind, **error_and_place(error))
            self._help(delivered)
            await asyncio.to_thread(self._let_go, delivered.key)
            return Worked(done=False)
        if later is not None:
            self._start(self._rest(delivered, later))
        return Worked(done=True)

    async def _see_through(self, delivered: Delivered, work: asyncio.Task[Worked]) -> None:
        """What Slack has been told is done: tried again when it fails, and in the end the person is told that it could not be."""
        worked = await work
        for seconds in AGAIN_S:
            if worked.done or not worked.again:
                break
            await pause(seconds, self._stopping)
            if self._stopping.is_set():
                worked = await self._last_try(delivered)
                break
            worked = await self._work(delivered)
        if not worked.done:
            await self._not_taken_after_all(delivered, worked.why)

    async def _last_try(self, delivered: Delivered) -> Worked:
        """Within a time that leaves some to tell the person, before we are stopped for good."""
        work = self._start(self._work(delivered))
        await asyncio.wait({work}, timeout=PATIENCE_S)
        return work.result() if work.done() else Worked(done=False)

    def _help(self, delivered: Delivered) -> None:
        """Whatever has gone wrong, somebody in danger does not wait for Slack to come again."""
        self._start(self._rest(delivered, partial(self._without_storage, delivered)))

    @staticmethod
    async def _rest(delivered: Delivered, later: Later) -> None:
        try:
            await later()
        except Exception as error:
            log.error("slack_work_failed", kind=delivered.kind, **error_and_place(error))

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """What waits to be tried again is tried now, for the last time, or the person told; then come to an end."""
        self._stopping.set()
        await self.settle()

    async def settle(self, within_s: float = 5.0) -> None:
        """Let what has begun come to its end."""
        while self._tasks:
            _, unfinished = await asyncio.wait(set(self._tasks), timeout=within_s)
            if unfinished:
                log.warning("slack_work_given_up", count=len(unfinished))
                for task in unfinished:
                    task.cancel()
                return

    # ── known by its id ──

    def _claim(self, key: str) -> Taken:
        try:
            with self._database.unit_of_work() as session:
                row, now = session.get(SlackEventRow, key, with_for_update=True), self._now()
                if row is None:
                    session.add(SlackEventRow(key=key, done=False, busy_until=now + CLAIM, created_at=now))
                    return Taken.OURS
                if row.done:
                    return Taken.DONE
                if row.busy_until > now:
                    return Taken.BUSY
                row.busy_until = now + CLAIM
                return Taken.OURS
        except IntegrityError:
            return Taken.BUSY

    def _finish(self, key: str) -> None:
        with self._database.unit_of_work() as session:
            if (row := session.get(SlackEventRow, key)) is not None:
                row.done = True

    def _let_go(self, key: str) -> None:
        try:
            with self._database.unit_of_work() as session:
                if (row := session.get(SlackEventRow, key)) is not None:
                    row.busy_until = self._now()
        except StorageUnavailableError:
            pass  # the claim runs out by itself

    def forget_old(self) -> None:
        """Slack delivers nothing again after an hour or so; ids are kept for a week."""
        with self._database.unit_of_work() as session:
            session.execute(delete(SlackEventRow).where(SlackEventRow.created_at < self._now() - KNOWN_FOR))


def _read(body: Mapping[str, Any]) -> Delivered | None:
    """What it is, from whom, and what it is known by; None for what we do not know. The body is as documented."""
    kind = kind_of(body)
    if kind is None:
        return None
    return Delivered(store.digest(f"{kind}:{_known_by(kind, body)}"), kind, _who(kind, body), body)


def _known_by(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "event":
        return str(body["event_id"])
    if kind == "view_submission":
        # A box that stays open may come again with other words: these are screened, and taken, for themselves.
        return f"{body['view']['id']}:{body['view']['hash']}:{json.dumps(_written(body))}"
    return str(body["trigger_id"])


def _written(body: Mapping[str, Any]) -> list[str]:
    values = ((body.get("view") or {}).get("state") or {}).get("values") or {}
    return [str(element.get("value") or "") for block in values.values() for element in block.values()]


def _who(kind: str, body: Mapping[str, Any]) -> Who:
    if kind == "event":
        user = body["event"].get("user")
        # of what we do not know, the user may be anything
        return Who(body["team_id"], user if isinstance(user, str) else "")
    if kind == "command":
        return Who(body["team_id"], body["user_id"])
    team, user = body.get("team") or {}, body["user"]
    return Who(team.get("id") or user["team_id"], user["id"])
