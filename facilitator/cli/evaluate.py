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
def ratings(file: _File, misses: Annotated[bool, typer.Option(help="List what was noted wrongly, by id.")] = False) -> None:
    """How often a rating in people's own words is noted, and noted rightly. Columns: id, item, text, rating (or none: nothing to note).

    What is not noted is kept as words, and the person is asked which answer fits.
    """
    from facilitator.bootstrap import Bootstrap
    from facilitator.conversation.reading import rating_noted
    from facilitator.conversation.turn import Turn
    from facilitator.evaluation import rating_figures, read_tsv
    from facilitator.intents import classify
    from facilitator.vocabulary import Rating

    rows = read_tsv(file, ("id", "item", "text", "rating"))
    for row in rows:
        if row["rating"] != "none" and row["rating"] not in set(Rating):
            raise ContentError(file, row.line, "rating is none of none, " + ", ".join(Rating))
    phrases = Bootstrap().library.phrases
    given = classify([row["text"] for row in rows])
    turns = [Turn(row["id"], intent.name, intent.confidence, row["text"]) for row, intent in zip(rows, given, strict=True)]
    noted = [rating_noted(turn, phrases) for turn in turns]
    for row, rating in zip(rows, noted, strict=True):
        if misses and rating not in (None, row["rating"]):
            typer.echo(f"{row['id']}: {row['rating']} noted as {rating}")
    typer.echo(rating_figures([(row["rating"], rating) for row, rating in zip(rows, noted, strict=True)]))


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
