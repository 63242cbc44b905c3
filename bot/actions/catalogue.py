"""The actions that are served: each name of bot/domain.yml and the move it makes. Nothing goes live by being imported."""

from __future__ import annotations

from collections.abc import Mapping

from facilitator.conversation.moves import (
    asking_back,
    choosing,
    comparing,
    correcting,
    knowing,
    ladder,
    leaving,
    naming,
    next_steps,
    people,
    plain_yes_no,
    reflecting,
    rights,
    walking,
    welcome,
)
from facilitator.conversation.turn import Move

MOVES: Mapping[str, Move] = {
    # saying hello and setting up
    "action_greet": welcome.greet,
    "action_choose_keeping": welcome.choose_keeping,
    "action_choose_role": welcome.choose_role,
    "action_choose_stage": welcome.choose_stage,
    "action_help_pick_stage": welcome.help_pick_stage,
    "action_choose_depth": welcome.choose_depth,
    # answering, adding words, moving about
    "action_rate": walking.rate,
    "action_comment": walking.want_to_comment,
    "action_no_comment": walking.no_comment,
    "action_skip": walking.skip,
    "action_back": walking.back,
    "action_change_answer": correcting.change_answer,
    "action_yes": plain_yes_no.yes,
    "action_no": plain_yes_no.no,
    # next steps, looking back, the ladder, names, and picking from a list
    "action_add_next_step": next_steps.add,
    "action_show_next_steps": next_steps.show,
    "action_reflect": reflecting.reflect,
    "action_climb_ladder": ladder.climb,
    "action_change_name": naming.change,
    "action_read_shared": reflecting.read_shared,
    "action_show_group": comparing.show_group,
    "action_pick": choosing.pick,
    # asking about the question in hand
    "action_explain_why": asking_back.explain_why,
    "action_give_example": asking_back.give_example,
    "action_simplify": asking_back.simplify,
    "action_repeat": asking_back.repeat,
    "action_show_progress": asking_back.show_progress,
    "action_show_summary": asking_back.show_summary,
    # questions, answered from the knowledge base
    "action_answer_question": knowing.answer_question,
    "action_tell_more": knowing.tell_more,
    "action_for_staff": knowing.for_staff,
    "action_for_carers": knowing.for_carers,
    "action_for_leads": knowing.for_leads,
    "action_explain_term": knowing.explain_term,
    "action_tell_when_answered": knowing.tell_when_answered,
    # pausing, coming back, stopping
    "action_pause": leaving.pause,
    "action_resume": leaving.resume,
    "action_stop": leaving.stop,
    "action_say_goodbye": leaving.say_goodbye,
    # who sees this, download, delete, sharing
    "action_who_sees": rights.who_sees,
    "action_delete": rights.delete,
    "action_download": rights.download,
    "action_change_sharing": rights.change_sharing,
    # people and feelings
    "action_thank": people.thank,
    "action_say_what_i_am": people.say_what_i_am,
    "action_find_person": people.find_person,
    "action_hear_frustration": people.hear_frustration,
    "action_speak_english": people.speak_english,
    "action_not_understood": people.not_understood,
}
