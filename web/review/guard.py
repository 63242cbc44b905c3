"""The one way into the review app. Every route takes a `Seat` by `Guard`, which looks at, in this order: the session, the second factor,
the right, whose the thing in the address is, and the form's secret. What a route then does with the seat needs no further check.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from facilitator.activities import Activity, find_by_code
from facilitator.coordinators import answers, audit, flags, sessions
from facilitator.coordinators.audit import Action
from facilitator.coordinators.passwords import PasswordsBusyError
from facilitator.coordinators.rights import Right, Viewer
from facilitator.errors import FacilitatorError, NotFoundError, StorageUnavailableError
from facilitator.logs import error_and_place
from facilitator.reports import tickets
from facilitator.storage.models import ConversationRow
from web.parts import Parts
from web.review import cookies, pages

log = structlog.get_logger("web")
ROOT = "/review"
SIGN_IN = f"{ROOT}/sign-in"
CODE = f"{SIGN_IN}/code"
TWO_FACTOR = f"{ROOT}/me/two-factor"
SAFE_METHODS = frozenset({"GET", "HEAD"})
MAX_FIELDS = 200
# The fields that people write in. Nothing else of a form that came too late is shown again: passwords are fields too.
WRITTEN = frozenset({"note", "reply", "question", "asks", "text", "description"})
FRAMES = "frame-ancestors 'none'"


class StepNeeded(Exception):
    """A step of getting in is still to take, at the address `step`; `wanted` is where they wanted to go, `typed` what they wrote in a form
    that came after their time."""

    def __init__(self, step: str, wanted: str, typed: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.step, self.wanted, self.typed = step, wanted, typed


class Refused(Exception):
    """Not theirs to do, or a form that is none of ours. `typed`: what they wrote in a form of an earlier session of theirs."""

    def __init__(self, reason: str, typed: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason, self.typed = reason, typed


# ── what a form sent ──


@dataclass(frozen=True)
class Fields:
    """A form's fields, each perhaps several times."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]


async def fields_of(request: Request) -> Fields:
    """Raises Refused for what no form of ours sends."""
    if request.method in SAFE_METHODS:
        return Fields()
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise Refused("form") from None
    return Fields(tuple((name, value.replace("\r\n", "\n").replace("\0", "")) for name, value in pairs))


# ── whose it is ──


def _of_code(session: Session, code: str) -> str | None:
    found = find_by_code(session, code)
    if found is None:
        raise NotFoundError("activity")
    return found.id


def _of_conversation(session: Session, conversation_id: str) -> str | None:
    row = session.execute(select(ConversationRow.activity_id).where(ConversationRow.id == conversation_id)).first()
    if row is None:
        raise NotFoundError("conversation")
    return row[0]


OWNERS: Mapping[str, Callable[[Session, str], str | None]] = {
    "code": _of_code,
    "flag_id": flags.activity_of,
    "answer_id": answers.activity_of,
    "conversation_id": _of_conversation,
    "export_id": lambda session, export_id: tickets.find(session, export_id).activity_id,
}
"""By the name of a part of the address: how to find the activity it belongs to (None: to none, so only admins see it). A route with any
other part is for admins or for nobody in particular; a test holds every route to that."""


@dataclass(frozen=True)
class Seat:
    """Somebody signed in, at one request, allowed to do what the route says."""

    parts: Parts
    request: Request
    viewer: Viewer
    token: str
    fields: Fields = field(default_factory=Fields)

    @property
    def form(self) -> str:
        """The secret that forms of this session carry."""
        return sessions.form_secret(self.token)

    @property
    def address(self) -> str:
        """Where the request came from, for counting failed tries."""
        return self.request.client.host if self.request.client else "unknown"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.parts.built.database.reading() as session:
            yield session

    @contextmanager
    def work(self) -> Iterator[Session]:
        """One unit of work; what is written to the audit in it is kept or lost with it."""
        with self.parts.built.database.unit_of_work() as session:
            yield session

    def note(self, session: Session, action: Action, about: str | None = None, **details: Any) -> None:
        """Write to the audit what this viewer does, in the caller's unit of work. No words of anybody in `details`."""
        audit.write(session, self.viewer.id, action, about, **details)

    def activity(self, session: Session, code: str) -> Activity:
        """The activity in the address, which the guard has looked at already."""
        found = find_by_code(session, code)
        if found is None:
            raise NotFoundError("activity")
        return found

    def page(self, template: str, status: int = 200, /, **context: Any) -> Response:
        """A page of web/review/templates/review, in the one layout."""
        return pages.render(self.request, self.parts, template, status, viewer=self.viewer, form=self.form, **context)


def to(path: str, done: str = "", out: Sequence[str] = ()) -> Response:
    """After a form that worked: on to a page, which says what was `done`, and what was taken `out` (keys of the catalogue)."""
    mark = f"{'&' if '?' in path else '?'}done={done}" if done else ""
    mark += f"&out={'.'.join(out)}" if done and out else ""
    return RedirectResponse(f"{path}{mark}", 303)


