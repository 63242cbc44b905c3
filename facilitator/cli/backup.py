"""`facilitator backup`: make one, bring one back, and erase again what was erased since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from facilitator.bootstrap import Bootstrap

backup_app = typer.Typer(no_args_is_help=True, help="Copies of the database, and bringing one back.")


@backup_app.command("make")
def make(to: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Write the whole database to one file, while people talk. It holds what people said: keep it safe, and not for long."""
    from facilitator import backup
    from facilitator.bootstrap import Bootstrap

    built = Bootstrap()
    try:
        backup.make(built.database, to)
    finally:
        built.database.dispose()
    typer.echo(f"Written and checked: {to}")
    typer.echo(f"Keep {built.settings.erased_list} as well, apart from it and copied often: it is the list of what people delete later.")


@backup_app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="A file made by `backup make`, or by pg_dump --format=custom.")],
    erased: Annotated[list[Path] | None, typer.Option(help="A kept list of what was erased. Default: the one in the data folder.")] = None,
) -> None:
    """Fill a new, empty database from a backup. What was erased or ran out of time since then goes again."""
    from facilitator import backup
    from facilitator.bootstrap import Bootstrap

    built = Bootstrap()
    try:
        backup.restore(built.database, source)
        typer.echo("The backup is back, and its tables are up to date.")
        _erase_again(built, erased)
    finally:
        built.database.dispose()


@backup_app.command("erase-again")
def erase_again(
    erased: Annotated[list[Path] | None, typer.Option(help="A kept list of what was erased. Default: the one in the data folder.")] = None,
) -> None:
    """Erase what the list says was erased, and what is past its time: after a restore by other means. Safe to run again."""
    from facilitator.bootstrap import Bootstrap

    built = Bootstrap()
    try:
        _erase_again(built, erased)
    finally:
        built.database.dispose()


def _erase_again(built: Bootstrap, given: list[Path] | None) -> None:
    from facilitator import backup
    from facilitator.retention import purge_all
    from facilitator.storage import erased
    from facilitator.storage.conversations import now

    settings = built.settings
    lists = given or [settings.erased_list]
    missing = [path for path in lists if not path.exists()]
    if missing:
        typer.echo(f"There is no list at {missing[0]}. What people deleted since the backup is back: see docs/running.md.", err=True)
        raise typer.Exit(2)
    again = backup.erase_again(built.database, [line for path in lists for line in erased.read(path)], settings.data_dir)
    due = purge_all(built.database, now(), settings.periods, data_dir=settings.data_dir)
    typer.echo(
        f"Erased again: {again.conversations} conversations, and the words of {again.words} more. "
        f"Single answers, next steps and reflections: {again.answers}. Activities: {again.activities}."
    )
    typer.echo(f"Past their time: {due.conversations} conversations, {due.texts} texts, {due.answers} answers.")
