"""`facilitator coordinator`: who can open the review app. `facilitator audit`: whether what they did is still as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from facilitator.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from facilitator.bootstrap import Bootstrap
    from facilitator.storage.database import Database
    from facilitator.storage.models import CoordinatorRow

coordinator_app = typer.Typer(no_args_is_help=True, help="Who can open the review app.")
audit_app = typer.Typer(no_args_is_help=True, help="What was done in the review app, and by whom.")

Email = Annotated[str, typer.Argument(help="Their e-mail.")]
PostOption = Annotated[str, typer.Option(help="admin, coordinator (own activities) or viewer (counts, no words).")]
# by the name of the state, so that `--help` need not load accounts
_STATES = {"closed": "closed", "linked": "open, by sign-in at work", "waiting": "not opened yet", "open": "open"}


@coordinator_app.command("add")
def add(email: Email, name: Annotated[str, typer.Option(help="Their name.")], role: PostOption = "coordinator") -> None:
    """Add an account, and print the link with which they choose a password. It works once, for three days."""
    from facilitator.bootstrap import Bootstrap
    from facilitator.coordinators import accounts, audit
    from facilitator.coordinators.rights import Post

    if role not in set(Post):
        raise SettingsError(f"The role has to be one of: {', '.join(Post)}.")
    built = Bootstrap()
    with closing(built.database) as database, database.unit_of_work() as session:
        row = accounts.add(session, audit.COMMAND_LINE, name, email, Post(role))
        token = accounts.link_for(session, audit.COMMAND_LINE, row)
    typer.echo(f"For {row.name}, once, within three days: {address_of(built, token)}")


@coordinator_app.command("list")
def list_all() -> None:
    """List everybody with an account."""
    from facilitator.bootstrap import Bootstrap
    from facilitator.coordinators import accounts

    with closing(Bootstrap().database) as database, database.reading() as session:
        for row in accounts.everyone(session):
            typer.echo(f"{row.role:12} {_STATES[accounts.state_of(row)]:25} {row.email}  {row.name}")


@coordinator_app.command("link")
def link(
    email: Email, two_factor_off: Annotated[bool, typer.Option("--two-factor-off", help="They lost their phone: turn it off too.")] = False
) -> None:
    """Print a new link with which somebody chooses a new password. Links made before stop working."""
    from facilitator.bootstrap import Bootstrap
    from facilitator.coordinators import accounts, audit, two_factor

    built = Bootstrap()
    with closing(built.database) as database, database.unit_of_work() as session:
        row = _row(session, email)
        if two_factor_off:
            two_factor.turn_off(session, audit.COMMAND_LINE, row)
        token = accounts.link_for(session, audit.COMMAND_LINE, row)
    typer.echo(f"For {row.name}, once, within three days: {address_of(built, token)}")


@coordinator_app.command("close")
def close(email: Email, open_again: Annotated[bool, typer.Option("--open", help="Open it again.")] = False) -> None:
    """Close an account: they are signed out and cannot sign in. What they did stays in the audit."""
    from facilitator.bootstrap import Bootstrap
    from facilitator.coordinators import accounts, audit

    with closing(Bootstrap().database) as database, database.unit_of_work() as session:
        accounts.set_closed(session, audit.COMMAND_LINE, _row(session, email), closed=not open_again)
    typer.echo("Open again." if open_again else "Closed.")


@audit_app.command("check")
def check(
    noted: Annotated[str, typer.Option(help="A row as printed by an earlier check, NUMBER:HASH, which must still be there.")] = "",
) -> None:
    """Follow the chain from the first row to the last. Fails when a row was changed, taken out or slipped in.

    Rows cut off the end leave a whole chain: note what this prints somewhere else, and give it to a later check.
    """
    from facilitator.bootstrap import Bootstrap
    from facilitator.coordinators import audit

    number, _, digest = noted.partition(":")
    if noted and not (number.isdigit() and digest):
        raise SettingsError("--noted has to be a number, a colon and the hash, as printed by an earlier check.")
    with closing(Bootstrap().database) as database, database.reading() as session:
        whole = audit.check(session, (int(number), digest) if noted else None)
    typer.echo(f"The audit is whole: {whole.rows} rows.\n{whole.rows}:{whole.hash}")


@contextmanager
def closing(database: Database) -> Iterator[Database]:
    """The database for one command, its connections closed afterwards."""
    try:
        yield database
    finally:
        database.dispose()


def first_link(built: Bootstrap) -> str:
    """The address with which the first account is made; empty when there is one."""
    from facilitator.coordinators import accounts

    with closing(built.database) as database, database.unit_of_work() as session:
        token = accounts.first_link(session)
    return address_of(built, token) if token else ""


def address_of(built: Bootstrap, token: str) -> str:
    return f"{built.settings.address}/review/welcome/{token}"


def _row(session: Session, email: str) -> CoordinatorRow:
    from facilitator.coordinators import accounts

    row = accounts.with_email(session, email)
    if row is None:
        raise NotFoundError("Nobody has an account with that e-mail. See them all with: facilitator coordinator list")
    return row
