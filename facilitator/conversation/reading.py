"""Small, explainable readings of what a person typed. No model here: each rule can be read aloud."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from rapidfuzz import fuzz

from facilitator.checklist.content import Item
from facilitator.conversation.phrases import Phrases
from facilitator.conversation.turn import Turn
from facilitator.conversation.words import denies, spaced, these, words
from facilitator.vocabulary import Rating

# Longer than this, a rating in words carries more than the rating, so the words are kept as a comment too.
BARE_RATING_WORDS = 4
BARE_WHY_WORDS = 2
COMMAND_CONFIDENCE = 0.6
ITEM_NAME_MATCH = 88
# A statement is a rating when ratings together are this likely, and one of them is this much of that.
LEAST_RATING, CLEAR_RATING = 0.12, 0.6
# A rating said in a sentence is noted only when the reading is as sure as this: else the words are kept and the person says which answer
# they mean. Of statements by somebody new, more than nine in ten noted so were right (docs/decisions/0023).
SURE_CONFIDENCE, BEGUN_CONFIDENCE = 0.85, 0.4  # the second where it begins with the rating's own words: "no because …"
# A longer text tells a story, of which the classifier hears the gist, and not the "but nobody has yet" at its end: the person is asked.
STORY_WORDS = 28
RATINGS = ("answer_yes", "answer_partly", "answer_no", "answer_unsure", "answer_not_applicable")
# What a statement at a question may be taken for by mistake: questions, and things seldom said in mid-walk.
_MISTAKEN = frozenset(
    {"ask_question", "explain_term", "tell_more", "nlu_fallback", "greet", "goodbye", "thanks", "bot_challenge", "download_data"}
    | {"choose_quick", "choose_full", "choose_help_pick", "start_before", "start_during", "start_after", "consent_yes", "consent_no"}
    | {"role_service_user", "role_carer", "role_staff", "role_lead", "ladder", "next_steps", "change_name", "read_shared", "group_view"}
)

_QUESTION_START = frozenset(
    [
        "what",
        "why",
        "how",
        "who",
        "when",
        "where",
        "which",
        "whose",
        "can",
        "could",
        "will",
        "would",
        "is",
        "are",
        "do",
        "does",
        "did",
        "am",
        "was",
        "were",
        "has",
        "have",
        "may",
        "shall",
        "should",
    ]
)


def is_bare_rating(text: str) -> bool:
    """Whether a typed rating is nothing but the rating."""
    return len(words(text)) <= BARE_RATING_WORDS


def is_bare_why(text: str) -> bool:
    """ "Why?", "but why": about what was just said, not about the question being asked."""
    return len(words(text)) <= BARE_WHY_WORDS and "why" in words(text)


_WHAT = frozenset({"what", "you", "huh", "eh", "wot", "tha", "sorry", "pardon", "come", "again"})


def is_bare_what(text: str) -> bool:
    """ "What?", "eh?", "you what?": the words were not understood, so the same words again would not help."""
    found = words(text)
    return 0 < len(found) <= BARE_WHY_WORDS and set(found) <= _WHAT


_OK = frozenset(
    {"ok", "okay", "k", "oh", "ah", "right", "alright", "fine", "cool", "great", "good", "i", "see", "got", "it", "thanks", "ta"}
)


def is_bare_ok(text: str) -> bool:
    """ "OK", "I see": that something was read, which is no answer to the question that stands after it."""
    found = words(text)
    return bool(found) and set(found) <= _OK


def looks_like_question(text: str) -> bool:
    """Whether a text asks something, by its last sign or its first word."""
    found = words(text)
    return text.rstrip().endswith("?") or bool(found and found[0] in _QUESTION_START)


INTERROGATIVE = frozenset({"what", "why", "how", "who", "when", "where", "which", "whose"})
_IS = frozenset({"is", "are", "was", "were"})
_DOES = these("am do does did has have had can could will would shall should may might don't doesn't didn't can't won't isn't")
_SUBJECT = these(
    "i you he she it we they this that these those there the my your our their a an any anyone anybody someone somebody everyone everybody"
    " people staff others coordinators"
)
_HOW_MUCH = frozenset({"long", "many", "much", "often", "far", "soon"})


def is_turned_round(text: str) -> bool:
    """Whether the words stand in a question's order: "what are we waiting for", "do I get paid"; not "what we have is fine", "was good"."""
    first, *rest = words(text) or [""]
    if first in _DOES | _IS:
        return bool(rest) and rest[0] in _SUBJECT
    if first.removesuffix("s").removesuffix("'") in INTERROGATIVE and first not in INTERROGATIVE:
        return not _IS & set(rest)  # "what's that", not "what's good is the tea"
    if first not in INTERROGATIVE or not rest or rest[0] in _SUBJECT:
        return False
    if rest[0] in _IS:
        return not _IS & set(rest[1:])  # "what was it", not "what was good was the tea"
    asked_of = any(word in _DOES and following in _SUBJECT for word, following in pairwise(rest))
    return rest[0] in _DOES | _HOW_MUCH or asked_of


