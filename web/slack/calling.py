"""Calls to Slack's Web API through its own client, with every failure as one of three: try later, never, or signed out."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from typing import Any

import aiohttp
import segno
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

log = structlog.get_logger("web")
TIMEOUT_S = 10
# The client would log what people wrote, at its most talkative.
_SILENT = logging.getLogger("facilitator.slack.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
_SILENT.setLevel(logging.CRITICAL)

_SIGNED_OUT = frozenset({"invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed", "org_login_required"})
_PASSING = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)


class TryLater(Exception):
    """Slack is busy, slow or out of reach. `after_s`: how long it asked us to wait, if it did."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Refused(Exception):
    """Slack will not do this, however often it is asked. `code` is Slack's word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignedOut(Exception):
    """Our token does not count any more."""


def silent_logger() -> logging.Logger:
    """For Slack's libraries, which log requests and what is in them."""
    return _SILENT


class Caller:
    def __init__(self, token: str, base_url: str, timeout_s: int = TIMEOUT_S) -> None:
        self.client = AsyncWebClient(token=token, base_url=base_url, timeout=timeout_s, logger=_SILENT, retry_handlers=[])
        self._timeout_s = timeout_s
        self.signed_out = False

    async def call(self, method: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call; its answer.

        Raises:
            TryLater, Refused, SignedOut.
        """
        try:
            answer = await self.client.api_call(method, json=dict(payload))
        except SlackApiError as error:
            raise self._failure(error) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TryLater(type(error).__name__) from None
        return answer.data if isinstance(answer.data, dict) else {}

    def _failure(self, error: SlackApiError) -> Exception:
        response = error.response
        status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
        headers = getattr(response, "headers", None) or {}
        body = getattr(response, "data", None)
        code = str(body.get("error") or "") if isinstance(body, dict) else ""
        if status == 429 or code in ("ratelimited", "rate_limited"):
            return TryLater("ratelimited", _seconds(headers.get("Retry-After")))
        if code in _SIGNED_OUT:
            if not self.signed_out:
                log.error("slack_signed_out", error=code)
            self.signed_out = True
            return SignedOut(code)
        return TryLater(code or f"status {status}") if status >= 500 or code in _PASSING or not code else Refused(code)

    async def respond(self, url: str, payload: Mapping[str, Any]) -> None:
        """Answer a command where it was given. Raises TryLater, Refused."""
        client = AsyncWebhookClient(url, timeout=self._timeout_s, logger=_SILENT, retry_handlers=[])
        try:
            answer = await client.send_dict(dict(payload))
        except (TimeoutError, aiohttp.ClientError, OSError, SlackApiError) as error:
            raise TryLater(type(error).__name__) from None
        if answer.status_code == 429:
            raise TryLater("ratelimited", _seconds(answer.headers.get("Retry-After")))
        if answer.status_code >= 500:
            raise TryLater(f"status {answer.status_code}")
        if answer.status_code >= 400:
            raise Refused(f"status {answer.status_code}")

    async def upload(self, channel: str, link: str, title: str, alt: str) -> None:
        """Put a join link's QR code in a channel, as a picture. Raises as `call`."""
        picture = _qr_code(link)
        asked = {"filename": "join.png", "length": len(picture), "alt_txt": alt}
        place = await self.ask("files.getUploadURLExternal", asked)
        try:
            limit = aiohttp.ClientTimeout(total=self._timeout_s)
            async with aiohttp.ClientSession(timeout=limit) as session, session.post(str(place["upload_url"]), data=picture) as answer:
                status = answer.status
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TryLater(type(error).__name__) from None
        if status != 200:
            raise TryLater(f"status {status}")
        await self.call("files.completeUploadExternal", {"files": [{"id": place["file_id"], "title": title}], "channel_id": channel})

    async def ask(self, method: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """As `call`, for methods that do not read JSON."""
        try:
            answer = await self.client.api_call(method, data=dict(fields))
        except SlackApiError as error:
            raise self._failure(error) from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TryLater(type(error).__name__) from None
        return answer.data if isinstance(answer.data, dict) else {}


def _qr_code(link: str) -> bytes:
    """The link as a QR code: a PNG, large enough to be printed."""
    out = io.BytesIO()
    segno.make(link, error="m", micro=False).save(out, kind="png", scale=12, border=4)
    return out.getvalue()


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