@dataclass(frozen=True)
class Guard:
    """The dependency. Its answer is a `Seat`; everything else ends the request."""

    right: Right

    async def __call__(self, request: Request) -> Seat:
        fields = await fields_of(request)
        return await run_in_threadpool(self._seat, request, fields)

    def _seat(self, request: Request, fields: Fields) -> Seat:
        parts: Parts = request.app.state.parts
        token = cookies.session_of(request)
        with parts.built.database.reading() as session:
            viewer = self._viewer(session, request, token, fields)
            if not viewer.may(self.right):
                raise Refused("right")
            self._own(session, viewer, request)
            due = sessions.is_due(session, token)
        if request.method not in SAFE_METHODS and not cookies.same(fields.get("form"), sessions.form_secret(token)):
            raise Refused("form", _written(fields) if _is_from_our_page(request) else ())
        if due:
            with parts.built.database.unit_of_work() as session:
                sessions.touch(session, token)
        return Seat(parts, request, viewer, token, fields)

    def _viewer(self, session: Session, request: Request, token: str, fields: Fields) -> Viewer:
        found = sessions.find(session, token)
        if found is None:
            raise StepNeeded(SIGN_IN, _wanted(request), _typed(fields, token))
        if not found.complete:
            raise StepNeeded(CODE, _wanted(request))
        required = request.app.state.parts.built.settings.facilitator_two_factor == "required"
        # for an account that the organisation's own sign-in opens, the second factor is that sign-in's to ask for
        second = found.viewer.has_two_factor or found.viewer.linked
        if required and not second and self.right is not Right.SELF:
            raise StepNeeded(TWO_FACTOR, _wanted(request))
        return found.viewer

    @staticmethod
    def _own(session: Session, viewer: Viewer, request: Request) -> None:
        """What is not theirs looks as if it were not there."""
        for name, value in request.path_params.items():
            if name in OWNERS and not viewer.sees(OWNERS[name](session, str(value))):
                raise NotFoundError(name)


SelfSeat = Annotated[Seat, Depends(Guard(Right.SELF))]
CountsSeat = Annotated[Seat, Depends(Guard(Right.COUNTS))]
WordsSeat = Annotated[Seat, Depends(Guard(Right.WORDS))]
ManageSeat = Annotated[Seat, Depends(Guard(Right.MANAGE))]
AdminSeat = Annotated[Seat, Depends(Guard(Right.ADMIN))]


# ── what goes wrong, as pages ──


class ReviewRoute(APIRoute):
    """Answers what goes wrong with a page; lets no browser keep a copy, and no other page show ours in a frame."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                response = await run_in_threadpool(_answer, request, error)
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["X-Frame-Options"] = "DENY"
            response.headers["Content-Security-Policy"] = _POLICY
            return response

        return handled


_POLICY = f"default-src 'none'; script-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; {FRAMES}"


def _answer(request: Request, error: Exception) -> Response:
    above = request.url.path.rpartition("/")[0]
    if isinstance(error, StepNeeded) and error.typed:
        return pages.render(request, request.app.state.parts, "signed_out", 401, typed=error.typed, next=above)
    if isinstance(error, Refused) and error.typed:
        return pages.render(request, request.app.state.parts, "old_form", 403, typed=error.typed, next=above)
    if isinstance(error, StepNeeded):
        return to(on_the_way(error.step, error.wanted))
    status, why = _status(error)
    if status == 500:
        log.error("review_failed", **error_and_place(error))
    return pages.trouble(request, request.app.state.parts, why, status)


def _status(error: Exception) -> tuple[int, str]:
    """The status, and the key of its words."""
    if isinstance(error, Refused):
        return 403, error.reason
    if isinstance(error, NotFoundError):
        return 404, "missing"
    if isinstance(error, StorageUnavailableError):
        return 503, "unavailable"
    if isinstance(error, PasswordsBusyError):
        return 503, "busy"
    if isinstance(error, HTTPException):
        return error.status_code, {404: "missing", 405: "method", 413: "large"}.get(error.status_code, "failed")
    if isinstance(error, RequestValidationError):
        return 422, "invalid"
    return (422, "invalid") if isinstance(error, FacilitatorError) else (500, "failed")


def _wanted(request: Request) -> str:
    """Where to go after signing in: the page asked for. A form is not sent again."""
    if request.method not in SAFE_METHODS:
        return ""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _typed(fields: Fields, token: str) -> tuple[str, ...]:
    """What somebody wrote in a form of ours that came too late, for them to copy.

    The browser still holds the token that the form's secret is made from: what another page sends is not shown as their words.
    """
    if not token or not cookies.same(fields.get("form"), sessions.form_secret(token)):
        return ()
    return _written(fields)


def _written(fields: Fields) -> tuple[str, ...]:
    return tuple(text for name, text in fields.pairs if name in WRITTEN and text.strip())


def on_the_way(step: str, wanted: str) -> str:
    """The address of a step of signing in, which keeps where to go on to: a link in a message leads there after every step."""
    path = safe_next(wanted)
    return pages.address(step, {} if path == ROOT else {"next": path})


def _is_from_our_page(request: Request) -> bool:
    """Whether the browser says so itself, which no page can make it say. The secret of an earlier session is known to nobody any more."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def safe_next(path: str) -> str:
    """The address to go on to, if it is a page of the review app; else its first page."""
    fine = path.startswith(f"{ROOT}/") and "\\" not in path and "//" not in path and path.isprintable() and len(path) < 1000
    return path if fine else ROOT
