"""The standing cast of the review app: who sits at which browser, and a small browser that reads pages and sends their forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx

from facilitator.activities import add_activity, find_by_code
from facilitator.coordinators import accounts, audit, sessions
from facilitator.coordinators.rights import Post
from facilitator.storage import conversations as store
from facilitator.storage.models import AnswerRow, ConversationRow, MessageRow
from facilitator.vocabulary import FlagKind
from tests.integration.web import Running

PASSWORD = "seven green bicycles"


@dataclass
class Browser:
    """Judges every page it gets: one h1, which begins the title; unique ids; a label for every field; a secret in every form."""

    http: httpx.AsyncClient
    page: httpx.Response | None = None
    judged: int = field(default=0)

    @property
    def html(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def status(self) -> int:
        assert self.page is not None
        return self.page.status_code

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    @property
    def path(self) -> str:
        assert self.page is not None
        return self.page.url.path

    async def get(self, path: str) -> Browser:
        self.page = await self.http.get(path)
        return self._judge()

    async def send(self, action: str, **fields: Any) -> Browser:
        """Send the form of the page with this address, with its hidden fields."""
        body = next(body for found, body in re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', self.html, re.S) if found == action)
        hidden = {name: unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)}
        self.page = await self.http.post(action, data={**hidden, **fields})
        return self._judge()

    def _judge(self) -> Browser:
        assert self.page is not None
        if "text/html" not in self.page.headers.get("content-type", ""):
            return self
        html = self.html
        heading = re.findall(r"<h1>(.*?)</h1>", html, re.S)
        title = re.search(r"<title>(.*?)</title>", html, re.S)
        assert len(heading) == 1 and title and heading[0] in title[1], (self.path, heading, title and title[1])
        ids = re.findall(r'\bid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), f"{self.path}: {[one for one in ids if ids.count(one) > 1]}"
        for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
            name = re.search(r'\bid="([^"]+)"', tag)
            assert 'type="hidden"' in tag or (name and f'for="{name[1]}"' in html), tag
        for tag, body in re.findall(r"(<form[^>]*>)(.*?)</form>", html, re.S):
            assert "<textarea" not in body or "You are signed out 60 minutes after" in body, tag
            assert 'method="get"' in tag or 'name="form" value="' in body, tag
        assert " style=" not in html and "<script" not in html
        assert self.page.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in self.page.headers["content-security-policy"]
        self.judged += 1
        return self


def client(system: Running) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(system.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", follow_redirects=True)


def account(system: Running, name: str, post: Post, *activities: str) -> str:
    """An account with the usual password; returns its id."""
    with system.built.database.unit_of_work() as session:
        row = accounts.add(session, audit.COMMAND_LINE, name, f"{name.lower()}@example.org", post)
        row.password_hash = HASH
        for activity_id in activities:
            accounts.set_owners(session, audit.COMMAND_LINE, activity_id, accounts.owners_of(session, activity_id) | {row.id})
        return row.id


def signed_in(system: Running, coordinator_id: str) -> Browser:
    """A browser in which somebody is signed in, without the wait of a password."""
    with system.built.database.unit_of_work() as session:
        made = sessions.start(session, accounts.account(session, coordinator_id), complete=True)
    http = client(system)
    http.cookies.set("review-session", made.token, path="/review")
    return Browser(http)


def activity(system: Running, title: str) -> tuple[str, str]:
    """(id, join code)"""
    with system.built.database.unit_of_work() as session:
        code = add_activity(session, title)
        session.flush()
        found = find_by_code(session, code)
        assert found
        return found.id, code


def person(
    system: Running, activity_id: str | None, role: str = "service_user", *, share: bool = True, kept: bool = True
) -> tuple[str, str]:
    """Somebody in an activity: (conversation id, token)."""
    conversation_id = store.new_id()
    with system.built.database.unit_of_work() as session:
        session.add(
            ConversationRow(
                id=conversation_id, person_id=store.new_id(), pseudonym="Quiet Heron", activity_id=activity_id, kept=kept, role=role,
                share_words=share, share_ratings=share, position={}, state="finished", created_at=store.now(), last_active_at=store.now(),
            )
        )  # fmt: skip
        session.flush()
        return conversation_id, store.add_token(session, conversation_id)


def says(system: Running, conversation_id: str, item: str, rating: str, comment: str | None = None) -> None:
    lists = system.built.checklists
    with system.built.database.unit_of_work() as session:
        row = store.conversation(session, conversation_id)
        session.add(
            AnswerRow(
                conversation_id=conversation_id, activity_id=row.activity_id, role=row.role, stage=lists.stage_of(item), item=item,
                topic=lists.item(item).topic, rating=rating, comment=comment, message_id=store.new_id(), created_at=store.now(),
            )
        )  # fmt: skip


def flag(system: Running, conversation_id: str, kind: str, words: str | None = None) -> int:
    with system.built.database.unit_of_work() as session:
        message_id = store.new_id()
        if words:
            session.add(
                MessageRow(
                    id=message_id, conversation_id=conversation_id, author="person", kind="text", text=words, status="answered",
                    client_message_id=store.new_id(), created_at=store.now(),
                )
            )  # fmt: skip
        row = store.flag_of(store.conversation(session, conversation_id), FlagKind(kind), message_id)
        session.add(row)
        session.flush()
        return row.id


def _hash() -> str:
    from facilitator.coordinators import passwords

    return passwords.hashed(PASSWORD)


HASH = _hash()
