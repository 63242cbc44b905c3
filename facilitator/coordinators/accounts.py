"""Accounts: made by an admin (or, the first, by a one-time link), opened by a link in which their owner chooses a password."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from facilitator.coordinators import audit, passwords
from facilitator.coordinators.audit import Action
from facilitator.coordinators.passwords import PasswordFault
from facilitator.coordinators.rights import Post, Viewer
from facilitator.errors import FacilitatorError, NotFoundError
from facilitator.storage.conversations import digest, new_id, now
from facilitator.storage.models import ActivityCoordinatorRow, ActivityRow, CoordinatorLinkRow, CoordinatorRow, CoordinatorSessionRow

FIRST_LINK_LIVES = timedelta(hours=24)
LINK_LIVES = timedelta(days=3)
MAX_NAME, MAX_EMAIL = 80, 200
_EMAIL = re.compile(r"[^@\s<>\"']+@[^@\s<>\"']+\.[^@\s<>\"'.]+")


class AccountFault(StrEnum):
    """Why an account cannot be made or changed so; each has its words in knowledge/messages/review.yml."""

    NAME = "name"
    EMAIL = "email"
    TAKEN = "taken"
    LAST_ADMIN = "last_admin"


class AccountState(StrEnum):
    """Whether somebody can get in, and how; each has its words in knowledge/messages/review.yml."""

    CLOSED = "closed"
    LINKED = "linked"
    WAITING = "waiting"
    OPEN = "open"


class AccountError(FacilitatorError):
    """What was asked for cannot be; `fault` says why."""

    def __init__(self, fault: AccountFault | PasswordFault) -> None:
        super().__init__(f"The account cannot be made or changed: {fault.value.replace('_', ' ')}.")
        self.fault = fault


# ── looking ──


def any_account(session: Session) -> bool:
    """Whether anybody has an account they can open. One that nobody ever opened does not keep the first link away."""
    ready = CoordinatorRow.password_hash.is_not(None) | CoordinatorRow.subject.is_not(None)
    return bool(session.scalar(select(exists().where(ready))))


def everyone(session: Session) -> Sequence[CoordinatorRow]:
    return session.scalars(select(CoordinatorRow).order_by(CoordinatorRow.closed_at.is_not(None), CoordinatorRow.name)).all()


def state_of(row: CoordinatorRow) -> AccountState:
    """Whether its owner can get in. The organisation's sign-in opens it without a password (`link_subject`)."""
    if row.closed_at:
        return AccountState.CLOSED
    if row.subject:
        return AccountState.LINKED
    return AccountState.OPEN if row.password_hash else AccountState.WAITING


def with_email(session: Session, email: str) -> CoordinatorRow | None:
    return session.scalar(select(CoordinatorRow).where(CoordinatorRow.email == tidy_email(email)))


def with_subject(session: Session, subject: str) -> CoordinatorRow | None:
    return session.scalar(select(CoordinatorRow).where(CoordinatorRow.subject == subject))


def account(session: Session, coordinator_id: str) -> CoordinatorRow:
    """Raises NotFoundError."""
    row = session.get(CoordinatorRow, coordinator_id)
    if row is None:
        raise NotFoundError("There is no such account.")
    return row


def viewer(session: Session, row: CoordinatorRow) -> Viewer:
    own = session.scalars(select(ActivityCoordinatorRow.activity_id).where(ActivityCoordinatorRow.coordinator_id == row.id))
    return Viewer(row.id, row.name, row.email, Post(row.role), frozenset(own), row.two_factor_on, row.subject is not None)


def names(session: Session) -> dict[str, str]:
    """What everybody with an account is called, by id."""
    return {row.id: row.name for row in session.execute(select(CoordinatorRow.id, CoordinatorRow.name))}


def tidy_email(email: str) -> str:
    return email.strip().lower()


# ── making and changing ──


def add(session: Session, actor: str, name: str, email: str, post: Post) -> CoordinatorRow:
    """A new account, which nobody can open before its link was used.

    Raises:
        AccountError: no name, not an e-mail address, or one that has an account.
    """
    row = CoordinatorRow(
        id=new_id(), name=_name(name), email=_email(session, email), role=post, two_factor_on=False, recovery=[], created_at=now()
    )
    session.add(row)
    session.flush()
    audit.write(session, actor, Action.ACCOUNT_ADDED, f"account:{row.id}", post=post.value)
    return row


def change(session: Session, actor: str, row: CoordinatorRow, *, name: str | None = None, post: Post | None = None) -> None:
    """Raises AccountError: no name, or nobody would be left who is an admin."""
    if name is not None:
        row.name = _name(name)
    if post is not None and post != row.role:
        if Post(row.role) is Post.ADMIN:
            _another_admin(session, row)
        row.role = post
        sign_out_everywhere(session, row)
    session.flush()
    audit.write(session, actor, Action.ACCOUNT_CHANGED, f"account:{row.id}", post=row.role)


def set_closed(session: Session, actor: str, row: CoordinatorRow, *, closed: bool) -> None:
    """Close an account (it stays, so that the audit can name it) or open it again.

    Raises:
        AccountError: nobody would be left who is an admin.
    """
    if closed and Post(row.role) is Post.ADMIN:
        _another_admin(session, row)
    row.closed_at = now() if closed else None
    if closed:
        sign_out_everywhere(session, row)
        session.execute(delete(CoordinatorLinkRow).where(CoordinatorLinkRow.coordinator_id == row.id))
    audit.write(session, actor, Action.ACCOUNT_CHANGED, f"account:{row.id}", closed=closed)