def asks(text: str) -> bool:
    """Whether a text is a question, by its last sign or the order of its words."""
    return text.rstrip().endswith("?") or is_turned_round(text)


_MODALS = frozenset({"can", "could", "would", "will", "should", "shall", "may", "might"})
_THEM = frozenset({"they", "them", "him", "her", "someone", "somebody", "everyone", "everybody", "people", "staff"})


def asks_of_others(text: str) -> bool:
    """Whether a text asks for something to be done by or passed on to others, and not of the bot: "can you ask them to slow down"."""
    said = words(text)
    return not text.rstrip().endswith("?") and said[:1] != [] and said[0] in _MODALS and bool(_THEM & set(said))


ONESELF = these("i i'm im i've ive my me we our us")


def tells_of_oneself(text: str) -> bool:
    """Whether a text asks nothing and tells of the writer, in more than a few words: "my mum died and I find groups hard"."""
    found = words(text)
    return len(found) > BARE_RATING_WORDS and not looks_like_question(text) and bool(ONESELF & set(found))


_OF_WORDS = frozenset(["coordinator", "coordinators", "read", "reading", "words", "wrote", "typed", "comments"])
_OF_RATINGS = frozenset(["group", "results", "result", "ratings", "rating", "scores", "count", "counted", "answers"])
_TAKING_BACK = frozenset(
    ["not", "dont", "don't", "no", "stop", "never", "without", "withdraw", "remove", "anymore", "hide", "shouldnt", "shouldn't"]
)


def sharing_named(text: str) -> str | None:
    """Which layer of sharing a text is about, `words` or `ratings`; None when it names neither, or both."""
    said = set(words(text))
    of_words, of_ratings = len(said & _OF_WORDS), len(said & _OF_RATINGS)
    return None if of_words == of_ratings else "words" if of_words > of_ratings else "ratings"


def takes_back(text: str) -> bool:
    """Whether a text about sharing says that it should not be."""
    return bool(set(words(text)) & _TAKING_BACK) and not looks_like_question(text)


def asks_after_all(turn: Turn) -> bool:
    """Whether a rating is really a question: "what are we still waiting for". An unsure one needs less of a question's form."""
    if turn.text is None or turn.intent not in RATINGS:
        return False
    found = words(turn.text)
    if len(found) > BARE_RATING_WORDS and is_turned_round(turn.text):
        return True
    if turn.confidence >= COMMAND_CONFIDENCE:
        return False
    return turn.text.rstrip().endswith("?") or (len(found) > BARE_RATING_WORDS and found[0] in INTERROGATIVE)


_SAYS_WHO = re.compile(
    r"\b(?:i'm|im|i am|i (?:do|work|use|care|look after|lead|manage|run|see|come|get|have)|i've|my role|role|me|as an?|speaking as"
    r"|put me|call me|change)\b"
)


def says_who(turn: Turn) -> bool:
    """Whether a text taken for a role says who the writer is: "I am a carer", "my role is"; not "my sister is a nurse in Leeds"."""
    return turn.text is None or _SAYS_WHO.search(spaced(turn.text)) is not None


