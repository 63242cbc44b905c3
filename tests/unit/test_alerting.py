"""The alert to a safeguarding contact: a number and a link, sent beside the reply; a failure is logged and holds nobody up, nor does
somebody of whom there are many."""

from __future__ import annotations

import json
import queue
import smtplib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from facilitator.bootstrap import KNOWLEDGE
from facilitator.checklist.content import read_yaml
from facilitator.settings import Settings
from web.chat.alerting import Alert, build_alert
from web.chat.pacing import News, Pace

WORDS = {
    "text": "Someone may be in danger (number {reference})\nPlease look: {address}",
    "not_stored": "Someone may be in danger\nPlease look later: {address}",
    "more": "More: {count}",
}
NOTICES = read_yaml(KNOWLEDGE / "messages" / "notices.yml")


class Hook(HTTPServer):
    """A webhook on this machine that keeps what it was sent and answers with `status`."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/SECRETPATH"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def told(alert: Alert) -> None:
    alert.tell("somebody", "41")
    alert.close()


def test_a_webhook_gets_the_number_and_where_to_look(hook):
    told(build_alert(Settings(facilitator_alert_webhook=hook.address, facilitator_public_url="https://chat.example.org"), WORDS))
    assert hook.got == [{"text": "Someone may be in danger (number 41)\nPlease look: https://chat.example.org/review/flags"}]


def test_a_webhook_that_refuses_is_tried_twice_and_logged_without_its_address(hook, capsys):
    hook.status = 500
    told(build_alert(Settings(facilitator_alert_webhook=hook.address), WORDS))
    assert len(hook.got) == 2
    said = capsys.readouterr().out
    assert said.count("alert_not_sent") == 2
    assert "SECRETPATH" not in said


def test_a_webhook_that_is_not_there_is_logged_and_raises_nothing(capsys):
    told(build_alert(Settings(facilitator_alert_webhook="http://127.0.0.1:9/x"), WORDS))
    assert "ConnectError" in capsys.readouterr().out


class Server:
    """Stands where smtplib's server stands."""

    made: ClassVar[list[Server]] = []

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.at, self.did, self.letters = (host, port, timeout), [], []
        Server.made.append(self)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def starttls(self) -> None:
        self.did.append("starttls")

    def login(self, name: str, password: str) -> None:
        self.did.append(f"login {name} {password}")

    def send_message(self, letter: Any) -> None:
        self.letters.append(letter)


@pytest.fixture
def post_office(monkeypatch) -> list[Server]:
    Server.made = []
    monkeypatch.setattr(smtplib, "SMTP", Server)
    return Server.made


def test_an_email_says_the_same_after_making_the_line_safe(post_office):
    settings = Settings(facilitator_alert_email="desk@example.org", facilitator_alert_smtp="smtp://ann:p%40ss@mail.example.org:587")
    told(build_alert(settings, WORDS))
    (server,) = post_office
    (letter,) = server.letters
    assert server.at == ("mail.example.org", 587, 5.0)
    assert server.did == ["starttls", "login ann p@ss"]
    assert (letter["To"], letter["Subject"]) == ("desk@example.org", "Someone may be in danger (number 41)")
    assert letter.get_content().strip() == "Please look: http://127.0.0.1:8000/review/flags"


def test_an_email_that_cannot_go_is_tried_twice_and_logged_without_the_password(monkeypatch, capsys):
    def refuse(*where: object, **more: object) -> None:
        raise smtplib.SMTPConnectError(421, "busy")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    told(
        build_alert(
            Settings(facilitator_alert_email="desk@example.org", facilitator_alert_smtp="smtp://ann:hidden@mail.example.org"), WORDS
        )
    )
    said = capsys.readouterr().out
    assert said.count("SMTPConnectError") == 2
    assert "hidden" not in said


def test_without_settings_nothing_is_sent(monkeypatch):
    alert = build_alert(Settings(), WORDS)
    monkeypatch.setattr(alert, "_send", lambda text: pytest.fail("sent"))
    told(alert)


# ── many at once ──


class Way:
    """A way that can be kept waiting for; what is sent can be waited for too."""

    def __init__(self) -> None:
        self.sent: queue.Queue[str] = queue.Queue()
        self.is_quick = threading.Event()
        self.is_quick.set()

    def __call__(self, text: str) -> None:
        self.sent.put(text)
        assert self.is_quick.wait(10)

    def next(self) -> str:
        return self.sent.get(timeout=10)


@pytest.fixture
def way() -> Way:
    return Way()


def test_an_alert_is_never_behind_many_of_one_conversation(way):
    alert = Alert({"way": way}, WORDS, "/flags")
    way.is_quick.clear()
    alert.tell("Ann", "1")
    assert "number 1" in way.next()
    for number in range(2, 200):
        alert.tell("Ann", str(number))
    alert.tell("Ben", "200")
    way.is_quick.set()
    assert way.next() == "Someone may be in danger (number 200)\nPlease look: /flags"
    alert.close()
    assert way.next() == "Someone may be in danger (number 2)\nPlease look: /flags\nMore: 197"
    assert way.sent.empty()


def test_what_comes_while_a_way_is_slow_goes_out_in_one_alert(way):
    alert = Alert({"way": way}, WORDS, "/flags")
    way.is_quick.clear()
    alert.tell("0", "0")
    way.next()
    for number in range(1, 50):
        alert.tell(str(number), str(number))
    way.is_quick.set()
    assert way.next() == "Someone may be in danger (number 1)\nPlease look: /flags\nMore: 48"
    alert.close()
    assert way.sent.empty()


def test_what_was_added_to_a_matter_is_told_when_its_quiet_is_over_though_nothing_more_comes(way):
    alert = Alert({"way": way}, WORDS, "/flags", Pace(quiet_s=1))
    for number in ("1", "2", "3"):
        alert.tell("Ann", number)
    assert "number 1" in way.next()
    assert way.next().endswith("(number 2)\nPlease look: /flags\nMore: 1")
    alert.close()


def test_where_nothing_could_be_sent_the_next_of_the_same_matter_does_not_wait(monkeypatch):
    tried: queue.Queue[str] = queue.Queue()

    def refuse(text: str) -> None:
        tried.put(text)
        raise ValueError("anything")

    alert = Alert({"way": refuse}, WORDS, "/flags")
    alert.tell("Ann", "1")
    assert [tried.get(timeout=10) for _ in range(2)] == ["Someone may be in danger (number 1)\nPlease look: /flags"] * 2
    alert.tell("Ann", "2")
    assert "number 2" in tried.get(timeout=10)
    alert.close()


def test_a_flag_that_is_not_stored_has_no_number(way):
    alert = Alert({"way": way}, WORDS, "/flags")
    alert.tell("not stored", None)
    alert.close()
    assert way.next() == "Someone may be in danger\nPlease look later: /flags"


@pytest.mark.parametrize("news", [News("41"), News("41", flags=3), News(None), News(None, flags=3)])
def test_the_words_for_it_are_in_the_catalogue_and_can_be_filled_in(news):
    text = Alert({}, NOTICES["alert"], "https://chat.example.org/review/flags")._text(news)
    assert "danger" in text.splitlines()[0] and "https://chat.example.org/review/flags" in text
    assert "{" not in text and "None" not in text
    assert ("41" in text) is (news.reference == "41") and (": 2" in text) is (news.flags == 3)
