"""The chat API's routes (DESIGN section 5). Thin: limits, the door, the desk."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from facilitator.safety.kinds import SafetyKind
from web.chat import limits as rules
from web.chat.export import export_of
from web.chat.joining import title_of
from web.chat.problems import UNKNOWN_CODE, Problem
from web.chat.schemas import MAX_TEXT, ChangeConversation, History, OpenConversation, Opened, Reply, SendMessage
from web.chat.takeaway import Form, summary_of
from web.parts import Parts

router = APIRouter(prefix="/chat", tags=["chat"])


def parts_of(request: Request) -> Parts:
    return request.app.state.parts  # type: ignore[no-any-return]


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# Coroutines, though nothing is awaited: for a plain function FastAPI goes to another thread and back; and those threads may all be waiting
# for passwords to be looked at.
async def _parts(request: Request) -> Parts:
    return parts_of(request)


async def _token(request: Request) -> str:
    return token_of(request)


async def _address(request: Request) -> str:
    return address_of(request)


PartsDep = Annotated[Parts, Depends(_parts)]
TokenDep = Annotated[str, Depends(_token)]
AddressDep = Annotated[str, Depends(_address)]


@router.post("/conversations", status_code=201)
async def open_conversation(asked: OpenConversation, parts: PartsDep, token: TokenDep, address: AddressDep) -> Opened:
    """Begin a conversation, or come back to one. With the token of another of theirs, the new one belongs to the same person."""
    await parts.limits.check(rules.OPENINGS_BY_ADDRESS, address)
    if asked.activity_code is None and asked.resume_code is None:
        return await parts.desk.open(asked, token)
    if asked.activity_code is not None and asked.resume_code is not None:
        await _count_if_wrong(parts, asked.activity_code, address)
    codes = rules.JOIN_CODES if asked.resume_code is None else rules.RESUME_CODES
    async with parts.limits.only_wrong(codes, address):
        return await parts.desk.open(asked, token)


async def _count_if_wrong(parts: Parts, join_code: str, address: str) -> None:
    """Whoever comes back is told whether the join code beside their own is known: so a wrong one counts as it does at joining.

    Raises:
        Problem: 429.
    """
    try:
        await title_of(parts, join_code, address)
    except Problem as problem:
        if problem.kind != UNKNOWN_CODE:
            raise


@router.post("/conversations/{conversation_id}/messages")
async def send_message(conversation_id: str, asked: SendMessage, request: Request) -> Reply:
    # asked for by hand, as this is every turn's route and FastAPI's way to the same costs time (docs/decisions/0019-cheap-turns.md)
    return await send(conversation_id, asked, parts_of(request), token_of(request), address_of(request))


async def send(conversation_id: str, asked: SendMessage, parts: Parts, token: str, address: str) -> Reply:
    """Take a message, whichever page it comes from: screened before anything else, then answered.

    Raises:
        Problem: too long, too often, or not theirs.
    """
    if asked.text is not None and len(asked.text) > MAX_TEXT:
        raise Problem(413, "message-too-long", limit=f"{MAX_TEXT:,}", extra={"limit": MAX_TEXT})
    await parts.limits.check(rules.MESSAGES_BY_ADDRESS, address)
    if asked.text is None:
        with parts.turnstile.place():
            return await parts.desk.send(conversation_id, token, asked, None)
    came = time.monotonic()
    found, admitting = await parts.door.meet(asked.text, lambda: parts.desk.asks_who(conversation_id, token))
    if found.kind is not SafetyKind.SAFE:
        return await parts.helper.help(conversation_id, token, asked, found, admitting, spent_s=time.monotonic() - came)
    redacted = await admitting
    await parts.limits.check(rules.MESSAGES_BY_CONVERSATION, conversation_id)
    with parts.turnstile.place():
        return await parts.desk.send(conversation_id, token, asked, redacted)


@router.get("/conversations/{conversation_id}/messages")
async def read_messages(
    conversation_id: str,
    parts: PartsDep,
    token: TokenDep,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> History:
    return await parts.desk.history(conversation_id, token, after, limit)


@router.patch("/conversations/{conversation_id}")
async def change_conversation(conversation_id: str, asked: ChangeConversation, parts: PartsDep, token: TokenDep) -> Reply:
    return await parts.desk.change(conversation_id, token, asked)


@router.get("/conversations/{conversation_id}/export")
async def export_conversation(conversation_id: str, parts: PartsDep, token: TokenDep, response: Response) -> dict[str, Any]:
    response.headers["Content-Disposition"] = 'attachment; filename="my-answers.json"'
    return await export_of(parts, conversation_id, token)


@router.get("/conversations/{conversation_id}/summary", response_class=Response)
async def read_summary(
    conversation_id: str, parts: PartsDep, token: TokenDep, form: Annotated[Form, Query(alias="as")] = Form.HTML
) -> Response:
    """What the person has said, to read, print or keep."""
    document = await summary_of(parts, conversation_id, token, form)
    shown = "inline" if form is Form.HTML else "attachment"
    return Response(
        document.content, media_type=document.media_type, headers={"Content-Disposition": f'{shown}; filename="{document.name}"'}
    )


@router.delete("/conversations/{conversation_id}", status_code=204)
async def delete_conversation(conversation_id: str, parts: PartsDep, token: TokenDep) -> None:
    await parts.desk.erase(conversation_id, token)


@router.get("/strings")
async def read_strings(parts: PartsDep, lang: Annotated[str, Query(max_length=8)] = "en") -> dict[str, Any]:
    """The interface's words in a language; English where there is no such catalogue."""
    return parts.strings.get(lang, parts.strings["en"])


@router.get("/support")
async def read_support(parts: PartsDep, lang: Annotated[str, Query(max_length=8)] = "en") -> dict[str, Any]:
    return {"title": parts.strings["en"].get("help_now", ""), "lines": parts.support_lines()}
