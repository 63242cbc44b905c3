"""The alert to a safeguarding contact: a number and a link, sent beside the reply; a failure is logged and holds nobody up."""

from __future__ import annotations

import json
import smtplib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from facilitator.settings import Settings
from web.chat.alerting import Alert, build_alert

WORDS = "Someone may be in danger (number {reference})\nPlease look: {address}"


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
    alert.tell("41")
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
