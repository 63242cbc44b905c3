"""The pages people open: the chat at `/`, and at `/join/CODE` with an activity's code filled in. `?lang=cy` gives another language."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates

from facilitator.errors import StorageUnavailableError
from web.assets import inlined
from web.chat.api import AddressDep, PartsDep
from web.chat.joining import title_of
from web.chat.problems import Problem
from web.parts import Parts
from web.shield import security_headers

# A page with support numbers waits for no database that hangs.
TITLE_PATIENCE_S = 1.0
router = APIRouter(include_in_schema=False)
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
MAX_CODE = 16
ENGLISH = "en"

LangQuery = Annotated[str, Query(max_length=8)]


@router.get("/", response_class=HTMLResponse)
async def chat_page(request: Request, parts: PartsDep, lang: LangQuery = "") -> Response:
    return _page(request, parts, lang)


@router.get("/demo", response_class=HTMLResponse)
async def demo_page(request: Request, parts: PartsDep) -> HTMLResponse:
    """Every kind of message and state, for people who look after the design."""
    return templates.TemplateResponse(request, "demo.html", {**words(parts), "examples": parts.examples()})


@router.get("/join/{code}", response_class=HTMLResponse)
async def join_page(code: str, request: Request, parts: PartsDep, address: AddressDep, lang: LangQuery = "") -> Response:
    join_code = code[:MAX_CODE]
    return _page(request, parts, lang, join_code=join_code, activity_title=await title_for(parts, join_code, address))


def words(parts: Parts, lang: str = "") -> dict[str, Any]:
    """What every page is filled with. A sentence that a language does not have is English."""
    known = lang if lang in parts.strings else ENGLISH
    return {"strings": parts.strings[ENGLISH] | parts.strings[known], "lang": known}


def surroundings(parts: Parts) -> dict[str, Any]:
    return {"organisation": parts.built.settings.facilitator_organisation, "support": parts.support_lines()}


async def title_for(parts: Parts, join_code: str, address: str) -> str:
    """The title of the activity with this code, to show. Empty when there is none, when too many codes were wrong, or when the database
    cannot be asked or takes its time: the page opens all the same, for its support numbers.
    """
    try:
        return await asyncio.wait_for(title_of(parts, join_code, address), TITLE_PATIENCE_S)
    except (Problem, StorageUnavailableError, TimeoutError):
        return ""


def _page(request: Request, parts: Parts, lang: str, *, join_code: str = "", activity_title: str = "") -> Response:
    context = {
        **words(parts, lang),
        **surroundings(parts),
        "inlined": inlined(),
        "chosen_lang": lang in parts.strings,
        "join_code": join_code,
        "activity_title": activity_title,
        "plain_url": f"/plain/join/{quote(join_code, safe='')}" if join_code else "/plain",
    }
    policy = security_headers(parts.built.settings.allowed_origins)["Content-Security-Policy"]
    page = templates.TemplateResponse(request, "chat.html", context, headers={"Content-Security-Policy": inlined().allow(policy)})
    return _packed(page) if "gzip" in request.headers.get("accept-encoding", "") else page


def _packed(page: Response) -> Response:
    """Safe to compress: nothing in the page is secret, so its length gives nothing away."""
    headers = {**page.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    del headers["content-length"]
    return Response(gzip.compress(bytes(page.body), 6, mtime=0), headers=headers)
