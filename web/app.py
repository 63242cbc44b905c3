"""The public web application: chat API, pages, health. Everything else stays private behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware

from facilitator.bootstrap import Bootstrap
from web import health, pages
from web.assets import assets_router
from web.chat import api, problems
from web.chat.schemas import MAX_TEXT
from web.forgetting import forget_on_time
from web.parts import Parts, build_parts
from web.shield import Receive, Scope, Send, Shield


def build_app(built: Bootstrap, parts: Parts | None = None) -> FastAPI:
    """The application. `parts` lets tests put in their own."""
    ready = parts or build_parts(built)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(ready.delivery.sweep()),
            asyncio.create_task(ready.helper.raise_spooled_flags()),
            asyncio.create_task(forget_on_time(built)),
        ]
        tasks.append(asyncio.create_task(asyncio.to_thread(built.warm_door)))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await ready.link.close()
        built.database.dispose()

    app = FastAPI(title="Co-production facilitator", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.parts = ready
    problems.install(app, built.wording, ready.support_lines)
    app.include_router(api.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.include_router(assets_router())

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        problem = problems.Problem(413, "message-too-long", limit=f"{MAX_TEXT:,}", extra={"limit": MAX_TEXT})
        await problems.problem_response(built.wording, problem)(Request(scope).scope, receive, send)

    origins = built.settings.allowed_origins
    if origins:
        exposed = ["Content-Disposition", "Retry-After"]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"], expose_headers=exposed)
    app.add_middleware(Shield, refuse=refuse)
    return app
