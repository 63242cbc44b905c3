"""`facilitator activity`: set up what people work on together, and how they join."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facilitator.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from facilitator.activities import Activity, Changes

activity_app = typer.Typer(no_args_is_help=True, help="Activities people work on together.")

Day = Annotated[str, typer.Option("--date", help='The day it happens: 2027-01-14, "14 January" or "next Tuesday".')]
NewDay = Annotated[str | None, typer.Option("--date", help='The day it happens, as for `new`; "none" takes it away.')]
Description = Annotated[str, typer.Option(help="A few words on what it is about.")]
NewDescription = Annotated[str | None, typer.Option(help="A few words on what it is about.")]
TextDays = Annotated[int | None, typer.Option(min=1, help="Days the chat itself is kept; as in the settings when not given.")]
AnswerDays = Annotated[int | None, typer.Option(min=1, help="Days answers are kept; as in the settings when not given.")]
Code = Annotated[str, typer.Argument(help="The join code.")]


@activity_app.command("new")
def new_activity(
    title: str, date: Day = "", description: Description = "", raw_text_days: TextDays = None, answer_days: AnswerDays = None
) -> None:
    """Create an activity, and print the code, the link and the QR code people join with."""
    from facilitator.activities import add_activity, find_by_code
    from facilitator.bootstrap import Bootstrap

    built, day = Bootstrap(), _day(date)
    with built.database.unit_of_work() as session:
        code = add_activity(session, title, description, day, raw_text_days, answer_days)
        session.flush()
        made = find_by_code(session, code)
    if made:
        _show(made, built.settings.address)


@activity_app.command("list")
def list_all() -> None:
    """List the activities, the latest first."""
    from facilitator.activities import list_activities
    from facilitator.bootstrap import Bootstrap

    with Bootstrap().database.reading() as session:
        found = list_activities(session)
    for activity in found:
        typer.echo(f"{activity.join_code}  {activity.happens_on or 'no date   '}  {activity.title}")
    if not found:
        typer.echo('There are no activities yet. Make one with: facilitator activity new "Its title"')


@activity_app.command("show")
def show(code: Code, svg: Annotated[Path | None, typer.Option(help="Write the QR code to this file, for posters.")] = None) -> None:
    """Show an activity and how people join it."""
    from facilitator.activities import find_by_code
    from facilitator.bootstrap import Bootstrap
    from facilitator.codes import join_link, qr_svg

    built = Bootstrap()
    with built.database.reading() as session:
        found = find_by_code(session, code)
    if found is None:
        raise _no_such_code()
    _show(found, built.settings.address)
    if svg:
        drawn = qr_svg(join_link(built.settings.address, found.join_code), found.title)
        try:
            svg.write_text(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1), encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"{svg} cannot be written ({error.strerror}).") from None
        typer.echo(f"QR code written to {svg}")


@activity_app.command("edit")
def edit(
    code: Code,
    title: Annotated[str | None, typer.Option(help="A new title.")] = None,
    date: NewDay = None,
    description: NewDescription = None,
    raw_text_days: TextDays = None,
    answer_days: AnswerDays = None,
) -> None:
    """Change an activity. Its join code stays, and what is not named stays as it is.

    While there are chats in it, nothing can be kept longer than before.
    """
    from facilitator.activities import edit_activity
    from facilitator.bootstrap import Bootstrap

    changes: Changes = {}
    if title is not None:
        changes["title"] = title
    if description is not None:
        changes["description"] = description
    if date is not None:
        changes["happens_on"] = None if date.strip().lower() == "none" else _day(date)
    if raw_text_days is not None:
        changes["raw_text_days"] = raw_text_days
    if answer_days is not None:
        changes["answer_days"] = answer_days
    built = Bootstrap()
    try:
        with built.database.unit_of_work() as session:
            changed = edit_activity(session, code, built.settings.periods, **changes)
    except NotFoundError:
        raise _no_such_code() from None
    _show(changed, built.settings.address)


def _day(words: str) -> date | None:
    from datetime import date

    from facilitator.dates import read_date

    if not words.strip():
        return None
    found = read_date(words, date.today())
    if found is None:
        raise SettingsError('That date cannot be read. Please write it as 2027-01-14 or "14 January 2027".')
    return found


def _no_such_code() -> NotFoundError:
    return NotFoundError("No activity has that code. See them all with: facilitator activity list")


def _show(activity: Activity, address: str) -> None:
    from facilitator.codes import join_link, qr_text, spoken

    link, day = join_link(address, activity.join_code), activity.happens_on
    typer.echo(activity.title)
    typer.echo(f"Date: {day:%A} {day.day} {day:%B %Y}" if day else "Date: not set")
    if activity.description:
        typer.echo(activity.description)
    for days, what in ((activity.raw_text_days, "The chat"), (activity.answer_days, "Answers")):
        if days:
            typer.echo(f"{what}: kept for {days} days")
    typer.echo(f"Join code: {activity.join_code}\nOn the phone: {spoken(activity.join_code)}\nLink: {link}\n")
    typer.echo(qr_text(link))
