"""Errors as RFC 9457 problem documents: a stable type, a plain sentence, never a stack trace, never what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from facilitator.errors import ChoiceClosedError, ChoiceUnknownError, NotFoundError, StorageUnavailableError, UnstorableError
from facilitator.wording import Wording
from web.chat.door import NotScreened
from web.chat.schemas import MAX_TEXT
from web.chat.turnstile import TooBusy

log = structlog.get_logger("web")
MEDIA_TYPE = "application/problem+json"
TYPE_ROOT = "urn:facilitator:problem:"
UNKNOWN_CODE = "unknown-code"
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
        named = {part for fault in error.errors() for part in fault["loc"][1:2]}
        # Only names of ours: a field that nobody knows is something that was sent.
        return respond(Problem(422, "invalid-request", extra={"fields": sorted(named & _names_in(app.openapi()))}))

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        kind = _OF_STATUS.get(error.status_code, "invalid-request" if error.status_code < 500 else "failed")
        return respond(Problem(error.status_code, kind, headers=dict(error.headers or {}), limit=f"{MAX_TEXT:,}", seconds=60))

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

    @app.exception_handler(UnstorableError)
    async def on_unstorable(request: Request, error: UnstorableError) -> JSONResponse:
        return respond(Problem(422, "invalid-request"))

    @app.exception_handler(TooBusy)
    async def on_too_busy(request: Request, error: TooBusy) -> JSONResponse:
        return respond(Problem(503, "busy", headers={"Retry-After": "5"}, extra={"support": support()}))

    @app.exception_handler(NotScreened)
    async def on_not_screened(request: Request, error: NotScreened) -> JSONResponse:
        return respond(Problem(503, "unavailable", headers={"Retry-After": "30"}, extra={"support": support()}))


# ── the contract: what each operation may answer besides success ──

_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:facilitator:problem:[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "string"}},
        "limit": {"type": "integer"},
        "support": {"type": "array", "items": {"type": "object"}},
    },
}
_TITLES = {
    400: "The body could not be read.",
    401: "The token is missing, wrong or too old.",
    403: "People join with a code here.",
    404: "There is nothing here.",
    409: "The question of that choice is closed.",
    413: "The message is too long.",
    422: "A field is missing, wrong or unknown.",
    429: "Too many requests; Retry-After says how long to wait.",
    503: "Nothing can be stored just now, or too many are writing at once.",
}
_OF_ONE_CONVERSATION = (401, 404, 503)
_OF_METHOD = {"post": (400, 404, 409, 413, 422, 429, 503), "patch": (400, 413, 422), "get": (422,), "delete": ()}


# Rules of SendMessage that pydantic checks and does not describe: one of the two, and something in it to read.
_VISIBLE = r"[^\s\u0000-\u001f\u0085]"
_NOTHING = {"type": "null"}
_EXACTLY_ONE = {
    "oneOf": [
        {"required": ["text"], "properties": {"text": {"type": "string", "pattern": _VISIBLE, "maxLength": MAX_TEXT}, "choice": _NOTHING}},
        {"required": ["choice"], "properties": {"choice": {"type": "string"}, "text": _NOTHING}},
    ]
}


def document(app: FastAPI) -> None:
    """Say in /openapi.json how errors look and where the token goes."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            components = schema.setdefault("components", {})
            components.setdefault("schemas", {}).update(Problem=_SCHEMA)
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for name in ("HTTPValidationError", "ValidationError"):
                components["schemas"].pop(name, None)
            components["schemas"]["SendMessage"].update(_EXACTLY_ONE)
            for path, operations in schema["paths"].items():
                for method, operation in operations.items():
                    _document_operation(path, method, operation)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _document_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    if path == "/readyz":
        answers["503"] = {**answers["200"], "description": "A part is not ready."}
    if not path.startswith("/chat"):
        return
    statuses = set(_OF_METHOD[method])
    if "{conversation_id}" in path:
        statuses.update(_OF_ONE_CONVERSATION)
        operation["security"] = [{"token": []}]
    elif method == "post":
        statuses.add(403)
        operation["security"] = [{}, {"token": []}]  # with a token or without
    for status in sorted(statuses):
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answers[str(status)] = {"description": _TITLES[status], "content": content}


def _names_in(schema: Any) -> set[str]:
    """Every name of a field or parameter in an OpenAPI document."""
    if isinstance(schema, list):
        return set().union(*map(_names_in, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    if isinstance(schema.get("in"), str):
        own.add(schema["name"])
    return own.union(*map(_names_in, schema.values()))
