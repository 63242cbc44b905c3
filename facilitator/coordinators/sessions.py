"""Signing in and staying signed in. Attempts are counted against the account, the address and both together."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from facilitator.callers import shared_part
from facilitator.coordinators import accounts, audit, passwords, two_factor
from facilitator.coordinators.audit import Action
from facilitator.coordinators.provider import Identity, ProviderError, ProviderFault
from facilitator.coordinators.rights import Viewer
from facilitator.errors import FacilitatorError
from facilitator.storage.conversations import digest, now
from facilitator.storage.database import Database
from facilitator.storage.models import CoordinatorRow, CoordinatorSessionRow, SignInFailureRow

LIVES = timedelta(hours=12)
IDLE = timedelta(minutes=60)
HALF_LIVES = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)
RECENT = timedelta(minutes=15)
KEEP_FAILURES = timedelta(days=1)
MOST_TOGETHER, MOST_BY_ADDRESS, MOST_BY_ACCOUNT = 10, 30, 50
"""Failures in 15 minutes: of one account from one address, of any from one address, of one account from anywhere. The last is high, so
that nobody can easily lock somebody else out; 50 guesses a quarter of an hour are nothing against 15 letters."""


class TooManyTriesError(FacilitatorError):
    """Too many sign-ins failed; `minutes` to wait."""

    minutes = int(WINDOW.total_seconds()) // 60


@dataclass(frozen=True)
class SignedIn:
    """A new session's token, to be kept by the browser alone; `complete` unless a code is still asked for."""

    token: str
    complete: bool


@dataclass(frozen=True)
class Open:
    """A session as found: who it is, and whether the second factor has been given."""

    viewer: Viewer
    complete: bool


# ── signing in ──


def check_tries(session: Session, email: str, address: str) -> None:
    """Raises TooManyTriesError."""
    for key, most in _keys(email, address):
        _check(session, key, most)


def _check(session: Session, key: str, most: int) -> None:
    since = now() - WINDOW
    recent = select(func.count()).select_from(SignInFailureRow).where(SignInFailureRow.key == key, SignInFailureRow.at > since)
    if (session.scalar(recent) or 0) >= most:
        raise TooManyTriesError


def sign_in(database: Database, email: str, password: str, address: str) -> SignedIn | None:
    """With the right e-mail and password, a session; None when either is wrong (which of them is not told).

    No transaction is open while the password is looked at, which takes a good part of a second on purpose.

    Raises:
        TooManyTriesError: wait first; nothing was looked at. PasswordsBusyError: neither was it, and nothing is counted.
    """
    with database.reading() as session:
        check_tries(session, email, address)
        row = accounts.with_email(session, email)
        known = row.password_hash if row and not row.closed_at else None
    right = passwords.matches(known, password)
    fresh = passwords.hashed(password) if right and known and passwords.needs_new_hash(known) else None
    with database.unit_of_work() as session:
        row = accounts.with_email(session, email) if right else None
        if row is None or row.closed_at or row.password_hash != known:
            failed(session, email, address)
            return None
        row.password_hash = fresh or known
        if not row.two_factor_on:
            forget_failures(session, email, address)
        return start(session, row, complete=not row.two_factor_on)


def sign_in_from_provider(session: Session, identity: Identity) -> SignedIn:
    """A session for whoever the provider says it is: the account linked with them or, the first time, the one with their verified e-mail.

    Nobody gets an account by this. A code is asked for where an authenticator was set up here.

    Raises:
        ProviderError: they have no account, or a closed one. Nothing was changed.
    """
    row = accounts.with_subject(session, identity.subject)
    known = row or (accounts.with_email(session, identity.email) if identity.email else None)
    if known is None or known.subject not in (None, identity.subject):
        raise ProviderError(ProviderFault.UNKNOWN)
    if known.closed_at:
        raise ProviderError(ProviderFault.CLOSED)
    if known.subject is None:
        accounts.link_subject(session, known, identity.subject)
    return start(session, known, complete=not known.two_factor_on, proved_at=identity.proved_at)


def check_address(session: Session, address: str) -> None:
    """Raises TooManyTriesError: too many sign-ins of anybody failed from this address."""
    _check(session, _address_key(address), MOST_BY_ADDRESS)


def failed_at_provider(session: Session, address: str, fault: ProviderFault) -> None:
    """Count a failure against the address alone: who it was is only what a stranger says."""
    session.add(SignInFailureRow(key=_address_key(address), at=now()))
    _note(session, _key("organisation", fault.value), None, way="organisation", why=fault.value)


def start(session: Session, row: CoordinatorRow, *, complete: bool, proved_at: datetime | None = None) -> SignedIn:
    """A new session; sessions past their time go. `proved_at`: when they showed who they are, if that was not now."""
    token, moment = secrets.token_urlsafe(32), now()
    session.execute(delete(CoordinatorSessionRow).where(CoordinatorSessionRow.expires_at < moment))
    lives = LIVES if complete else HALF_LIVES
    session.add(
        CoordinatorSessionRow(
            token_hash=digest(token),
            coordinator_id=row.id,
            complete=complete,
            created_at=proved_at or moment,
            seen_at=moment,
            expires_at=moment + lives,
        )
    )
    session.flush()
    if complete:
        audit.write(session, row.id, Action.SIGNED_IN)
    return SignedIn(token, complete)


