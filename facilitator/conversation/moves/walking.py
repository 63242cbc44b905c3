"""Walking a stage: rate, comment, skip, back, change, and on to the next point. Generic for every item."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, complete_item, go_back, next_item
from facilitator.conversation.asking import about_sharing, only, ratings_follow, then_ask
from facilitator.conversation.moves import asides
from facilitator.conversation.moves.welcome import skip_role
from facilitator.conversation.pieces import is_unfinished
from facilitator.conversation.reading import RATING_OF, is_bare_rating, rates_plainly
from facilitator.conversation.turn import AnswerRecorded, Choice, Fact, Given, Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import Kind, Rating, Stage, Step

# "I'm not sure" while setting up asks for help with that choice.
_UNSURE = {
    Step.CONSENT: "utter_consent_unsure",
    Step.ROLE: "utter_help_role",
    Step.STAGE: "utter_help_pick",
    Step.DEPTH: "utter_why_depth",
}


def rate(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Rate the current item; a rating in a sentence is kept with the sentence as its comment."""
    if talk.position.step is not Step.ITEM:
        unsure = _UNSURE.get(talk.position.step) if turn.intent == "answer_unsure" else None
        return then_ask(talk, library, Say(unsure or "utter_rating_not_here"))
    half = turn.text is not None and is_unfinished(turn.text) and not library.phrases.says(turn.intent, turn.text)
    if talk.kept and (half or not rates_plainly(turn, library.phrases)):
        # nothing is noted that may not have been meant: the words are kept, and the person says which answer fits
        return comment(turn, talk, library)
    rating = RATING_OF[turn.intent]
    words_too = turn.text if turn.text is not None and not is_bare_rating(turn.text) else None
    fact = _answer(talk, library, rating, words_too)
    rated = _with_answer(replace(talk, position=complete_item(talk.position)), fact)
    if not talk.kept:
        return _move_on(rated, library, Say("utter_thank_you"), facts=(fact,))
    if words_too is not None or rated.answers[fact.item].comment:
        return _move_on(rated, library, Say("utter_noted_with_comment", values={"rating": rating}), facts=(fact,))
    return then_ask(rated.at(step=Step.COMMENT), library, Say("utter_noted", values={"rating": rating}), facts=(fact,))


