"""`/plain`: every page and form. A form that worked answers with a redirect, so that loading the page again sends nothing twice."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError

from facilitator.codes import spaced_resume_code, tidy_join_code
from facilitator.errors import ChoiceClosedError, ChoiceUnknownError, FacilitatorError, NotFoundError, UnstorableError
from facilitator.vocabulary import Kind
from web.chat import api
from web.chat.api import AddressDep, PartsDep
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.schemas import MAX_TEXT, ChangeConversation, OpenConversation, Reply, SendMessage
from web.chat.takeaway import Form
from web.pages import MAX_CODE, surroundings, templates, title_for, words
from web.parts import Parts
from web.plain import cookies
from web.plain.cookies import Held
from web.plain.page import Chat, blocks, chat_of
from web.shield import TooLarge

log = structlog.get_logger("web")
NEUTRAL_PAGE = "https://www.bbc.co.uk/weather"
MAX_FIELDS = 10
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


class PlainRoute(APIRoute):
    """Answers what goes wrong with a page, not with JSON; and lets no browser keep a copy of any page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                response = _trouble(request, as_problem(error))
            response.headers["Cache-Control"] = "no-store"
            return response

        return handled


router = APIRouter(prefix="/plain", include_in_schema=False, route_class=PlainRoute)


async def fields_of(request: Request) -> dict[str, str]:
    """A form's fields. Raises Problem 422 for one that no page of ours has."""
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:  # not UTF-8, or too many fields
        raise Problem(422, "invalid-message") from None
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def held_of(request: Request) -> Held | None:
    """A coroutine, as in the chat API: a plain function would wait for a thread."""
    return Held.of(request)


FieldsDep = Annotated[dict[str, str], Depends(fields_of)]
HeldDep = Annotated[Held | None, Depends(held_of)]


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


# ── opening ──


@router.get("")
async def plain_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    if held is None:
        return _start_page(request, parts)
    try:
        return await _chat_page(request, parts, held)
    except Problem as problem:
        if problem.status != 401:
            raise
        return _gone_page(request, parts, held)


@router.get("/join/{code}")
async def plain_join_page(code: str, request: Request, parts: PartsDep, held: HeldDep, address: AddressDep) -> Response:
    join_code = code[:MAX_CODE]
    if held is not None and held.code == tidy_join_code(join_code):
        return _to("/plain")
    title = await title_for(parts, join_code, address)
    return _start_page(request, parts, held=held, join_code=join_code, activity_title=title)


