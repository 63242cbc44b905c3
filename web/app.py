"""The public web application: chat API, pages, health. Everything else stays private behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from facilitator.bootstrap import Bootstrap
from facilitator.logs import REQUEST_ID_HEADER
from web import health, pages
from web.assets import assets_router
from web.chat import api, problems
from web.chat.schemas import MAX_TEXT
from web.forgetting import fold_away, forget_on_time
from web.metrics import Metrics, Watch, count, metrics_router
from web.parts import Parts, build_parts
from web.plain import routes as plain
from web.review.routes import review_router
from web.shield import App, Net, Origins, Receive, Scope, Send, Shield, checked_origins
from web.slack.switch import slack_part

EXPOSED_HEADERS = ["Content-Disposition", "Retry-After", REQUEST_ID_HEADER]


def build_app(built: Bootstrap, parts: Parts | None = None) -> FastAPI:
    """The application. `parts` lets tests put in their own.

    Raises:
        SettingsError: an origin that may embed the chat is not one.
    """
    metrics = Metrics()
    ready = count(parts or build_parts(built), metrics)
    slack = slack_part(ready)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(ready.delivery.sweep()),
            asyncio.create_task(ready.helper.raise_spooled_flags()),
            asyncio.create_task(forget_on_time(built)),
            asyncio.create_task(fold_away(built)),
        ]
        tasks.append(asyncio.create_task(asyncio.to_thread(built.warm_door)))
        if slack is not None:
            await slack.start()
        yield
        if slack is not None:
            await slack.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await ready.link.close()
        await ready.limits.close()
        built.database.dispose()
        if ready.helper.alert is not None:
            await asyncio.to_thread(ready.helper.alert.close)

    # No redirects to a path with or without its last slash: they repeat the Host header, which anyone can write.
    app = FastAPI(title="Co-production facilitator", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.parts, app.state.slack = ready, slack
    problems.install(app, built.wording, ready.support_lines)
    problems.document(app)
    app.include_router(api.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.include_router(plain.router)
    app.include_router(review_router())
    app.include_router(assets_router())
    if slack is not None:
        app.include_router(slack.router)
    if built.settings.facilitator_metrics == "on":
        app.include_router(metrics_router(metrics, built.database))
    _add_middleware(app, built, metrics)
    return app


def _add_middleware(app: FastAPI, built: Bootstrap, metrics: Metrics) -> None:
    """From the inside out: what is added last meets a request first."""
    origins = checked_origins(built.settings.allowed_origins)

    def refusal(status: int, kind: str, **values: Any) -> JSONResponse:
        return problems.problem_response(built.wording, problems.Problem(status, kind, **values))

    def answering(response: Callable[[], JSONResponse]) -> App:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await response()(Request(scope).scope, receive, send)

        return answer

    failed = answering(lambda: refusal(500, "failed"))
    too_large = answering(lambda: refusal(413, "message-too-long", limit=f"{MAX_TEXT:,}", extra={"limit": MAX_TEXT}))
    app.add_middleware(Net, failed=failed, on_failure=metrics.failures.inc)
    if origins:
        app.add_middleware(Origins, origins=origins, refused=lambda: refusal(403, "invalid-request"), exposed=EXPOSED_HEADERS)
    app.add_middleware(Shield, refuse=too_large, origins=origins, https=built.settings.address.startswith("https:"))
    app.add_middleware(Watch, metrics=metrics)
