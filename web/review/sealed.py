"""What a browser keeps between leaving for the organisation's provider and coming back, signed so that no other could be put there.

Signed with a key made from the client secret, which every process has: coming back may reach another one.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from facilitator.coordinators.provider import Begun
from facilitator.storage.conversations import now

LIVES_S = 600


@dataclass(frozen=True)
class Kept:
    begun: Begun
    next: str


def seal(secret: bytes, begun: Begun, wanted: str) -> str:
    held = {"begun": asdict(begun), "next": wanted, "until": now().timestamp() + LIVES_S}
    body = urlsafe_b64encode(json.dumps(held).encode()).decode()
    return f"{body}.{_mark(secret, body)}"


def unseal(secret: bytes, value: str) -> Kept | None:
    """None for what was not sealed here, or too long ago."""
    body, _, mark = value.rpartition(".")
    if not hmac.compare_digest(mark.encode(), _mark(secret, body).encode()):
        return None
    held = json.loads(urlsafe_b64decode(body))
    return Kept(Begun(**held["begun"]), held["next"]) if held["until"] > now().timestamp() else None


def _mark(secret: bytes, body: str) -> str:
    key = hmac.digest(secret, b"review organisation sign-in", "sha256")
    return hmac.new(key, body.encode(), "sha256").hexdigest()
