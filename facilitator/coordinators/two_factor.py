"""The second factor: a six-figure code from an authenticator app (RFC 6238), or one of ten recovery codes that open once each."""

from __future__ import annotations

import hmac
import re
import secrets

import pyotp
from sqlalchemy.orm import Session

from facilitator.coordinators import audit
from facilitator.coordinators.audit import Action
from facilitator.storage.conversations import digest, now
from facilitator.storage.models import CoordinatorRow

STEP_S = 30
RECOVERY_CODES = 10
# Letters and figures that cannot be taken for one another: 32 of them, 10 in a code, 50 bits.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 10


def begin(session: Session, row: CoordinatorRow) -> str:
    """A new secret, which counts only once a code of it was given (`turn_on`). One begun before and not finished is kept."""
    if row.two_factor_on or not row.two_factor_secret:
        row.two_factor_secret, row.two_factor_on, row.two_factor_step = pyotp.random_base32(), False, None
        session.flush()
    return row.two_factor_secret


def address(row: CoordinatorRow, service: str) -> str:
    """What the QR code holds: `otpauth://…`."""
    return pyotp.TOTP(row.two_factor_secret or "").provisioning_uri(name=row.email, issuer_name=service)


def turn_on(session: Session, row: CoordinatorRow, code: str) -> list[str] | None:
    """With a right code, from now on it is asked for; returns the recovery codes, never shown again. None when the code is wrong."""
    if row.two_factor_on or not row.two_factor_secret or not _is_new_code(row, code):
        return None
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(RECOVERY_CODES)]
    row.two_factor_on, row.recovery = True, [digest(found) for found in codes]
    audit.write(session, row.id, Action.TWO_FACTOR_ON, f"account:{row.id}")
    return [f"{found[:5]}-{found[5:]}" for found in codes]


def turn_off(session: Session, actor: str, row: CoordinatorRow) -> None:
    row.two_factor_on, row.two_factor_secret, row.two_factor_step, row.recovery = False, None, None, []
    audit.write(session, actor, Action.TWO_FACTOR_OFF, f"account:{row.id}")


def opens(row: CoordinatorRow, code: str) -> bool:
    """Whether the code is right. It is used up: the same code does not open twice."""
    plain = re.sub(r"[\s-]", "", code).upper()
    if len(plain) == LENGTH:
        return _is_recovery(row, plain)
    return _is_new_code(row, plain)


def _is_recovery(row: CoordinatorRow, code: str) -> bool:
    given = digest(code)
    if given not in row.recovery:
        return False
    row.recovery = [kept for kept in row.recovery if kept != given]
    return True


def _is_new_code(row: CoordinatorRow, code: str) -> bool:
    """A code of this half minute, the one before or the next, later than the last one used."""
    # figures of other scripts are figures to `\d`, and nothing that can be compared in constant time
    if not re.fullmatch(r"[0-9]{6}", code.replace(" ", "")):
        return False
    plain, made, step = code.replace(" ", ""), pyotp.TOTP(row.two_factor_secret or ""), int(now().timestamp()) // STEP_S
    for near in (step - 1, step, step + 1):
        if near > (row.two_factor_step or 0) and hmac.compare_digest(made.generate_otp(near), plain):
            row.two_factor_step = near
            return True
    return False
