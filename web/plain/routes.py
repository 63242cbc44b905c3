"""`/plain`: every page and form. A form that worked answers with a redirect, so that loading the page again sends nothing twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError

from facilitator.codes import spaced_resume_code, tidy_join_code, tidy_resume_code
from facilitator.errors import FacilitatorError
from facilitator.vocabulary import Kind
from web.chat import api
from web.chat.api import PartsDep
from web.chat.door import NotScreened
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.schemas import ChangeConversation, OpenConversation, Reply, SendMessage
from web.chat.takeaway import Form
from web.pages import MAX_CODE, words
from web.parts import Parts
from web.plain import cookies, showing
from web.plain.cookies import Held
from web.plain.page import chat_of
from web.plain.returning import came_back, open_with, with_chat

NEUTRAL_PAGE = "https://www.bbc.co.uk/weather"
MAX_FIELDS = 10
# In seconds: whether words of support are stored is waited for so long. A database that hangs answers no sooner.
SUPPORT_PATIENCE_S = 1.0


class PlainRoute(APIRoute):
    """Answers what goes wrong with a page, not with JSON; and lets no browser keep a copy of any page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(request)
            except Exception as error:
                response = await showing.trouble(request, showing.as_problem(error))
            if (back := came_back(request)) is not None and not cookies.sets_chat(response):
                back.keep(request, response)
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


# ── opening ──


@router.get("")
async def plain_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    if held is None:
        return showing.start_page(request, parts, note="deleted" if request.query_params.get("done") == "deleted" else "")
    return await showing.chat_page(request, parts, held)


@router.get("/join/{code}")
async def plain_join_page(code: str, request: Request, parts: PartsDep, held: HeldDep) -> Response:
    join_code = code[:MAX_CODE]
    if held is not None and held.code == tidy_join_code(join_code):
        return _to("/plain")
    return await showing.joining_page(request, parts, join_code, held=held)


