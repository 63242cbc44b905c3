"""What stands beside the walk: next steps, looking back prompt by prompt, the ladder, names, and returning from all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from facilitator.conversation.moves.leaving import returned
from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.turn import (
    AboutActivity,
    KeepingChosen,
    LadderAnswered,
    NameChosen,
    NextStep,
    NextStepWritten,
    ReflectionRecorded,
    ReflectionsShared,
    RoleChosen,
    Shared,
    SharingChosen,
    Talk,
)
from facilitator.vocabulary import Stage, State, Step, StepState, VisibleTo
from tests.talker import Talker

WORKSHOP = AboutActivity("The crisis leaflet", date(2027, 1, 14), Stage.BEFORE, ("Amber Robin", "Quiet River"))


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


@pytest.fixture
def member(library) -> Talker:
    """Somebody in an activity with a date."""
    talker = Talker(library)
    talker.outcome = open_conversation(Talk("member", activity=WORKSHOP, pseudonym="Amber Robin"), library)
    talker.talk = talker.outcome.talk
    return talker


def facts(talker: Talker, kind: type) -> list:
    return [fact for fact in talker.facts if isinstance(fact, kind)]


# ── next steps ──


@pytest.fixture
def wording(wording, monkeypatch):
    monkeypatch.setattr(wording, "_today", lambda: date(2026, 11, 23))
    return wording


def test_a_next_step_is_planned_in_words_and_the_comment_question_comes_back(talker, wording):
    talker.begin()("answer_no")
    assert talker("add_next_step") == ["utter_ask_step_what"]
    assert talker.position.state is State.COMMENT
    assert talker("ask_question", "ask who will sign it off")[-1] == "utter_ask_step_who"
    assert talker("for_staff", "the staff")[-1] == "utter_ask_step_when"
    assert talker("nlu_fallback", "by 14 March", today=date(2026, 11, 23))[-1] == "utter_ask_comment"
    step = facts(talker, NextStepWritten)[-1].step
    assert (step.what, step.who, step.due_on, step.state) == ("ask who will sign it off", "staff", date(2027, 3, 14), StepState.OPEN)
    assert (step.stage, step.item) == (Stage.BEFORE, talker.position.item)
    said = [wording.render(say, talker.talk, talker.library).text for say in talker.outcome.says]
    assert "ask who will sign it off (staff, by Sunday 14 March 2027)" in said[0]


def test_a_suggestion_of_the_checklist_can_be_pressed(talker):
    talker.begin()("answer_no")
    talker("add_next_step")
    choice = talker.outcome.says[-1].choices[0]
    talker("pick", **choice.entities)
    item = talker.library.checklists.item(talker.position.item)
    assert facts(talker, NextStepWritten)[-1].step.what == item.next_steps[0] == choice.title


def test_who_is_picked_and_never_typed(talker):
    talker.begin()("answer_no")
    talker("add_next_step", "next step: book the room")
    assert talker.position.step is Step.STEP_WHO
    assert talker("ask_question", "Doctor Patel from the ward") == ["utter_pick_one", "utter_ask_step_who"]
    assert all(fact.step.who is None for fact in facts(talker, NextStepWritten))


def test_a_day_that_is_not_understood_is_asked_again(talker):
    talker.begin()("answer_no")
    talker("add_next_step", "next step: book the room")
    talker("skip")
    assert talker("nlu_fallback", "when the cows come home") == ["utter_no_such_date", "utter_ask_step_when"]
    assert talker("skip")[-1] == "utter_ask_comment"
    assert facts(talker, NextStepWritten)[-1].step.due_on is None


def test_members_of_the_activity_can_be_picked_by_their_made_up_name(member):
    member.begin()("answer_no")
    member("add_next_step", "next step: book the room")
    titles = [choice.title for choice in member.outcome.says[-1].choices]
    assert "Quiet River" in titles and "Amber Robin" not in titles
    member("nlu_fallback", "quiet river")
    assert facts(member, NextStepWritten)[-1].step.who == "Quiet River"


def test_the_day_of_the_activity_can_be_picked(member):
    member.begin()("answer_no")
    member("add_next_step", "next step: book the room")
    member("skip")
    member("pick", when="activity")
    assert facts(member, NextStepWritten)[-1].step.due_on == date(2027, 1, 14)


def test_no_next_step_after_all(talker):
    talker.begin()("answer_no")
    talker("add_next_step")
    assert talker("deny", "no")[-1] == "utter_ask_comment"
    assert facts(talker, NextStepWritten) == []


def test_a_next_step_is_marked_as_done(talker):
    talker.begin()("answer_no")
    talker("add_next_step", "next step: book the room")
    talker("skip")
    talker("skip")
    assert talker("next_steps")[0] == "utter_steps"
    done = talker.outcome.says[0].choices[0]
    assert talker("pick", **done.entities)[0] == "utter_step_done"
    assert facts(talker, NextStepWritten)[-1].step.state is StepState.DONE
    assert talker.talk.open_steps == {}


def test_no_next_step_for_someone_whose_answers_are_not_kept(talker):
    talker.begin(keep=False)
    assert talker("add_next_step")[0] == "utter_step_not_kept"
    assert facts(talker, NextStepWritten) == []


def test_a_choice_made_up_by_a_client_changes_nothing(talker):
    talker.begin()
    before = talker.talk
    for entities in (
        {"suggestion": "before-power:99"},
        {"suggestion": "nonsense"},
        {"who": "Doctor Patel"},
        {"rung": "moon"},
        {"x": "y"},
        {},
    ):
        talker("pick", **entities)
    assert replace(talker.talk, position=before.position) == before
    assert talker.position == before.position


# ── looking back, prompt by prompt ──


def test_every_prompt_is_asked_and_the_person_says_who_may_read_it(talker):
    talker.begin()
    item = talker.position.item
    talker("reflect")
    talker("pick", reflect="guided")
    prompts = [prompt.id for prompt in talker.library.looking_back.prompts]
    for place, prompt in enumerate(prompts):
        assert talker.position.prompt == prompt
        talker.message_id = f"r{place}"
        talker("nlu_fallback", f"about {prompt}")
    assert talker.position.step is Step.SHARE_REFLECTION
    assert talker("nlu_fallback", "the whole group")[-1] == "utter_ask_item"
    assert talker.position.item == item
    assert [(f.prompt, f.text) for f in facts(talker, ReflectionRecorded)] == [(p, f"about {p}") for p in prompts]
    assert facts(talker, ReflectionsShared) == [ReflectionsShared(tuple(f"r{n}" for n in range(len(prompts))), VisibleTo.GROUP)]


def test_prompts_can_be_skipped_and_enough_is_enough(talker):
    talker.begin()
    talker("reflect")
    talker("nlu_fallback", "guide me")
    assert talker("skip")[-1] == "utter_ask_prompt"
    assert talker.position.prompt == talker.library.looking_back.prompts[1].id
    assert talker("deny", "no")[-1] == "utter_ask_item"
    assert facts(talker, ReflectionRecorded) == []


def test_unless_said_otherwise_only_the_writer_sees_it(talker):
    talker.begin()
    talker("reflect")
    talker("nlu_fallback", "it was good to be asked")
    talker("skip")
    assert facts(talker, ReflectionsShared)[-1].visible_to is VisibleTo.ME


def test_a_question_in_the_middle_of_a_prompt_comes_back_to_the_prompt(talker):
    talker.begin()
    talker("reflect")
    talker("pick", reflect="guided")
    assert talker("ask_question", "will I be paid?") == ["utter_answer", "utter_ask_prompt"]
    assert talker("explain_why", "why do you ask")[0] == "utter_why_prompt"
    assert talker("give_example")[0] == "utter_example_prompt"
    assert talker("simplify")[0] == "utter_simple_prompt"


def test_who_sees_earlier_reflections_can_be_changed(talker):
    talker.begin()
    talker("reflect")
    talker("nlu_fallback", "it was good to be asked")
    talker("deny")
    talker("reflect")
    talker("pick", **talker.outcome.says[0].choices[0].entities)
    assert talker("pick", visible="coordinators")[-1] == "utter_ask_item"
    assert facts(talker, ReflectionsShared)[-1] == ReflectionsShared(("message",), VisibleTo.COORDINATORS)


# ── the ladder ──


def test_the_ladder_is_answered_twice_and_shows_the_move(talker):
    talker.begin()
    assert talker("ladder") == ["utter_ladder", "utter_ask_ladder_stands"]
    assert talker("nlu_fallback", "4")[-1] == "utter_ask_ladder_wanted"
    assert talker("nlu_fallback", "co-production") == ["utter_ladder_kept", "utter_where_we_were", "utter_ask_item"]
    assert facts(talker, LadderAnswered) == [LadderAnswered(stands="consultation"), LadderAnswered(wanted="co-production")]
    talker("ladder")
    assert talker("pick", rung="co-design")[0] == "utter_ladder_up"
    talker("skip")
    talker("ladder")
    assert talker("nlu_fallback", "told")[0] == "utter_ladder_down"


def test_without_keeping_the_ladder_can_be_talked_about(talker):
    talker.begin(keep=False)
    talker("ladder")
    talker("pick", rung="consultation")
    assert talker("pick", rung="co-design")[0] == "utter_ladder_not_kept"
    assert talker.talk.rung is None


# ── names ──


def test_a_member_hears_their_made_up_name_and_can_change_it(member):
    assert "utter_joined" in [say.response for say in member.outcome.says]
    assert "utter_your_name" in member("consent_yes")
    member("change_name", "call me something else")
    choice = member.outcome.says[-1].choices[0]
    assert member("pick", **choice.entities)[0] == "utter_name_kept"
    assert facts(member, NameChosen) == [NameChosen(choice.title)]
    assert member.talk.pseudonym == choice.title


def newcomer(library, *, taken: frozenset[str] = frozenset(), pseudonym: str | None = None) -> Talker:
    """Somebody who has just opened the chat of an activity."""
    talker = Talker(library)
    talker.talk = Talk("newcomer", activity=replace(WORKSHOP, taken=taken), pseudonym=pseudonym)
    return talker


def test_whoever_keeps_answers_is_given_a_name_that_nobody_has(library):
    first, second = newcomer(library), newcomer(library)
    assert first("consent_yes")[1] == "utter_your_name"
    [given] = facts(first, NameChosen)
    second.talk = replace(second.talk, activity=replace(WORKSHOP, taken=frozenset({given.pseudonym})))
    second("consent_yes")
    [other] = facts(second, NameChosen)
    assert given != other and first.talk.pseudonym == given.pseudonym


@pytest.mark.parametrize("begun", [False, True])
def test_whoever_keeps_nothing_has_no_name_and_is_given_one_with_a_later_yes(library, begun):
    talker = newcomer(library, pseudonym="Quiet River")
    assert "utter_your_name" not in talker("consent_no")
    assert talker.outcome.talk.pseudonym is None
    talker.talk = replace(talker.talk, position=replace(talker.position, stage=Stage.BEFORE if begun else None))
    said = talker("consent_yes", "keep my answers after all")
    assert said == ["utter_kept_from_now" if begun else "utter_kept", "utter_your_name", "utter_ask_role"]
    # in this order: a name of somebody who keeps nothing is not written down
    assert [type(fact) for fact in talker.outcome.facts] == [KeepingChosen, NameChosen]


def test_a_name_of_ones_own_must_be_free(member):
    member("consent_yes")
    member("change_name")
    assert member("greet", "Quiet River") == ["utter_name_taken", "utter_ask_name"]
    assert member("greet", "Sunshine")[0] == "utter_name_kept"
    assert facts(member, NameChosen) == [NameChosen("Sunshine")]


# ── the day says which stage ──


def test_the_day_of_the_activity_says_which_stage_and_another_can_be_chosen(member):
    member("consent_yes")
    assert member("role_staff")[-2:] == ["utter_stage_by_date", "utter_ask_depth"]
    assert member.position.stage is Stage.BEFORE
    assert member("pick", other="stage")[-1] == "utter_ask_stage"
    member("start_after")
    assert member.position.stage is Stage.AFTER


# ── what is open comes back, and answers of any stage can be changed ──


def _walk(talker: Talker, stage: str, *intents: str) -> None:
    talker(f"start_{stage}")
    talker("choose_quick")
    for intent in intents:
        talker(intent)
        if talker.position.step is Step.COMMENT:
            talker("no_comment")
    while talker.position.step in (Step.SHARE_WORDS, Step.SHARE_RATINGS):
        talker("affirm")


def test_what_was_open_before_is_brought_back_during(talker):
    talker("consent_yes")
    talker("role_carer")
    _walk(talker, "before", "answer_yes", "answer_no", "answer_partly", "answer_yes", "skip")
    talker("add_next_step", "next step: book the room")
    talker("skip")
    talker("skip")
    talker("start_during")
    said = talker("choose_quick")
    assert said == ["utter_begin", "utter_open_items", "utter_open_steps", "utter_ask_item"]
    walked = talker.library.checklists.stage(Stage.BEFORE).walk(talker.position.depth)
    assert talker.outcome.says[1].values["items"] == [walked[1].id, walked[2].id]


def test_an_answer_of_an_earlier_stage_is_changed_and_the_walk_goes_on(talker):
    talker("consent_yes")
    talker("role_carer")
    _walk(talker, "before", *["answer_yes"] * 5)
    talker("start_during")
    talker("choose_quick")
    waiting = talker.position.item
    before = talker.library.checklists.stage(Stage.BEFORE).walk(talker.position.depth)[3]
    talker("change_answer", f"change my answer about {before.short}")
    assert (talker.position.item, talker.position.stage) == (before.id, Stage.BEFORE)
    talker("answer_no")
    assert talker("no_comment")[-1] == "utter_ask_item"
    assert (talker.position.item, talker.position.stage) == (waiting, Stage.DURING)
    assert talker.talk.answers[before.id].rating == "not_yet"


def test_an_answer_of_an_earlier_stage_is_changed_from_the_end_of_another(talker):
    talker("consent_yes")
    talker("role_carer")
    _walk(talker, "before", *["answer_yes"] * 5)
    _walk(talker, "during", *["answer_yes"] * 5)
    before = talker.library.checklists.stage(Stage.BEFORE).walk(talker.position.depth)[0]
    talker("change_answer", f"change my answer about {before.short}")
    talker("answer_partly")
    talker("no_comment")
    assert (talker.position.step, talker.position.stage) == (Step.FINISHED, Stage.DURING)


# ── coming back ──


def test_on_return_people_see_how_far_they_got_and_can_do_something_else(talker, wording):
    talker.begin()("answer_yes")
    talker("pause")
    outcome = returned(talker.talk, talker.library)
    assert [say.response for say in outcome.says] == ["utter_welcome_back", "utter_where_you_were", "utter_ask_comment"]
    shown = wording.render(outcome.says[1], outcome.talk, talker.library)
    assert "1 of 5" in shown.text
    assert [choice.title for choice in shown.choices] == ["Carry on", "See my summary", "Do something else"]
    talker.talk = outcome.talk
    assert talker("pick", other="stage")[-1] == "utter_ask_stage"


def test_asides_nest_and_each_comes_back_to_the_one_before(talker):
    talker.begin()("answer_no")
    talker("add_next_step")
    talker("reflect")
    talker("pause")
    talker("ladder")
    talker("skip")
    assert talker.position.step is Step.PAUSED
    assert talker("resume")[-1] == "utter_ask_reflection"
    assert talker("deny")[-1] == "utter_ask_step_what"
    assert talker("deny")[-1] == "utter_ask_comment"


# ── which answer, and coming back from a pause by answering ──


def test_which_answer_to_change_can_be_said_in_words(talker):
    talker.begin()
    for _ in range(2):
        talker("answer_yes")
        talker("no_comment")
    walk = talker.library.checklists.stage(Stage.BEFORE).walk(talker.position.depth)
    assert talker("change_answer", "I want to change one") == ["utter_ask_which_answer"]
    talker("ask_question", f"the one about {walk[1].short}")
    assert talker.position.item == walk[1].id
    talker("answer_no")
    talker("no_comment")
    talker("change_answer", "can I change the first one")
    assert talker.position.item == walk[0].id


def test_no_answer_need_be_changed_after_all(talker):
    talker.begin()
    talker("answer_yes")
    talker("no_comment")
    item = talker.position.item
    talker("change_answer", "change something")
    assert talker("deny", "no") == ["utter_left_as_it_was", "utter_where_we_were", "utter_ask_item"]
    assert talker.position.item == item


def test_answering_while_paused_is_coming_back(talker):
    talker.begin()
    item = talker.position.item
    talker("pause")
    talker("answer_partly", "sort of, they told us late")
    assert talker.talk.answers[item].rating == "partly"


def test_a_bare_no_while_paused_is_not_an_answer(talker):
    talker.begin()
    talker("pause")
    talker("answer_no", "no")
    assert talker.position.step is Step.PAUSED
    assert talker.talk.answers == {}


# ── what others in the group asked and shared ──


def _with_others(member: Talker) -> Talker:
    asked = {"s1": NextStep("ring the venue", "Amber Robin", date(2026, 12, 1))}
    member.talk = replace(member.talk, asked_of_me=asked, shared={"7": Shared("we were heard", "Quiet River", "working")})
    return member


def test_what_others_asked_of_me_is_shown_and_can_be_marked_as_done(member, wording):
    _with_others(member.begin())
    assert member("next_steps")[0] == "utter_step_for_you"
    shown = wording.render(member.outcome.says[0], member.talk, member.library)
    assert "ring the venue (by Tuesday 1 December)" in shown.text
    assert "others" in member.outcome.says[0].values, "never stored with this person's conversation"
    member("pick", done="s1")
    assert facts(member, NextStepWritten)[-1].step.state is StepState.DONE
    assert member.talk.asked_of_me == {} and member.talk.next_steps == {}


def test_a_step_that_is_gone_shows_nothing_of_itself(member, wording):
    _with_others(member.begin())
    member("next_steps")
    later = replace(member.talk, asked_of_me={})
    assert "ring the venue" not in wording.render(member.outcome.says[0], later, member.library).text


def test_what_others_shared_can_be_read(member, wording):
    _with_others(member.begin())
    assert member("reflect")[0] == "utter_others_shared"
    assert member("read_shared", "what did others say")[0] == "utter_shared"
    shown = wording.render(member.outcome.says[0], member.talk, member.library)
    assert "Quiet River: What is working well? we were heard" in shown.text


def test_without_a_group_there_is_nothing_shared(talker):
    talker.begin()
    assert talker("read_shared")[0] == "utter_no_group"


# ── a statement that was taken for a question ──


def test_a_statement_taken_for_a_question_is_kept_and_the_person_says_which_answer_fits(talker):
    talker.begin()
    item, text = talker.position.item, "nobody told us about the money"
    said = talker("ask_question", text, 0.4, ranking={"ask_question": 0.4, "answer_no": 0.3, "answer_partly": 0.05})
    assert said == ["utter_comment_kept_rate", "utter_ask_item"]
    given = talker.talk.answers[item]
    assert (given.rating, given.comment) == (None, text)


@pytest.mark.parametrize(
    ("text", "confidence", "ranking"),
    [
        ("will I be paid?", 0.4, {"answer_no": 0.3}),
        ("tell me about being paid", 0.9, {"answer_no": 0.05}),
        ("the paid work", 0.4, {"answer_no": 0.1, "answer_yes": 0.1}),
    ],
)
def test_a_question_is_never_taken_for_a_rating(talker, text, confidence, ranking):
    talker.begin()
    talker("ask_question", text, confidence, ranking=ranking)
    assert talker.talk.answers == {}


# ── what the critic found ──


def test_a_question_never_deletes_anything(talker):
    talker.begin()("answer_yes")
    talker("delete_data", "delete everything")
    assert talker("delete_data", "hang on, what gets deleted?") == ["utter_about_deleting", "utter_ask_delete"]
    assert talker.talk.kept


def test_taking_consent_back_is_not_a_comment(talker):
    talker.begin()("answer_yes")
    assert talker("consent_no", "stop keeping my answers") == ["utter_about_stopping", "utter_ask_delete"]


def test_a_bare_no_at_the_comment_is_no_comment_whatever_it_was_taken_for(talker):
    talker.begin()("answer_yes")
    assert talker("consent_no", "no thanks")[-1] == "utter_ask_item"
    assert talker.talk.kept


def test_an_unsure_reading_does_not_lead_away_from_a_list(talker):
    talker.begin()
    talker("ladder")
    assert talker("start_during", "the group", 0.4)[-1] == "utter_ask_ladder_stands"
    assert talker("answer_unsure", "not sure")[-1] == "utter_ask_item"


def test_changing_a_mind_is_not_a_comment_on_something_else(talker):
    talker.begin()
    walk = talker.library.checklists.stage(Stage.BEFORE).walk(talker.position.depth)
    for intent in ("answer_yes", "no_comment", "answer_yes", "no_comment", "answer_no"):
        talker(intent)
    talker("change_answer", f"I want to change my mind about {walk[0].short}", 0.4)
    assert talker.position.item == walk[0].id


def test_sharing_questions_that_were_skipped_are_not_asked_again_after_a_change(talker):
    talker("consent_yes")
    talker("role_carer")
    talker("start_before")
    talker("choose_quick")
    for _ in range(5):
        talker("answer_yes")
        talker("no_comment")
    talker("skip")
    talker("skip")
    assert talker.position.step is Step.FINISHED
    talker("change_answer", "the first one")
    talker("answer_no")
    assert talker("no_comment")[-1].startswith("utter_ask_next")


def test_before_choosing_what_both_choices_mean_is_told(talker):
    assert talker("ask_who_sees", "how long do you keep it") == ["utter_who_sees_before", "utter_ask_consent"]
    assert talker("ask_question", "will this change my care")[0] == "utter_who_sees_before"
    assert talker("answer_unsure", "im not sure")[0] == "utter_consent_unsure"


def test_help_fits_the_choice_in_front_of_the_person(talker):
    talker("consent_yes")
    assert talker("choose_help_pick", "whats the difference")[0] == "utter_help_role"
    talker("role_carer")
    assert talker("choose_help_pick")[0] == "utter_help_pick"


@pytest.mark.parametrize(
    ("text", "said", "step"),
    [
        ("I don't want coordinators to read my words any more", "utter_words_not_shared", Step.ITEM),
        ("don't count my answers in the group results", "utter_ratings_not_shared", Step.ITEM),
        ("actually my answers can count in the group results", "utter_ask_share_ratings", Step.SHARE_RATINGS),
        ("let coordinators read what I wrote", "utter_ask_share_words", Step.SHARE_WORDS),
        ("change what I share", "utter_about_sharing", Step.SHARE_WORDS),
    ],
)
def test_sharing_changes_only_what_is_named_and_is_taken_back_at_once(member, text, said, step):
    member.begin()
    assert member("change_sharing", text)[0] == said
    assert member.position.step is step


def to_sharing(talker: Talker, *, role: str = "role_carer") -> Talker:
    """To the end of the short walk, and past the question about words."""
    talker.begin(role=role)
    for _ in range(5):
        talker("skip")
    talker("deny")
    return talker


# ── ratings: in no group, and on no side ──


def test_in_no_group_nothing_is_asked_about_its_results(talker):
    talker.begin()
    for _ in range(4):
        talker("skip")
    assert talker("skip")[-2:] == ["utter_about_sharing_words", "utter_ask_share_words"]
    assert talker("deny") == ["utter_words_not_shared", "utter_ask_next_during"]
    assert [fact.layer for fact in facts(talker, SharingChosen)] == ["words"]


def test_in_no_group_the_question_about_words_can_be_passed_over_too(talker):
    talker.begin()
    for _ in range(5):
        talker("skip")
    assert talker("skip") == ["utter_not_shared", "utter_ask_next_during"]


def test_in_no_group_only_the_question_about_words_is_asked_again(talker):
    talker.begin()
    assert talker("change_sharing", "change what I share") == ["utter_about_sharing_words", "utter_ask_share_words"]
    assert talker("affirm") == ["utter_words_shared", "utter_where_we_were", "utter_ask_item"]


def test_who_asks_to_count_in_no_group_is_told_that_there_is_none(talker):
    talker.begin()
    said = talker("change_sharing", "actually my answers can count in the group results")
    assert said == ["utter_no_results", "utter_where_we_were", "utter_ask_item"]
    assert facts(talker, SharingChosen) == []


def test_a_yes_from_somebody_on_no_side_asks_for_the_role_and_goes_on(member):
    to_sharing(member, role="skip")
    assert member("affirm") == ["utter_ratings_need_role", "utter_ask_role"]
    assert [(fact.layer, fact.allowed) for fact in facts(member, SharingChosen)][-1] == ("ratings", True)
    assert member("role_carer") == ["utter_role_noted", "utter_ratings_shared", "utter_ask_next_during"]
    assert [fact.role for fact in facts(member, RoleChosen)] == ["carer"]
    assert (member.position.step, member.position.returns) == (Step.FINISHED, ())


@pytest.mark.parametrize(("intent", "text"), [("skip", None), ("deny", "no"), ("no_comment", "that's all thanks")])
def test_whoever_would_still_rather_not_say_is_told_that_nothing_counts_until_they_do(member, intent, text):
    to_sharing(member, role="skip")
    member("affirm")
    assert member(intent, text) == ["utter_role_needed", "utter_ask_next_during"]
    assert facts(member, RoleChosen) == []
    said = member("ask_who_sees")
    assert "utter_sharing_now" in said and member.outcome.says[1].values["ratings"] is False
    assert member("role_carer", "I am a carer") == ["utter_role_noted", "utter_ratings_shared", "utter_ask_next_during"]


def test_a_no_asks_nobody_for_their_role(member):
    to_sharing(member, role="skip")
    assert member("deny") == ["utter_ratings_not_shared", "utter_ask_next_during"]


def test_asked_in_the_middle_of_a_walk_the_role_leads_back_to_the_question(member):
    member.begin(role="skip")
    item = member.position.item
    member("change_sharing", "actually my answers can count in the group results")
    assert member("affirm") == ["utter_ratings_need_role", "utter_ask_role"]
    member("pause")
    assert member("resume")[-1] == "utter_ask_role"
    assert member("role_staff") == ["utter_role_noted", "utter_ratings_shared", "utter_where_we_were", "utter_ask_item"]
    assert member.position.item == item


def test_a_yes_taken_back_at_the_role_leaves_nothing_to_ask(member):
    to_sharing(member, role="skip")
    member("affirm")
    assert member("change_sharing", "don't count my answers in the group results") == ["utter_ratings_not_shared", "utter_ask_next_during"]


def test_another_stage_asked_for_instead_of_the_role_is_begun(member):
    to_sharing(member, role="skip")
    member("affirm")
    assert member("start_during")[-1] == "utter_ask_depth"
    assert member("choose_quick")[-1] == "utter_ask_item"


def test_asked_while_the_role_is_still_to_come_it_is_asked_once(member):
    member("consent_yes")
    member("change_sharing", "actually my answers can count in the group results")
    assert member("affirm") == ["utter_ratings_need_role", "utter_ask_role"]
    assert member("role_carer")[-1] == "utter_ask_depth"


def test_one_sharing_question_asked_for_by_itself_is_not_followed_by_the_other(talker):
    talker.begin()
    talker("change_sharing", "let coordinators read what I wrote")
    assert talker("affirm", "yes")[-1] == "utter_ask_item"
    assert (talker.talk.share_words, talker.talk.share_ratings) == (True, None)


def test_on_return_after_the_day_the_stage_that_fits_is_offered(member):
    member.begin()("answer_yes")
    later = replace(member.talk, activity=replace(WORKSHOP, suits=Stage.AFTER))
    assert "utter_day_has_gone" in [say.response for say in returned(later, member.library).says]


def test_a_pause_inside_a_guided_reflection_comes_back_to_the_prompt(talker):
    talker.begin()
    talker("reflect")
    talker("pick", reflect="guided")
    talker("nlu_fallback", "we were asked")
    talker("pause")
    talker("resume")
    assert talker.position.prompt == "not-working"


def test_the_full_walk_after_the_short_one_ends_with_a_summary_too(talker):
    talker.begin(depth="quick")
    while talker.position.step in (Step.ITEM, Step.COMMENT):
        talker("answer_yes" if talker.position.step is Step.ITEM else "no_comment")
    talker("skip")
    talker("skip")
    talker("start_before")
    talker("choose_full")
    while talker.position.step in (Step.ITEM, Step.COMMENT):
        said = talker("answer_yes" if talker.position.step is Step.ITEM else "no_comment")
    assert said[:2] == ["utter_stage_done", "utter_summary"]
    assert talker.position.step is Step.FINISHED


def test_keeping_after_all_asks_the_role_and_begins_again(talker):
    talker.begin(keep=False)
    talker("answer_yes")
    assert talker("consent_yes", "keep my answers after all") == ["utter_kept_from_now", "utter_ask_role"]
    talker("role_carer")
    talker("choose_quick")
    assert talker.position.done_here == ()
    assert talker.talk.kept


@pytest.mark.parametrize("text", ["no keep them", "don't do that", "wait"])
def test_any_no_keeps_everything(talker, text):
    talker.begin()("answer_yes")
    talker("delete_data", "delete everything")
    assert talker("consent_yes", text)[0] == "utter_not_deleted"


def test_stop_keeping_is_never_read_as_keep(talker):
    talker.begin()
    assert talker("consent_yes", "stop keeping my answers") == ["utter_about_stopping", "utter_ask_delete"]


def test_much_said_without_a_plain_gist_is_kept_and_the_answer_asked_for(talker):
    talker.begin()
    text = "I do not really know what it is for. Somebody sent a letter but it was full of long words and I gave up on it"
    assert talker("answer_yes", text, 0.4)[0] == "utter_comment_kept_rate"
    assert talker.talk.answers[talker.position.item].comment == text


def test_an_unsure_rating_that_asks_something_is_a_question(talker):
    talker.begin()
    assert talker("answer_no", "what are we still waiting to be paid for", 0.4)[0] == "utter_answer"


def test_a_role_is_taken_only_from_someone_who_says_who_they_are(talker):
    talker.begin()
    assert talker("role_staff", "ring the ward manager", 0.5)[0] != "utter_role_is_set"


def test_a_word_at_the_comment_is_a_comment(talker):
    talker.begin()("answer_yes")
    talker("affirm", "lovely")
    assert [given.comment for given in talker.talk.answers.values()] == ["lovely"]


@pytest.mark.parametrize(
    ("intent", "text", "confidence"),
    [
        ("pause", "more tea breaks", 0.7),
        ("delete_data", "delete the jargon", 0.8),
        ("download_data", "ask for the papers in large print", 0.9),
        ("for_staff", "the staff are great", 0.9),
        ("human_help", "get the manager to reply", 0.7),
    ],
)
def test_words_that_only_resemble_an_instruction_are_kept_as_words(talker, intent, text, confidence):
    talker.begin()("answer_no")
    item = talker.position.item
    talker(intent, text, confidence)
    assert talker.talk.answers[item].comment == text


@pytest.mark.parametrize(("intent", "text"), [("pause", "pause please"), ("skip", "skip this"), ("stop", "stop")])
def test_a_known_instruction_is_one_however_unsure(talker, intent, text):
    talker.begin()("answer_no")
    item = talker.position.item
    talker(intent, text, 0.3)
    assert talker.talk.answers[item].comment is None


@pytest.mark.parametrize("text", ["whenever", "no date", "asap", "not sure"])
def test_no_day_is_a_fine_answer(talker, text):
    talker.begin()("answer_no")
    talker("add_next_step", "next step: book the room")
    talker("skip")
    assert talker("start_before", text, 0.9)[-1] == "utter_ask_comment"
