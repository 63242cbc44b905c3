"""Tells a safeguarding contact that a crisis flag was raised: by a Slack webhook, by e-mail, by both, or not at all.

It carries a number to look up and never what someone typed. It is sent beside the reply, so that nobody waits for it; when it cannot be
sent, that is logged and the flag stands in the review app all the same.
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from facilitator.settings import Settings

log = structlog.get_logger("web")
_TIMEOUT_S = 5.0
_TRIES = 2

Send = Callable[[str], None]


class Alert:
    """`ways` are how a text is sent, by name. `words` holds `{reference}` and `{address}`."""

    def __init__(self, ways: dict[str, Send], words: str, address: str) -> None:
        self._ways, self._words, self._address = ways, words, address
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="alert")

    def tell(self, reference: str) -> None:
        """Send it soon; returns at once."""
        if self._ways:
            self._beside.submit(self._send, self._words.format(reference=reference, address=self._address))

    def close(self) -> None:
        """Wait for what is being sent."""
        self._beside.shutdown(wait=True)

    def _send(self, text: str) -> None:
        for name, send in self._ways.items():
            for attempt in range(1, _TRIES + 1):
                try:
                    send(text)
                    break
                except (httpx.HTTPError, OSError, smtplib.SMTPException) as error:
                    # the address of a webhook is a secret and may be in the error's text, so only its kind is logged
                    log.error("alert_not_sent", way=name, attempt=attempt, error=type(error).__name__)


def build_alert(settings: Settings, words: str) -> Alert:
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
