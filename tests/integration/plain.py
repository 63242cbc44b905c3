"""A small browser without scripts for the plain page, and what its tests look up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
from sqlalchemy import select

from tests.integration.web import Running


@dataclass
class Browser:
    """Reads pages and sends their forms, as a browser without scripts does."""

    http: httpx.AsyncClient
    page: httpx.Response | None = None

    @property
    def html(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    async def get(self, path: str) -> Browser:
        self.page = await self.http.get(path)
        return self

    def forms(self) -> list[tuple[str, dict[str, str], str]]:
        """(address, hidden fields, the form's HTML), in order."""
        found = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', self.html, re.DOTALL)
        hidden = r'<input type="hidden" name="([^"]+)" value="([^"]*)">'
        return [(action, {name: unescape(value) for name, value in re.findall(hidden, body)}, body) for action, body in found]

    async def send(self, action: str, *, having: str = "", **fields: str) -> Browser:
        _, hidden, _ = next(form for form in self.forms() if form[0] == action and having in form[2])
        self.page = await self.http.post(action, data={**hidden, **fields})
        return self

    async def choose(self, title: str) -> Browser:
        for _, hidden, body in self.forms():
            for value, label in re.findall(r'<button name="choice" value="([^"]+)"[^>]*>(.*?)</button>', body):
                if unescape(label).startswith(title):
                    self.page = await self.http.post("/plain/say", data={**hidden, "choice": value})
                    return self
        raise AssertionError(f"no choice {title!r} in: {self.text}")

    async def type(self, words: str) -> Browser:
        return await self.send("/plain/say", having="<textarea", text=words)

    async def begin(self, *, keep: bool = True) -> Browser:
        await self.get("/plain")
        await self.send("/plain/start")
        await self.choose("Keep" if keep else "Talk")
        if keep:
            await self.choose("I use services")
        await self.choose("Before")
        return await self.choose("Short")

    def cookies(self) -> list[str]:
        return [header for response in (self.page.history if self.page else []) for header in response.headers.get_list("set-cookie")]


def code_in(browser: Browser) -> str:
    """The code that the menu shows."""
    [code] = re.findall(r"Your code to come back is ([a-z]+(?:-[a-z]+){3})\.", browser.text)
    return str(code)


def rows(site: Running, table: Any) -> list[Any]:
    with site.built.database.reading() as session:
        return list(session.scalars(select(table)))