def begins_with_no(text: str) -> bool:
    """ "No, keep them", "don't do that": at a question whether to delete, any no is a no."""
    return words(text)[:1] in (["no"], ["nope"], ["nah"], ["don't"], ["dont"], ["stop"], ["wait"])


_YES_OR_NO = frozenset(
    {"yes", "yeah", "yep", "yup", "aye", "ok", "okay", "sure", "please", "thanks", "ta", "thank", "you"}
    | {"no", "nope", "nah", "not", "really"}
)


def is_yes_or_no(text: str) -> bool:
    """Whether a text is nothing but a yes or a no."""
    found = words(text)
    return bool(found) and all(word in _YES_OR_NO for word in found)


RATING_OF = {
    "answer_yes": Rating.YES,
    "affirm": Rating.YES,
    "answer_partly": Rating.PARTLY,
    "answer_no": Rating.NOT_YET,
    "deny": Rating.NOT_YET,
    "answer_unsure": Rating.NOT_SURE,
    "answer_not_applicable": Rating.NOT_APPLICABLE,
}


def says_yes(text: str) -> bool:
    """Whether a text begins with a yes, and denies nothing: "yes please", "ok, go on", "yeah let them"."""
    return not denies(text) and (is_yes_or_no(text) or _begins_with("answer_yes", text) or words(text)[:1] in (["ok"], ["okay"], ["sure"]))


def rating_noted(turn: Turn, phrases: Phrases) -> Rating | None:
    """The rating to note for a turn at a question; None where it gives none, or none that is sure."""
    rating = RATING_OF.get(turn.intent)
    return rating if rating is not None and rates_plainly(turn, phrases) else None


def rates_plainly(turn: Turn, phrases: Phrases) -> bool:
    """Whether a rating is what was pressed, or said in so many words, or in a sentence that leaves little doubt."""
    if turn.text is None or is_yes_or_no(turn.text) or phrases.says(turn.intent, turn.text):
        return True
    begun = _begins_with(turn.intent, turn.text)
    if len(words(turn.text)) > STORY_WORDS and not begun:
        return False
    enough = BEGUN_CONFIDENCE if begun else SURE_CONFIDENCE
    if is_bare_rating(turn.text):
        enough = min(enough, COMMAND_CONFIDENCE)
    return turn.confidence >= enough


def rates_in_words(turn: Turn, phrases: Phrases) -> bool:
    """Whether a text begins with the words of the rating it was taken for, or is a known way to give it, however sure the reading is."""
    text = turn.text or ""
    return _begins_with(turn.intent, text) or phrases.says(turn.intent, text)


_YES = "yes|yeah|yea|yep|yup|aye"
_HALF = "sort of|kind of|kinda|sorta|partly|a bit|in a way|ish|half|somewhat|mostly|in part"
# A statement that begins so has said its rating: "no because it is always the same people", "sort of, but it was rushed".
_BEGINNINGS = {
    # "yeah sort of" has said something else
    "answer_yes": re.compile(rf"(?:(?:{_YES})\b(?! (?:but|and no|no|ok|well|{_HALF})\b)|(?:definitely|absolutely)\b)"),
    "answer_no": re.compile(r"(?:no(?! (?:one|body|more))|nope|nah|not yet|not really|never)\b"),
    "answer_partly": re.compile(rf"(?:(?:(?:{_YES}) )?(?:{_HALF})|yes and no|yes but)\b"),
    "answer_unsure": re.compile(r"(?:not sure|unsure|(?:i )?(?:don't|dont) know|dunno|no idea|maybe)\b"),
}
_HALF_A_YES = re.compile(rf"(?:{_YES}) (?:{_HALF})\b")


def half_a_yes(text: str) -> bool:
    """Whether a text takes half of its yes back at once: "yeah ish, they rang me"."""
    return _HALF_A_YES.match(spaced(text)) is not None


def _begins_with(intent: str, text: str) -> bool:
    """Whether a text begins with the very words of the rating it was taken for."""
    beginning = _BEGINNINGS.get(intent)
    return beginning is not None and beginning.match(spaced(text)) is not None


