"""What a person can ask about the question in front of them: why, an example, simpler words, again, how far."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import progress
from facilitator.conversation.asking import then_ask
from facilitator.conversation.moves.knowing import example_of_focus, explain_focus
from facilitator.conversation.moves.walking import answered_stages, summary_say
from facilitator.conversation.outright import stage_named
from facilitator.conversation.reading import is_bare_what, is_bare_why
from facilitator.conversation.turn import Choice, Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Stage, Step

_WHY = {
    Step.CONSENT: "utter_why_consent",
    Step.ROLE: "utter_why_role",
    Step.STAGE: "utter_why_stage",
    Step.DEPTH: "utter_why_depth",
    Step.SHARE_WORDS: "utter_why_share_words",
    Step.SHARE_RATINGS: "utter_why_share_ratings",
    Step.REFLECTION: "utter_why_reflection",
    Step.SHARE_REFLECTION: "utter_why_visible",
    Step.STEP_WHAT: "utter_why_step",
    Step.STEP_WHO: "utter_why_step",
    Step.STEP_WHEN: "utter_why_step",
    Step.LADDER_STANDS: "utter_why_ladder",
    Step.LADDER_WANTED: "utter_why_ladder",
    Step.NAME: "utter_why_name",
}
_SIMPLER = {
    Step.CONSENT: "utter_simple_consent",
    Step.ROLE: "utter_simple_role",
    Step.STAGE: "utter_simple_stage",
    Step.DEPTH: "utter_simple_depth",
    Step.SHARE_WORDS: "utter_simple_share_words",
    Step.SHARE_RATINGS: "utter_simple_share_ratings",
}


def explain_why(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """The reason for the question being asked; a bare "why?" after an answer asks more about that answer."""
    if talk.position.focus and is_bare_why(turn.text or ""):
        return explain_focus(talk, library)
    return then_ask(talk, library, _about(talk, "utter_why_item", _WHY, "utter_why_talk"))


def give_example(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.focus and turn.typed:
        return example_of_focus(talk, library)
    return then_ask(talk, library, _about(talk, "utter_example_item", {}, "utter_no_example"))


def simplify(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return then_ask(talk, library, _about(talk, "utter_simple_item", _SIMPLER, "utter_simple_general"))


def repeat(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if turn.text is not None and is_bare_what(turn.text) and not talk.simple:
        return simplify(turn, talk, library)
    return then_ask(talk, library)


def show_progress(turn: Turn, talk: Talk, library: Library) -> Outcome:
    walked = progress(talk.position, library.checklists)
    if walked is None:
        return then_ask(talk, library, Say("utter_progress_none"))
    values = {"answered": walked.answered, "total": walked.total, "left": walked.total - walked.answered}
    return then_ask(talk, library, Say("utter_progress", values={**values, "stage": walked.stage}))


def show_summary(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Of the stage that is named, else of this one, else of the last with an answer. The others are a choice beside it."""
    answered = answered_stages(talk, library)
    stage = stage_wanted(turn) or (talk.position.stage if talk.position.stage in answered else None) or (answered or (None,))[-1]
    others = tuple(Choice(f"{{summary_{other}}}", "summary", {"stage": other}) for other in answered if other is not stage)
    said = summary_say(talk, library, stage)
    return then_ask(talk, library, replace(said, choices=(*said.choices, *others)))


def stage_wanted(turn: Turn) -> Stage | None:
    """The stage that was picked, or named in what was typed."""
    chosen = turn.entities.get("stage")
    return Stage(chosen) if chosen else stage_named(turn.text or "")


_OF_PROMPT = {
    "utter_why_item": "utter_why_prompt",
    "utter_example_item": "utter_example_prompt",
    "utter_simple_item": "utter_simple_prompt",
}


def _about(talk: Talk, of_item: str, by_step: dict[Step, str], otherwise: str) -> Say:
    position = talk.position
    if position.step is Step.REFLECTION and position.prompt:
        return Say(_OF_PROMPT[of_item], values={"prompt": position.prompt})
    if position.step in (Step.ITEM, Step.COMMENT) and position.item:
        return Say(of_item, values={"item": position.item})
    return Say(by_step.get(position.step, otherwise))
