"""Being sure who it is before something that cannot be taken back: somebody at a screen left open should not be able to.

Whoever has a password here is asked for it. Whoever comes in by the organisation's own sign-in has none: they are asked for a code of
their authenticator if they set one up here, or to have signed in a short while ago.
"""

from __future__ import annotations

from enum import StrEnum

from facilitator.coordinators import accounts, sessions
from facilitator.coordinators.sessions import TooManyTriesError
from web.review import pages
from web.review.guard import Seat
from web.review.me import is_theirs


class Proof(StrEnum):
    """What is asked for."""

    PASSWORD = "password"  # noqa: S105
    CODE = "code"
    NOTHING = "nothing"
    """They signed in a short while ago."""
    SIGN_IN = "sign_in"
    """To sign in again first, where they work."""


def proof_of(seat: Seat) -> Proof:
    if not seat.viewer.linked:
        return Proof.PASSWORD
    if seat.viewer.has_two_factor:
        return Proof.CODE
    with seat.reading() as session:
        return Proof.NOTHING if sessions.is_recent(session, seat.token) else Proof.SIGN_IN


def doubts(seat: Seat) -> dict[str, str] | None:
    """None when they are who they say; else what is wrong with the proof that a form brings, by its field: empty when there is no field,
    but they have to sign in again. A wrong proof counts as a failed sign-in; that does not.
    """
    proof = proof_of(seat)
    if proof is Proof.PASSWORD:
        return None if is_theirs(seat) else {"old": pages.words()["me"]["old_wrong"]}
    if proof is Proof.CODE:
        return None if _is_their_code(seat) else {"code": pages.words()["erasing_sure"]["code_wrong"]}
    return None if proof is Proof.NOTHING else {}


def _is_their_code(seat: Seat) -> bool:
    with seat.work() as session:
        try:
            return sessions.is_their_code(session, accounts.account(session, seat.viewer.id), seat.fields.get("code")[:40], seat.address)
        except TooManyTriesError:
            return False
