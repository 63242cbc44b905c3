"""The conversation as a person has it, without Rasa, web or database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facilitator.conversation.moves.rights import who_sees
from facilitator.conversation.moves.welcome import open_conversation
from facilitator.conversation.turn import (
    AboutActivity,
    AnswerRecorded,
    AnswersErased,
    FlagRaised,
    NextStepWritten,
    ReflectionRecorded,
    RoleChosen,
    Say,
    SharingChosen,
    Talk,
    Turn,
)
from facilitator.vocabulary import FlagKind, Rating, Role, State, Step
from tests.talker import Talker


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


def answers(talker: Talker) -> list[tuple[str, Rating | None, str | None]]:
    return [(f.item, f.rating, f.comment) for f in talker.facts if isinstance(f, AnswerRecorded)]


# ── first turns ──


def test_the_first_question_is_what_is_kept(talker):
    assert [say.response for say in talker.outcome.says] == ["utter_welcome", "utter_about_keeping", "utter_ask_consent"]
    assert talker.position.state is State.CONSENT


@pytest.mark.parametrize("own", [AboutActivity("Plans", raw_text_days=7, answer_days=30), AboutActivity("Plans", answer_days=30)])
def test_people_are_told_the_periods_of_their_activity_and_else_the_organisations(library, wording, own):
    chat = f"{own.raw_text_days or library.notice.periods.raw_text_days} days"
    talk = Talk("member", activity=own)
    opened = open_conversation(talk, library).says
    told = [next(say for say in opened if say.response == "utter_about_keeping")]
    told += [who_sees(Turn("m", "ask_who_sees"), replace(talk, kept=kept), library).says[0] for kept in (None, True)]
    for simple in (True, False):
        about, before, kept = (wording.render(say, replace(talk, simple=simple), library).text for say in told)
        assert "30 days" in about and chat in about
        assert "30 days" in before and chat in before
        assert "30 days" in kept and "365" not in about + before + kept


@pytest.mark.parametrize("simple", [True, False])
@pytest.mark.parametrize("response", ["utter_about_keeping", "utter_about_keeping_unnamed"])
def test_before_anybody_chooses_they_hear_of_their_health_and_of_the_note_when_someone_may_be_in_danger(library, wording, response, simple):
    values = {"organisation": "Trust", "contact": "Ann", "raw_text_days": 90, "answer_days": 365}
    said = wording.render(Say(response, values=values), Talk("c", simple=simple), library).text
    assert "health" in said and "danger, I leave a note for the team, without your words" in said


def test_keeping_leads_to_role_stage_depth_and_the_first_item(talker):
    assert talker("consent_yes")[-1] == "utter_ask_role"
    assert talker("role_carer")[-1] == "utter_ask_stage"
    assert talker("start_before")[-1] == "utter_ask_depth"
    assert talker("choose_quick")[-1] == "utter_ask_item"


def test_talking_without_keeping_asks_for_no_role(talker):
    assert talker("consent_no")[-1] == "utter_ask_stage"


def test_someone_who_keeps_nothing_may_say_who_they_are_and_nobody_notes_it(talker):
    talker("consent_no")
    assert talker("role_carer", "I'm a carer") == ["utter_role_not_kept", "utter_ask_stage"]
    assert talker.talk.role is None and not any(isinstance(fact, RoleChosen) for fact in talker.facts)
    assert not any("role" in say.values for say in talker.outcome.says), "what was said is stored, with its values"


def test_who_somebody_is_waits_for_the_choice_also_while_they_take_a_break(talker):
    talker("pause")
    assert talker("role_carer", "I'm a carer")[0] == "utter_consent_first"
    assert not any(isinstance(fact, RoleChosen) for fact in talker.facts)


def test_a_no_forgets_the_role_given_on_coming_and_a_later_yes_asks_for_it(talker):
    talker.talk = replace(talker.talk, role=Role.CARER)
    talker("consent_no")
    assert talker.outcome.talk.role is None
    assert talker("consent_yes") == ["utter_kept", "utter_ask_role"]


def test_a_bare_yes_at_the_consent_question_keeps_answers(talker):
    talker("affirm", "yes")
    assert talker.talk.kept is True


def test_a_stage_said_before_consent_is_remembered_and_not_asked_again(talker):
    assert talker("start_during", "we are in the middle of it")[-1] == "utter_ask_consent"
    assert talker("consent_no")[-1] == "utter_ask_depth"
    assert talker.position.stage == "during"


def test_a_question_is_answered_before_consent(talker):
    assert talker("ask_question", "will i get paid")[0] == "utter_answer"
    assert talker.position.step is Step.CONSENT


def test_the_role_can_be_left_unsaid(talker):
    talker("consent_yes")
    assert talker("skip")[-1] == "utter_ask_stage"


def test_the_role_is_set_once(talker):
    talker.begin()("skip")
    assert "utter_role_is_set" in talker("role_staff", "I am staff")


# ── walking ──


def test_a_rating_then_a_comment_then_the_next_item(talker):
    talker.begin()
    first = talker.position.item
    assert talker("answer_partly")[-1] == "utter_ask_comment"
    assert talker("add_comment", "only for some of us")[-1] == "utter_ask_item"
    assert answers(talker) == [(first, Rating.PARTLY, None), (first, None, "only for some of us")]


def test_a_rating_in_a_sentence_keeps_the_sentence_and_moves_on(talker):
    talker.begin()
    first = talker.position.item
    said = talker("answer_partly", "sort of but it was rushed")
    assert said == ["utter_noted_with_comment", "utter_ask_item"]
    assert answers(talker) == [(first, Rating.PARTLY, "sort of but it was rushed")]


def test_words_that_are_no_rating_are_kept_and_the_rating_is_asked_for(talker):
    talker.begin()
    first = talker.position.item
    said = talker("nlu_fallback", "the chairs were all taken", 0.2)
    assert said == ["utter_comment_kept_rate", "utter_ask_item"]
    assert answers(talker) == [(first, None, "the chairs were all taken")]
    assert talker("answer_no")[0] == "utter_noted_with_comment", "the comment is not asked for a second time"


def test_whatever_is_typed_at_the_comment_is_the_comment(talker):
    talker.begin()("answer_yes")
    talker("frustrated", "this is all a waste of time and nobody listens to us at all anyway")
    assert answers(talker)[-1][2] == "this is all a waste of time and nobody listens to us at all anyway"


def test_a_short_instruction_at_the_comment_is_obeyed(talker):
    talker.begin()("answer_yes")
    assert talker("progress", "how many are left") == ["utter_progress", "utter_ask_comment"]


def test_a_question_inside_a_comment_inside_an_item_returns_to_the_comment(talker):
    talker.begin()("answer_yes")
    assert talker("ask_question", "will I be paid for this?") == ["utter_answer", "utter_where_we_were", "utter_ask_comment"]
    assert talker("no_comment")[-1] == "utter_ask_item"


def test_skipping_counts_as_done_and_nobody_is_asked_why(talker):
    talker.begin()
    first = talker.position.item
    assert talker("skip") == ["utter_skipped", "utter_ask_item"]
    assert answers(talker) == [(first, Rating.SKIPPED, None)]
    assert talker.position.done_here == (first,)


def test_going_back_and_answering_again_returns_to_where_we_were(talker):
    talker.begin()
    first = talker.position.item
    talker("skip")
    second = talker.position.item
    talker("back")
    assert talker.position.item == first
    talker("answer_yes")
    talker("no_comment")
    assert talker.position.item == second


def test_going_back_from_the_comment_is_the_same_item(talker):
    talker.begin()
    first = talker.position.item
    talker("answer_yes")
    assert talker("back", "back")[-1] == "utter_ask_item_again"
    assert talker.position.item == first


def test_there_is_nothing_before_the_first_item(talker):
    assert talker.begin()("back")[0] == "utter_no_earlier"


def test_an_earlier_answer_is_changed_by_naming_it(talker):
    talker.begin()
    talker("answer_yes")
    talker("no_comment")
    where = talker.position.item
    assert talker("change_answer", "change what I said about the leaders")[0] == "utter_changing"
    assert talker.position.item == "before-leadership"
    talker("answer_no")
    talker("no_comment")
    assert talker.position.item == where
    assert answers(talker)[-1][:2] == ("before-leadership", Rating.NOT_YET)


def test_an_unnamed_change_offers_the_answers_given(talker):
    talker.begin()
    talker("answer_yes")
    talker("no_comment")
    assert talker("change_answer", "I want to change something") == ["utter_ask_which_answer"]
    [choice] = talker.outcome.says[0].choices
    assert (choice.intent, choice.entities) == ("change_answer", {"item": "before-leadership"})


@pytest.mark.parametrize("steps", [[], ["skip"] * 4])
def test_leaving_the_answers_as_they_are_answers_nothing_else(talker, steps):
    talker.begin()
    for said in ("answer_yes", "no_comment", *steps):
        talker(said)
    before, known = talker.position, list(talker.facts)
    talker("change_answer", "I want to change something")
    assert talker("deny")[0] == "utter_left_as_it_was"
    assert (talker.position.step, talker.position.item) == (before.step, before.item)
    assert [fact for fact in talker.facts if fact not in known] == []


def test_the_end_of_a_stage_shows_a_summary_then_asks_about_sharing_once(talker):
    talker.talk = replace(talker.talk, activity=AboutActivity("The crisis leaflet"))
    talker.begin()
    for _ in range(4):
        talker("skip")
    assert talker("skip") == ["utter_skipped", "utter_stage_done", "utter_summary", "utter_about_sharing", "utter_ask_share_words"]
    assert talker("affirm", "yes")[-1] == "utter_ask_share_ratings"
    assert talker("deny", "no")[-1] == "utter_ask_next_during"
    assert [(f.layer, f.allowed) for f in talker.facts if isinstance(f, SharingChosen)] == [("words", True), ("ratings", False)]


def test_changing_an_answer_after_the_end_does_not_mark_the_end_again(talker):
    talker.begin()
    for _ in range(5):
        talker("skip")
    talker("affirm")
    talker("change_answer", item="before-payment")
    talker("answer_yes")
    assert talker("no_comment") == ["utter_ask_next_during"]


def test_every_stage_can_be_walked_to_its_end_in_full(library):
    for stage in ("before", "during", "after"):
        talker = Talker(library).begin(stage=stage, depth="full")
        for _ in library.checklists.stage(stage).items:
            talker("answer_yes")
            talker("no_comment")
        assert talker.position.step is Step.SHARE_WORDS


def test_someone_unkept_walks_the_whole_stage_too(talker):
    talker.begin(keep=False)
    for _ in range(4):
        assert talker("answer_yes")[-1] == "utter_ask_item"
    assert talker("answer_yes")[-1] == "utter_ask_next_during"


# ── words that are to be kept, and words for the bot. The intents are what the trained assistant takes them for, and it is sure. ──

TO_BE_KEPT = [
    ("pause", "a proper lunch break"),
    ("pause", "carers need a break too"),
    ("download_data", "send a copy to everyone"),
    ("download_data", "print the notes for people without a computer"),
    ("human_help", "ask the coordinator to come"),
    ("human_help", "talk to the staff"),
    ("simplify", "use plain english in the letters"),
    ("give_example", "give examples"),
    ("give_example", "an example would have helped people"),
    ("resume", "start again from scratch"),
    ("resume", "keep going as we are"),
    ("stop", "no more surveys"),
    ("skip", "skip the boring bit"),
    ("back", "go back to meeting in the church hall"),
    ("change_name", "change the name of the group"),
    ("change_answer", "change the chair"),
    ("ladder", "the ladder fell over"),
    ("summary", "a summary of each meeting"),
    ("group_view", "the staff and us see it the same way"),
    ("group_view", "show the group the results"),
    ("delete_data", "delete the old form"),
    ("explain_why", "what a difference it made"),
    ("start_before", "before the meeting nobody rang"),
    ("ask_question", "can they send a text before"),
    ("ask_question", "can we have it upstairs"),
]
FOR_THE_BOT = [
    ("skip", "can we skip it"),
    ("back", "take me back to the question before"),
    ("pause", "i need to stop for a bit"),
    ("pause", "puase"),
    ("delete_data", "dlete my answers"),
    ("download_data", "where can i get a copy of what i said"),
    ("human_help", "i want to speak to a human being"),
    ("bot_challenge", "am i talking to a real person"),
    ("ask_who_sees", "will my nurse read this"),
    ("simplify", "can you make it simpler"),
    ("simplify", "what do you mean by that"),
    ("give_example", "can i get an example of that"),
    ("ladder", "can i see the ladder"),
    ("read_shared", "what are others saying"),
    ("group_view", "do staff think the same"),
    ("group_view", "how many people put yes"),
    ("ask_question", "will i get paid"),
]


def kept_words(talker: Talker) -> list[str]:
    kept = []
    for fact in talker.facts:
        if isinstance(fact, AnswerRecorded) and fact.comment:
            kept.append(fact.comment)
        elif isinstance(fact, ReflectionRecorded):
            kept.append(fact.text)
        elif isinstance(fact, NextStepWritten):
            kept.append(fact.step.what)
    return kept


@pytest.mark.parametrize("opened", [None, "reflect", "add_next_step"])
@pytest.mark.parametrize(("intent", "text"), TO_BE_KEPT)
def test_where_words_are_asked_for_plain_words_are_kept(talker, opened, intent, text):
    talker.begin()("answer_partly")
    if opened:
        talker(opened)
    talker(intent, text, 0.99)
    assert kept_words(talker) == [text]


@pytest.mark.parametrize("opened", [None, "reflect", "add_next_step"])
@pytest.mark.parametrize(("intent", "text"), FOR_THE_BOT)
def test_where_words_are_asked_for_what_is_for_the_bot_is_not_kept(talker, opened, intent, text):
    talker.begin()("answer_partly")
    if opened:
        talker(opened)
    talker(intent, text, 0.99)
    assert kept_words(talker) == []


def test_a_change_of_mind_is_known_by_its_words_where_a_comment_is_asked_for(talker):
    talker.begin()
    for said in ("answer_yes", "no_comment", "answer_partly"):
        talker(said)
    assert talker("change_answer", "I want to change my mind about the leaders", 0.36)[0] == "utter_changing"


@pytest.mark.parametrize("text", ["how it is going", "how it went", "Getting ready.", "during", "looking back please"])
def test_a_stage_can_be_named_by_half_of_its_title(talker, text):
    talker("consent_no")
    assert talker("greet", text) == ["utter_ask_depth"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [("start_before", "before the day"), ("start_after", "after lunch"), ("greet", "good morning to all"), ("thanks", "thanks to them")],
)
def test_words_that_fit_no_option_do_not_lead_away_from_the_list(talker, intent, text):
    talker.begin()("answer_no")
    talker("add_next_step", "next step: book the room")
    assert talker(intent, text) == ["utter_pick_one", "utter_ask_step_who"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("answer_no", "no one else"),
        ("nlu_fallback", "nobody else please"),
        ("consent_no", "I don't want anyone to see it"),
        ("change_sharing", "don't share it with the group"),
        ("change_sharing", "please keep that private"),
        ("nlu_fallback", "I'd rather keep that to myself"),
        ("ask_who_sees", "not the coordinators"),
        ("answer_no", "none of them"),
        ("nlu_fallback", "never"),
        ("nlu_fallback", "it is confidential"),
    ],
)
def test_whatever_says_that_others_may_not_read_it_keeps_it_private(talker, intent, text):
    talker.begin()("reflect")
    talker("answer_yes", "it went well")
    assert "utter_reflection_for_me" in talker(intent, text)


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("nlu_fallback", "not just me"),
        ("nlu_fallback", "everyone but not the coordinators"),
        ("simplify", "I don't understand"),
        ("ask_who_sees", "is it private?"),
    ],
)
def test_what_does_not_say_who_may_read_it_is_not_taken_for_private(talker, intent, text):
    talker.begin()("reflect")
    talker("answer_yes", "it went well")
    assert talker(intent, text)[-1] == "utter_ask_visible"


# ── one answer in several short messages ──


def test_one_answer_in_pieces_stays_with_its_question(talker):
    talker.begin()
    first = talker.position.item
    talker("answer_partly")
    assert talker("start_after", "it was")[-1] == "utter_ask_item"
    assert talker("answer_partly", "a bit rushed", 0.98) == ["utter_comment_added", "utter_ask_item"]
    assert talker("answer_no", "and nobody told us why", 0.97) == ["utter_comment_added", "utter_ask_item"]
    assert talker.position.done_here == (first,), "no piece rates the next question"
    assert talker.talk.answers[first].comment == "it was\na bit rushed\nand nobody told us why"


PIECES = [
    ("they came late because", "the bus broke down"),
    ("the staff were", "all very busy"),
    ("the room, the noise,", "the heat"),
    ("we only had the", "small hall"),
    ("it was fine", "but the tea was cold"),
    ("it was fine", "because the lift worked"),
    ("nobody came", "and the door was shut"),
    ("a long walk...", "no bus either way"),
    ("we felt", "left out of it all"),
    ("it's", "always the same people"),
]


@pytest.mark.parametrize(("begun", "rest"), PIECES)
def test_the_rest_of_a_sentence_is_added_to_what_was_just_said(talker, begun, rest):
    talker.begin()
    first = talker.position.item
    talker("answer_partly")
    talker("add_comment", begun)
    talker("answer_no", rest, 0.95)
    assert talker.talk.answers[first].comment == f"{begun}\n{rest}"
    assert talker.position.done_here == (first,)


@pytest.mark.parametrize(
    ("kept", "intent", "answer"),
    [
        ("it was", "affirm", "yes"),
        ("it was", "answer_partly", "partly"),
        ("it was fine", "answer_no", "the letters never came"),
        ("yes it is", "answer_yes", "we all know what it is for"),
        ("that is what it is for", "answer_no", "nobody has told us"),
    ],
)
def test_an_answer_to_the_next_question_is_that_answer(talker, kept, intent, answer):
    talker.begin()("answer_partly")
    talker("add_comment", kept)
    second = talker.position.item
    talker(intent, answer, 0.95)
    assert second in talker.position.done_here


def test_a_follow_up_question_is_not_the_rest_of_a_comment(talker):
    talker.begin()("answer_partly")
    talker("add_comment", "it was fine")
    assert talker("ask_question", "but will i get paid")[0] == "utter_answer"


def test_pieces_after_the_last_comment_of_a_stage_are_no_answer_about_sharing(talker):
    talker.begin()
    for _ in range(4):
        talker("skip")
    talker("answer_no")
    talker("add_comment", "it was rushed")
    assert talker("answer_no", "and nobody told us") == ["utter_comment_added", "utter_ask_share_words"]
    assert not any(isinstance(f, SharingChosen) for f in talker.facts)


def test_pieces_of_someone_who_keeps_nothing_rate_nothing(talker):
    talker.begin(keep=False)
    talker("answer_partly", "sort of but it was rushed")
    asked = talker.position.item
    assert talker("answer_no", "and nobody told us why") == ["utter_comment_not_kept", "utter_ask_item"]
    assert talker.position.item == asked


def test_a_reflection_in_pieces_is_kept_whole(talker):
    talker.begin()("reflect")
    talker("answer_yes", "it went well")
    assert talker("answer_no", "but nobody from the council came")[-1] == "utter_ask_visible"
    assert [f.text for f in talker.facts if isinstance(f, ReflectionRecorded)] == ["it went well", "but nobody from the council came"]


def test_half_a_sentence_at_a_question_leads_nowhere_else(talker):
    talker.begin()
    stage = talker.position.stage
    assert talker("start_after", "it was", 0.73) == ["utter_comment_kept_rate", "utter_ask_item"]
    assert talker.position.stage is stage


# ── what is no rating ──


@pytest.mark.parametrize(
    "text",
    [
        "what are we still waiting for",
        "when do we hear back from them",
        "how many of us are going",
        "who is going to be there",
        "do I get paid for coming",
        "why is it always the same people",
        "are they going to tell us",
        "where does the money come from",
        "how long is it going to last",
        "which of the forms do I fill in",
    ],
)
def test_a_question_is_never_stored_as_a_rating(talker, text):
    talker.begin()("answer_no", text, 0.95)
    assert answers(talker) == []


@pytest.mark.parametrize(
    "text", ["what we have is good enough", "how it was done was fine by me", "when we ask they do listen", "was it heck"]
)
def test_a_statement_that_begins_like_a_question_is_still_a_rating(talker, text):
    talker.begin()("answer_yes", text, 0.95)
    assert [rating for _, rating, _ in answers(talker)] == [Rating.YES]


def test_a_long_text_is_rated_only_when_its_gist_is_sure(talker):
    talker.begin()
    long = "I do not know what it is for. " + "Somebody sent a letter but it was all long words and she had to read it to me. " * 2
    assert talker("answer_yes", long, 0.8) == ["utter_comment_kept_rate", "utter_ask_item"]
    assert answers(talker)[0][1] is None


# ── what was said in another stage ──


def after_saying_something_before(talker: Talker) -> Talker:
    talker.begin()("answer_no")
    talker("no_comment")
    talker("start_after")
    talker("choose_quick")
    return talker


@pytest.mark.parametrize("text", ["what did I say about before?", "what have I said", "my answers for before", "what did I say before?"])
def test_what_was_said_before_is_seen_from_after(talker, text):
    after_saying_something_before(talker)
    assert talker("summary", text)[0] == "utter_summary"
    assert talker.outcome.says[0].values["stage"] == "before"


def test_the_summary_of_another_stage_is_a_choice_beside_it(talker):
    after_saying_something_before(talker)("answer_yes")
    talker("summary", "what have I said")
    said = talker.outcome.says[0]
    assert (said.values["stage"], [choice.entities for choice in said.choices]) == ("after", [{"stage": "before"}])
    talker("summary", stage="before")
    assert talker.outcome.says[0].values["stage"] == "before"


def test_nothing_said_yet_is_said_of_this_stage(talker):
    talker.begin()
    assert talker("summary", "what have I said") == ["utter_summary_empty", "utter_ask_item"]


# ── a few things said outright ──


@pytest.mark.parametrize(
    "text",
    [
        "start over",
        "Can I start again please?",
        "begin again",
        "restart",
        "from the beginning",
        "let me start over",
        "let's go from the start",
        "take me back to the start",
        "can we start all over",
        "start the whole thing again",
    ],
)
def test_starting_over_is_offered_in_more_than_one_way_and_changes_nothing(talker, text):
    talker.begin()("answer_yes")
    before = talker.position
    assert talker("resume", text, 0.34) == ["utter_start_over", "utter_ask_comment"]
    assert talker.position == replace(before, explained=True)


@pytest.mark.parametrize(
    "text",
    [
        "can you tell them for me",
        "could you let the staff know",
        "please can you ask him for me",
        "will you tell her",
        "can you pass it on",
        "let them know for me",
        "can you email them",
    ],
)
def test_asked_to_pass_it_on_the_bot_says_that_it_cannot_and_what_can(talker, text):
    talker.begin()
    assert talker("give_example", text, 0.3)[0] == "utter_cannot_pass_on"
    assert answers(talker) == []


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("role_carer", "I am worried about my son"),
        ("ask_question", "I'm scared my medicine is too strong"),
        ("nlu_fallback", "my mum is in hospital and I cannot think"),
        ("role_carer", "my husband is very poorly"),
        ("ask_question", "we are worried about my brother being sectioned"),
    ],
)
def test_a_worry_is_kept_and_met_with_a_person_not_a_refusal(talker, intent, text):
    talker.begin()
    assert talker(intent, text) == ["utter_worry_kept", "utter_ask_item"]
    assert answers(talker) == [("before-leadership", None, text)]
    talker("pause")
    assert talker(intent, text)[0] == "utter_worry"


@pytest.mark.parametrize("text", ["help", "Help!", "help me please", "can you help me with this"])
def test_a_bare_call_for_help_is_heard_wherever_it_is_typed(talker, text):
    talker.begin()
    assert talker("greet", text)[0] == "utter_help"
    talker("answer_yes")
    assert talker("greet", text)[0] == "utter_help"
    assert kept_words(talker) == []


# ── asking about the question ──


def test_why_do_you_ask_gives_the_reason_for_that_item(talker):
    talker.begin()
    item = talker.position.item
    talker("explain_why", "why do you ask?")
    assert talker.outcome.says[0].values == {"item": item}


@pytest.mark.parametrize(("intent", "text"), [("affirm", "ok"), ("answer_yes", "oh right, I see"), ("consent_yes", "okay")])
def test_ok_after_an_answer_says_that_it_was_read_and_rates_nothing(talker, intent, text):
    talker.begin()
    talker("ask_question", "will i get paid")
    before = answers(talker)
    assert talker(intent, text) == ["utter_ask_item"]
    assert answers(talker) == before
    talker("affirm", "ok")
    assert [rating for _, rating, _ in answers(talker)] == [Rating.YES]


def test_yes_after_an_answer_is_the_answer_to_the_question(talker):
    talker.begin()
    talker("ask_question", "will i get paid")
    talker("affirm", "yes")
    assert [rating for _, rating, _ in answers(talker)] == [Rating.YES]


@pytest.mark.parametrize("text", ["what?", "eh", "you what", "Huh??"])
def test_a_bare_what_gets_simpler_words_and_not_the_same_again(talker, text):
    talker.begin()
    assert talker("repeat", text) == ["utter_simple_item", "utter_ask_item"]
    assert talker("repeat", "say that again") == ["utter_ask_item"]


def test_a_bare_why_after_an_answer_is_about_that_answer(talker):
    talker.begin()
    talker("ask_question", "will I be paid?")
    talker("explain_why", "why?")
    assert talker.outcome.says[0].values == {"passage": "payment-benefits#more"}


def test_why_do_you_ask_after_an_answer_is_still_about_the_item(talker):
    talker.begin()
    talker("ask_question", "will I be paid?")
    assert talker("explain_why", "why do you ask?")[0] == "utter_why_item"


def test_follow_ups_use_the_topic_just_spoken_of(talker):
    talker.begin()
    talker("ask_question", "will I be paid?")
    talker("for_staff", "and for staff?")
    assert talker.outcome.says[0].values == {"passage": "payment-benefits#staff"}


def test_the_topic_in_hand_is_dropped_once_the_person_moves_on(talker):
    talker.begin()
    talker("ask_question", "will I be paid?")
    talker("answer_yes")
    assert talker.position.focus is None


def test_an_unsure_search_offers_choices(talker):
    talker.begin()
    assert talker("ask_question", "rules or money?")[0] == "utter_did_you_mean"
    assert [c.entities["passage"] for c in talker.outcome.says[0].choices] == ["payment-benefits#short", "ground-rules#short"]


def test_a_story_told_at_a_question_is_kept_with_it_and_what_may_help_is_offered(talker):
    talker.begin()
    story = "my son fell ill and we argued about rules or money"
    assert talker("ask_question", story) == ["utter_comment_kept_may_help", "utter_ask_item"]
    assert [choice.title for choice in talker.outcome.says[0].choices] == ["Payment benefits", "Ground rules"]
    assert answers(talker) == [("before-leadership", None, story)]
    talker("answer_yes")
    assert answers(talker)[-1] == ("before-leadership", Rating.YES, None)


@pytest.mark.parametrize("text", ["rules or money?", "rules or money", "where can I read of rules or money"])
def test_a_question_between_two_topics_is_not_taken_for_a_story(talker, text):
    talker.begin()
    assert talker("ask_question", text)[0] == "utter_did_you_mean"
    assert answers(talker) == []


def test_a_clinical_question_is_signposted_and_not_flagged_as_unanswered(talker):
    talker.begin()
    assert talker("ask_question", "which medicine is best?")[0] == "utter_decline_clinical"
    assert not any(isinstance(f, FlagRaised) for f in talker.facts)


def test_a_question_the_framework_does_not_cover_is_flagged_for_coordinators(talker):
    talker.begin()
    assert talker("ask_question", "how tall is the tower?")[0] == "utter_decline_uncovered"
    assert [f.kind for f in talker.facts if isinstance(f, FlagRaised)] == [FlagKind.UNANSWERED]


# ── leaving and coming back ──


@pytest.mark.parametrize("leave", ["pause", "stop", "goodbye"])
def test_leaving_and_carrying_on_returns_to_the_same_question(talker, leave):
    talker.begin()("answer_yes")
    item = talker.position.item
    talker(leave)
    assert talker.position.state is State.PAUSED
    assert talker("resume")[-1] == "utter_ask_comment"
    assert talker.position.item == item


def test_a_pause_inside_a_pause_changes_nothing(talker):
    talker.begin()
    talker("pause")
    talker("pause")
    assert talker("affirm", "ok")[-1] == "utter_ask_item"


# ── rights ──


def test_deleting_asks_first_and_no_keeps_everything(talker):
    talker.begin()("answer_yes")
    assert talker("delete_data") == ["utter_ask_delete"]
    assert talker("deny", "no")[0] == "utter_not_deleted"
    assert talker.position.step is Step.COMMENT
    assert not any(isinstance(f, AnswersErased) for f in talker.facts)


def test_deleting_starts_afresh_at_the_consent_question(talker):
    talker.begin()("answer_yes")
    talker("delete_data")
    assert talker("affirm", "yes") == ["utter_deleted", "utter_about_keeping", "utter_ask_consent"]
    assert isinstance(talker.facts[-1], AnswersErased)
    assert talker.position.done == {}


def test_going_on_answers_the_delete_question_with_no(talker):
    talker.begin()
    talker("delete_data")
    assert talker("answer_partly")[-1] == "utter_ask_comment"
    assert talker.position.confirming is None


def test_an_aside_leaves_the_delete_question_open(talker):
    talker.begin()
    talker("delete_data")
    assert talker("ask_who_sees")[-1] == "utter_ask_delete"


def test_sharing_can_be_changed_in_the_middle_and_returns(talker):
    talker.talk = replace(talker.talk, activity=AboutActivity("The crisis leaflet"))
    talker.begin()
    item = talker.position.item
    talker("change_sharing", "change what I share")
    talker("deny", "no")
    assert talker("affirm", "yes")[-1] == "utter_ask_item"
    assert talker.position.item == item


def test_a_reflection_is_kept_and_returns(talker):
    talker.begin()
    talker("reflect", "I want to write how it went")
    assert talker("answer_yes", "it went well and I was heard")[-1] == "utter_ask_visible"
    assert talker("deny", "just me")[-1] == "utter_ask_item"
    assert [f.text for f in talker.facts if isinstance(f, ReflectionRecorded)] == ["it went well and I was heard"]


# ── not being understood ──


def test_two_misses_in_a_row_offer_help(talker):
    talker("consent_no")
    assert talker("nlu_fallback", "blorb", 0.1)[0] == "utter_unclear"
    assert talker("nlu_fallback", "blorb", 0.1)[0] == "utter_unclear_help"


def test_a_turn_that_is_understood_forgets_the_miss(talker):
    talker("consent_no")
    talker("nlu_fallback", "blorb", 0.1)
    talker("repeat")
    assert talker("nlu_fallback", "blorb", 0.1)[0] == "utter_unclear"


def test_another_language_is_not_guessed_at_but_a_comment_keeps_every_letter(talker):
    talker.begin()
    talker("answer_yes")
    talker("other_language", "roedd yr ystafell yn rhy oer i ni")
    assert answers(talker)[-1][2] == "roedd yr ystafell yn rhy oer i ni"
    talker("pause")
    assert talker("other_language", "dw i ddim yn deall")[0] == "utter_other_language"


# ── numbers of questions ──


def test_another_question_has_another_number_and_an_interruption_keeps_it(talker):
    talker.begin()
    number = talker.position.question_no
    talker("ask_question", "will I be paid?")
    talker("explain_why", "why do you ask?")
    assert talker.position.question_no == number
    talker("answer_yes")
    assert talker.position.question_no == number + 1
