"""Putting an answer right: nothing that is said of one answer is taken for another, and what is noted was said."""

from __future__ import annotations

import pytest

from facilitator.conversation.corrections import (
    asks_for_own_words,
    correction,
    objects,
    wants_part_deleted,
    wants_reflection_deleted,
    wants_step_deleted,
)
from facilitator.conversation.options import plainly_says_who
from facilitator.conversation.outright import asks_who_reads, means_it
from facilitator.conversation.turn import (
    AnswerErased,
    AnswerRecorded,
    AnswersErased,
    FlagRaised,
    ReflectionsShared,
    RequestForgotten,
    WrittenErased,
)
from facilitator.safety.kinds import SafetyKind
from facilitator.vocabulary import FlagKind, Rating, Role, Step, VisibleTo
from tests.talker import Talker


@pytest.fixture
def talker(library) -> Talker:
    return Talker(library)


def walked(talker: Talker, *ratings: str) -> list[str]:
    """Answer the first questions of the short walk, each without a comment; the items, in order."""
    talker.begin()
    items = []
    for rating in ratings or ("answer_yes", "answer_yes"):
        items.append(talker.position.item)
        talker(rating)
        talker("no_comment")
    return items


# ── reading ──


@pytest.mark.parametrize(
    ("text", "rating", "what"),
    [
        ("change trust and honesty to partly, we didn't share the report", Rating.PARTLY, "trust and honesty"),
        ("the second one should be no", Rating.NOT_YET, "the second one"),
        ("q1 shd be partly", Rating.PARTLY, "q1"),
        ("and trust and honesty = partly", Rating.PARTLY, "trust and honesty"),
        ("make it a yes", Rating.YES, "it"),
        ("no i said no they wont act on it", Rating.NOT_YET, ""),
        ("thats wrong i said partly", Rating.PARTLY, ""),
        ("I meant not sure", Rating.NOT_SURE, ""),
        ("please mark that as n/a", Rating.NOT_APPLICABLE, "that"),
    ],
)
def test_what_an_answer_should_be_is_read_from_plain_words(text, rating, what):
    found = correction(text)
    assert found is not None and (found.rating, found.what) == (rating, what)


@pytest.mark.parametrize(
    "text", ["we should be paid", "change the room to the library", "I said they talked", "they put a stop to it", "no"]
)
def test_what_happens_in_the_world_is_no_correction(text):
    assert correction(text) is None
    assert not objects(text)


@pytest.mark.parametrize(
    "text",
    [
        "that's wrong",
        "No. I did not say yes. I said they talked.",
        "You put yes for how you work together. I never said yes.",
        "That is the exact opposite of what I said",
        "That is not what I said - I said broadly yes",
        "thats wrong, that was about the leaders, i know what its for",
        "no not that. i say doctor know",
        "you misunderstood me",
    ],
)
def test_an_objection_to_what_was_noted_is_heard(text):
    assert objects(text)


@pytest.mark.parametrize(
    "text", ["it was wrong of them", "that was wrong and they said sorry", "you put people at ease", "I never said a word"]
)
def test_a_story_is_no_objection(text):
    assert not objects(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("delete my first answer only", True),
        ("Get rid of what you put for the first one", True),
        ("Delete what I typed about the leaflet", True),
        ("can you take out the bit about my illness", True),
        ("delete everything", False),
        ("delete all my answers", False),
        ("delete everything I said about the first one and the rest", False),
        ("delete my data", False),
        ("They should remove the first ten minutes of the meeting", False),
        ("Get rid of that part with the ice-breaker", False),
        ("No, keep everything", False),
    ],
)
def test_one_thing_to_delete_is_told_from_all(text, part):
    assert wants_part_deleted(text) is part


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("what did i write on the leaders one, my words", True),
        ("see my words", True),
        ("can i see what words you kept", True),
        ("let coordinators read what I wrote", False),
        ("I don't want coordinators to read my words any more", False),
        ("what you write", False),
    ],
)
def test_asking_for_ones_own_words_is_told_from_sharing_them(text, asked):
    assert asks_for_own_words(text) is asked