def give_code(session: Session, token: str, code: str, address: str) -> SignedIn | None:
    """The second step, with the half session's token: a whole session under a new token, or None when the code is wrong.

    Raises:
        TooManyTriesError: wait first.
    """
    half = session.get(CoordinatorSessionRow, digest(token), with_for_update=True)
    if half is None or half.complete or half.expires_at <= now():
        return None
    row = accounts.account(session, half.coordinator_id)
    if not is_their_code(session, row, code, address):
        return None
    forget_failures(session, row.email, address)
    session.delete(half)
    return start(session, row, complete=True)


def is_their_code(session: Session, row: CoordinatorRow, code: str, address: str) -> bool:
    """Whether a code of the authenticator is theirs, and they may still come in. A wrong one counts as a failed sign-in.

    Raises:
        TooManyTriesError: after too many wrong ones, whatever this one is.
    """
    check_tries(session, row.email, address)
    if row.closed_at is None and two_factor.opens(row, code):
        return True
    failed(session, row.email, address)
    return False


def failed(session: Session, email: str, address: str) -> None:
    """Count a failure. The audit names the account where there is one; an address nobody has is not kept."""
    session.add_all(SignInFailureRow(key=key, at=now()) for key, _ in _keys(email, address))
    row = accounts.with_email(session, email)
    _note(session, _key("noted", row.id if row else audit.NOBODY), f"account:{row.id}" if row else None)


def _note(session: Session, key: str, about: str | None, **details: str) -> None:
    """Say in the audit that a sign-in failed, but not each time: its rows stay for ever, and a stranger could make any number of them.

    There is a row for the 1st, 2nd, 4th, 8th… of one kind (`key`) in a quarter of an hour, with how many it were by then.
    """
    moment = now()
    quarter = moment - (moment - datetime.min.replace(tzinfo=UTC)) % WINDOW
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.at < moment - KEEP_FAILURES))
    session.add(SignInFailureRow(key=key, at=moment))
    session.flush()
    alike = select(func.count()).select_from(SignInFailureRow).where(SignInFailureRow.key == key, SignInFailureRow.at >= quarter)
    times = session.scalar(alike) or 0
    if times.bit_count() == 1:
        audit.write(session, audit.NOBODY, Action.SIGN_IN_FAILED, about, **details, times=times)


def forget_failures(session: Session, email: str, address: str) -> None:
    """Somebody is who they say: what counted against the account is over. The address alone may be another's trying."""
    keys = [key for key, _ in _keys(email, address) if key != _address_key(address)]
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.key.in_(keys)))


def _keys(email: str, address: str) -> tuple[tuple[str, int], ...]:
    email = accounts.tidy_email(email)
    return (
        (_key("both", email, shared_part(address)), MOST_TOGETHER),
        (_address_key(address), MOST_BY_ADDRESS),
        (_key("account", email), MOST_BY_ACCOUNT),
    )


def _address_key(address: str) -> str:
    return _key("address", shared_part(address))


def _key(*parts: str) -> str:
    return digest("\0".join(parts))


# ── staying signed in ──


def find(session: Session, token: str) -> Open | None:
    """Whose session this is, when it is neither past its time nor left alone for an hour, and the account is open."""
    found = session.get(CoordinatorSessionRow, digest(token)) if token else None
    if found is None or found.expires_at <= now() or found.seen_at < now() - IDLE:
        return None
    row = session.get(CoordinatorRow, found.coordinator_id)
    return None if row is None or row.closed_at else Open(accounts.viewer(session, row), found.complete)


def is_recent(session: Session, token: str) -> bool:
    """Whether somebody showed only a short while ago who they are."""
    found = session.get(CoordinatorSessionRow, digest(token))
    return found is not None and found.created_at >= now() - RECENT


def is_due(session: Session, token: str) -> bool:
    """Whether `touch` has something to write: once a minute is enough."""
    found = session.get(CoordinatorSessionRow, digest(token))
    return found is not None and found.seen_at < now() - SEEN_EVERY


def touch(session: Session, token: str) -> None:
    """Note that somebody is still here."""
    found = session.get(CoordinatorSessionRow, digest(token))
    if found is not None:
        found.seen_at = now()


def end(session: Session, token: str) -> None:
    found = session.get(CoordinatorSessionRow, digest(token))
    if found is not None:
        audit.write(session, found.coordinator_id, Action.SIGNED_OUT)
        session.delete(found)


def form_secret(token: str) -> str:
    """What the forms of a session carry: worked out from the token, which only the browser holds."""
    return hmac.new(token.encode(), b"review form", "sha256").hexdigest()
