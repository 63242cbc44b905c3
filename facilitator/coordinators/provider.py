"""The organisation's own sign-in (OpenID Connect, authorisation code with PKCE): what is asked of its provider and what is believed.

Authlib builds the requests and checks the ID token; its signature is checked with the keys the provider publishes, fetched each time, so
that a key it has withdrawn opens nothing. Nothing is kept of the tokens.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from facilitator.errors import FacilitatorError
from facilitator.settings import Settings
from facilitator.storage.conversations import digest, now

TIMEOUT_S = 5.0
LEEWAY_S = 60
METADATA = "/.well-known/openid-configuration"
# Signed with a key only the provider has. Never "none", and never HS…, where who can check can also sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
# A provider that hangs must not take the threads that the chat needs.
_AT_ONCE = threading.BoundedSemaphore(4)


class ProviderFault(StrEnum):
    """Why nobody was let in; the audit names it."""

    AWAY = "provider_away"
    ANSWER = "provider_answer"
    TOKEN = "token"  # noqa: S105
    STATE = "state"
    DECLINED = "declined"
    UNKNOWN = "unknown_person"
    CLOSED = "account_closed"


class ProviderError(FacilitatorError):
    """The organisation's sign-in let nobody in; `fault` says why."""

    def __init__(self, fault: ProviderFault) -> None:
        super().__init__(f"The organisation's sign-in failed: {fault.value.replace('_', ' ')}.")
        self.fault = fault


@dataclass(frozen=True)
class Begun:
    """What one browser remembers between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who the provider says it is. `subject` is a digest of issuer and subject; `email` is empty unless the provider has verified it.
    `proved_at` is when they showed the provider that it is they, where it says so.
    """

    subject: str
    email: str
    proved_at: datetime | None = None


def is_configured(settings: Settings) -> bool:
    return bool(settings.facilitator_oidc_issuer)


def begin(settings: Settings, back: str, *, again: bool = False) -> tuple[str, Begun]:
    """The provider's address to go to, and what to remember until they come back to the address `back`. With `again` it should ask them
    who they are even if it knows.

    Raises:
        ProviderError: the provider cannot be reached, or does not say who it is.
    """
    begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    with _asking(settings, back) as client:
        about = _metadata(client, settings)
        url, _ = client.create_authorization_url(
            about["authorization_endpoint"],
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
            **({"prompt": "login"} if again else {}),
        )
    return str(url), begun


def finish(settings: Settings, back: str, begun: Begun, query: Mapping[str, str]) -> Identity:
    """Who came back, after everything was checked.

    Raises:
        ProviderError: it is not what was begun here, they were turned away, or the provider's answer does not hold.
    """
    if not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):
        raise ProviderError(ProviderFault.STATE)
    if "error" in query or not query.get("code"):
        raise ProviderError(ProviderFault.DECLINED)
    with _asking(settings, back) as client:
        about = _metadata(client, settings)
        if query.get("iss", about["issuer"]) != about["issuer"]:
            raise ProviderError(ProviderFault.STATE)
        if "client_secret_basic" not in about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105
        token = client.fetch_token(about["token_endpoint"], code=query["code"], code_verifier=begun.verifier)
        claims = _checked(token, client.request("GET", about["jwks_uri"], withhold_token=True), about["issuer"], settings, begun.nonce)
    return _identity(claims)


@contextmanager
def _asking(settings: Settings, back: str) -> Iterator[OAuth2Client]:
    """A client for one visit. What goes wrong with the provider is a ProviderError; nothing it said is in that."""
    if not _AT_ONCE.acquire(blocking=False):
        raise ProviderError(ProviderFault.AWAY)
    try:
        with OAuth2Client(
            settings.facilitator_oidc_client_id,
            settings.facilitator_oidc_client_secret.get_secret_value(),
            scope="openid email",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
            trust_env=False,
        ) as client:
            yield client
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise ProviderError(ProviderFault.AWAY) from None
    except JoseError:
        raise ProviderError(ProviderFault.TOKEN) from None
    except (AuthlibBaseError, ValueError, KeyError, TypeError, AttributeError):
        raise ProviderError(ProviderFault.ANSWER) from None
    finally:
        _AT_ONCE.release()


def _metadata(client: OAuth2Client, settings: Settings) -> dict[str, Any]:
    issuer = settings.facilitator_oidc_issuer.rstrip("/")
    response = client.request("GET", f"{issuer}{METADATA}", withhold_token=True)
    response.raise_for_status()
    about: dict[str, Any] = response.json()
    if about["issuer"].rstrip("/") != issuer:
        raise ProviderError(ProviderFault.ANSWER)
    return about


def _checked(token: Mapping[str, Any], keys: httpx2.Response, issuer: str, settings: Settings, nonce: str) -> Mapping[str, Any]:
    """The claims of the ID token: signature, issuer, audience, times, nonce, and that it belongs to the access token beside it."""
    keys.raise_for_status()
    client_id = settings.facilitator_oidc_client_id
    read = jwt.decode(token["id_token"], KeySet.import_key_set(keys.json()), algorithms=ALGORITHMS)
    claims = CodeIDToken(
        read.claims,
        read.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")},
    )
    claims.validate(leeway=LEEWAY_S)
    return dict(claims)


def _identity(claims: Mapping[str, Any]) -> Identity:
    subject, email = claims["sub"], claims.get("email")
    if not isinstance(subject, str) or not subject:
        raise ProviderError(ProviderFault.TOKEN)
    verified = isinstance(email, str) and claims.get("email_verified") is True
    return Identity(digest(f"{claims['iss']}\0{subject}"), str(email) if verified else "", _moment(claims.get("auth_time")))


def _moment(auth_time: object) -> datetime | None:
    moment = now()
    if not isinstance(auth_time, int | float) or not 0 <= auth_time <= moment.timestamp():
        return None
    return datetime.fromtimestamp(auth_time, UTC)
