"""Rendering: one environment, one layout, words from knowledge/messages/review.yml, and the filters that templates use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from facilitator.checklist.content import read_yaml
from facilitator.coordinators.rights import Right
from facilitator.coordinators.sessions import IDLE
from facilitator.reports.fit import said
from facilitator.settings import ROOT
from web.parts import Parts

WEB = Path(__file__).parent.parent
TOPICS = ROOT / "knowledge" / "framework"


@cache
def words() -> dict[str, Any]:
    """All words of the review app, in blocks by page."""
    return _catalogue("review.yml")


@cache
def terms() -> dict[str, Any]:
    """Short words of the domain: roles, stages, months."""
    return _catalogue("terms.yml")


def render(request: Request, parts: Parts, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:
    """A page. `viewer` and `form` come from the seat; a page for somebody who is not signed in passes its own."""
    done = words()["done"].get(request.query_params.get("done", "")[:40])
    known: dict[str, Any] = {
        "strings": parts.strings["en"],
        "lang": "en",
        "w": words(),
        "organisation": parts.built.settings.facilitator_organisation,
        "viewer": None,
        "form": "",
        "here": request.url.path,
        "query": dict(request.query_params),
        "done": done,
        "taken_out": taken_out(request.query_params.get("out", "").split(".")) if done else "",
        "errors": {},
    }
    return templates().TemplateResponse(request, f"review/{template}.html", {**known, **context}, status)


def taken_out(kinds: Sequence[str]) -> str:
    """The sentence that says which kinds of detail were taken out; empty for none that we know."""
    named = [words()["details"][kind] for kind in dict.fromkeys(kinds) if kind in words()["details"]]
    return str(fill(words()["app"]["taken_out"], kinds=", ".join(named))) if named else ""


def trouble(request: Request, parts: Parts, why: str, status: int) -> HTMLResponse:
    """What went wrong, on a page that shows nothing else and needs no database."""
    return render(request, parts, "trouble", status, why=words()["trouble"][why])


# ── filters ──


def fill(text: str, **values: object) -> Markup:
    """Fill `{name}` in a sentence. What is filled in is escaped with the rest, and never read as a pattern."""
    return escape(text).format(**values)


def day(at: date | None) -> str:
    """For example "14 January 2027"."""
    return f"{at.day} {terms()['months'][str(at.month)]} {at.year}" if at else ""


def moment(at: datetime) -> Markup:
    """A date and time in UTC, readable by machines too."""
    return Markup('<time datetime="{}">{}, {:%H:%M}</time>').format(at.isoformat(timespec="minutes"), day(at), at)


def address(path: str, query: Mapping[str, Any], **changes: Any) -> str:
    """The same page with some of its filters changed; what is empty is left out, and so is what was `done`."""
    said = ("done", "out")
    kept = {name: value for name, value in {**query, **changes}.items() if value and (name not in said or name in changes)}
    return f"{path}?{urlencode(kept)}" if kept else path


@cache
def topic_titles() -> dict[str, str]:
    """Topics of the framework by id, as people read them."""
    found: dict[str, str] = {}
    for path in sorted(TOPICS.glob("*.md")):
        lines = path.read_text(encoding="utf-8").splitlines()
        title = next((line.partition(":")[2].strip() for line in lines if line.startswith("title:")), path.stem)
        found[path.stem] = title.strip("\"'")
    return found


@cache
def templates() -> Jinja2Templates:
    loader = FileSystemLoader([Path(__file__).parent / "templates", WEB / "templates"])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"fill": fill, "said": said, "day": day, "moment": moment}
    minutes = int(IDLE.total_seconds()) // 60
    environment.globals |= {"address": address, "Right": Right, "terms": terms(), "topics": topic_titles(), "idle_minutes": minutes}
    return Jinja2Templates(env=environment)


def _catalogue(name: str) -> dict[str, Any]:
    document = read_yaml(ROOT / "knowledge" / "messages" / name)
    return {key: _without_lines(block) for key, block in document.items() if key != "__line__"}


def _without_lines(document: Any) -> Any:
    """A catalogue without the line numbers its reader adds."""
    if not isinstance(document, dict):
        return document
    return {str(key): _without_lines(value) for key, value in document.items() if key != "__line__"}
