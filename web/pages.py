"""The pages people open: the chat at `/`, and at `/join/CODE` with an activity's code filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from web.chat.api import parts_of
from web.parts import Parts

router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
MAX_CODE = 16


@router.get("/", response_class=HTMLResponse)
async def chat_page(request: Request, parts: Annotated[Parts, Depends(parts_of)]) -> HTMLResponse:
    return _page(request, parts, None)


@router.get("/demo", response_class=HTMLResponse)
async def demo_page(request: Request, parts: Annotated[Parts, Depends(parts_of)]) -> HTMLResponse:
    """Every kind of message and state, for people who look after the design."""
    context = {"strings": parts.strings["en"], "lang": "en", "examples": parts.examples()}
    return templates.TemplateResponse(request, "demo.html", context)


@router.get("/join/{code}", response_class=HTMLResponse)
async def join_page(code: str, request: Request, parts: Annotated[Parts, Depends(parts_of)]) -> HTMLResponse:
    return _page(request, parts, code[:MAX_CODE])


def _page(request: Request, parts: Parts, join_code: str | None) -> HTMLResponse:
    context = {
        "strings": parts.strings["en"],
        "lang": "en",
        "join_code": join_code,
        "organisation": parts.built.settings.facilitator_organisation,
        "support": parts.support_lines(),
    }
    return templates.TemplateResponse(request, "chat.html", context)