def comment(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Keep what was typed as the comment of the current item."""
    step = talk.position.step
    if step not in (Step.ITEM, Step.COMMENT):
        return then_ask(talk, library, Say("utter_comment_not_here"))
    if turn.text is None:
        return then_ask(talk, library)
    if not talk.kept:
        return _comment_not_kept(talk, library)
    fact = _answer(talk, library, None, _joined(talk.answers.get(talk.position.item or "", Given(None)), turn.text))
    noted = _with_answer(talk, fact)
    if step is Step.ITEM:
        return then_ask(noted, library, Say("utter_comment_kept_rate"), facts=(fact,))
    return _move_on(noted, library, Say("utter_comment_kept"), facts=(fact,))


def say_more(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Add what was typed to the words just said of an item, when another question already stands."""
    item_id = talk.position.said_of
    if item_id is None or turn.text is None or (talk.position.step is Step.ITEM and talk.position.item == item_id):
        return comment(turn, talk, library)
    if not talk.kept:
        return _comment_not_kept(talk, library)
    item, given = library.checklists.item(item_id), talk.answers.get(item_id, Given(None))
    fact = AnswerRecorded(library.checklists.stage_of(item_id), item_id, item.topic, None, _joined(given, turn.text))
    return then_ask(_with_answer(talk, fact), library, Say("utter_comment_added", values={"item": item_id}), facts=(fact,))


def want_to_comment(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """ "Can I add something?" opens the comment; a text that is already the comment is kept."""
    if turn.text is not None and not _only_asks_to_comment(turn.text):
        return comment(turn, talk, library)
    if talk.position.step is Step.ITEM and talk.kept:
        return only(talk, Say("utter_go_ahead_comment", Kind.QUESTION))
    return then_ask(talk, library, Say("utter_go_ahead_comment" if talk.position.step is Step.COMMENT else "utter_comment_not_here"))


def no_comment(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.COMMENT:
        return _move_on(talk, library)
    return asides.leave(talk, library) or then_ask(talk, library)


def skip(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Leave this question. Skipping is an answer of its own: nobody is asked why."""
    aside = asides.skip(talk, library)
    if aside is not None:
        return aside
    step = talk.position.step
    if step is Step.ROLE:
        return skip_role(talk, library)
    if step is Step.COMMENT:
        return no_comment(turn, talk, library)
    if step is Step.SHARE_WORDS and ratings_follow(talk):
        return then_ask(talk.at(step=Step.SHARE_RATINGS), library, Say("utter_not_shared"))
    if step in (Step.SHARE_WORDS, Step.SHARE_RATINGS):
        back_where = replace(talk, position=come_back(talk.position, default=Step.FINISHED))
        return then_ask(back_where, library, Say("utter_not_shared"))
    if step is not Step.ITEM:
        return then_ask(talk, library, Say("utter_skip_not_here"))
    if talk.position.item in talk.position.done_here:
        return _move_on(talk, library, Say("utter_left_as_it_was"))
    fact = _answer(talk, library, Rating.SKIPPED, None)
    skipped = _with_answer(replace(talk, position=complete_item(talk.position)), fact)
    return _move_on(skipped, library, Say("utter_skipped"), facts=(fact,))


def back(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.STEP_WHEN:
        return then_ask(talk.at(step=Step.STEP_WHO), library, Say("utter_went_back"))
    if talk.position.step is Step.STEP_WHO:
        return then_ask(talk, library, Say("utter_no_earlier"))
    aside = asides.leave(talk, library)
    if aside is not None:
        return aside
    position = talk.position
    if position.step is Step.COMMENT and position.item:
        return then_ask(talk.at(step=Step.ITEM), library)
    moved = go_back(position) if position.step in (Step.ITEM, Step.FINISHED, Step.SHARE_WORDS, Step.SHARE_RATINGS) else None
    if moved is None:
        return then_ask(talk, library, Say("utter_no_earlier"))
    return then_ask(replace(talk, position=moved), library, Say("utter_went_back"))


def _move_on(talk: Talk, library: Library, *says: Say, facts: tuple[Fact, ...] = ()) -> Outcome:
    moved = replace(talk, position=next_item(talk.position, library.checklists))
    if moved.position.step is Step.FINISHED:
        return _end_of_stage(moved, library, *says, facts=facts)
    return then_ask(moved, library, *says, facts=facts)


def _end_of_stage(talk: Talk, library: Library, *says: Say, facts: tuple[Fact, ...] = ()) -> Outcome:
    """The summary, then the remaining consent questions once, then what next. Ratings reach nobody who is in no group: not asked then."""
    stage, walk = talk.position.stage, f"{talk.position.stage}:{talk.position.depth}"
    asked_here = any(closed.partition(":")[0] == stage for closed in talk.position.closed)
    if talk.kept and talk.share_words is None and not asked_here:
        ended = talk.at(step=Step.SHARE_WORDS)
    elif talk.kept and talk.activity and talk.share_ratings is None and not asked_here:
        ended = talk.at(step=Step.SHARE_RATINGS)
    else:
        ended = talk.at(step=Step.FINISHED)
    if stage is None or walk in talk.position.closed:
        return then_ask(ended, library, *says, facts=facts)
    closed = ended.at(closed=(*talk.position.closed, walk))
    sharing = (about_sharing(talk),) if closed.position.step is Step.SHARE_WORDS else ()
    return then_ask(closed, library, *says, Say("utter_stage_done"), summary_say(talk, library), *sharing, facts=facts)


def summary_say(talk: Talk, library: Library, stage: Stage | None = None) -> Say:
    """What has been answered in a stage, else in this one: item ids by rating, and the stage's next steps; nothing for unkept talks.

    Beside it a member of a group can choose to see how the group answered.
    """
    stage = stage or talk.position.stage
    if not talk.kept or stage is None:
        return Say("utter_summary_not_kept", Kind.SUMMARY)
    groups: dict[str, list[str]] = {}
    for item in library.checklists.stage(stage).items:
        given = talk.answers.get(item.id)
        if given and given.rating:
            groups.setdefault(str(given.rating), []).append(item.id)
    compare = (Choice("{group_view}", "group_view", {"stage": stage}),) if talk.activity else ()
    if not groups:
        return Say("utter_summary_empty", Kind.SUMMARY, {"stage": stage}, compare)
    steps = [step_id for step_id, step in talk.next_steps.items() if step.stage is stage]
    values = {"stage": stage, "groups": groups, "steps": steps}
    return Say("utter_summary_steps" if steps else "utter_summary", Kind.SUMMARY, values, compare)


def answered_stages(talk: Talk, library: Library) -> tuple[Stage, ...]:
    """The stages of which something has been answered, in their order."""
    answered = {library.checklists.stage_of(item_id) for item_id, given in talk.answers.items() if given.rating}
    return tuple(stage for stage in Stage if stage in answered)


def _answer(talk: Talk, library: Library, rating: Rating | None, text: str | None) -> AnswerRecorded:
    position = talk.position
    assert position.stage and position.item, "an item is being asked"
    return AnswerRecorded(position.stage, position.item, library.checklists.item(position.item).topic, rating, text)


def _with_answer(talk: Talk, fact: AnswerRecorded) -> Talk:
    if not talk.kept:
        return talk
    before = talk.answers.get(fact.item, Given(None))
    after = Given(fact.rating or before.rating, fact.comment if fact.comment is not None else before.comment)
    return replace(talk, answers={**talk.answers, fact.item: after})


def _joined(given: Given, text: str) -> str:
    """A comment given in two goes is one comment; nothing typed is lost."""
    return f"{given.comment}\n{text}" if given.comment else text


def _comment_not_kept(talk: Talk, library: Library) -> Outcome:
    return then_ask(talk, library, Say("utter_comment_not_kept"))


def _only_asks_to_comment(text: str) -> bool:
    lowered = text.lower()
    return len(lowered.split()) <= 8 and any(
        word in lowered for word in ("comment", "note", "add something", "add a", "write something", "say something")
    )
