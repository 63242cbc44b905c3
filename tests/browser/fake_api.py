"""A small stand-in for `web`: the chat API of docs and DESIGN, with a short scripted conversation and faults to order.

It keeps the promises the widget relies on (one answer for each client_message_id, opaque choices, problem documents) and
nothing else: no Rasa, no database. The same page, policy and static files as the real server.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from jinja2 import Environment, FileSystemLoader

from web.assets import Inlined, inlined

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "web" / "widget"
CATALOGUES: dict[str, dict[str, str]] = {
    lang: yaml.safe_load((ROOT / "knowledge" / "messages" / f"{lang}.yml").read_text("utf-8")) for lang in ("en", "cy")
}
STRINGS = CATALOGUES["en"]
# Titles of activities, by join code.
ACTIVITIES = {"TREE42": "Redesigning the ward", "LAKE77": "A new crisis café"}
SUMMARY = "<!doctype html><html lang=en><title>My summary</title><style>p { color: rgb(1, 2, 3) }</style><h1>My summary</h1><p>Yes</p>"
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
_spec = importlib.util.spec_from_file_location("size", WIDGET / "size.py")
assert _spec and _spec.loader
size = importlib.util.module_from_spec(_spec)  # what is weighed is what is served, so that it is known to run
_spec.loader.exec_module(size)
SUPPORT = {
    "title": "Help now",
    "lines": [
        {"name": "If a life is at risk", "contact": "999", "href": "tel:999", "when": "Any time"},
        {"name": "Samaritans", "contact": "116 123", "href": "tel:116123", "when": "Free, any time, day or night"},
        {"name": "Shout", "contact": "Text SHOUT to 85258", "href": "sms:85258", "when": "Any time"},
    ],
}
RATINGS = ["Yes", "Partly", "Not yet", "Not sure", "Does not apply", "Skip this one"]
ITEMS = [
    "Do people know what this is for?",
    "Do people know what they will be paid, when, and how?",
    "Have you agreed how you will work together?",
    "Is it clear who decides what?",
    "Is there someone to talk to if it gets upsetting?",
]


@dataclass
class Conversation:
    id: str
    token: str
    code: str | None
    kept: bool = False
    simple: bool = False
    step: str = "consent"
    item: int = 0
    answers: dict[int, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    waiting: bool = False
    deletions: set[str] = field(default_factory=set)  # messages that say that something was deleted


@dataclass
class Problem(Exception):
    """A refusal to order: `fake.next(Problem(413, "message-too-long", "Too long."))`."""

    status: int
    type: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


class FakeApi:
    """Runs on a free port. `next()` orders what happens to the coming messages, one each."""

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.faults: list[Problem | str] = []
        self.linked: list[str | None] = []
        self.down: set[str] = set()
        self.delay = 0.0
        self.keep_alive = False  # a browser quietly tries again on a kept line, which would hide the faults
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self._pages = Environment(loader=FileSystemLoader(ROOT / "web" / "templates"), autoescape=True, trim_blocks=True)
        self.start()

    # Starting, stopping, ordering faults

    def start(self) -> None:
        fake = self

        class Handler(_Handler):
            api = fake

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def next(self, *faults: Problem | str) -> None:
        """`Problem` refuses; "drop" acts and then cuts the line; "refuse" cuts it before; "wait" answers later."""
        self.faults.extend(faults)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def only(self) -> Conversation:
        [conversation] = self.conversations.values()
        return conversation

    def sent(self) -> list[dict[str, Any]]:
        return [body for method, path, body in self.requests if method == "POST" and path.endswith("/messages")]

    def release(self) -> None:
        """Rasa is back: what was waiting is answered."""
        for conversation in self.conversations.values():
            conversation.waiting = False

    # The conversation

    def begin(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if "begin" in self.down:
            raise Problem(503, "unavailable", "Sorry, the chat is not open just now.", extra={"support": SUPPORT["lines"]})
        if code := body.get("resume_code"):
            return 201, self.resume(code)
        if body.get("activity_code") == "NOPE":
            raise Problem(404, "unknown-activity", "We do not know that code.")
        conversation = Conversation(uuid.uuid4().hex, uuid.uuid4().hex, body.get("activity_code"), simple=bool(body.get("simple")))
        self.conversations[conversation.id] = conversation
        hello = self.say(conversation, "text", "Hello. I help people get ready to work together.")
        ask = self.say(conversation, "question", "May I keep your answers?", ["Keep my answers", "Talk without keeping"])
        return 201, {"conversation_id": conversation.id, "token": conversation.token, **self.reply(conversation, [hello, ask])}

    def resume(self, code: str) -> dict[str, Any]:
        for conversation in self.conversations.values():
            if conversation.kept and code == self.resume_code(conversation):
                summary = self.say(conversation, "text", f"Welcome back. You have done {len(conversation.answers)} of {len(ITEMS)}.")
                conversation.token = conversation.token.removesuffix(" (worn out)")
                return {"conversation_id": conversation.id, "token": conversation.token, **self.reply(conversation, [summary])}
        raise Problem(404, "unknown-code", "That code does not work. Please check it and try again.")

    @staticmethod
    def wear_out(conversation: Conversation) -> None:
        conversation.token += " (worn out)"

    @staticmethod
    def resume_code(conversation: Conversation) -> str:
        return f"KITE-{conversation.id[:4].upper()}"

    def say(self, conversation: Conversation, kind: str, text: str, choices: list[str] | None = None, **extra: Any) -> dict[str, Any]:
        options = [{"id": uuid.uuid4().hex, "title": title} for title in choices or []]
        conversation.choices |= {option["id"]: option["title"] for option in options}
        message = {"id": uuid.uuid4().hex, "author": "bot", "kind": kind, "text": text, "choices": options, "sources": []} | extra
        if kind != "notice":
            conversation.messages.append(message)
        return message

    def reply(self, conversation: Conversation, messages: list[dict[str, Any]], state: str | None = None) -> dict[str, Any]:
        walking = conversation.step in {"item", "comment"}
        return {
            "messages": messages,
            "progress": {"stage": "before", "answered": len(conversation.answers), "total": len(ITEMS)} if walking else None,
            "state": state or conversation.step,
            "kept": conversation.kept,
            "taken_back": any(message["id"] in conversation.deletions for message in messages),
        } | ({"resume_code": self.resume_code(conversation)} if conversation.kept else {})

    def receive(self, conversation: Conversation, body: dict[str, Any]) -> dict[str, Any]:
        key = body["client_message_id"]
        if key in conversation.replies:
            return conversation.replies[key]
        words = conversation.choices[body["choice"]] if "choice" in body else body["text"]
        person: dict[str, Any] = {"id": uuid.uuid4().hex, "author": "person", "kind": "text", "text": words, "choices": [], "sources": []}
        person["chosen"] = body.get("choice")
        if conversation.step != "consent":  # said before they agreed, so not kept
            conversation.messages.append(person)
        reply = self.reply(conversation, self.answer(conversation, words), None)
        conversation.replies[key] = reply
        return reply

    def answer(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        said = words.lower().strip(" ?.!")
        if "die" in said:
            conversation.step = "support"
            text = "I am sorry it is so hard.\n\nCall Samaritans on 116 123."
            return [self.say(conversation, "support", text, ["Carry on with the questions"])]
        if "paid" in said:
            source = [{"title": "Embedding co-production (NDTi, 2016)", "section": "Step 2: Payment", "url": "https://www.ndti.org.uk/"}]
            pay = "Many groups pay people for their time."
            return [self.say(conversation, "answer", pay, ["Tell me more"], sources=source), *self.ask(conversation)]
        if said == "tell me more":
            return [self.say(conversation, "answer", "Ask for the offer in writing."), *self.ask(conversation)]
        if said.startswith("many"):
            return [self.say(conversation, "text", f"Line {n}. " + "Words to fill the space. " * 12) for n in range(8)]
        if said == "pause":
            conversation.step = "paused"
            return [self.say(conversation, "text", "That is fine. Come back when you like.", ["Carry on"])]
        if said == "delete":
            return [self.say(conversation, "question", "Delete what you said last?", ["Delete that"])]
        if said == "delete that":
            gone = conversation.comments.pop()
            conversation.messages = [message for message in conversation.messages if message["text"] not in (gone, words)]
            deleted = self.say(conversation, "text", "I have deleted what you said.")
            conversation.deletions.add(deleted["id"])
            return [deleted, *self.ask(conversation)]
        if said == "change an answer":
            conversation.item, conversation.step = 0, "item"
            return [self.say(conversation, "text", "Here is the first one again."), *self.ask(conversation)]
        if conversation.step in {"paused", "support"}:
            conversation.step = "item"
            return self.ask(conversation)
        reply: list[dict[str, Any]] = getattr(self, f"_{conversation.step}")(conversation, words)
        return reply

    def _consent(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        conversation.kept = words == "Keep my answers"
        conversation.step = "setup"
        return [self.say(conversation, "question", "Which of these is nearest to you?", ["I use services", "I am a carer", "I am staff"])]

    def _setup(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        conversation.step = "item"
        return self.ask(conversation)

    def _item(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        if words.capitalize() not in RATINGS:
            return [self.say(conversation, "text", "I did not catch that."), *self.ask(conversation)]
        conversation.answers[conversation.item] = words.capitalize()
        conversation.step = "comment"
        return [self.say(conversation, "question", "Would you like to say more?", ["No comment"])]

    def _comment(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        conversation.comments.append(words)
        conversation.item += 1
        while conversation.item in conversation.answers:
            conversation.item += 1
        conversation.step = "item" if conversation.item < len(ITEMS) else "finished"
        if conversation.step == "item":
            return self.ask(conversation)
        answers = "\n".join(f"- {ITEMS[n]} {answer}" for n, answer in sorted(conversation.answers.items()))
        return [self.say(conversation, "summary", f"What you said\n\n{answers}")]

    def _finished(self, conversation: Conversation, words: str) -> list[dict[str, Any]]:
        return [self.say(conversation, "text", "All done. Thank you.")]

    def ask(self, conversation: Conversation) -> list[dict[str, Any]]:
        if conversation.step != "item":
            return [self.say(conversation, "question", "Shall we carry on?", ["Carry on"])]
        return [self.say(conversation, "question", ITEMS[conversation.item], RATINGS)]

    # Pages

    def page(self, name: str, lang: str = "", **values: Any) -> bytes:
        strings = CATALOGUES.get(lang, STRINGS)
        return self._pages.get_template(name).render(strings=strings, lang=strings["language"], chosen_lang=bool(lang), **values).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error here."""


