"""The widget's files as phones get them: comments stripped, compressed once, checked again by ETag. Nothing else is served."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from web.widget import size

FOLDER = Path(__file__).parent / "widget"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
# Kept by the browser, asked about each time: a new release is seen at once, and an old one costs a phone no bytes.
CACHE = "no-cache"


@dataclass(frozen=True)
class Asset:
    plain: bytes
    packed: bytes
    media_type: str
    tag: str


def prepare_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file a browser may ask for, by its path under /widget."""
    paths = (path for path in folder.rglob("*") if path.suffix in TYPES and path.name not in size.NOT_LOADED)
    return {path.relative_to(folder).as_posix(): _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    plain = (path.read_text(encoding="utf-8") if path.suffix == ".svg" else size.served(path)).encode()
    tag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
    return Asset(plain, gzip.compress(plain, 9, mtime=0), TYPES[path.suffix], tag)


def assets_router() -> APIRouter:
    router = APIRouter(include_in_schema=False)
    assets = prepare_assets()

    @router.get("/widget/{name:path}")
    async def asset(name: str, request: Request) -> Response:
        found = assets.get(name)
        if found is None:
            raise HTTPException(404)
        headers = {"ETag": found.tag, "Cache-Control": CACHE, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type)
        return Response(found.plain, headers=headers, media_type=found.media_type)

    return router
