"""Reflections: a person's own words about how it went, freely or prompt by prompt, for themselves unless they say otherwise."""

from __future__ import annotations

from dataclasses import replace

from facilitator.checklist.position import come_back, step_aside
from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.turn import Choice, Library, Outcome, ReflectionRecorded, ReflectionsShared, Say, Talk, Turn
from facilitator.vocabulary import Step, VisibleTo

_COMPARE = (Choice("{group_view}", "group_view"),)


def reflect(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Look back now, whatever else is going on; the question in hand waits."""
    position = talk.position
    if position.step is Step.CONSENT:
        return then_ask(talk, library, Say("utter_consent_first"))
    if not talk.kept:
        return return_to(talk, library, Say("utter_reflect_not_kept"))
    if position.step is Step.REFLECTION:
        return then_ask(talk, library)
    opened = replace(talk, position=replace(step_aside(position, Step.REFLECTION), prompt=None, written=()))
    earlier = (Say("utter_reflections_earlier", choices=(Choice("{share_earlier}", "pick", {"sharing": "earlier"}),)),)
    others = (Say("utter_others_shared", choices=(Choice("{read_shared}", "read_shared"),)),)
    return then_ask(opened, library, *(earlier if talk.reflections else ()), *(others if talk.shared else ()))


def read_shared(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """What others in the activity shared with everyone in it. Whoever meant their answers finds those beside it."""
    if not talk.kept or talk.activity is None:
        return return_to(talk, library, Say("utter_no_group"))
    if not talk.shared:
        return return_to(talk, library, Say("utter_nothing_shared", choices=_COMPARE))
    return return_to(talk, library, Say("utter_shared", values={"others": "reflections", "shared": list(talk.shared)}, choices=_COMPARE))


def guide(talk: Talk, library: Library) -> Outcome:
    """Ask the prompts one by one."""
    return then_ask(talk.at(prompt=library.looking_back.prompts[0].id), library)


def keep_reflection(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Keep what was typed; then the next prompt, or who may see it."""
    position = talk.position
    fact = ReflectionRecorded(turn.text or "", position.stage, position.prompt)
    kept = replace(talk, reflections=(*talk.reflections, turn.message_id)).at(written=(*position.written, turn.message_id))
    if position.prompt is not None:
        return _next_prompt(kept, library, Say("utter_prompt_kept"), facts=(fact,))
    return then_ask(kept.at(step=Step.SHARE_REFLECTION), library, Say("utter_reflection_kept"), facts=(fact,))


def skip_prompt(talk: Talk, library: Library) -> Outcome:
    """Go past one prompt; past the free question, back to where the person was."""
    return _next_prompt(talk, library) if talk.position.prompt else leave(talk, library)


def leave(talk: Talk, library: Library) -> Outcome:
    """Enough for now: ask who may see what was written, if anything was; then return. Unless they say, only they may see it."""
    position = talk.position
    if position.step is Step.SHARE_REFLECTION:
        return share(VisibleTo.ME, talk, library)
    if position.written:
        return then_ask(talk.at(step=Step.SHARE_REFLECTION, prompt=None), library)
    return return_to(replace(talk, position=come_back(position)), library)


def share_earlier(talk: Talk, library: Library) -> Outcome:
    """Choose again who may see everything written so far."""
    if not talk.reflections:
        return return_to(talk, library)
    position = talk.position
    if position.step is not Step.REFLECTION:
        position = step_aside(position, Step.SHARE_REFLECTION)
    return then_ask(replace(talk, position=replace(position, step=Step.SHARE_REFLECTION, prompt=None, written=talk.reflections)), library)


def share(visible_to: VisibleTo, talk: Talk, library: Library) -> Outcome:
    facts = (ReflectionsShared(talk.position.written, visible_to),)
    back = replace(talk, position=come_back(talk.position))
    return return_to(back, library, Say(f"utter_reflection_for_{visible_to}"), facts=facts)


def _next_prompt(talk: Talk, library: Library, *says: Say, facts: tuple[ReflectionRecorded, ...] = ()) -> Outcome:
    following = library.looking_back.prompt_after(talk.position.prompt or "")
    if following is not None:
        return then_ask(talk.at(prompt=following.id), library, *says, facts=facts)
    ended = leave(talk.at(prompt=None), library)
    return replace(ended, says=(*says, *ended.says), facts=(*facts, *ended.facts))