@pytest.mark.parametrize(
    "text",
    [
        "I mean, no one ever asked us",
        "I said no when they asked me to chair",
        "This should be part of every meeting",
        "Change it to half an hour",
        "There should be no jargon",
        "It's wrong that carers aren't paid",
        "I want it noted that nobody asked",
        "You got it right",
        "It's the complete opposite here",
        "What I wrote on the form was ignored",
        "Remove the steps at the entrance",
        "What I take away is that we need time for reflection",
    ],
)
def test_what_is_said_of_the_world_is_about_no_answer(text):
    assert correction(text) is None and not objects(text)
    assert not wants_part_deleted(text) and not wants_step_deleted(text) and not wants_reflection_deleted(text)
    assert not asks_for_own_words(text)


@pytest.mark.parametrize(
    "text", ["delete my answer", "that's wrong i said no", "show me my words", "delete the next step", "change it to no"]
)
def test_a_message_of_more_than_forty_words_is_none_of_these(text):
    """It tells something; and no rule can run away on it."""
    rules = (correction, objects, wants_part_deleted, wants_step_deleted, wants_reflection_deleted, asks_for_own_words)
    assert any(rule(text) for rule in rules)
    long = text + " because" + " of the bus" * 14
    assert not any(rule(long) for rule in rules)


# ── what comes of it ──


def test_an_objection_opens_the_last_answer_and_rates_nothing_else(talker):
    _, second = walked(talker)
    before = dict(talker.talk.answers)
    assert talker("answer_no", "that's wrong", 0.95) == ["utter_noted_wrongly", "utter_changing", "utter_ask_item_again"]
    assert talker.position.item == second
    assert dict(talker.talk.answers) == before
    talker("answer_partly")
    talker("no_comment")
    assert talker.talk.answers[second].rating is Rating.PARTLY


def test_saying_what_it_should_be_puts_it_right_at_once_and_the_question_in_hand_stays(talker):
    first, second = walked(talker)
    here = talker.position.item
    short = talker.library.checklists.item(first).short
    assert talker("answer_yes", f"change {short} to partly, we never agreed it", 0.95) == ["utter_put_right", "utter_ask_item"]
    assert (talker.talk.answers[first].rating, talker.talk.answers[second].rating) == (Rating.PARTLY, Rating.YES)
    assert talker.position.item == here and here not in talker.talk.answers
    assert talker("answer_no", "no I said no", 0.95)[0] == "utter_put_right"
    assert talker.talk.answers[second].rating is Rating.NOT_YET


def test_a_comment_stays_with_the_answer_that_is_put_right(talker):
    talker.begin()
    item = talker.position.item
    talker("answer_yes", "yes, we all sat down with it and went through it", 0.95)
    talker("change_answer", "that should be partly")
    assert talker.talk.answers[item].rating is Rating.PARTLY
    assert talker.talk.answers[item].comment.startswith("yes, we all")


def test_what_names_an_answer_that_is_not_there_is_asked_about(talker):
    walked(talker)
    assert talker("answer_yes", "change the biscuits to no", 0.95) == ["utter_ask_which_answer"]


def test_a_rating_typed_at_which_answer_rates_nothing(talker):
    walked(talker)
    here, facts = talker.position.item, len(talker.facts)
    talker("change_answer", "change an answer")
    assert talker("answer_partly", "partly") == ["utter_ask_which_answer"]
    assert talker("answer_partly", "q1 should be partly") == ["utter_put_right", "utter_ask_item"]
    assert talker.position.item == here and len(talker.facts) == facts + 1


def test_before_anything_is_answered_an_objection_is_what_it_is_at_the_question(talker):
    talker.begin()
    assert talker("answer_no", "that's wrong", 0.95)[0] != "utter_noted_wrongly"


def test_one_answer_is_deleted_with_its_words_and_the_others_stay(talker):
    first, second = walked(talker)
    here = talker.position.item
    assert talker("delete_data", "delete my first answer only")[0] == "utter_answer_deleted"
    assert first not in talker.talk.answers and second in talker.talk.answers
    assert [fact.item for fact in talker.facts if isinstance(fact, AnswerErased)] == [first]
    assert talker.position.item == here


def test_which_to_delete_is_asked_and_can_be_left(talker):
    walked(talker)
    assert talker("delete_data", "take out the bit about my illness") == ["utter_ask_which_to_delete"]
    assert talker("deny", "no, leave it") == ["utter_not_deleted", "utter_where_we_were", "utter_ask_item"]
    assert not [fact for fact in talker.facts if isinstance(fact, AnswerErased)]


