"""`facilitator evaluate`: measures on a labelled file. Detail first; the figures alone are the last line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facilitator.cli.evaluate_safety import privacy, safety
from facilitator.errors import ContentError

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure the assistant on labelled messages. The figures are the last line.")
evaluate_app.command()(safety)
evaluate_app.command()(privacy)

_File = Annotated[Path, typer.Argument(help="UTF-8 text with tabs between columns and a header line.", show_default=False)]


@evaluate_app.command()
def knowledge(file: _File, misses: Annotated[bool, typer.Option(help="List the rows that went wrong, by id.")] = True) -> None:
    """How often search finds the right topic, and declines what is not covered. Columns: id, text, topics (empty: must be declined)."""
    from facilitator.cli.knowledge import open_knowledge
    from facilitator.evaluation import knowledge_figures, read_tsv

    rows = read_tsv(file, ("id", "text", "topics"))
    base = open_knowledge()
    figures = knowledge_figures(rows, base.search, frozenset(base.content.topics), file)
    for topic, (count, first) in figures.by_topic.items():
        typer.echo(f"{topic:36} {first:3} of {count:3} first")
    for miss in figures.misses if misses else ():
        typer.echo(miss)
    typer.echo(figures.line())


@evaluate_app.command()
def intents(file: _File, confusions: Annotated[bool, typer.Option(help="List what was taken for what.")] = False) -> None:
    """How often the trained assistant takes a message for what it is. Columns: id, text, label (several accepted: a|b)."""
    from facilitator.evaluation import accepted, intent_figures, read_tsv
    from facilitator.intents import classify

    rows = read_tsv(file, ("id", "text", "label"))
    wanted = [accepted(row, "label") for row in rows]
    for row, labels in zip(rows, wanted, strict=True):
        if not labels:
            raise ContentError(file, row.line, "has no label")
    given = classify([row["text"] for row in rows])
    figures = intent_figures([(labels, intent.name) for labels, intent in zip(wanted, given, strict=True)])
    if confusions:
        for row, labels, intent in zip(rows, wanted, given, strict=True):
            if intent.name not in labels:
                typer.echo(f"{row['id']}: {'|'.join(labels)} taken for {intent.name} ({intent.confidence:.2f})")
        for (right, wrong), count in figures.confused:
            typer.echo(f"{count:3} × {right} taken for {wrong}")
    typer.echo(figures.line())
