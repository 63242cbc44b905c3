"""`facilitator knowledge`: check, search, and an organisation's own documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from facilitator.knowledge.documents.library import DocumentLibrary
    from facilitator.knowledge.live import LiveKnowledge
    from facilitator.knowledge.search import Look

knowledge_app = typer.Typer(no_args_is_help=True, help="What the assistant knows: check it, search it, add your own documents.")

_NEAREST = 5
_KEPT_AT_LEAST = 0.95


@knowledge_app.command()
def check() -> None:
    """Find every fault in knowledge/: names the file, the line and the fault. Exit code 1 if there is one."""
    from facilitator.knowledge.check import check as find_faults
    from facilitator.knowledge.content import load_content
    from facilitator.knowledge.vectorise import share_kept
    from facilitator.settings import ROOT

    folder = ROOT / "knowledge"
    faults = find_faults(folder)
    for fault in faults:
        typer.echo(str(fault).replace(f"{ROOT}/", ""), err=True)
    if faults:
        typer.echo(f"{len(faults)} faults", err=True)
        raise typer.Exit(1)
    content = load_content(folder)
    points = sum(len(topic.points) for topic in content.topics.values())
    if share_kept(content) < _KEPT_AT_LEAST:
        typer.echo("A first start will be slow: many wordings are new. Run `facilitator knowledge vectors`, and commit what it writes.")
    typer.echo(f"No faults in {len(content.topics)} topics with {points} points, and {len(content.glossary.terms)} words in the glossary.")


@knowledge_app.command()
def vectors() -> None:
    """Work out the vectors of all wordings and keep them with the code, so that a first start is quick. For developers."""
    from facilitator.bootstrap import KNOWLEDGE
    from facilitator.knowledge.build import texts_of
    from facilitator.knowledge.content import load_content
    from facilitator.knowledge.kept_vectors import FILE, write_kept
    from facilitator.knowledge.vectorise import Vectors
    from facilitator.settings import read_settings

    texts = texts_of(load_content(KNOWLEDGE))
    write_kept(texts, Vectors(read_settings().cache_dir / "knowledge.db").worked_out(texts))
    typer.echo(f"Kept {len(texts)} vectors in {FILE.name}, {FILE.stat().st_size / 1e6:.1f} MB. Commit it with the content.")


@knowledge_app.command()
def search(text: Annotated[str, typer.Argument(help="A question, in quotation marks.")]) -> None:
    """Show what a question finds: how it was read, what speaks for each topic, the decision and the passage."""
    base = open_knowledge()
    look = base.look(text)
    for line in _report(look):
        typer.echo(line)
    passage = base.passage(look.found.hits[0].passage)
    typer.echo(f"\n{passage.title} ({passage.id})\n{passage.text}")
    for source in passage.sources:
        typer.echo(f"  source: {source.title}, {source.section}{f', {source.url}' if source.url else ''}")


def _report(look: Look) -> list[str]:
    from facilitator.knowledge.signals import NAMES

    lines = [f"read as: {look.read_as}"] if look.read_as != look.text else []
    lines.append(f"decision: {look.found.decision}{f' with {look.found.reply}' if look.found.reply else ''}")
    lines.append(f"covered by the framework: {look.likely.covered:.2f}")
    lines.append(f"{'score':>6} {' '.join(f'{name:>8}' for name in NAMES)}  passage")
    places = {topic: number for number, topic in enumerate(look.topics)}
    for hit in look.found.hits[:_NEAREST]:
        signals = look.signals.table[places[hit.topic]] if hit.topic in places else []
        lines.append(f"{hit.score:6.2f} {' '.join(f'{value:8.2f}' for value in signals):{9 * len(NAMES) - 1}}  {hit.passage}")
    kinds = sorted(zip(look.likely.kinds, look.kinds, strict=True), reverse=True)[:2]
    lines.append("if declined: " + ", ".join(f"{kind} {share:.2f}" for share, kind in kinds))
    return lines


@knowledge_app.command()
def add(
    file: Annotated[Path, typer.Argument(help="Markdown, Word (.docx) or PDF, up to 20 MB.", show_default=False)],
    title: Annotated[str, typer.Option(help="The title that answers cite; the document's own if not given.")] = "",
) -> None:
    """Add one of your organisation's documents. It is split by its headings, and answers name it and the section."""
    library = _library()
    document = library.add(file, title or None)
    typer.echo(f"Added “{document.title}” ({document.kind}) with {len(document.sections)} sections, as {document.id}")
    typer.echo("Answers from it begin within a second or two. Please check that it holds nobody's personal details.")


@knowledge_app.command("list")
def list_documents() -> None:
    """List the documents that have been added."""
    documents = _library().all()
    if not documents:
        typer.echo("No documents have been added.")
    for document in documents:
        typer.echo(f"{document.id}  “{document.title}”  {document.kind}, {len(document.sections)} sections, added {document.added}")


@knowledge_app.command()
def remove(document: Annotated[str, typer.Argument(help="The id, as `facilitator knowledge list` shows it.")]) -> None:
    """Take a document out. Answers from it end within a second or two."""
    removed = _library().remove(document)
    typer.echo(f"Removed “{removed.title}”.")


def _library() -> DocumentLibrary:
    return open_knowledge().documents


def open_knowledge() -> LiveKnowledge:
    """The knowledge base with this machine's settings."""
    from facilitator.bootstrap import KNOWLEDGE
    from facilitator.knowledge.live import LiveKnowledge
    from facilitator.settings import read_settings

    settings = read_settings()
    return LiveKnowledge(KNOWLEDGE, settings.data_dir, cache_dir=settings.cache_dir)
