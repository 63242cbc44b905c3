"""The question that belongs to each step, so that any interruption can return to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

from facilitator.checklist.position import progress
from facilitator.conversation.options import options
from facilitator.conversation.turn import AnswerRecorded, Choice, Fact, Library, Outcome, Say, Talk
from facilitator.periods import periods_of
from facilitator.vocabulary import Depth, Kind, Role, Stage, Step

# Replies that ask something themselves, while the question in hand waits.
HELPING, ADDING = "utter_frustrated", "utter_go_ahead_comment"
_ASKS_BESIDE = frozenset({HELPING, ADDING})
# What `Position.confirming` may be: a question that stands before the one of the step.
DELETE, WHICH_ANSWER, WHICH_TO_DELETE, WHICH_WORDS = "delete", "which_answer", "which_to_delete", "which_words"


def question(talk: Talk, library: Library) -> Say:
    """What is being asked now."""
    position = talk.position
    if position.support:
        return _ask("utter_ask_carry_on")
    if position.confirming == DELETE:
        return _ask("utter_ask_delete")
    if position.confirming in _WHICH:
        response, intent = _WHICH[position.confirming]
        return Say(response, Kind.QUESTION, choices=item_choices(talk, library, intent, listed(talk)))
    return _QUESTIONS[position.step](talk, library)


def listed(talk: Talk) -> tuple[str, ...]:
    """The items that the list in hand shows, in its order: "the first one" is the first of those. None where there is no list."""
    confirming = talk.position.confirming
    if confirming == WHICH_ANSWER:
        return done_items(talk)
    if confirming == WHICH_WORDS:
        return tuple(item for item, given in talk.answers.items() if given.comment)
    return tuple(talk.answers) if confirming == WHICH_TO_DELETE else ()


def then_ask(talk: Talk, library: Library, *says: Say, facts: tuple[Fact, ...] = ()) -> Outcome:
    """Say something, then ask the question in hand: the next one, or the same one again."""
    return Outcome(talk, (*says, question(talk, library)), facts)


def return_to(talk: Talk, library: Library, *says: Say, facts: tuple[Fact, ...] = ()) -> Outcome:
    """Say something that led away from the question in hand, say where we were, then ask it again."""
    position = talk.position
    if position.step in (Step.ITEM, Step.COMMENT) and position.item and not position.support and not position.confirming:
        says = (*says, Say("utter_where_we_were", values={"item": position.item}))
    return then_ask(talk, library, *says, facts=facts)


def only(talk: Talk, *says: Say, facts: tuple[Fact, ...] = ()) -> Outcome:
    """Say something and leave it there."""
    return Outcome(talk, says, facts)


_WHICH = {
    WHICH_ANSWER: ("utter_ask_which_answer", "change_answer"),
    WHICH_WORDS: ("utter_ask_which_words", "delete_data"),
    WHICH_TO_DELETE: ("utter_ask_which_to_delete", "delete_data"),
}


def settled(before: Talk, outcome: Outcome) -> Outcome:
    """The outcome, with what every turn shares: the question's number, the topic in hand, what was just said of, how often in a row we
    missed the meaning, and whether something was said or asked beside the question. Nothing is remembered of help that is not in hand."""
    position = outcome.talk.position
    # The topic is in hand ("and for carers?", "why?") only straight after an answer about it.
    focus = position.focus if any(say.kind is Kind.ANSWER for say in outcome.says) else None
    misses = position.misses if position.misses > before.position.misses else 0
    said_of = next((fact.item for fact in outcome.facts if isinstance(fact, AnswerRecorded) and fact.comment), None)
    moved = position.question_key != before.position.question_key
    explained = not moved and len(outcome.says) > 1
    beside = next((say.response for say in outcome.says if say.response in _ASKS_BESIDE), None)
    number = before.position.question_no + (1 if moved else 0)
    shared = {"focus": focus, "misses": misses, "said_of": said_of, "explained": explained, "beside": beside, "question_no": number}
    helped = {} if position.support else {"support_kinds": (), "support_unsure": False}
    return replace(outcome, talk=outcome.talk.at(**shared, **helped))


def about_keeping(talk: Talk, library: Library) -> Say:
    """What is kept, who sees it and for how long: said once, before the choice."""
    notice = library.notice
    values = {"organisation": notice.organisation, "contact": notice.contact, **periods(talk, library)}
    named = notice.organisation and notice.contact
    return Say("utter_about_keeping" if named else "utter_about_keeping_unnamed", values=values)


def about_sharing(talk: Talk) -> Say:
    """What comes before the questions who may see something: how many there are."""
    return Say("utter_about_sharing" if ratings_follow(talk) else "utter_about_sharing_words")


def periods(talk: Talk, library: Library) -> dict[str, int]:
    """How many days the chat and the answers are kept, as a sentence's values."""
    return asdict(periods_of(talk.activity, library.notice.periods))


def _ask(response: str, **values: object) -> Say:
    return Say(response, Kind.QUESTION, values)


