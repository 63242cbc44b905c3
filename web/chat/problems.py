"""Errors as RFC 9457 problem documents: a stable type, a plain sentence, never a stack trace, never what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from facilitator.errors import ChoiceClosedError, ChoiceUnknownError, NotFoundError, StorageUnavailableError
from facilitator.wording import Wording
from web.chat.door import NotScreened

log = structlog.get_logger("web")
MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = "urn:facilitator:problem:"
_OF_STATUS = {401: "unauthorised", 404: "not-found", 405: "method-not-allowed", 413: "message-too-long", 429: "rate-limited"}


class Problem(Exception):
    """A refusal. `kind` is the stable end of the type; `values` fill its sentence; `extra` joins the document."""

    def __init__(
        self, status: int, kind: str, *, headers: dict[str, str] | None = None, extra: dict[str, Any] | None = None, **values: object
    ) -> None:
        super().__init__(kind)
        self.status, self.kind, self.values = status, kind, values
        self.headers, self.extra = headers or {}, extra or {}


def problem_response(wording: Wording, problem: Problem) -> JSONResponse:
    detail = wording.problem(problem.kind, **problem.values)
    body = {
        "type": TYPE_ROOT + problem.kind,
        "title": problem.kind.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": detail,
    }
    return JSONResponse({**body, **problem.extra}, problem.status, problem.headers, MEDIA_TYPE)


def install(app: FastAPI, wording: Wording, support: Any) -> None:
    """Translate every error once, here. `support` gives the support numbers, shown when nothing can be saved."""

    def respond(problem: Problem) -> JSONResponse:
        return problem_response(wording, problem)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, error: Problem) -> JSONResponse:
        return respond(error)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = sorted({str(part) for fault in error.errors() for part in fault["loc"][1:2] if isinstance(part, str)})
        known = [field for field in fields if field.isidentifier() and len(field) < 40]
        return respond(Problem(422, "invalid-request", extra={"fields": known}))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        kind = _OF_STATUS.get(error.status_code, "invalid-request" if error.status_code < 500 else "failed")
        return respond(Problem(error.status_code, kind, headers=dict(error.headers or {}), limit="12,000", seconds=60))

    @app.exception_handler(Exception)
    async def on_anything(request: Request, error: Exception) -> JSONResponse:
        log.error("request_failed", error=type(error).__name__, path=request.scope.get("route_path", ""))
        return respond(Problem(500, "failed"))

    _install_of_the_domain(app, respond, support)


def _install_of_the_domain(app: FastAPI, respond: Callable[[Problem], JSONResponse], support: Any) -> None:
    """What goes wrong in the domain, as problems."""

    @app.exception_handler(NotFoundError)
    async def on_missing(request: Request, error: NotFoundError) -> JSONResponse:
        return respond(Problem(404, "not-found"))

    @app.exception_handler(ChoiceUnknownError)
    async def on_unknown_choice(request: Request, error: ChoiceUnknownError) -> JSONResponse:
        return respond(Problem(422, "unknown-choice"))

    @app.exception_handler(ChoiceClosedError)
    async def on_closed_choice(request: Request, error: ChoiceClosedError) -> JSONResponse:
        return respond(Problem(409, "choice-closed"))

    @app.exception_handler(StorageUnavailableError)
    async def on_storage(request: Request, error: StorageUnavailableError) -> JSONResponse:
        log.error("storage_unavailable", error=str(error))
        return respond(Problem(503, "unavailable", headers={"Retry-After": "30"}, extra={"support": support()}))

    @app.exception_handler(NotScreened)
    async def on_not_screened(request: Request, error: NotScreened) -> JSONResponse:
        return respond(Problem(503, "unavailable", headers={"Retry-After": "30"}, extra={"support": support()}))
