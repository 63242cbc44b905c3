"""The widget's files as phones get them: comments stripped, compressed once, checked again by ETag. Nothing else is served."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
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


@dataclass(frozen=True)
class Inlined:
    """What the chat's own page carries inside itself, so that on a slow line it can be used after one trip and not after four."""

    tokens: str
    style: str
    script: str

    def allow(self, policy: str) -> str:
        """A content security policy that lets in these very texts, by fingerprint, and no other."""
        styles = f"style-src 'self' {_fingerprint(self.tokens)} {_fingerprint(self.style)}"
        return policy.replace("script-src 'self'", f"script-src 'self' {_fingerprint(self.script)}").replace("style-src 'self'", styles)


@cache
def inlined() -> Inlined:
    tokens, widget = (size.served(FOLDER / name) for name in ("tokens.css", "widget.css"))
    found = Inlined(tokens, tokens + widget, size.inline())
    if "</s" in found.style + found.script:
        raise ValueError("A script or style that closes its own tag cannot stand in a page.")
    return found


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def prepare_assets(folder: Path = FOLDER) -> dict[str, Asset]:
    """Every file a browser may ask for, by its path under /widget."""
    paths = (path for path in folder.rglob("*") if path.suffix in TYPES and path.name not in size.NOT_LOADED)
    return {path.relative_to(folder).as_posix(): _asset(path) for path in paths}


def _asset(path: Path) -> Asset:
    plain = (path.read_text(encoding="utf-8") if path.suffix == ".svg" else size.served(path)).encode()
    tag = f'"{hashlib.sha256(plain).hexdigest()[:16]}"'
    return Asset(plain, gzip.compress(plain, 9, mtime=0), TYPES[path.suffix], tag)


@cache
def assets_router() -> APIRouter:
    """The widget's files, read once."""
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