def rating_alone(text: str) -> str | None:
    """The intent of the rating that a text is and nothing else: "yes", "not yet", "no idea"; None where it says more, or may be two."""
    said = spaced(text)
    found = [intent for intent, beginning in _BEGINNINGS.items() if beginning.fullmatch(said)]
    return found[0] if len(found) == 1 else None


def may_be_a_rating(turn: Turn) -> bool:
    """Whether a statement taken for something else, and not surely, is rather an answer: "nobody has told us about the money"."""
    if turn.text is None or turn.intent not in _MISTAKEN or turn.confidence >= COMMAND_CONFIDENCE or looks_like_question(turn.text):
        return False
    rated = [turn.ranking.get(intent, 0.0) for intent in RATINGS]
    return sum(rated) >= LEAST_RATING and max(rated) >= CLEAR_RATING * sum(rated)


def named_items(text: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items that a text names, best first; several when the text fits several equally well."""
    scored = [(max(_name_score(text, name) for name in (item.short, *item.words)), item) for item in items]
    best = max((score for score, _ in scored), default=0.0)
    return tuple(item for score, item in scored if score >= ITEM_NAME_MATCH and score > best - 1)


# Words that many questions share, or that say nothing of which.
_SAID_OF_ANY = these(
    "answer answers about said what that this with from have been they them people change delete remove wrote typed words last first second"
    " please want should partly were your mine ours there when where which because would could really take back only still other"
)
_STEM, _LEAST_SHARED = 5, 0.5


def item_about(text: str, items: Mapping[str, str]) -> str | None:
    """The one of some items (id: all that was asked and said of it) that a text shares most rare words with; None when none stands out.

    "The bad news one", "what I put about the leaflet".
    """
    said, of = _stems(text), {item: _stems(about) for item, about in items.items()}
    rarity = {stem: 1 / sum(stem in stems for stems in of.values()) for stem in said if any(stem in stems for stems in of.values())}
    scores = sorted(((sum(rarity.get(stem, 0) for stem in said & stems), item) for item, stems in of.items()), reverse=True)
    if not scores or scores[0][0] < _LEAST_SHARED or (len(scores) > 1 and scores[0][0] < 1.5 * scores[1][0]):
        return None
    return scores[0][1]


def _stems(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in words(text) if len(word) > 3 and word not in _SAID_OF_ANY)


PLACES = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "last": -1}


_NUMBERED = re.compile(r"\b(?:q|question|number|no) ?(\d)\b")


def placed(text: str, items: Sequence[str]) -> str | None:
    """The item that a text names by its place: "the second one", "my last answer", "q1"; None when it names none, or one not there."""
    named = [PLACES[word] for word in words(text) if word in PLACES]
    named += [int(number) - 1 for number in _NUMBERED.findall(text.lower()) if number != "0"]
    if len(named) != 1 or not -len(items) <= named[0] < len(items):
        return None
    return items[named[0]]


_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CALLED_NUMBER = frozenset({"number", "option", "choice", "button", "please"})
MOST_DIGITS = 2


def number_named(text: str) -> int | None:
    """The number that a text is, to pick from a list by its place: "2", "2.", "two", "option 2"; None when it is anything else."""
    found = [word for word in words(text) if word not in _CALLED_NUMBER]
    if len(found) != 1:
        return None
    if found[0] in _NUMBERS:
        return _NUMBERS.index(found[0]) + 1
    return int(found[0]) if found[0].isdecimal() and len(found[0]) <= MOST_DIGITS else None


def _name_score(text: str, name: str) -> float:
    """How well a text names something: 100 for a whole-word match, less for a misspelling."""
    said, wanted = words(text), words(name)
    if not wanted:
        return 0.0
    size = len(wanted)
    windows = (" ".join(said[start : start + size]) for start in range(len(said) - size + 1))
    best = max((fuzz.ratio(window, " ".join(wanted)) for window in windows), default=0.0)
    # A longer name that matches says more than a single word does.
    return min(best + (size - 1), 104.0) if best >= ITEM_NAME_MATCH else best