def link_subject(session: Session, row: CoordinatorRow, subject: str) -> None:
    """From now on the organisation's own sign-in opens the account, and nothing else: whoever is blocked there is out here too."""
    row.subject, row.password_hash = subject, None
    sign_out_everywhere(session, row)
    session.execute(delete(CoordinatorLinkRow).where(CoordinatorLinkRow.coordinator_id == row.id))
    audit.write(session, row.id, Action.ACCOUNT_LINKED, f"account:{row.id}")


def set_owners(session: Session, actor: str, activity_id: str, owners: Iterable[str]) -> None:
    """Whose an activity is. Raises NotFoundError for an account that is not there."""
    wanted = set(owners)
    before = set(session.scalars(select(ActivityCoordinatorRow.coordinator_id).where(ActivityCoordinatorRow.activity_id == activity_id)))
    if session.get(ActivityRow, activity_id) is None or len(wanted) != _count_of(session, wanted):
        raise NotFoundError("There is no such activity or account.")
    for owner in sorted(wanted - before):
        session.add(ActivityCoordinatorRow(activity_id=activity_id, coordinator_id=owner, created_at=now()))
    gone = ActivityCoordinatorRow.coordinator_id.in_(before - wanted)
    session.execute(delete(ActivityCoordinatorRow).where(ActivityCoordinatorRow.activity_id == activity_id, gone))
    session.flush()
    if wanted != before:
        audit.write(session, actor, Action.OWNERS_CHANGED, f"activity:{activity_id}", owners=sorted(wanted))


def owners_of(session: Session, activity_id: str) -> frozenset[str]:
    return frozenset(
        session.scalars(select(ActivityCoordinatorRow.coordinator_id).where(ActivityCoordinatorRow.activity_id == activity_id))
    )


def _count_of(session: Session, ids: set[str]) -> int:
    return session.scalar(select(func.count()).select_from(CoordinatorRow).where(CoordinatorRow.id.in_(ids))) or 0


def _name(name: str) -> str:
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= MAX_NAME:
        raise AccountError(AccountFault.NAME)
    return tidy


def _email(session: Session, email: str) -> str:
    tidy = tidy_email(email)
    if len(tidy) > MAX_EMAIL or not _EMAIL.fullmatch(tidy):
        raise AccountError(AccountFault.EMAIL)
    if with_email(session, tidy):
        raise AccountError(AccountFault.TAKEN)
    return tidy


def _another_admin(session: Session, row: CoordinatorRow) -> None:
    others = select(CoordinatorRow.id).where(
        CoordinatorRow.role == Post.ADMIN, CoordinatorRow.id != row.id, CoordinatorRow.closed_at.is_(None)
    )
    if session.scalar(others.limit(1)) is None:
        raise AccountError(AccountFault.LAST_ADMIN)


# ── links ──


def first_link(session: Session) -> str | None:
    """A new token with which the first account is made, in place of any before; None when there is an account."""
    if any_account(session):
        return None
    session.execute(delete(CoordinatorLinkRow).where(CoordinatorLinkRow.coordinator_id.is_(None)))
    return _link(session, None, FIRST_LINK_LIVES)


def link_for(session: Session, actor: str, row: CoordinatorRow) -> str:
    """A new token with which its owner chooses a password; links made before end."""
    session.execute(delete(CoordinatorLinkRow).where(CoordinatorLinkRow.coordinator_id == row.id))
    audit.write(session, actor, Action.LINK_MADE, f"account:{row.id}")
    return _link(session, row.id, LINK_LIVES)


def _link(session: Session, coordinator_id: str | None, lives: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    session.add(CoordinatorLinkRow(token_hash=digest(token), coordinator_id=coordinator_id, created_at=now(), expires_at=now() + lives))
    session.flush()
    return token


def link(session: Session, token: str, *, for_use: bool = False) -> CoordinatorLinkRow:
    """The link, if it can still be used.

    Raises:
        NotFoundError: it was never made, has been used, or is past its time; or the first account is there already.
    """
    row = session.get(CoordinatorLinkRow, digest(token), with_for_update=for_use or None)
    if row is None or row.expires_at <= now() or (row.coordinator_id is None and any_account(session)):
        raise NotFoundError("There is no such link.")
    return row


def use_link(session: Session, token: str, password: str, *, name: str = "", email: str = "") -> CoordinatorRow:
    """Choose a password; with the first link, make the account too. The link ends, and so does whoever was signed in.

    Raises:
        NotFoundError: as for `link`. AccountError: the name, the e-mail or the password cannot be used.
    """
    found = link(session, token, for_use=True)
    if found.coordinator_id is None:
        row = add(session, audit.NOBODY, name, email, Post.ADMIN)
    else:
        row = account(session, found.coordinator_id)
        if row.closed_at:
            raise NotFoundError("There is no such link.")
    set_password(session, row.id, row, password)
    session.delete(found)
    return row


def set_password(session: Session, actor: str, row: CoordinatorRow, password: str) -> None:
    """Raises AccountError: the password cannot be used."""
    wrong = passwords.fault(password, row.name, row.email)
    if wrong:
        raise AccountError(wrong)
    # a password in place of the organisation's sign-in, never beside it
    row.password_hash, row.subject = passwords.hashed(password), None
    sign_out_everywhere(session, row)
    audit.write(session, actor, Action.PASSWORD_SET, f"account:{row.id}")


def sign_out_everywhere(session: Session, row: CoordinatorRow) -> None:
    session.execute(delete(CoordinatorSessionRow).where(CoordinatorSessionRow.coordinator_id == row.id))
