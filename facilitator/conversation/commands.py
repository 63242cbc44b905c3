"""Whether words typed where words are asked for are meant to be kept, or meant for the bot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from facilitator.conversation.corrections import leaves_it
from facilitator.conversation.outright import is_about_keeping, is_bare_help
from facilitator.conversation.phrases import Phrases
from facilitator.conversation.reading import INTERROGATIVE, ONESELF, PLACES, asks, asks_of_others, is_bare_rating
from facilitator.conversation.turn import Turn
from facilitator.conversation.words import spaced, these, words

# An instruction or question not known word for word must be this short and this sure.
PLAIN_WORDS, ASKING_WORDS, PLAIN_CONFIDENCE = 8, 12, 0.85
SHORT_MOVE, SHORT_REST = 2, 4  # words in which nothing is told: "go back", "sorry gotta run"
CHANGE_WORDS = 15  # "I want to change my mind about the thing with the leaders"
# What people ask the bot about itself and what it holds.
_ASKED = these("ask_who_sees progress bot_challenge read_shared group_view summary explain_term next_steps ladder")
_ABOUT_A_TOPIC = frozenset({"for_staff", "for_carers", "for_leads", "tell_more", "explain_term"})
COMMANDS = frozenset(
    {
        "skip", "back", "pause", "stop", "repeat", "explain_why", "give_example", "simplify", "progress", "summary",
        "ask_who_sees", "delete_data", "download_data", "human_help", "change_answer", "change_sharing", "no_comment",
        "resume", "bot_challenge", "deny", "affirm", "goodbye", "tell_more", "for_staff", "for_carers", "for_leads",
        "explain_term", "reflect", "consent_yes", "consent_no", "add_next_step", "next_steps", "ladder", "change_name", "read_shared",
        "tell_when_answered", "group_view",
    }
)  # fmt: skip

_OF_ANY_QUESTION = COMMANDS - {"affirm", "deny", "consent_yes", "consent_no"}


def is_of_no_question(intent: str, entities: Mapping[str, Any]) -> bool:
    """Whether a choice means the same at any question: "skip" does, a yes and a choice of one item do not."""
    return intent in _OF_ANY_QUESTION and not entities


def is_command(turn: Turn, phrases: Phrases, *, topic_in_hand: bool = False) -> bool:
    """Whether a text typed where words are expected (a comment, a reflection) is for the bot instead.

    The words are kept unless they are plainly not meant to be: the classifier alone takes "more tea breaks" for a pause and "send the
    papers in large print" for a download, and is sure of it. So an instruction is known word for word, or holds nothing but the words of
    that instruction; a question to the bot has the form of one.
    """
    text, intent = turn.text, turn.intent
    if text is None or is_bare_help(text):
        return True
    if intent == "change_answer":
        return changes_an_answer(text) and len(words(text)) <= CHANGE_WORDS
    if intent == "ask_question":
        return asks(text) and not asks_of_others(text)
    if intent == "add_next_step" and ":" in text:
        text = text.partition(":")[0]  # "next step: book the room"
    if intent not in COMMANDS or advises(turn) or (intent in ("consent_yes", "consent_no") and not is_about_keeping(text)):
        return False
    if phrases.says(intent, text):
        return True
    if intent in _ABOUT_A_TOPIC and not topic_in_hand:
        return asks(text)
    if turn.confidence < PLAIN_CONFIDENCE:
        return False
    if len(words(text)) <= ASKING_WORDS and asks(text) and (intent in _ASKED or asks_for_oneself(text)):
        return True
    return len(words(text)) <= PLAIN_WORDS and (phrases.is_made_of(intent, text) or (intent == "human_help" and wants_a_person(text)))


_PAST = frozenset({"skip", "back", "no_comment"})


def goes_past(turn: Turn) -> bool:
    """Whether somebody, asked which answer or whether to delete, leaves it at that: "leave it", "skip", "go back", in few words."""
    text = turn.text or ""
    return leaves_it(text) or (turn.intent in _PAST and is_bare_rating(text))


# Ways about that are also said of the world: "I decided to go back to college", "get my bus fare back".
_MOVING = frozenset({"back", "choose_quick", "choose_full", "change_name"})
_RESTING = frozenset({"pause", "stop", "goodbye"})
_WANTS_TO_SEE = re.compile(r"\b(?:show|compare|results|figures|let me|tell me|(?:to|can i|could i) (?:see|know|view|look))\b")


def is_no_move(turn: Turn, phrases: Phrases) -> bool:
    """Whether words typed at a question were taken for a way about, and tell something instead.

    To rest, or to stop, is the writer's own: "somebody should make sure there is a break" is none of it. What the group thinks is asked
    for: "staff think differently to us" is an answer.
    """
    text, intent = turn.text, turn.intent
    if text is not None and intent == "group_view":
        return not (asks(text) or _WANTS_TO_SEE.search(spaced(text)) or phrases.says(intent, text))
    if text is None or intent not in _MOVING | _RESTING or len(words(text)) <= (SHORT_REST if intent in _RESTING else SHORT_MOVE):
        return False
    if phrases.knows(intent, text) or phrases.says(intent, text) or phrases.is_made_of(intent, text):
        return False
    return intent in _MOVING or not ONESELF & set(words(text))


def asks_for_oneself(text: str) -> bool:
    """ "Where can I get a copy of what I said", "what do you mean by that": not a request that something be done for everybody."""
    said = words(text)
    return said[:1] != [] and said[0] in INTERROGATIVE and bool({"i", "me", "my", "you"} & set(said))


def wants_a_person(text: str) -> bool:
    """ "I'd like to speak to a human being": with other words than those known, it is heard all the same."""
    said = set(words(text))
    return bool(said & ONESELF and said & {"talk", "speak"} and said & {"human", "person", "someone", "somebody"})


_CHANGED = frozenset({"answer", "answers", "mind", "said", "put", "rating"})


def changes_an_answer(text: str) -> bool:
    """ "Change my mind about the rules", "change the second one": of an answer, not of the world ("change the room")."""
    said = set(words(text))
    return bool(said & {"change", "wrong"}) and bool(said & _CHANGED or ("one" in said and said & PLACES.keys()))


# What can be done in the room as well as here: "use simple words", "give examples", "talk to the staff".
_DONE_ANYWHERE = frozenset({"simplify", "give_example", "tell_more", "human_help"})
_TELLING = these("use say write speak put give show explain tell talk ask get have stop make keep send ring find bring do let")
_TO_THE_BOT = these("i i'm im i'd me my you your this that it question please")


def advises(turn: Turn) -> bool:
    """Whether words taken for an instruction tell anybody what to do: they name neither the bot, the writer nor the question."""
    said = words(turn.text or "")
    told = turn.intent in _DONE_ANYWHERE and len(said) > 1 and said[0] in _TELLING
    return told and not set(said) & _TO_THE_BOT
