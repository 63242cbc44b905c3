"""The `facilitator` command."""

from __future__ import annotations

from typing import Annotated

import typer

from facilitator.bootstrap import Bootstrap
from facilitator.cli.activity import activity_app
from facilitator.cli.backup import backup_app
from facilitator.cli.coordinator import audit_app, closing, coordinator_app, first_link
from facilitator.cli.erase import erase
from facilitator.cli.evaluate import evaluate_app
from facilitator.cli.export import export
from facilitator.cli.knowledge import knowledge_app
from facilitator.cli.safety_model import safety_model
from facilitator.errors import FacilitatorError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="The co-production facilitator.")
db = typer.Typer(no_args_is_help=True, help="The database.")
checklist = typer.Typer(no_args_is_help=True, help="The questions people are asked.")
app.add_typer(db, name="db")
app.add_typer(checklist, name="checklist")
app.add_typer(backup_app, name="backup")
app.add_typer(activity_app, name="activity")
app.add_typer(coordinator_app, name="coordinator")
app.add_typer(audit_app, name="audit")
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(evaluate_app, name="evaluate")
app.command()(erase)
app.command()(export)
app.command()(safety_model)


@app.command()
def up() -> None:
    """Start everything on this machine and stay until Ctrl-C."""
    from facilitator import supervise, training

    built = Bootstrap()
    settings = built.settings
    if not settings.organisation_named:
        typer.echo("Note: FACILITATOR_ORGANISATION and FACILITATOR_CONTACT are not set, so people are not told who keeps their answers.")
    built.database.upgrade()
    built.database.dispose()
    typer.echo("Getting ready. The first time this takes a minute or two: the assistant is trained.")
    model = training.train(settings.data_dir / "logs" / "train.log")
    typer.echo("Starting. The page opens at once; answers follow when Rasa is ready.")
    raise typer.Exit(supervise.run(settings, model, typer.echo, first_link(built)))


@app.command()
def demo() -> None:
    """Fill an empty database with a made-up activity, to see every page of the review app alive."""
    from facilitator.demo.build import build

    built = Bootstrap()
    built.database.upgrade()
    code = build(built, typer.echo)
    typer.echo(f"The made-up activity has the code {code}.")
    typer.echo("Now start it: make run (with the same settings), and open the link for coordinators that it prints.")
    typer.echo(f"Choose a name and a password there. The activity is at {built.settings.address}/review/activities/{code}")
    built.database.dispose()


@app.command()
def train() -> None:
    """Train the assistant if its content changed."""
    from facilitator import training

    built = Bootstrap()
    typer.echo(f"Model: {training.train(built.settings.data_dir / 'logs' / 'train.log').name}")
    built.warm_library()
    typer.echo("The search index is up to date.")


@app.command()
def purge(dry_run: Annotated[bool, typer.Option(help="Only count what would go.")] = False) -> None:
    """Delete what is past its time: words, answers, and conversations nobody kept. The web process does this every hour by itself."""
    from facilitator.retention import purge_all
    from facilitator.storage.conversations import now

    built = Bootstrap()
    settings = built.settings
    due = purge_all(built.database, now(), settings.periods, data_dir=settings.data_dir, dry_run=dry_run)
    for name, count in due.counts().items():
        typer.echo(f"{name}: {count}")


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database's tables up to date. Safe to run again."""
    with closing(Bootstrap().database) as database:
        database.upgrade()
    typer.echo("The database is up to date.")


@db.command("downgrade")
def downgrade(
    to: Annotated[str, typer.Argument(help="The version to go back to, such as 0006.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. What only the newer version knows is deleted.")] = False,
) -> None:
    """Take the tables back to an older version, for an older release. What only the newer version stores is lost: make a backup first."""
    if not yes:
        raise typer.BadParameter("add --yes: what only the newer version stores will be deleted")
    with closing(Bootstrap().database) as database:
        database.downgrade(to)
        typer.echo(f"The database is at version {database.version() or 'empty'}.")


@db.command("version")
def version() -> None:
    """Say at which version the tables are."""
    with closing(Bootstrap().database) as database:
        typer.echo(database.version() or "empty")


@checklist.command("check")
def check_checklist() -> None:
    """Check knowledge/checklist: names the file, the line and the fault."""
    from facilitator.checklist.content import load_checklists
    from facilitator.checklist.looking_back import load_looking_back
    from facilitator.settings import ROOT

    topics = frozenset(path.stem for path in (ROOT / "knowledge" / "framework").glob("*.md"))
    found = load_checklists(ROOT / "knowledge" / "checklist", topics)
    for stage in found.stages:
        items = found.stage(stage).items
        typer.echo(f"{stage}: {len(items)} items, {sum(item.quick for item in items)} of them quick")
    back = load_looking_back(ROOT / "knowledge" / "checklist")
    typer.echo(f"looking back: {len(back.prompts)} prompts, {len(back.rungs)} rungs")


def main() -> None:
    """Run the command; a known fault is one sentence on standard error and exit code 1."""
    try:
        app()
    except FacilitatorError as error:
        typer.echo(str(error), err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
