"""`facilitator export`: everything held about one conversation, for the person who asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facilitator.errors import SettingsError


def export(
    conversation: Annotated[str, typer.Option(help="The conversation's id.", show_default=False)],
    to: Annotated[Path | None, typer.Option(help="A file to write; - for the screen. Default: exports/ in the data folder.")] = None,
) -> None:
    """Write all that is held of a conversation to one file, the same as the person can download in the chat.

    Only you can read the file. A file under exports/ is deleted after 30 days, and when something of the conversation is deleted. One
    written elsewhere is yours to delete.
    """
    from facilitator import exporting
    from facilitator.bootstrap import Bootstrap

    built = Bootstrap()
    try:
        with built.database.reading() as session:
            document = exporting.document_of(session, conversation, built.checklists)
    finally:
        built.database.dispose()
    if str(to) == "-":
        typer.echo(exporting.as_text(document), nl=False)
        return
    try:
        if to is None:
            typer.echo(f"Written to {exporting.write(document, built.settings.data_dir)}")
        else:
            exporting.write_to(document, to)
            typer.echo(f"Written to {to}. Erasing the conversation does not delete this copy.")
    except OSError as error:
        raise SettingsError(f"{error.filename or to} cannot be written ({error.strerror}).") from None
