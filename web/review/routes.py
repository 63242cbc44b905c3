"""All of the review app. To add a page: a module with a router (prefix, ReviewRoute), its line here, a template, its words."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from web.assets import CACHE, prepare_assets
from web.review import (
    accounts,
    activities,
    audit,
    conversations,
    erasing,
    exports,
    flags,
    home,
    insights,
    me,
    organisation,
    parity,
    questions,
    signing,
)
from web.review import report as reports
from web.review.guard import ROOT
from web.review.pages import WEB


@cache
def review_router() -> APIRouter:
    """Every page of the review app. Made once: FastAPI takes a tenth of a second to work out what its routes need."""
    router = APIRouter(include_in_schema=False)
    looking = (home, me, accounts, activities, parity, reports, conversations, questions, flags, insights)
    modules = (signing, organisation, *looking, exports, audit, erasing)
    for part in (style_router(), *(module.router for module in modules)):
        router.include_router(part)
    # last: every other address under /review
    router.include_router(home.elsewhere)
    return router


def style_router() -> APIRouter:
    """The style sheet, which the sign-in page needs too."""
    router = APIRouter(include_in_schema=False)
    sheets = prepare_assets(WEB / "review" / "style")

    @router.get(f"{ROOT}/style/{{name}}")
    async def style(name: str, request: Request) -> Response:
        found = sheets.get(name)
        if found is None:
            raise HTTPException(404)
        headers = {"ETag": found.tag, "Cache-Control": CACHE, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        return Response(found.plain, headers=headers, media_type=found.media_type)

    return router