def test_only_the_first_one_said_at_delete_everything_deletes_that(talker):
    first, second = walked(talker)
    talker("delete_data", "delete everything")
    assert talker("answer_no", "Are you deaf? Only the first one!", 0.5)[0] == "utter_answer_deleted"
    assert set(talker.talk.answers) == {second} and first not in talker.talk.answers


def test_who_reads_is_answered_at_delete_everything_and_the_question_stands(talker):
    walked(talker)
    talker("delete_data", "delete everything")
    assert talker("ask_who_sees", "Who reads these answers?")[-1] == "utter_ask_delete"


def test_ones_own_words_can_be_seen(talker):
    talker.begin()
    assert talker("summary", "show me my words")[0] == "utter_no_words_kept"
    item = talker.position.item
    talker("answer_yes", "yes, we all sat down with it and went through it", 0.95)
    talker("summary", "what did I write")
    assert talker.outcome.says[0].response == "utter_your_words"
    assert talker.outcome.says[0].values["worded"] == [item]


# ── nothing is noted that was not said ──


@pytest.mark.parametrize("text", ["my dad always said follow the money", "two of us turned up with the same talk"])
def test_a_rating_that_is_not_sure_is_kept_in_words_and_asked_for(talker, text):
    talker.begin()
    assert talker("answer_yes", text, 0.8) == ["utter_comment_kept_rate", "utter_ask_item"]
    assert [fact.rating for fact in talker.facts if isinstance(fact, AnswerRecorded)] == [None]


def test_a_short_answer_needs_less(talker):
    talker.begin()
    assert talker("answer_partly", "sort of, yeah", 0.7)[0] == "utter_noted"
    assert talker("no_comment")[-1] == "utter_ask_item"
    assert talker("answer_unsure", "doctor maybe", 0.3)[0] == "utter_comment_kept_rate"


@pytest.mark.parametrize(("text", "kept"), [("ok", True), ("right", True), ("I see", None)])
def test_an_ok_to_an_explanation_gives_no_consent(talker, text, kept):
    talker("explain_why", "why do you want to keep it?")
    assert talker("affirm", text) == ["utter_ask_consent"]
    assert talker.talk.kept is None
    talker("affirm", text)
    assert talker.talk.kept is kept


def test_an_ok_to_the_question_itself_is_a_yes(talker):
    talker("affirm", "ok")
    assert talker.talk.kept is True


# ── at the lists ──


@pytest.mark.parametrize("text", ["[name], our programme manager, will do it.", "my sister will", "Priya can do it"])
def test_somebody_named_leaves_a_next_step_open(talker, text):
    talker.begin()
    talker("add_next_step", "next step: book the room")
    assert talker("nlu_fallback", text, 0.3) == ["utter_step_who_open", "utter_ask_step_when"]


@pytest.mark.parametrize("text", ["me. by friday", "I will do it by next Tuesday", "the staff, in 3 weeks"])
def test_who_and_when_can_be_said_together(talker, text):
    talker.begin()
    talker("add_next_step", "next step: book the room")
    assert plainly_says_who(text)
    assert talker("nlu_fallback", text, 0.3)[0] == "utter_step_kept"
    [step] = talker.talk.next_steps.values()
    assert step.who in ("me", Role.STAFF) and step.due_on is not None


@pytest.mark.parametrize("text", ["co-design, realistically", "skip the ladder"])
def test_the_ladder_is_no_trap(talker, text):
    talker.begin()
    talker("ladder", "the ladder please")
    talker("nlu_fallback", text, 0.3)
    assert talker.position.step is not Step.LADDER_STANDS


def test_at_who_may_read_it_nothing_is_taken_for_consent(talker):
    talker.begin()
    talker("reflect", "write a reflection")
    talker("nlu_fallback", "it was all a bit loud", 0.3)
    assert talker("consent_yes", "the lot of them can see that one", 0.9) == ["utter_pick_one", "utter_ask_visible"]


def test_a_sure_command_leads_out_of_a_list(talker):
    talker.begin()
    talker("answer_yes")
    talker("no_comment")
    talker("ladder", "the ladder please")
    assert "utter_summary" in talker("summary", "summary of everything", 0.8)


