"""Answers to something else than the question that waits: none is taken for an answer to it, and nothing is lost by them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facilitator.conversation.moves.leaving import returned
from facilitator.conversation.turn import AnswerErased, AnswerRecorded, AnswersErased, ReflectionRecorded, ReflectionsShared
from facilitator.vocabulary import Rating, Step
from tests.talker import Talker


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


def answers(talker: Talker) -> list[tuple[str, Rating | None, str | None]]:
    return [(f.item, f.rating, f.comment) for f in talker.facts if isinstance(f, AnswerRecorded)]


def erased(talker: Talker) -> bool:
    return any(isinstance(fact, AnswersErased) for fact in talker.facts)


def in_simple_words(talker: Talker) -> Talker:
    talker.talk = replace(talker.talk, simple=True)
    return talker


# ── "delete everything?" ──


@pytest.mark.parametrize("text", ["yes that one", "yes, the last comment", "yeah just that bit", "yes the first one please"])
def test_a_yes_to_one_thing_never_deletes_everything(talker, text):
    talker.begin()("answer_yes")
    talker("delete_data", "delete my data")
    talker("affirm", text)
    assert not erased(talker)
    assert talker.position.confirming != "delete"


@pytest.mark.parametrize("text", ["yes", "yes please", "yes delete everything", "delete it all", "ok yes"])
def test_a_plain_yes_still_deletes_everything(talker, text):
    talker.begin()("answer_yes")
    talker("delete_data", "delete my data")
    assert talker("affirm", text)[0] == "utter_deleted"


def test_an_ok_to_what_would_be_deleted_deletes_nothing(talker):
    talker.begin()("answer_yes")
    talker("delete_data", "delete my data")
    assert talker("ask_question", "what gets deleted?") == ["utter_about_deleting", "utter_ask_delete"]
    assert talker("affirm", "ok")[-1] == "utter_ask_delete"
    assert not erased(talker)


def test_delete_that_deletes_the_last_answer_alone(talker):
    talker.begin()("answer_yes")
    first = talker.position.item
    talker("no_comment")
    talker("answer_no")
    second = talker.position.item
    assert talker("delete_data", "delete that")[0] == "utter_answer_deleted"
    assert [fact.item for fact in talker.facts if isinstance(fact, AnswerErased)] == [second]
    assert first in talker.talk.answers


@pytest.mark.parametrize(("intent", "text"), [("skip", "leave it"), ("skip", "skip"), ("back", "go back"), ("no_comment", "nothing")])
def test_leaving_the_question_whether_to_delete_skips_no_question(talker, intent, text):
    talker.begin()("answer_yes")
    talker("no_comment")
    before = answers(talker)
    talker("delete_data", "delete my data")
    assert talker(intent, text)[0] == "utter_not_deleted"
    assert answers(talker) == before
    assert talker.position.confirming is None


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("deny", "just leave that"),
        ("nlu_fallback", "I just changed my mind about that"),
        ("human_help", "I want to talk to one of the team about this"),
        ("ask_question", "can I just ask something?"),
    ],
)
def test_words_that_keep_or_ask_delete_nothing_at_the_question_whether_to_delete_everything(talker, intent, text):
    talker.begin()("answer_yes")
    talker("no_comment")
    talker("delete_data", "delete my data")
    talker(intent, text)
    assert not [fact for fact in talker.facts if isinstance(fact, AnswerErased)]
    assert not erased(talker)


def test_everything_can_be_asked_for_at_the_list_of_answers(talker):
    talker.begin()("answer_yes")
    talker("no_comment")
    talker("delete_data", "delete one of my answers")
    assert talker("delete_data", "no, delete everything")[-1] == "utter_ask_delete"


# ── coming back another day ──


def test_a_question_whether_to_delete_is_not_left_open_for_another_day(talker, library):
    talker.begin()("answer_yes")
    talker("delete_data", "delete my data")
    talker.outcome = returned(talker.talk, library)
    talker.talk = talker.outcome.talk
    talker("affirm", "yes")
    assert not erased(talker)


def test_what_was_asked_on_another_device_is_another_question_after_coming_back(talker, library):
    talker.begin()("answer_yes")
    talker("delete_data", "delete my data")
    before = talker.position.question_no
    assert returned(talker.talk, library).talk.position.question_no == before + 1


def test_an_ok_to_the_summary_of_last_time_rates_nothing(talker, library):
    talker.begin()("answer_yes")
    talker("no_comment")
    before = answers(talker)
    talker.talk = returned(talker.talk, library).talk
    assert talker("affirm", "ok")[-1] == "utter_ask_item"
    assert answers(talker) == before


# ── which answer ──


def two_stages(talker: Talker) -> list[str]:
    """Items answered: two of before, then two of during, in that order."""
    talker.begin()
    items = []
    for _ in range(2):
        items.append(talker.position.item)
        talker("answer_yes")
        talker("no_comment")
    talker("start_during", "go on to during")
    talker("choose_quick")
    for _ in range(2):
        items.append(talker.position.item)
        talker("answer_no")
        talker("no_comment")
    return items


def test_the_first_one_is_the_first_of_the_list_that_is_shown(talker):
    items = two_stages(talker)
    assert talker("delete_data", "delete one of my answers")[-1] == "utter_ask_which_to_delete"
    shown = [choice.entities["item"] for choice in talker.outcome.says[-1].choices if "item" in choice.entities]
    talker("nlu_fallback", "the first one")
    assert [fact.item for fact in talker.facts if isinstance(fact, AnswerErased)] == [shown[0]] == [items[0]]


def test_the_first_one_to_change_is_the_first_of_the_list_that_is_shown(talker):
    two_stages(talker)
    assert talker("change_answer", "change an answer")[-1] == "utter_ask_which_answer"
    shown = [choice.entities["item"] for choice in talker.outcome.says[-1].choices if "item" in choice.entities]
    talker("change_answer", "the first one")
    assert talker.position.item == shown[0]


def test_the_last_one_is_the_latest_answer_wherever_the_list_shows_it(talker):
    items = two_stages(talker)
    talker("change_answer", "change an answer")
    talker("nlu_fallback", "the last one", 0.3)
    assert talker.position.item == items[-1]


def test_words_to_delete_are_found_by_what_they_speak_of_and_never_kept_again(talker):
    talker.begin()("answer_no")
    talker("add_comment", "my neighbour told them about my illness")
    second = talker.position.item
    talker("answer_yes")
    talker("add_comment", "the room was lovely and warm")
    talker("delete_data", "delete some of my words")
    before = answers(talker)
    said = talker("change_answer", "the one about my neighbour", 0.7)
    assert said[0] == "utter_words_deleted"
    assert answers(talker) == before
    assert talker.talk.answers[second].comment == "the room was lovely and warm"


def test_words_that_name_no_answer_are_asked_about_again_and_not_kept(talker):
    talker.begin()("answer_no")
    talker("no_comment")
    talker("delete_data", "delete one of my answers")
    before = answers(talker)
    assert talker("nlu_fallback", "the thing with the biscuits", 0.2)[-1] == "utter_ask_which_to_delete"
    assert answers(talker) == before


# ── who may read ──


@pytest.mark.parametrize("text", ["keep it", "keep them", "keep it to me", "keep it to myself please"])
def test_keep_it_at_the_question_who_may_read_keeps_it_to_oneself(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(step=Step.SHARE_WORDS)
    assert talker("consent_yes", text, 0.95)[0] == "utter_words_not_shared"


@pytest.mark.parametrize("text", ["keep going", "keep on"])
def test_keep_going_at_the_question_who_may_read_is_no_no(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(step=Step.SHARE_WORDS)
    assert "utter_words_not_shared" not in talker("resume", text)
    assert talker.talk.share_words is None


# ── after a support message ──


@pytest.mark.parametrize(("intent", "text"), [("skip", "leave it"), ("skip", "leave it there for now"), ("no_comment", "no more")])
def test_leaving_it_there_after_a_support_message_pauses(talker, intent, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    talker(intent, text)
    assert talker.position.step is Step.PAUSED
    assert answers(talker) == []


@pytest.mark.parametrize(
    ("intent", "text"),
    [("nlu_fallback", "my sister is on her way"), ("add_comment", "it has been a long week"), ("role_carer", "my daughter rang me")],
)
def test_words_after_a_support_message_are_not_put_on_the_checklist(talker, intent, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    assert talker(intent, text, 0.6) == ["utter_ask_carry_on"]
    assert answers(talker) == []
    assert talker.position.support


# ── remarks about the world ──


@pytest.mark.parametrize("text", ["This needs to be in place", "It should have been in place", "it should be in place by now"])
def test_what_should_be_in_place_turns_no_answer_round(talker, text):
    talker.begin()("answer_no")
    talker("add_comment", text)
    assert answers(talker)[-1][2] == text
    assert [rating for _, rating, _ in answers(talker) if rating] == [Rating.NOT_YET]


@pytest.mark.parametrize(
    "text",
    ["It's not right because nobody asked us", "That's wrong because carers give up their day",
     "I didn't say it at the time because I was scared", "I never said it out loud to anyone"],
)  # fmt: skip
def test_a_reason_given_in_a_comment_is_no_complaint_about_the_bot(talker, text):
    talker.begin()("answer_no")
    first = talker.position.item
    talker("add_comment", text)
    assert answers(talker)[-1] == (first, None, text)


@pytest.mark.parametrize("text", ["that's wrong", "I never said that", "that is not what I said", "no, I said partly"])
def test_a_complaint_about_the_bot_is_still_heard(talker, text):
    talker.begin()("answer_no")
    talker("add_comment", text)
    assert all(comment is None for _, _, comment in answers(talker))


# ── "ok", "I'd rather not", "nothing in writing" ──


@pytest.mark.parametrize(
    ("asked", "text"), [("explain_why", "why?"), ("give_example", "can you give me an example"), ("progress", "how far am I")]
)
def test_an_ok_to_something_said_about_a_question_rates_nothing(talker, asked, text):
    talker.begin()
    talker(asked, text)
    assert talker("affirm", "ok")[-1] == "utter_ask_item"
    assert answers(talker) == []
    assert talker("affirm", "yes")[0] == "utter_noted"


@pytest.mark.parametrize("text", ["I'd rather not", "no I'd rather not say", "I don't want to", "prefer not to answer that", "pass"])
def test_somebody_who_would_rather_not_answer_has_not_said_not_yet(talker, text):
    talker.begin()
    first = talker.position.item
    assert talker("deny", text)[0] == "utter_skipped"
    assert answers(talker) == [(first, Rating.SKIPPED, None)]


@pytest.mark.parametrize(
    "text", ["yeah sort of, nobody told us til the day", "yeah ish, they rang me once", "yep - kinda", "Yes, half. The rest is to come"]
)
@pytest.mark.parametrize("sure", [0.7, 0.95])
def test_half_a_yes_is_partly(talker, text, sure):
    talker.begin()
    first = talker.position.item
    assert talker("answer_yes", text, sure)[0].startswith("utter_noted")
    assert [(item, rating) for item, rating, _ in answers(talker)] == [(first, Rating.PARTLY)]


@pytest.mark.parametrize(("intent", "text"), [("answer_yes", "yeah kind of"), ("answer_partly", "yeah kinda"), ("answer_unsure", "dunno")])
def test_neither_yes_nor_no_to_deleting_is_asked_again_and_no_rating_of_the_question_behind(talker, intent, text):
    talker.begin()
    asked = talker("delete_data", "delete everything")
    assert talker(intent, text, 0.95) == asked[-1:]
    assert talker.position.confirming == "delete" and answers(talker) == []


@pytest.mark.parametrize("text", ["yes, I think half the group came to that", "yes we did", "yeah a lot of it"])
def test_a_whole_yes_stays_one(talker, text):
    talker.begin()
    talker("answer_yes", text, 0.95)
    assert [rating for _, rating, _ in answers(talker)] == [Rating.YES]


@pytest.mark.parametrize("text", ["im fine", "I'm ok thanks", "no i'm good ta"])
def test_somebody_who_is_fine_has_answered_nothing(talker, text):
    talker.begin()
    assert talker("deny", text)[-1] == "utter_ask_item"
    assert answers(talker) == []


def test_no_leave_it_at_a_question_is_no_not_yet(talker):
    talker.begin()
    assert talker("deny", "no leave it")[0] == "utter_skipped"


def test_nothing_in_writing_is_a_comment_where_one_is_asked_for(talker):
    talker.begin()("answer_no")
    first = talker.position.item
    talker("consent_no", "nothing in writing", 0.95)
    assert answers(talker)[-1] == (first, None, "nothing in writing")


def test_stop_keeping_said_again_is_no_no_to_deleting(talker):
    talker.begin()("answer_yes")
    talker("consent_no", "stop keeping what I say")
    assert talker("consent_no", "stop keeping what I say") == ["utter_about_stopping", "utter_ask_delete"]


def test_nothing_in_writing_is_said_of_the_question_and_not_of_keeping(talker):
    talker.begin()
    first = talker.position.item
    assert talker("consent_no", "nothing in writing", 0.8)[0] == "utter_comment_kept_rate"
    assert answers(talker) == [(first, None, "nothing in writing")]


@pytest.mark.parametrize("text", ["don't write it down", "don't write any of this down", "withdraw consent"])
def test_taking_consent_back_in_mid_walk_is_no_comment(talker, text):
    talker.begin()("answer_yes")
    talker("no_comment")
    before = answers(talker)
    assert talker("consent_no", text, 0.9) == ["utter_about_stopping", "utter_ask_delete"]
    assert answers(talker) == before


def test_stopping_to_keep_says_what_a_no_would_mean(talker):
    talker.begin()("answer_yes")
    assert talker("consent_no", "stop keeping what I say") == ["utter_about_stopping", "utter_ask_delete"]


# ── replies that ask something themselves ──


@pytest.mark.parametrize(("intent", "text"), [("answer_unsure", "I don't know"), ("deny", "no"), ("answer_no", "not really")])
def test_what_is_said_to_what_would_help_rates_nothing(talker, intent, text):
    talker.begin()
    assert talker("frustrated", "this is useless") == ["utter_frustrated"]
    assert talker(intent, text)[-1] == "utter_ask_item"
    assert answers(talker) == []
    assert talker(intent, text)[0] != "utter_where_we_were", "the next one is an answer again"


def test_a_sentence_said_to_what_would_help_is_no_rating_either(talker):
    talker.begin()("frustrated", "this is useless")
    assert talker("answer_unsure", "I don't know what to do with all of this any more", 0.95) == ["utter_help", "utter_ask_item"]
    assert answers(talker) == []


def test_no_never_mind_to_the_box_for_a_comment_rates_nothing(talker):
    talker.begin()
    assert talker("add_comment", "can I add something") == ["utter_go_ahead_comment"]
    talker("answer_no", "no, never mind")
    assert answers(talker) == []


@pytest.mark.parametrize("text", ["no one listened", "stop using jargon", "no lift there"])
def test_short_words_asked_for_are_kept_whatever_they_begin_with(talker, text):
    talker.begin()("answer_yes")
    first = talker.position.item
    assert talker("affirm", "yes") == ["utter_go_ahead_comment"]
    talker("nlu_fallback", text, 0.3)
    assert answers(talker)[-1] == (first, None, text)


def test_a_remark_asked_for_is_kept_even_where_it_could_be_a_rating(talker):
    talker.begin()
    first = talker.position.item
    talker("add_comment", "can I add something")
    talker("answer_no", "nobody has told us anything about it", 0.95)
    assert answers(talker) == [(first, None, "nobody has told us anything about it")]


# ── reflections ──


@pytest.mark.parametrize("text", ["nothing", "nothing really", "not a lot to be honest"])
def test_nothing_is_an_honest_answer_to_a_prompt(talker, text):
    talker.begin()
    talker("reflect")
    talker("pick", reflect="guided")
    prompt = talker.position.prompt
    assert prompt
    assert talker("no_comment", text)[0] == "utter_prompt_kept"
    assert [(f.prompt, f.text) for f in talker.facts if isinstance(f, ReflectionRecorded)] == [(prompt, text)]


@pytest.mark.parametrize("text", ["It was not easy to speak up", "The chair was lovely to me afterwards"])
def test_a_second_sentence_at_the_question_who_may_read_it_is_kept_with_the_first(talker, text):
    talker.begin()
    talker("reflect")
    talker("add_comment", "I liked the tea and the company")
    assert talker.position.step is Step.SHARE_REFLECTION
    talker("nlu_fallback", text, 0.3, message_id="second")
    assert [f.text for f in talker.facts if isinstance(f, ReflectionRecorded)][-1] == text
    assert not any(isinstance(f, ReflectionsShared) for f in talker.facts)
    assert talker.position.step is Step.SHARE_REFLECTION


@pytest.mark.parametrize("text", ["let me think about it first", "I would rather not say please"])
def test_who_may_read_it_put_off_is_no_more_of_the_reflection(talker, text):
    talker.begin()
    talker("reflect")
    talker("add_comment", "I liked the tea and the company")
    talker("nlu_fallback", text, 0.3, message_id="second")
    assert [f.text for f in talker.facts if isinstance(f, ReflectionRecorded)] == ["I liked the tea and the company"]


# ── loops, and free text that is none ──


def test_in_simple_words_no_to_has_your_group_met_leads_to_before(talker):
    in_simple_words(talker)
    talker("consent_yes")
    talker("role_carer")
    assert talker.position.step is Step.STAGE
    assert talker("affirm", "yes")[0] == "utter_simple_stage"
    assert talker("answer_no", "not yet")[-1] == "utter_ask_depth"
    assert talker.position.stage == "before"


def test_somebody_who_ends_everything_with_dots_is_not_stuck_on_one_question(talker):
    talker.begin()("answer_partly")
    first = talker.position.item
    talker("add_comment", "they told us a bit...")
    talker("answer_no", "not yet they have not...", 0.95)
    second = next(f.item for f in reversed(talker.facts) if isinstance(f, AnswerRecorded) and f.rating)
    assert second != first


def test_half_a_sentence_of_few_words_still_waits_for_the_rest(talker):
    talker.begin()("answer_partly")
    first = talker.position.item
    talker("add_comment", "it was...")
    talker("nlu_fallback", "a bit rushed", 0.3)
    assert answers(talker)[-1] == (first, None, "it was...\na bit rushed")


def test_not_sure_is_no_next_step(talker):
    talker.begin()
    talker("add_next_step")
    talker("answer_unsure", "not sure")
    assert talker.talk.next_steps == {}
    assert talker.position.step is Step.ITEM


def test_going_back_from_when_asks_who_again(talker):
    talker.begin()
    talker("add_next_step")
    talker("nlu_fallback", "book the room", 0.3)
    talker("pick", who="me")
    assert talker.position.step is Step.STEP_WHEN
    assert talker("back", "go back")[0] == "utter_went_back"
    assert talker.position.step is Step.STEP_WHO
    assert talker("back", "go back")[0] == "utter_no_earlier"
    assert talker.position.step is Step.STEP_WHO


def test_hello_another_day_is_no_comment(talker):
    talker.begin()("answer_yes")
    assert talker("greet", "hello")[0] == "utter_greet"
    assert all(comment is None for _, _, comment in answers(talker))