def _item(talk: Talk, library: Library) -> Say:
    walked = progress(talk.position, library.checklists)
    counts = {"number": min(walked.answered + 1, walked.total), "total": walked.total} if walked else {}
    changing = talk.position.item in talk.position.done_here
    return _ask("utter_ask_item_again" if changing else "utter_ask_item", item=talk.position.item, **counts)


def _comment(talk: Talk, library: Library) -> Say:
    return _ask("utter_ask_comment", item=talk.position.item)


def _list(response: str) -> Callable[[Talk, Library], Say]:
    """A question whose choices are the options of its step."""

    def ask(talk: Talk, library: Library) -> Say:
        return Say(response, Kind.QUESTION, choices=tuple(option.choice for option in options(talk, library)))

    return ask


def _reflection(talk: Talk, library: Library) -> Say:
    prompt = talk.position.prompt
    return _ask("utter_ask_prompt", prompt=prompt) if prompt else _ask("utter_ask_reflection")


def _finished(talk: Talk, library: Library) -> Say:
    stage = talk.position.stage
    following = {Stage.BEFORE: Stage.DURING, Stage.DURING: Stage.AFTER}.get(stage) if stage else None
    return _ask(f"utter_ask_next_{following}" if following else "utter_ask_next")


_QUESTIONS: dict[Step, Callable[[Talk, Library], Say]] = {
    Step.CONSENT: lambda talk, library: _ask("utter_ask_consent"),
    Step.ROLE: lambda talk, library: _ask("utter_ask_role"),
    Step.STAGE: lambda talk, library: _ask("utter_ask_stage"),
    Step.DEPTH: lambda talk, library: _ask(
        "utter_ask_depth",
        stage=talk.position.stage,
        quick=len(library.checklists.stage(talk.position.stage or Stage.BEFORE).walk(Depth.QUICK)),
        full=len(library.checklists.stage(talk.position.stage or Stage.BEFORE).walk(Depth.FULL)),
    ),
    Step.ITEM: _item,
    Step.COMMENT: _comment,
    Step.SHARE_WORDS: lambda talk, library: _ask("utter_ask_share_words"),
    Step.SHARE_RATINGS: lambda talk, library: _ask("utter_ask_share_ratings"),
    Step.REFLECTION: _reflection,
    Step.SHARE_REFLECTION: _list("utter_ask_visible"),
    Step.STEP_WHAT: _list("utter_ask_step_what"),
    Step.STEP_WHO: lambda talk, library: _list("utter_ask_step_who_group" if talk.activity else "utter_ask_step_who")(talk, library),
    Step.STEP_WHEN: _list("utter_ask_step_when"),
    Step.LADDER_STANDS: _list("utter_ask_ladder_stands"),
    Step.LADDER_WANTED: _list("utter_ask_ladder_wanted"),
    Step.NAME: _list("utter_ask_name"),
    Step.FINISHED: _finished,
    Step.PAUSED: lambda talk, library: _ask("utter_ask_resume"),
}


def done_items(talk: Talk) -> tuple[str, ...]:
    """Every item done: this stage's first, the latest of each stage first."""
    position = talk.position
    elsewhere = (item for stage, items in position.done.items() if stage is not position.stage for item in reversed(items))
    return (*reversed(position.done_here), *elsewhere)


def item_choices(talk: Talk, library: Library, intent: str, items: Iterable[str]) -> tuple[Choice, ...]:
    """One choice for each of some items."""
    named = (library.checklists.item(item) for item in items if library.checklists.has(item))
    return tuple(Choice(item.short[:1].upper() + item.short[1:], intent, {"item": item.id}) for item in named)


def advance_setup(talk: Talk) -> Talk:
    """Stand at the first set-up question that has no answer yet (DESIGN section 5, first turns).

    The activity's date says which stage; the person can choose another at the next question.
    """
    position = talk.position
    if talk.kept is None:
        step = Step.CONSENT
    elif talk.kept and talk.role is None:
        step = Step.ROLE
    elif position.stage is None and talk.activity and talk.activity.suits:
        position, step = replace(position, stage=talk.activity.suits), Step.DEPTH
    elif position.stage is None:
        step = Step.STAGE
    else:
        step = Step.DEPTH
    return replace(talk, position=replace(position, step=step))


def ratings_follow(talk: Talk) -> bool:
    """Whether the question about ratings follows the one about words: where there is a group, and both were asked for."""
    return talk.activity is not None and not talk.position.alone


def is_role_asked_again(talk: Talk) -> bool:
    """Whether the role is asked for so that answers can count, and not while setting up: then people go on where they were."""
    return talk.position.step is Step.ROLE and bool(talk.share_ratings and talk.position.returns)


def about_date(before: Talk, after: Talk) -> tuple[Say, ...]:
    """Why this stage, when the activity's date chose it."""
    chosen = before.position.stage is None and after.position.stage is not None and after.position.step is Step.DEPTH
    if not chosen or after.activity is None:
        return ()
    return (Say("utter_stage_by_date", values={"stage": after.position.stage}),)


def role_of(intent: str) -> Role:
    return Role(intent.removeprefix("role_"))
