"""The pages themselves, and what a person reads on one when something went wrong."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import structlog
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response

from facilitator.errors import ChoiceClosedError, ChoiceUnknownError, FacilitatorError, NotFoundError, UnstorableError
from web.chat import api
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.schemas import MAX_TEXT, Reply
from web.pages import MAX_CODE, surroundings, templates, title_for, words
from web.parts import Parts
from web.plain import cookies
from web.plain.cookies import Held
from web.plain.page import Chat, blocks, chat_of
from web.plain.returning import NotOpened, with_chat
from web.shield import TooLarge

log = structlog.get_logger("web")
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
# What goes wrong below the chat API, by the name a person's sentence has in knowledge/messages/notices.yml.
KINDS: tuple[tuple[type[Exception], int, str], ...] = (
    (ChoiceUnknownError, 422, "unknown-choice"),
    (ChoiceClosedError, 409, "choice-closed"),
    (NotFoundError, 404, "not-found"),
    (UnstorableError, 422, "invalid-request"),
    (FacilitatorError, 503, "unavailable"),
    (NotScreened, 503, "unavailable"),
    (RequestValidationError, 422, "invalid-request"),
)


# ── pages ──


async def chat_page(request: Request, parts: Parts, held: Held, *, message_id: str | None = None, **more: Any) -> Response:
    chat: Chat = await with_chat(request, parts, held, lambda now: chat_of(parts, now))
    status = more.pop("status", 200)
    context = {"chat": chat, "message_id": message_id or chat.message_id, **more}
    response = page(request, parts, "plain_chat.html", status, **context)
    if chat.held != Held.of(request):
        chat.held.keep(request, response)
    return response


def start_page(request: Request, parts: Parts, *, problem: Problem | None = None, status: int = 200, **more: Any) -> Response:
    """The first page; with a problem, its sentence and its status."""
    error = sentence(request, parts, problem) if problem else ""
    return page(request, parts, "plain_start.html", problem.status if problem else status, error=error, **more)


async def joining_page(request: Request, parts: Parts, join_code: str, **more: Any) -> Response:
    """The first page with an activity's title, where there is one; `held` is a chat that is open already."""
    code = join_code[:MAX_CODE]
    title = await title_for(parts, code, api.address_of(request)) if code else ""
    return start_page(request, parts, join_code=code, activity_title=title, **more)


async def not_said(request: Request, parts: Parts, held: Held | None, problem: Problem, fields: dict[str, str], *, ours: bool) -> Response:
    """The page again, with what went wrong beside the field and the person's words still in it."""
    text = fields.get("text", "")
    if problem.status == 401:
        if held is None or ours:
            return await _gone_page(request, parts, held, problem, text)
        problem = form_old(request)
    error = sentence(request, parts, problem)
    if held is None:
        return page(request, parts, "plain_note.html", problem.status, error=error, text=text)
    try:
        return await chat_page(request, parts, held, error=error, text=text, message_id=fields.get("message_id"), status=problem.status)
    except (Problem, FacilitatorError):
        # Nothing can be read either: at least the words are not lost.
        return page(request, parts, "plain_note.html", problem.status, error=error, text=text)


async def _gone_page(request: Request, parts: Parts, held: Held | None, problem: Problem, text: str = "") -> Response:
    """The chat cannot be opened; words that were on their way are shown, to be sent again. A code is shown too.

    It is kept where it may open the chat later. One that opens nothing is shown this once: tried again at every load, it would count as
    a wrong one against everybody at this address.
    """
    code, kept = held.code if held else "", held is not None and held.kept
    passing = isinstance(problem, NotOpened) and problem.passing
    gone = Problem(503, "plain_not_now") if passing else Problem(401, "plain_not_found" if kept else "plain_ended")
    about = {"held": held if kept else None, "gone": kept, "passing": passing}
    response = await joining_page(request, parts, code, problem=gone, text=text, **about)
    if not passing:
        cookies.forget(response, cookies.CHAT)
    return response


def support_page(request: Request, parts: Parts, reply: Reply) -> Response:
    """Someone needs help, and nothing could be stored: the words and the numbers all the same."""
    return page(request, parts, "plain_note.html", messages=reply.messages)


async def trouble(request: Request, problem: Problem) -> Response:
    parts, held = api.parts_of(request), Held.of(request)
    if problem.status == 401 and held is not None:
        return await _gone_page(request, parts, held, problem)
    response = page(request, parts, "plain_note.html", problem.status, error=sentence(request, parts, problem))
    for name, value in problem.headers.items():
        response.headers.setdefault(name, value)
    return response


def page(request: Request, parts: Parts, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    secret, lang = cookies.form_secret(request), lang_of(request)
    known = {**words(parts, lang), **surroundings(parts), "form": secret, "blocks": blocks, "languages": sorted(parts.strings)}
    response = templates.TemplateResponse(request, template, {**known, **context}, status)
    cookies.remember(request, response, cookies.FORM, secret)
    if lang:
        cookies.remember(request, response, cookies.LANG, lang)
    return response


def policy_for(html: str) -> str:
    """Lets a page have its own style, named by its fingerprint, and nothing else."""
    styles = (hashlib.sha256(style.encode()).digest() for style in STYLE.findall(html))
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in styles)
    return f"default-src 'none'; style-src {allowed or "'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


# ── what went wrong ──


def as_problem(error: Exception) -> Problem:
    """Whatever went wrong, as what a person can be told."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, TooLarge):
        return Problem(413, "message-too-long", limit=f"{MAX_TEXT:,}")
    for kind, status, name in KINDS:
        if isinstance(error, kind):
            return Problem(status, name)
    log.error("plain_page_failed", error=type(error).__name__)
    return Problem(500, "failed")


def form_old(request: Request) -> Problem:
    """Why a form is none of ours. A browser that sends no secret may hold no cookies at all."""
    return Problem(403, "plain_form_old" if cookies.FORM in request.cookies else "plain_no_cookies")


# ── words ──


def lang_of(request: Request) -> str:
    wanted = (request.query_params.get("lang") or request.cookies.get(cookies.LANG, ""))[:8]
    # it goes into a cookie, which does not take every letter
    return wanted if wanted.isascii() and wanted.isalnum() else ""


def strings_of(request: Request, parts: Parts) -> dict[str, str]:
    strings: dict[str, str] = words(parts, lang_of(request))["strings"]
    return strings


def sentence(request: Request, parts: Parts, problem: Problem) -> str:
    """From the catalogue in their language, where the problem is one of this page alone."""
    return strings_of(request, parts).get(problem.kind) or parts.built.wording.problem(problem.kind, **problem.values)
