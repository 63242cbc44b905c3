"""What the plain page leaves in a browser: which conversation is open, a secret for its forms, and the language.

All three are for /plain alone, out of reach of scripts, and never sent by a request that began on another site. They go when the
browser closes, except that a person who chose to keep their answers can come back to them.

With the conversation goes its code for coming back, to be shown in the menu and to come back with when the token has worn out
(`returning`): we store a hash of it, so it is nowhere else. It is forgotten only when the person was shown it before.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace

from fastapi import Request, Response

from facilitator.storage.conversations import TOKEN_DAYS
from web.chat.schemas import Reply

PATH = "/plain"
CHAT, FORM, LANG = "plain-chat", "plain-form", "plain-lang"
_DAY_S = 86_400


@dataclass(frozen=True)
class Held:
    """The conversation this browser has open. `code` is its activity's, `resume_code` the person's own, to come back with elsewhere.

    `kept` says how long to remember it, and opens nothing.
    """

    conversation_id: str
    token: str
    code: str = ""
    kept: bool = False
    resume_code: str = ""

    @classmethod
    def of(cls, request: Request) -> Held | None:
        conversation_id, _, rest = request.cookies.get(CHAT, "").partition(".")
        token, _, rest = rest.partition(".")
        code, _, rest = rest.partition(".")
        kept, _, resume_code = rest.partition(".")
        return cls(conversation_id, token, code, kept == "kept", resume_code) if conversation_id and token else None

    def after(self, reply: Reply) -> Held:
        """With what a reply says: whether answers are kept, and a new code. After a no the old one opens nothing."""
        resume_code = "" if reply.kept is False else reply.resume_code or self.resume_code
        return replace(self, kept=bool(reply.kept), resume_code=resume_code)

    def keep(self, request: Request, response: Response) -> None:
        value = ".".join((self.conversation_id, self.token, self.code, "kept" if self.kept else "", self.resume_code))
        _set(request, response, CHAT, value, TOKEN_DAYS * _DAY_S if self.kept else None)


def form_secret(request: Request) -> str:
    """The secret that this browser's forms carry; a new one if it has none yet.

    A page of another site can send a form here, but not the cookie that the form has to match. So nobody can be signed in, unseen, to
    a conversation that someone else can read.
    """
    return request.cookies.get(FORM) or secrets.token_urlsafe(24)


def is_ours(request: Request, sent: str) -> bool:
    """Whether a form came from a page of ours in this browser."""
    known = request.cookies.get(FORM, "")
    return bool(known) and hmac.compare_digest(known.encode(), sent.encode())


def remember(request: Request, response: Response, name: str, value: str) -> None:
    """Until the browser closes."""
    if request.cookies.get(name) != value:
        _set(request, response, name, value, None)


def sets_chat(response: Response) -> bool:
    """Whether a response already says which conversation is open from now on, or that none is."""
    return any(header.startswith(f"{CHAT}=") for header in response.headers.getlist("set-cookie"))


def forget(response: Response, *names: str) -> None:
    for name in names:
        response.delete_cookie(name, path=PATH)


def _set(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    settings = request.app.state.parts.built.settings
    secure = request.url.scheme == "https" or settings.address.startswith("https:")
    response.set_cookie(name, value, max_age=max_age, path=PATH, httponly=True, samesite="strict", secure=secure)
