"""`/healthz`: the process is up. `/readyz`: everything a conversation needs is ready, each part by name."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from web.chat.api import PartsDep

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"web": "ready"}


@router.get("/readyz")
async def readyz(parts: PartsDep) -> JSONResponse:
    database, rasa, actions = await asyncio.gather(
        asyncio.to_thread(parts.built.database.is_ready), parts.link.ready(), parts.actions_ready()
    )
    states = {name: "ready" if ready else "not ready" for name, ready in (("database", database), ("rasa", rasa), ("actions", actions))}
    return JSONResponse(states, 200 if database and rasa and actions else 503)
