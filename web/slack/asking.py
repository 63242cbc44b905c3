"""Questions outside a conversation: answered from the knowledge base with their source, or not at all. Nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from facilitator.conversation.reading import looks_like_question
from facilitator.conversation.turn import Say, Talk
from facilitator.knowledge.base import Decision, Found
from facilitator.vocabulary import Kind
from web.slack import blocks as kit
from web.slack.context import Slack

OFFERED = 3
_TAKEN_OUT = re.compile(r"\[[a-z_ ]+\]")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True)
class Answered:
    """What can be said. `known`: the framework covers it."""

    blocks: list[kit.Block]
    known: bool


def answered(slack: Slack, text: str) -> Answered:
    """Answer a redacted question."""
    library, words = slack.built.library, slack.words
    found = library.knowledge.search(text)
    if found.decision is Decision.ANSWER:
        return Answered(_passage(slack, found.hits[0].passage), True)
    if found.decision is Decision.OFFER:
        titles = (library.knowledge.topic(hit.topic).title for hit in found.hits[:OFFERED])
        return Answered(kit.sections("\n".join([words.text("perhaps"), *(f"- {title}" for title in titles)])), True)
    return Answered(_declined(slack, found), False)


def _passage(slack: Slack, passage_id: str) -> list[kit.Block]:
    passage = slack.built.library.knowledge.passage(passage_id)
    sources = (slack.words.text("source", title=source.title, section=source.section) for source in passage.sources)
    return [*kit.sections(passage.text), *kit.context(sources)]


def _declined(slack: Slack, found: Found) -> list[kit.Block]:
    say = Say(found.reply or "utter_decline_uncovered", Kind.ANSWER)
    return kit.sections(slack.built.wording.render(say, Talk("none"), slack.built.library).text)


def is_personal(slack: Slack, typed: str, redacted: str) -> bool:
    """Whether something said in a channel is better answered in private.

    So it is when a name was taken out, when it is no question, or when it speaks of the person's own affairs (`personal` in slack.yml).
    """
    is_own = speaks_of_oneself(typed, slack.words.tables["personal"])
    return is_own or not looks_like_question(typed) or len(_TAKEN_OUT.findall(redacted)) > len(_TAKEN_OUT.findall(typed))


def speaks_of_oneself(typed: str, personal: Mapping[str, str]) -> bool:
    """Whether one of the `words` or `phrases` is in it, either apostrophe counting as the same."""
    said = _WORD.findall(typed.lower().replace("’", "'"))
    spoken = f" {' '.join(said)} "
    return bool(set(said) & set(personal["words"].split())) or any(f" {one.strip()} " in spoken for one in personal["phrases"].split(","))
