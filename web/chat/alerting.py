"""Tells a safeguarding contact that a crisis flag was raised: by a Slack webhook, by e-mail, by both, or not at all.

It carries a number to look up, made by us, and never what someone typed. It is sent beside the reply, so that nobody waits for it; when it
cannot be sent, that is logged and the flag stands in the review app all the same. What comes while one is on its way goes out together, so
that no alert is behind many (`pacing`).
"""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from facilitator.settings import Settings
from web.chat.pacing import News, Pace

log = structlog.get_logger("web")
_TIMEOUT_S = 5.0
_TRIES = 2

Send = Callable[[str], None]


class Alert:
    """`ways` are how a text is sent, by name. `words` are the alert's part of knowledge/messages/notices.yml."""

    def __init__(self, ways: dict[str, Send], words: Mapping[str, str], address: str, pace: Pace | None = None) -> None:
        self._ways, self._words, self._address = ways, words, address
        self._pace, self._changed = pace or Pace(), threading.Condition()
        self._beside: threading.Thread | None = None
        self._closing = False

    def tell(self, about: str, reference: str | None) -> None:
        """Send it soon, or count it in a later one; returns at once.

        `about`: the matter, of which one alert in a while goes out; it is not sent. `reference`: the flag's number; None where it has none.
        """
        if not self._ways:
            return
        with self._changed:
            self._pace.add(about, reference, time.monotonic())
            if self._beside is None:
                self._beside = threading.Thread(target=self._go_on, name="alert", daemon=True)
                self._beside.start()
            self._changed.notify()

    def close(self) -> None:
        """Send all that waits, as one, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._beside is not None:
            self._beside.join()

    def _go_on(self) -> None:
        while (news := self._next()) is not None:
            if not self._send(self._text(news)):
                with self._changed:
                    self._pace.missed()

    def _next(self) -> News | None:
        """What is to be told, once there is something; None at the end."""
        with self._changed:
            while True:
                news = self._pace.take(time.monotonic(), everything=self._closing)
                if news is not None or self._closing:
                    return news
                self._changed.wait(self._pace.rests_s(time.monotonic()))

    def _text(self, news: News) -> str:
        lines = [self._words["text" if news.reference else "not_stored"], *([self._words["more"]] if news.flags > 1 else [])]
        return "\n".join(lines).format(reference=news.reference, address=self._address, count=news.flags - 1)

    def _send(self, text: str) -> bool:
        """Whether it went any of the ways."""
        sent = False
        for name, send in self._ways.items():
            for attempt in range(1, _TRIES + 1):
                try:
                    send(text)
                    sent = True
                    break
                except Exception as error:  # whatever it is, the next one has to be sent
                    # the address of a webhook is a secret and may be in the error's text, so only its kind is logged
                    log.error("alert_not_sent", way=name, attempt=attempt, error=type(error).__name__)
        return sent


def build_alert(settings: Settings, words: Mapping[str, str]) -> Alert:
    """The ways that the settings name: none, one or both."""
    ways: dict[str, Send] = {}
    webhook, mailer = settings.facilitator_alert_webhook.get_secret_value(), settings.facilitator_alert_smtp.get_secret_value()
    if webhook:
        ways["slack"] = lambda text: _post(webhook, text)
    if mailer and settings.facilitator_alert_email:
        ways["email"] = lambda text: _mail(mailer, settings.facilitator_alert_email, text)
    return Alert(ways, words, f"{settings.address}/review/flags")


def _post(webhook: str, text: str) -> None:
    with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
        client.post(webhook, json={"text": text}).raise_for_status()


def _mail(mailer: str, to: str, text: str) -> None:
    """`mailer` is `smtp://…` (STARTTLS when a name is given) or `smtps://…`, with `name:password@` where the server wants them."""
    where = urlsplit(mailer)
    letter = EmailMessage()
    letter["Subject"], _, body = text.partition("\n")
    letter["From"] = letter["To"] = to
    letter.set_content(body or text)
    kind = smtplib.SMTP_SSL if where.scheme == "smtps" else smtplib.SMTP
    with kind(where.hostname or "", where.port or 0, timeout=_TIMEOUT_S) as server:
        if where.username:
            if where.scheme == "smtp":
                server.starttls()
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(letter)