@router.post("/start")
async def start(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    code = fields.get("activity_code", "")
    if not cookies.is_ours(request, fields.get("form", "")):
        return await showing.joining_page(request, parts, code, held=held, problem=showing.form_old(request))
    if held is not None and not _leaves(held, fields):
        # as after a link in a message: its page is shown without cookies, and does not know of the chat
        return _to("/plain") if held.code == tidy_join_code(code) else await showing.joining_page(request, parts, code, held=held)
    lang = words(parts, showing.lang_of(request))["lang"]
    known = held.token if held else ""
    try:
        asked = OpenConversation(activity_code=code or None, lang=lang)
        opened = await api.open_conversation(asked=asked, parts=parts, token=known, address=api.address_of(request))
    except (Problem, ValidationError) as error:
        problem = _of_validation(error)
        # with a code that is wrong nothing can be started, without it perhaps
        return await showing.joining_page(request, parts, "" if problem.kind == UNKNOWN_CODE else code, held=held, problem=problem)
    response = _to("/plain")
    Held(opened.conversation_id, opened.token, tidy_join_code(code)).after(opened).keep(request, response)
    return response


@router.post("/come-back")
async def come_back(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    """With the code a person wrote down."""
    code = fields.get("resume_code", "").strip()

    async def asked_again(**more: Any) -> Response:
        return await showing.joining_page(request, parts, fields.get("activity_code", ""), held=held, resume_code=code, **more)

    if not cookies.is_ours(request, fields.get("form", "")):
        return await asked_again(problem=showing.form_old(request))
    if not code:
        return await asked_again(status=422, code_error=showing.strings_of(request, parts)["code_empty"])
    if held is not None and not _leaves(held, fields) and tidy_resume_code(code) != tidy_resume_code(held.resume_code):
        return await asked_again()
    try:
        opened = await open_with(request, parts, code)
    except (Problem, ValidationError) as error:
        problem = _of_validation(error, "unknown-code")
        return await asked_again(status=problem.status, code_error=showing.sentence(request, parts, problem))
    response = _to(f"/plain#m-{opened.messages[0].id}" if opened.messages else "/plain")
    Held(opened.conversation_id, opened.token, resume_code=spaced_resume_code(code)).after(opened).keep(request, response)
    return response


def _leaves(held: Held, fields: dict[str, str]) -> bool:
    """Whether the form stood on a page which said that this chat gives way to another, and showed its code."""
    return fields.get("leaving") == held.conversation_id


# ── talking ──


@router.post("/say")
async def say(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    """A message. It meets the safety screen whatever else is wrong: an old form, a chat that has ended, no database."""
    ours = cookies.is_ours(request, fields.get("form", ""))
    sender = held if ours and held else Held("", "")
    try:
        asked = _message(fields)
        reply = await with_chat(request, parts, sender, lambda now: _send(request, parts, now, asked))
    except Exception as error:
        return await showing.not_said(request, parts, held, showing.as_problem(error), fields, ours=ours)
    if any(message.kind is Kind.SUPPORT for message in reply.messages):
        stored = await _as_stored(request, parts, sender, asked, reply)
        if stored is None:
            return showing.support_page(request, parts, reply)
        reply = stored
    response = _to(f"/plain#m-{reply.messages[0].id}" if reply.messages else "/plain")
    (came_back(request) or sender).after(reply).keep(request, response)
    return response


async def _send(request: Request, parts: Parts, held: Held, asked: SendMessage) -> Reply:
    return await api.send(conversation_id=held.conversation_id, asked=asked, parts=parts, token=held.token, address=api.address_of(request))


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


async def _as_stored(request: Request, parts: Parts, held: Held, asked: SendMessage, reply: Reply) -> Reply | None:
    """The words of support as the chat holds them, so that the page will show them and a flag is raised; None where it does not.

    A chat whose token has worn out is come back to, and then holds them. Nobody in danger waits long for that.

    Where the database was away for the first try and is back for this one, two flags are raised: that of the first waits in a file, under a
    token which nobody could check and which opens nothing. Whoever looks after the activity sees the same matter twice; to leave
    either out on the word of the other would be to trust that both are written down.
    """

    async def is_stored(now: Held) -> bool:
        chat = await chat_of(parts, now)
        return bool({message.id for message in reply.messages} & {message.id for message in (*chat.earlier, *chat.newest)})

    try:
        async with asyncio.timeout(SUPPORT_PATIENCE_S):
            if await with_chat(request, parts, held, is_stored):
                return reply
            back = came_back(request)
            again = await _send(request, parts, back, asked) if back else None
            return again if again and again.kept else None
    except (Problem, FacilitatorError, NotScreened, TimeoutError):
        return None


# ── settings and rights ──


@router.post("/simple")
async def simple(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    mine = _mine(request, fields, held)
    asked = ChangeConversation(simple=fields.get("simple") == "yes")

    async def change(now: Held) -> None:
        await api.change_conversation(conversation_id=now.conversation_id, asked=asked, parts=parts, token=now.token)

    await with_chat(request, parts, mine, change)
    return _to("/plain")


@router.get("/answers")
async def answers(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    """Everything we hold about this person, to keep."""
    response = Response()

    async def export(now: Held) -> dict[str, Any]:
        return await api.export_conversation(conversation_id=now.conversation_id, parts=parts, token=now.token, response=response)

    document = await with_chat(request, parts, _there(held), export)
    return JSONResponse(jsonable_encoder(document), headers={"Content-Disposition": response.headers["Content-Disposition"]})


@router.get("/summary")
async def summary(request: Request, parts: PartsDep, held: HeldDep, form: Annotated[Form, Query(alias="as")] = Form.HTML) -> Response:
    """A page to print, a Word document or plain text."""

    async def read(now: Held) -> Response:
        return await api.read_summary(conversation_id=now.conversation_id, parts=parts, token=now.token, form=form)

    response = await with_chat(request, parts, _there(held), read)
    if form is Form.HTML:
        response.headers["Content-Security-Policy"] = showing.policy_for(bytes(response.body).decode())
    return response


@router.get("/delete")
async def delete_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    _there(held)
    return showing.page(request, parts, "plain_sure.html", what="delete")


@router.post("/delete")
async def delete(request: Request, parts: PartsDep, fields: FieldsDep, held: HeldDep) -> Response:
    mine = _mine(request, fields, held)

    async def erase(now: Held) -> None:
        await api.delete_conversation(conversation_id=now.conversation_id, parts=parts, token=now.token)

    await with_chat(request, parts, mine, erase)
    return _left(_to("/plain?done=deleted"))


@router.get("/again")
async def again_page(request: Request, parts: PartsDep, held: HeldDep) -> Response:
    return showing.page(request, parts, "plain_sure.html", what="again", held=_there(held))


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


# ── shared ──


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
        raise showing.form_old(request)
    return _there(held)


def _of_validation(error: Problem | ValidationError, kind: str = "invalid-request") -> Problem:
    return error if isinstance(error, Problem) else Problem(404 if kind == "unknown-code" else 422, kind)