@pytest.mark.parametrize(
    "text",
    ["What does 'keep' mean here? Who exactly can read my words?", "would the nurse find out that I wrote that?", "who gets that note?"],
)
def test_who_reads_is_answered_whatever_it_was_taken_for(talker, text):
    assert "utter_who_sees_before" in talker("ask_question", text, 0.7)


@pytest.mark.parametrize(
    ("text", "item"),
    [("the bad news one should be no", "during-trust"), ("change my mind about the equal one", "during-equality")],
)
def test_an_answer_is_found_by_the_words_of_its_question(talker, text, item):
    talker.begin(stage="during", depth="full")
    for _ in range(8):
        talker("answer_yes")
        talker("no_comment")
    talker("change_answer", text)
    assert item in (
        talker.position.item,
        *(fact.item for fact in talker.facts if isinstance(fact, AnswerRecorded) and fact.rating != "yes"),
    )


def test_words_alone_can_be_deleted_and_the_rating_stays(talker):
    talker.begin()
    item = talker.position.item
    talker("answer_partly", "partly, the nurse told us some of it but not all", 0.95)
    assert talker("delete_data", "take out the sentence about the nurse")[0] == "utter_words_deleted"
    assert (talker.talk.answers[item].rating, talker.talk.answers[item].comment) == (Rating.PARTLY, None)


def test_a_next_step_is_deleted_by_what_it_is_about(talker):
    talker.begin()
    for what in ("book the room", "ask for the bus money"):
        talker("add_next_step", f"next step: {what}", message_id=what)
        talker("skip")
        talker("skip")
    assert talker("delete_data", "delete the next step about the room")[0] == "utter_step_deleted"
    assert [step.what for step in talker.talk.next_steps.values()] == ["ask for the bus money"]
    assert [fact.id for fact in talker.facts if isinstance(fact, WrittenErased)] == ["book the room"]


def test_the_last_reflection_is_deleted_and_not_kept_as_another(talker):
    talker.begin()
    talker("reflect", "write a reflection")
    talker("nlu_fallback", "it was all a bit loud", 0.3)
    assert talker.position.step is Step.SHARE_REFLECTION
    assert talker("nlu_fallback", "delete that last reflecton it was a mistake", 0.3)[0] == "utter_reflection_deleted"
    assert talker.talk.reflections == () and talker.position.step is Step.ITEM


def test_words_kept_without_a_rating_are_among_ones_own_words(talker):
    talker.begin()
    item = talker.position.item
    talker("answer_yes", "my dad always said follow the money", 0.6)
    talker("skip")
    talker("summary", "show me my words")
    assert talker.outcome.says[0].values["worded"] == [item]


@pytest.mark.parametrize("text", ["yes", "Leave them.", "not sure"])
def test_at_which_to_delete_nothing_is_rated(talker, text):
    walked(talker)
    talker("delete_data", "take out the bit about my illness")
    facts = len(talker.facts)
    talker("affirm" if text == "yes" else "skip" if text == "Leave them." else "answer_unsure", text)
    assert len(talker.facts) == facts and talker.position.step is Step.ITEM


@pytest.mark.parametrize(
    ("intent", "text", "noted"),
    [
        ("answer_no", "no because its always the same people who decide", True),
        ("answer_no", "no one is in the dark about their part", False),
        ("answer_partly", "sort of but it was all a bit rushed for me", True),
        ("answer_yes", "No, I kept quiet and nobody asked me by name", False),
    ],
)
def test_a_statement_that_begins_with_its_rating_has_said_it(talker, intent, text, noted):
    talker.begin()
    assert talker(intent, text, 0.7)[0] == ("utter_noted_with_comment" if noted else "utter_comment_kept_rate")


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("back", "I decided to go back to college"),
        ("back", "get bus fare back at the end"),
        ("stop", "it's chucking it down here"),
        ("pause", "Please could somebody make sure there's a break"),
        ("choose_quick", "I've got no money till Thursday"),
    ],
)
def test_what_is_told_at_a_question_is_no_way_about(talker, intent, text):
    talker.begin()("answer_yes")
    talker("no_comment")
    assert talker(intent, text, 0.8) == ["utter_comment_kept_rate", "utter_ask_item"]