class _Handler(BaseHTTPRequestHandler):
    api: FakeApi
    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/favicon.ico":
            return self._send(404, b"", "text/plain")
        if path == "/demo":
            examples = json.loads((WIDGET / "demo" / "examples.json").read_text("utf-8"))
            return self._send(200, self.api.page("demo.html", examples=examples), "text/html; charset=utf-8")
        if path == "/" or path.startswith("/join/"):
            code = unquote(path.removeprefix("/join/")) if path != "/" else ""
            lang = parse_qs(urlsplit(self.path).query).get("lang", [""])[0]
            about = {"join_code": code, "activity_title": ACTIVITIES.get(code, ""), "plain_url": "/plain", "support": SUPPORT["lines"]}
            inside = Inlined("", "", "") if "widget" in self.api.down else inlined()
            page = self.api.page("chat.html", lang, organisation="Anytown NHS Trust", inlined=inside, **about)
            return self._send(200, page, "text/html; charset=utf-8", {"Content-Security-Policy": inside.allow(POLICY)})
        if path == "/elsewhere":
            return self._send(200, b"<!doctype html><title>Weather</title><h1>Weather</h1>", "text/html; charset=utf-8")
        if path == "/other-site":
            script = '<script type="module" src="/widget/register.js"></script>'
            page = f"<!doctype html><html lang=en><title>Other</title><h1>Another site</h1>{script}".encode()
            return self._send(200, page, "text/html; charset=utf-8")
        if path.startswith("/widget/"):
            file = WIDGET / path.removeprefix("/widget/")
            if "widget" in self.api.down or not file.is_file():
                return self._send(404, b"", "text/plain")
            return self._send(200, size.served(file).encode(), TYPES[file.suffix])
        self._api()

    do_POST = do_PATCH = do_DELETE = lambda self: self._api()

    def _api(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.api.requests.append((self.command, path, body))
        if self.api.delay:
            time.sleep(self.api.delay)
        try:
            answer = self._route(path, query, body)
        except Problem as problem:
            document = {"type": f"https://example.org/problems/{problem.type}", "title": problem.type, "detail": problem.detail}
            content = json.dumps(document | {"status": problem.status} | problem.extra).encode()
            return self._send(problem.status, content, "application/problem+json", problem.headers)
        if answer is None:
            return self._cut()
        status, reply = answer
        if path.endswith("/summary") and query["as"] == ["html"]:
            return self._send(200, SUMMARY.encode(), "text/html; charset=utf-8")
        names = {"export": "my-answers.json", "summary": f"my-summary.{query.get('as', [''])[0]}"}
        name = names.get(path.rsplit("/", 1)[-1])
        headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name else {}
        self._send(status, json.dumps(reply).encode() if reply is not None else b"", "application/json", headers)

    def _route(self, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any] | None:
        api = self.api
        match [self.command, *path.strip("/").split("/")[1:]]:
            case ["GET", ("strings" | "support") as name]:
                if name in api.down:
                    raise Problem(503, "unavailable", "Not now.")
                return 200, CATALOGUES.get(query.get("lang", ["en"])[0], STRINGS) if name == "strings" else SUPPORT
            case ["POST", "conversations"]:
                api.linked.append(self.headers.get("Authorization"))
                return api.begin(body)
            case [method, "conversations", key, *rest]:
                return self._conversation(method, self._allowed(key), rest, query, body)
        raise Problem(404, "not-found", "There is nothing here.")

    def _allowed(self, key: str) -> Conversation:
        conversation = self.api.conversations.get(key)
        if not conversation:
            raise Problem(404, "not-found", "We could not find that chat.")
        if self.headers.get("Authorization") != f"Bearer {conversation.token}":
            raise Problem(401, "unauthorised", "That chat is not yours.")
        return conversation

    def _conversation(
        self, method: str, conversation: Conversation, rest: list[str], query: dict[str, list[str]], body: Any
    ) -> tuple[int, Any] | None:
        match [method, *rest]:
            case ["POST", "messages"]:
                return self._message(conversation, body)
            case ["GET", "messages"]:
                if "history" in self.api.down:
                    raise Problem(503, "unavailable", "Not now.")
                return 200, self._history(conversation, query)
            case ["GET", "export"]:
                return 200, {"answers": conversation.answers}
            case ["GET", "summary"]:
                if "summary" in self.api.down:
                    raise Problem(503, "unavailable", "We cannot make it just now.")
                return 200, {"summary": query["as"][0]}
            case ["PATCH"]:
                conversation.simple = body.get("simple", conversation.simple)
                return 200, None
            case ["DELETE"]:
                del self.api.conversations[conversation.id]
                return 204, None
        raise Problem(405, "method", "Not that way.")

    def _message(self, conversation: Conversation, body: dict[str, Any]) -> tuple[int, Any] | None:
        fault = self.api.faults.pop(0) if self.api.faults else None
        if isinstance(fault, Problem):
            raise fault
        if fault == "refuse":
            return None
        if fault == "wait":
            conversation.waiting = True
        reply = self.api.receive(conversation, body)
        if fault == "drop":
            return None
        if conversation.waiting:
            notice = self.api.say(conversation, "notice", "I am still waking up. I have your message.")
            return 200, self.api.reply(conversation, [notice], "waiting")
        return 200, reply

    def _history(self, conversation: Conversation, query: dict[str, list[str]]) -> dict[str, Any]:
        """Like the real one: the words of someone who did not agree to be kept are not there to give back."""
        messages = conversation.messages
        if after := query.get("after"):
            [place] = [n for n, message in enumerate(messages) if message["id"] == after[0]]
            messages = messages[place + 1 :]
        if conversation.waiting:
            own = [message for message in messages if message["author"] == "person"]
            return self.api.reply(conversation, own, "waiting") | {"next": None}
        limit = int(query.get("limit", ["50"])[0])
        page, rest = messages[:limit], messages[limit:]
        if not conversation.kept:
            page = [message for message in page if message["author"] != "person"]
        return self.api.reply(conversation, page) | {"next": page[-1]["id"] if rest else None}

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if content and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        for name, value in ({"Content-Security-Policy": POLICY, "Cache-Control": "no-store"} | (headers or {})).items():
            self.send_header(name, value)
        if not self.api.keep_alive:
            self.send_header("Connection", "close")
        self.end_headers()
        if status != 204:
            self.wfile.write(content)
