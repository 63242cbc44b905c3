"""What a browser keeps between leaving for the organisation's provider and coming back: a signed token (JWT, HS256), so that no other could
be put there.

Signed with a key made from the client secret, which every process has: coming back may reach another one.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from facilitator.coordinators.provider import Begun
from facilitator.storage.conversations import now

LIVES_S = 600
ALGORITHM = "HS256"


@dataclass(frozen=True)
class Kept:
    begun: Begun
    next: str


def seal(secret: bytes, begun: Begun, wanted: str) -> str:
    claims = {"begun": asdict(begun), "next": wanted, "exp": int(now().timestamp()) + LIVES_S}
    return jwt.encode({"alg": ALGORITHM}, claims, _key(secret))


def unseal(secret: bytes, value: str) -> Kept | None:
    """None for what was not sealed here, or too long ago."""
    try:
        held = jwt.decode(value, _key(secret), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(now=int(now().timestamp()), exp={"essential": True}).validate(held)
    except (JoseError, ValueError, TypeError):
        return None  # joserfc stumbles over some headers that no library makes
    return Kept(Begun(**held["begun"]), held["next"])


def _key(secret: bytes) -> OctKey:
    return OctKey.import_key(hmac.digest(secret, b"review organisation sign-in", "sha256"))