@pytest.mark.parametrize(
    ("intent", "text", "step"), [("pause", "I need a rest, my head hurts", Step.PAUSED), ("back", "go back please", Step.ITEM)]
)
def test_ones_own_rest_and_known_ways_about_are_heard(talker, intent, text, step):
    talker.begin()("answer_yes")
    talker("no_comment")
    assert "utter_comment_kept_rate" not in talker(intent, text, 0.8)
    assert talker.position.step is step


@pytest.mark.parametrize(("intent", "text"), [("stop", "sorry gotta run"), ("start_after", "the activity has happened now")])
def test_leaving_and_another_stage_need_no_known_words(talker, intent, text):
    talker.begin()
    assert "utter_comment_kept_rate" not in talker(intent, text, 0.95)


def test_not_applicable_is_no_half_sentence(talker):
    talker.begin()
    assert talker("answer_not_applicable", "n/a", 0.99)[0] == "utter_noted"


def test_half_an_answer_waits_for_the_rest(talker):
    talker.begin()
    item = talker.position.item
    assert talker("answer_partly", "sort of the", 0.8)[0] == "utter_comment_kept_rate"
    talker("nlu_fallback", "waitng times thing", 0.3)
    assert talker.position.item == item
    assert talker.talk.answers[item].comment == "sort of the\nwaitng times thing"


@pytest.mark.parametrize("text", ["back to during, where was I", "go on to the during questions"])
def test_a_stage_asked_for_is_gone_to(talker, text):
    talker.begin()
    talker("back", text, 0.8)
    assert talker.position.stage == "during"


@pytest.mark.parametrize(
    "text",
    [
        "Get rid of that one step by the door",
        "Take out the long words that nobody understands",
        "It should be in place but it isn't",
        "This should be yes but nobody does it",
        "I said no but they did it anyway",
        "Make it half because two hours is too long",
        "I want to take away clear next steps",
        "Get rid of the reflection at the end, people were tired",
    ],
)
def test_more_that_is_said_of_the_world_changes_no_answer(talker, text):
    walked(talker)
    talker("add_next_step", "next step: book the room")
    talker("skip")
    talker("skip")
    before, steps = dict(talker.talk.answers), dict(talker.talk.next_steps)
    talker("nlu_fallback", text, 0.3)
    assert {item: talker.talk.answers[item] for item in before} == before
    assert dict(talker.talk.next_steps) == steps


def test_what_fits_may_be_said_as_what_was_meant(talker):
    first, *_ = walked(talker)
    here = talker.position.item
    talker("answer_yes", "my dad always said follow the money", 0.6)
    assert talker("answer_yes", "I meant yes", 0.9)[0] == "utter_noted_with_comment"
    assert (talker.talk.answers[here].rating, talker.talk.answers[first].rating) == (Rating.YES, Rating.YES)


def test_words_asked_about_without_a_name_are_picked_and_the_rating_stays(talker):
    talker.begin()
    item = talker.position.item
    talker("answer_partly", "partly, the nurse told us some of it but not all", 0.95)
    assert talker("delete_data", "delete my comment about the bus") == ["utter_ask_which_words"]
    assert [fact for fact in talker.facts if isinstance(fact, RequestForgotten)]
    talker("delete_data", item=item)
    assert (talker.talk.answers[item].rating, talker.talk.answers[item].comment) == (Rating.PARTLY, None)


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("delete_data", "I don't want to delete anything"),
        ("delete_data", "I never asked to delete it"),
        ("answer_yes", "it has all been fine so far"),
    ],
)
def test_only_a_plain_yes_deletes_everything(talker, intent, text):
    walked(talker)
    talker("delete_data", "delete everything")
    talker(intent, text, 0.9)
    assert talker.talk.answers and not [fact for fact in talker.facts if isinstance(fact, AnswersErased)]


@pytest.mark.parametrize("intent", ["answer_yes", "affirm", "consent_yes"])
def test_a_story_at_a_sharing_question_is_no_consent(talker, intent):
    walked(talker, *["answer_yes"] * 5)
    assert talker.position.step is Step.SHARE_WORDS
    assert talker(intent, "Everyone felt listened to", 0.5) == ["utter_ask_share_words"]
    assert talker.talk.share_words is None
    talker(intent, "yes let them read it", 0.5)
    assert talker.talk.share_words is True


