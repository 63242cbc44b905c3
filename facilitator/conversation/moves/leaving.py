"""Pausing, coming back and stopping. Nothing is lost by any of them."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, progress, step_aside
from facilitator.conversation.asking import is_role_asked_again, only, question, return_to, settled, then_ask
from facilitator.conversation.moves import asides, walking
from facilitator.conversation.supporting import meant
from facilitator.conversation.turn import FlagRaised, Library, Outcome, Say, Talk, Turn
from facilitator.vocabulary import FlagKind, Kind, Stage, Step

_SETTING_UP = frozenset({Step.CONSENT, Step.ROLE, Step.STAGE, Step.DEPTH})


def pause(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step is Step.PAUSED:
        return return_to(talk.at(support=False, confirming=None), library)
    return then_ask(_paused(talk), library, Say("utter_paused" if talk.kept else "utter_paused_not_kept"))


def stop(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return then_ask(_paused(talk), library, Say("utter_stopped" if talk.kept else "utter_stopped_not_kept"))


def resume(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Carry on from where the person was."""
    position = talk.position
    if position.support or position.confirming:
        return return_to(talk.at(support=False, confirming=None), library)
    if position.step is not Step.PAUSED:
        return return_to(talk, library)
    return return_to(replace(talk, position=come_back(position)), library, Say("utter_welcome_back"))


def carry_on_safe(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """A support message was given, and the person says that they are safe or did not mean it so: go on where they were.

    Sorry is said only where the screen was unsure. What was plain may have been meant, whatever is said later: the flag stays, and nobody
    is told that they were misread.
    """
    said = Say("utter_misread" if talk.position.support_unsure else "utter_heard_safe")
    return return_to(talk.at(support=False, confirming=None), library, said)


def stay_with(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """A support message was given, and the person says that it was meant so: they are heard, and those who look later know of it.

    Whatever kind it was of, the flag is the most pressing: somebody insists.
    """
    heard, said = meant(talk)
    return then_ask(heard, library, said, facts=(FlagRaised(FlagKind.CRISIS),))


def has_ended(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """ "That's all": of the aside, the comment or the day, whichever is in hand."""
    aside = asides.leave(talk, library)
    if aside is not None:
        return aside
    if talk.position.step in (Step.COMMENT, Step.SHARE_WORDS, Step.SHARE_RATINGS) or is_role_asked_again(talk):
        return walking.skip(turn, talk, library)
    return then_ask(talk, library) if talk.position.step in _SETTING_UP else say_goodbye(turn, talk, library)


def say_goodbye(turn: Turn, talk: Talk, library: Library) -> Outcome:
    if talk.position.step in (Step.FINISHED, Step.PAUSED):
        return only(talk, Say("utter_goodbye"))
    return pause(turn, talk, library)


def returned(talk: Talk, library: Library) -> Outcome:
    """What someone sees who comes back with their code: where they were, then the question that was waiting.

    Answering it is carrying on; a choice beside the summary leads elsewhere.
    """
    there = replace(talk, position=come_back(talk.position)) if talk.position.step is Step.PAUSED else talk
    # a question whether to delete everything is not left open for another day
    there = there.at(confirming=None)
    says = (Say("utter_welcome_back"), *_where_they_were(there, library), *_the_day_has_come(there), question(there, library))
    back = settled(talk, Outcome(there, says))
    return replace(back, talk=back.talk.at(explained=True))  # an "ok" to the summary is no answer


def something_else(talk: Talk, library: Library) -> Outcome:
    """Choose another stage; what was begun waits."""
    if talk.position.step in (Step.CONSENT, Step.ROLE) and not is_role_asked_again(talk):
        return then_ask(talk, library)
    moved = talk.at(step=Step.STAGE, returns=(), back_to=None, back_stage=None, support=False, confirming=None)
    return then_ask(moved, library)


def back_to_stages(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return something_else(talk, library)


def start_over(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """ "Start over" may mean several things, and one of them cannot be undone: say what can be done, and leave it all as it is."""
    if talk.position.step in _SETTING_UP:
        return then_ask(talk, library)
    return then_ask(talk, library, Say("utter_start_over" if talk.kept else "utter_start_over_not_kept"))


def _paused(talk: Talk) -> Talk:
    return replace(talk, position=replace(step_aside(talk.position, Step.PAUSED), support=False, confirming=None))


def _the_day_has_come(talk: Talk) -> tuple[Say, ...]:
    """The activity's day has come or gone since: offer the stage that fits now."""
    suits = talk.activity.suits if talk.activity else None
    if suits is None or suits is Stage.BEFORE or suits is talk.position.stage or talk.position.step in _SETTING_UP:
        return ()
    return (Say(f"utter_day_has_{'come' if suits is Stage.DURING else 'gone'}"),)


def _where_they_were(talk: Talk, library: Library) -> tuple[Say, ...]:
    position = talk.position
    walked = progress(position, library.checklists)
    done: list[dict[str, object]] = [
        {"stage": str(stage), "answered": len(position.done[stage])} for stage in position.done if stage is not position.stage
    ]
    if walked and walked.answered:
        done.append({"stage": str(walked.stage), "answered": walked.answered, "total": walked.total})
    elif position.stage and position.done_here:
        done.append({"stage": str(position.stage), "answered": len(position.done_here)})
    if not done or talk.position.step in _SETTING_UP:
        return ()
    return (Say("utter_where_you_were", Kind.SUMMARY, {"done": done}),)