@router.post("/start")
async def start(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    code = fields.get("activity_code") or None
    if not cookies.is_ours(request, fields.get("form", "")):
        return _start_page(request, parts, join_code=code or "", error="plain_form_old", status=403)
    lang = words(parts, _lang(request))["lang"]
    known = held.token if held else ""
    try:
        asked = OpenConversation(activity_code=code, lang=lang)
        opened = await api.open_conversation(asked=asked, parts=parts, token=known, address=api.address_of(request))
    except (Problem, ValidationError) as error:
        return _start_page(request, parts, problem=_of_validation(error))
    response = _to("/plain")
    Held(opened.conversation_id, opened.token, tidy_join_code(code or "")).after(opened).keep(request, response)
    return response


@router.post("/come-back")
async def come_back(request: Request, parts: PartsDep, fields: FieldsDep) -> Response:
    """With the code a person wrote down."""
    code = fields.get("resume_code", "").strip()
    if not cookies.is_ours(request, fields.get("form", "")):
        return _start_page(request, parts, error="plain_form_old", resume_code=code, status=403)
    if not code:
        return _start_page(request, parts, code_error=_words(request, parts)["code_empty"], status=422)
    try:
        asked = OpenConversation(resume_code=code)
        opened = await api.open_conversation(asked=asked, parts=parts, token="", address=api.address_of(request))
    except (Problem, ValidationError) as error:
        problem = _of_validation(error, "unknown-code")
        return _start_page(request, parts, code_error=_sentence(parts, problem), resume_code=code, status=problem.status)
    response = _to(f"/plain#m-{opened.messages[0].id}" if opened.messages else "/plain")
    Held(opened.conversation_id, opened.token, resume_code=spaced_resume_code(code)).after(opened).keep(request, response)
    return response


# ── talking ──


@router.post("/say")
async def say(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    """A message. It meets the safety screen whatever else is wrong: an old form, a chat that has ended, no database."""
    ours = cookies.is_ours(request, fields.get("form", ""))
    sender = held if ours and held else Held("", "")
    try:
        asked = _message(fields)
        reply = await api.send_message(
            conversation_id=sender.conversation_id, asked=asked, parts=parts, token=sender.token, address=api.address_of(request)
        )
    except Exception as error:
        return await _not_said(request, parts, held, as_problem(error), fields, ours=ours)
    if any(message.kind is Kind.SUPPORT for message in reply.messages) and not await _is_kept_with(parts, sender, reply):
        return _support_page(request, parts, reply)
    response = _to(f"/plain#m-{reply.messages[0].id}" if reply.messages else "/plain")
    sender.after(reply).keep(request, response)
    return response


def _message(fields: dict[str, str]) -> SendMessage:
    """The message of a form. Its id is the form's and the words' together: sent again it is one message; changed, another.

    Raises:
        Problem: 422 without words or with unreadable ones.
    """
    text, choice = fields.get("text", "").strip(), fields.get("choice")
    said = choice or text
    if not said:
        raise Problem(422, "send_empty")
    message_id = hashlib.sha256(f"{fields.get('message_id', '')}\0{said}".encode()).hexdigest()[:32]
    try:
        return SendMessage(client_message_id=message_id, text=None if choice else text, choice=choice)
    except ValidationError:
        raise Problem(422, "invalid-message") from None


async def _not_said(request: Request, parts: Parts, held: Held | None, problem: Problem, fields: dict[str, str], *, ours: bool) -> Response:
    """The page again, with what went wrong beside the field and the person's words still in it."""
    strings, text = _words(request, parts), fields.get("text", "")
    if problem.status == 401 and (held is None or ours):
        return _gone_page(request, parts, held, text)
    error = strings.get(problem.kind) or _sentence(parts, problem)
    if problem.status == 401:
        error, problem = strings["plain_form_old"], Problem(403, "plain_form_old")
    if held is None:
        return _page(request, parts, "plain_note.html", problem.status, error=error, text=text)
    try:
        return await _chat_page(request, parts, held, error=error, text=text, message_id=fields.get("message_id"), status=problem.status)
    except (Problem, FacilitatorError):
        # Nothing can be read either: at least the words are not lost.
        return _page(request, parts, "plain_note.html", problem.status, error=error, text=text)


async def _is_kept_with(parts: Parts, held: Held, reply: Reply) -> bool:
    """Whether the conversation holds this reply, so that the page will show it."""
    try:
        chat = await chat_of(parts, held)
    except (Problem, FacilitatorError):
        return False
    return bool({message.id for message in reply.messages} & {message.id for message in (*chat.earlier, *chat.newest)})


# ── settings and rights ──


@router.post("/simple")
async def simple(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    mine = _mine(request, fields, held)
    asked = ChangeConversation(simple=fields.get("simple") == "yes")
    await api.change_conversation(conversation_id=mine.conversation_id, asked=asked, parts=parts, token=mine.token)
    return _to("/plain")


@router.get("/answers")
async def answers(parts: PartsDep, held: HeldDep) -> Response:
    """Everything we hold about this person, to keep."""
    mine = _there(held)
    response = Response()
    document = await api.export_conversation(conversation_id=mine.conversation_id, parts=parts, token=mine.token, response=response)
    return JSONResponse(jsonable_encoder(document), headers={"Content-Disposition": response.headers["Content-Disposition"]})


@router.get("/summary")
async def summary(parts: PartsDep, held: HeldDep, form: Annotated[Form, Query(alias="as")] = Form.HTML) -> Response:
    """A page to print, a Word document or plain text."""
    mine = _there(held)
    response = await api.read_summary(conversation_id=mine.conversation_id, parts=parts, token=mine.token, form=form)
    if form is Form.HTML:
        response.headers["Content-Security-Policy"] = _policy_for(bytes(response.body).decode())
    return response


def _policy_for(html: str) -> str:
    """Lets a page have its own style, named by its fingerprint, and nothing else."""
    styles = (hashlib.sha256(style.encode()).digest() for style in STYLE.findall(html))
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in styles)
    return f"default-src 'none'; style-src {allowed or "'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@router.get("/delete")
async def delete_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    _there(held)
    return _page(request, parts, "plain_sure.html", what="delete")


@router.post("/delete")
async def delete(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    mine = _mine(request, fields, held)
    await api.delete_conversation(conversation_id=mine.conversation_id, parts=parts, token=mine.token)
    return _left(_start_page(request, parts, note="deleted"))


@router.get("/again")
async def again_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    _there(held)
    return _page(request, parts, "plain_sure.html", what="again")


@router.post("/again")
async def again(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    mine = _mine(request, fields, held)
    return _left(_to(f"/plain/join/{mine.code}" if mine.code else "/plain"))


@router.get("/exit")
async def leave(held: HeldDep) -> Response:
    """Quick exit. Someone who chose to keep answers can come back; for anyone else nothing stays."""
    response = _to(NEUTRAL_PAGE)
    cookies.forget(response, cookies.FORM, cookies.LANG, *([] if held and held.kept else [cookies.CHAT]))
    return response


@router.get("/{form}")
async def back_to_the_chat(form: str) -> Response:
    """A page that answered a form has the form's address; loaded by itself it leads back."""
    return _to("/plain")


# ── pages ──


async def _chat_page(request: Request, parts: Parts, held: Held, *, message_id: str | None = None, **more: Any) -> Response:
    chat: Chat = await chat_of(parts, held)
    status = more.pop("status", 200)
    context = {"chat": chat, "message_id": message_id or chat.message_id, **more}
    response = _page(request, parts, "plain_chat.html", status, **context)
    if chat.held != held:
        chat.held.keep(request, response)
    return response


def _start_page(
    request: Request, parts: Parts, *, problem: Problem | None = None, error: str = "", status: int = 200, **more: Any
) -> Response:
    """The first page. `error` is a key of the catalogue; a problem has its own sentence."""
    said = _sentence(parts, problem) if problem else _words(request, parts)[error] if error else ""
    return _page(request, parts, "plain_start.html", problem.status if problem else status, error=said, **more)


def _gone_page(request: Request, parts: Parts, held: Held | None, text: str = "") -> Response:
    """The chat is not there any more; words that were on their way are shown, to be sent again."""
    why = "chat_not_found" if held and held.kept else "chat_ended"
    return _left(_start_page(request, parts, error=why, text=text, status=401, join_code=held.code if held else ""))


def _support_page(request: Request, parts: Parts, reply: Reply) -> Response:
    """Someone needs help, and nothing could be stored: the words and the numbers all the same."""
    return _page(request, parts, "plain_note.html", messages=reply.messages)


def _trouble(request: Request, problem: Problem) -> Response:
    parts = api.parts_of(request)
    response = _page(request, parts, "plain_note.html", problem.status, error=_sentence(parts, problem))
    for name, value in problem.headers.items():
        response.headers.setdefault(name, value)
    return response


def _page(request: Request, parts: Parts, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    secret, lang = cookies.form_secret(request), _lang(request)
    known = {**words(parts, lang), **surroundings(parts), "form": secret, "blocks": blocks, "languages": sorted(parts.strings)}
    response = templates.TemplateResponse(request, template, {**known, **context}, status)
    cookies.remember(request, response, cookies.FORM, secret)
    if lang:
        cookies.remember(request, response, cookies.LANG, lang)
    return response


def _to(address: str) -> Response:
    return RedirectResponse(address, 303)


def _left(response: Response) -> Response:
    cookies.forget(response, cookies.CHAT)
    return response


def _there(held: Held | None) -> Held:
    if held is None:
        raise Problem(401, "unauthorised")
    return held


def _mine(request: Request, fields: dict[str, str], held: Held | None) -> Held:
    if not cookies.is_ours(request, fields.get("form", "")):
        raise Problem(403, "unauthorised")
    return _there(held)


def _lang(request: Request) -> str:
    wanted = (request.query_params.get("lang") or request.cookies.get(cookies.LANG, ""))[:8]
    # it goes into a cookie, which does not take every letter
    return wanted if wanted.isascii() and wanted.isalnum() else ""


def _words(request: Request, parts: Parts) -> dict[str, str]:
    strings: dict[str, str] = words(parts, _lang(request))["strings"]
    return strings


def _sentence(parts: Parts, problem: Problem) -> str:
    return parts.built.wording.problem(problem.kind, **problem.values)


def _of_validation(error: Problem | ValidationError, kind: str = "invalid-request") -> Problem:
    return error if isinstance(error, Problem) else Problem(404 if kind == "unknown-code" else 422, kind)