def test_what_is_not_to_be_shared_is_not_shared(talker):
    talker.begin()
    talker("reflect", "write a reflection")
    talker("nlu_fallback", "it was all a bit loud", 0.3)
    talker("nlu_fallback", "Don't share it with everyone", 0.3)
    assert talker.position.step is Step.ITEM
    assert not [fact for fact in talker.facts if isinstance(fact, ReflectionsShared) and fact.visible_to is not VisibleTo.ME]


def test_who_will_not_do_it_is_not_given_it(talker):
    talker.begin()
    talker("add_next_step", "next step: book the room")
    talker("nlu_fallback", "not a member of staff", 0.3)
    assert [step.who for step in talker.talk.next_steps.values()] == [None]


@pytest.mark.parametrize("text", ["No, keep everything", "no, keep my answer about the leaders"])
def test_a_no_at_delete_everything_deletes_nothing(talker, text):
    walked(talker)
    before = dict(talker.talk.answers)
    talker("delete_data", "delete everything")
    talker("deny", text)
    assert dict(talker.talk.answers) == before and not [fact for fact in talker.facts if isinstance(fact, AnswerErased)]


def test_a_yes_at_delete_everything_deletes_everything(talker):
    walked(talker)
    talker("delete_data", "delete everything")
    assert talker("affirm", "yes, delete everything")[0] == "utter_deleted"


def test_at_the_comment_of_an_answer_given_again_it_is_that_one_that_is_wrong(talker):
    first, *_, last = walked(talker, "answer_yes", "answer_yes", "answer_yes")
    talker("change_answer", item=first)
    talker("answer_yes")
    talker("answer_no", "no, I said no", 0.9)
    assert (talker.talk.answers[first].rating, talker.talk.answers[last].rating) == (Rating.NOT_YET, Rating.YES)


def test_where_nothing_is_kept_nothing_is_put_right(talker):
    talker.begin(keep=False)
    talker("answer_yes")
    assert talker("answer_no", "no, I said no", 0.9)[0] == "utter_thank_you"
    assert all("rating" not in say.values for say in talker.outcome.says)


def test_a_reason_at_which_answer_rates_nothing(talker):
    walked(talker)
    talker("change_answer", "change an answer")
    facts = len(talker.facts)
    assert talker("answer_no", "no, that isn't the one I meant", 0.8) == ["utter_ask_which_answer"]
    assert len(talker.facts) == facts


@pytest.mark.parametrize(
    "text", ["What is co-production?", "nowhere near co-production", "Nobody asked me", "Give me 5 minutes", "Not 4, more like 5"]
)
def test_at_the_ladder_only_a_rung_that_is_meant_is_taken(talker, text):
    talker.begin()
    talker("ladder", "the ladder please")
    talker("nlu_fallback", text, 0.3)
    assert talker.talk.rung is None and talker.position.step is Step.LADDER_STANDS


@pytest.mark.parametrize("text", ["Who gets paid for taking part?", "who gets to decide?", "who looks after the budget?"])
def test_who_gets_paid_is_not_who_reads(text):
    assert not asks_who_reads(text)


@pytest.mark.parametrize(("text", "step"), [("4ish, maybe 5 on a good day", Step.LADDER_WANTED), ("we are 12 people", Step.LADDER_STANDS)])
def test_a_number_said_is_a_rung_and_a_count_is_not(talker, text, step):
    talker.begin()
    talker("ladder", "the ladder please")
    talker("nlu_fallback", text, 0.3)
    assert talker.position.step is step


@pytest.mark.parametrize("text", ["that's all thanks", "done, ta", "I have nothing further, thank you."])
def test_an_aside_ends_when_it_is_said_to(talker, text):
    talker.begin()
    talker("ladder", "the ladder please")
    talker("nlu_fallback", text, 0.3)
    assert talker.position.step is Step.ITEM


def test_that_is_all_at_a_question_pauses_and_a_bare_done_is_an_answer(talker):
    talker.begin()
    assert talker("answer_yes", "done", 0.7)[0] == "utter_noted"
    talker("no_comment")
    talker("no_comment", "I have nothing further, thank you.")
    assert talker.position.step is Step.PAUSED


def test_the_menu_is_where_the_stages_are(talker):
    talker.begin()
    assert talker("nlu_fallback", "main menu", 0.3)[-1] == "utter_ask_stage"


# ── after a support message that was not called for ──


