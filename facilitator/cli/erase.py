"""`facilitator erase`: show what would go, or delete it and certify it."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facilitator.errors import ContentError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from facilitator.bootstrap import Bootstrap
    from facilitator.erasure import Erased, Scope


def erase(
    conversation: Annotated[list[str] | None, typer.Option(help="A conversation's id. May be given several times.")] = None,
    person: Annotated[str, typer.Option(help="The id of a person, or of any one of their conversations: all of theirs go.")] = "",
    activity: Annotated[str, typer.Option(help="An activity's join code: the activity and all its conversations go.")] = "",
    older_than: Annotated[int | None, typer.Option(min=1, help="Days: conversations in which nothing was said for so long.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without this, only count.")] = False,
    by: Annotated[str, typer.Option(help="Who asks for it, for the certificate. Default: who is logged in here.")] = "",
    scrub: Annotated[bool, typer.Option("--scrub", help="Only clear deleted words out of SQLite's file, where that had to wait.")] = False,
    check: Annotated[Path | None, typer.Option(help="A certificate: say whether it is as it was written.")] = None,
) -> None:
    """Delete what is held of a conversation, a person or an activity. Only counts, unless you add --yes.

    It goes from every table, from Rasa's memory and from exports on disk. Prints a certificate and keeps it under certificates/ in the
    data folder: time, who, what kind of request, counts, no content. Backups are not touched: see docs/privacy.md.
    """
    if sum(map(bool, (conversation, person, activity, older_than, scrub, check))) != 1:
        raise typer.BadParameter("give one of --conversation, --person, --activity, --older-than, --scrub or --check")
    if check is not None:
        _check(check)
        return
    from facilitator import erasure
    from facilitator.bootstrap import Bootstrap
    from facilitator.storage.conversations import now

    def scope_in(session: Session) -> Scope:
        if conversation:
            return erasure.these(conversation)
        if person:
            return erasure.of_person(session, person)
        return erasure.of_activity(session, activity) if activity else erasure.older_than(session, older_than or 0, now())

    built = Bootstrap()
    try:
        if scrub:
            _tell(erasure.scrub(built.database))
        elif yes:
            _erase(built, scope_in, by or getpass.getuser())
        else:
            with built.database.reading() as session:
                _show(erasure.count(session, scope_in(session), built.settings.data_dir))
    finally:
        built.database.dispose()


def _erase(built: Bootstrap, scope_in: Callable[[Session], Scope], by: str) -> None:
    from facilitator import erasure
    from facilitator.storage.conversations import now

    data_dir = built.settings.data_dir
    with built.database.unit_of_work() as session:
        scope = scope_in(session)
        erased = erasure.erase(session, scope, data_dir)
    scrubbed = erasure.scrub(built.database)
    document = erasure.certificate(erased, scope, at=now(), by=by, scrubbed=scrubbed)
    path = erasure.store_certificate(document, data_dir)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    typer.echo(f"Certificate: {path}", err=True)
    if scrubbed is False:
        _tell(scrubbed)


def _tell(scrubbed: bool | None) -> None:
    told = {
        True: "Deleted words are out of the database file.",
        False: "The database was busy: old copies may still lie in its file. Stop the service and run: facilitator erase --scrub",
        None: "PostgreSQL clears deleted words itself. docs/privacy.md says more.",
    }
    typer.echo(told[scrubbed], err=scrubbed is False)


def _show(found: Erased) -> None:
    typer.echo(f"conversations: {found.conversations}")
    for title, rows in (("rows to delete", found.deleted), ("rows to keep without their link", found.unlinked)):
        typer.echo(f"{title}:")
        for name, count in sorted(rows.items()):
            typer.echo(f"  {name}: {count}")
    typer.echo(f"files: {found.files}")
    typer.echo("Nothing has been deleted. Add --yes to delete this for good.")


def _check(path: Path) -> None:
    from facilitator.erasure import digest_of

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ContentError(path, None, "cannot be read as a certificate") from None
    if not isinstance(document, dict) or document.get("digest") != digest_of(document):
        raise ContentError(path, None, "has been changed since it was written")
    typer.echo("The certificate is as it was written.")