@pytest.mark.parametrize(
    "text", ["What on earth? I meant the MEETING already happened. I'm not suicidal.", "im fine it was a joke", "you got me wrong"]
)
def test_somebody_who_was_read_wrongly_hears_sorry_and_goes_on(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True, support_unsure=True)
    assert talker("nlu_fallback", text, 0.3) == ["utter_misread", "utter_where_we_were", "utter_ask_item"]
    assert not talker.position.support


@pytest.mark.parametrize(
    "text",
    [
        "what is wrong with me",
        "I'm not good",
        "I don't know",
        "maybe",
        "it's no joke",
        "I'm not joking",
        "I meant it",
        "I meant every word",
        "you didn't misread me",
        "I don't need this any more",
        "they're fine, I'm not",
    ],
)
def test_anything_less_plain_leaves_the_support_message_standing(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    assert not {"utter_misread", "utter_heard_safe"} & set(talker("nlu_fallback", text, 0.3))


@pytest.mark.parametrize("text", ["I'm fine now, I'll carry on", "I am ok again", "I'm safe now"])
def test_somebody_who_is_well_again_was_not_read_wrongly(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    assert talker("resume", text, 0.9) == ["utter_where_we_were", "utter_ask_item"]
    assert not talker.position.support


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("that was meant seriously", "change_answer"),
        ("I wasn't joking", "nlu_fallback"),
        ("I meant it", "answer_yes"),
        ("you read me right", "nlu_fallback"),
        ("no, I am deadly serious", "deny"),
        ("it was meant", "nlu_fallback"),
    ],
)
def test_somebody_who_meant_it_is_heard_and_asked_nothing_new(talker, text, intent):
    talker.begin()
    talker.talk = talker.talk.at(support=True, support_kinds=(SafetyKind.CRISIS_SELF,))
    assert talker(intent, text, 0.7) == ["support_crisis_self_again", "utter_ask_carry_on"]
    assert talker.position.support
    assert [fact.kind for fact in talker.facts if isinstance(fact, FlagRaised)] == [FlagKind.CRISIS]


@pytest.mark.parametrize(
    "text",
    [
        "that was not meant seriously",
        "I didn't mean it seriously",
        "it wasn't really meant seriously",
        "I never meant it seriously",
        "I don't think I meant it",
        "that's not how it was meant",
        "I don't think you read me right",
        "I'm fine, it was a joke",
        "no, I was joking",
        "No, just kidding",
        "No, you misread me",
        "I meant it as a joke",
        "I mean it's fine",
        "I meant that the meeting is killing me",
        "I said it literally as a figure of speech",
    ],
)
def test_somebody_who_did_not_mean_it_is_not_told_that_they_did(text):
    assert not means_it(text)


@pytest.mark.parametrize(
    "text", ["I did mean it", "I'm actually serious", "deadly serious", "I'm not exaggerating", "no, I meant it", "you understood me right"]
)
def test_there_are_many_ways_to_say_that_it_was_meant(text):
    assert means_it(text)


@pytest.mark.parametrize(
    ("intent", "text", "says"),
    [
        ("human_help", "I mean it, I want to talk to a person", "utter_person"),
        ("pause", "I'm serious, leave it for now", "utter_paused"),
        ("delete_data", "I'm serious, delete everything", "utter_ask_delete"),
    ],
)
def test_somebody_who_means_a_wish_gets_it(talker, intent, text, says):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    assert says in talker(intent, text, 0.97)


@pytest.mark.parametrize("text", ["so very done with it all", "they all know how it is with me now"])
def test_after_a_support_message_words_are_no_answer_unless_they_plainly_are(talker, text):
    talker.begin()
    talker.talk = talker.talk.at(support=True)
    assert talker("answer_yes", text, 0.9) == ["utter_ask_carry_on"]
    assert talker.position.support
    assert talker("answer_yes", "yes we did that", 0.9)[0] != "utter_ask_carry_on"


# ── who somebody is ──


@pytest.mark.parametrize("text", ["My sister is a senior nurse in Leeds", "my wife works for the NHS"])
def test_somebody_elses_work_is_not_the_writers_role(talker, text):
    talker.begin()
    assert talker("role_staff", text, 0.8) == ["utter_comment_kept_rate", "utter_ask_item"]
    assert talker.talk.role is Role.SERVICE_USER
