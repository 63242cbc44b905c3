"""What can be picked at the steps that offer a list, and what each thing may be called when it is typed instead."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rapidfuzz import fuzz

from facilitator.conversation.turn import ME, Choice, Library, Talk
from facilitator.conversation.words import denies, these, words
from facilitator.dates import is_bare_day
from facilitator.vocabulary import Role, Stage, Step, VisibleTo

SUGGESTIONS = 3
NAMED_MEMBERS = 6
MATCH, EXACT = 86, 100
LONGEST = 200  # characters in which somebody says who
# More words than this are a sentence about something else, not the name of an option.
MOST_WORDS = 7
MOST_NUMBER_WORDS = 12

WEEK, MONTH, ACTIVITY = "week", "month", "activity"

_NO_CHOICE = frozenset(
    {"no date", "whenever", "any time", "anytime", "no rush", "as soon as possible", "asap", "soon", "not yet", "later", "leave it"}
    | {"leave it open", "open", "nobody yet", "no one yet", "anyone", "anybody", "whoever", "someone", "somebody"}
    | {"not sure", "unsure", "don't know", "dont know", "none", "none of these", "none of them", "skip", "skip it"}
)
_LITTLE = frozenset({"the", "our", "my", "please", "just"})
_WHO_WORDS = {
    ME: ("me", "myself", "i", "mine", "leave it to me", "i'd like to", "i don't mind"),
    Role.SERVICE_USER: ("people who use services", "service users", "service user", "patients", "users"),
    Role.CARER: ("carers", "carer", "families", "family"),
    Role.STAFF: ("staff", "workers", "the team", "a member of staff", "professionals"),
    Role.LEAD: ("leads", "lead", "managers", "manager", "commissioners", "the lead"),
}
_WHEN_WORDS = {
    WEEK: ("in a week", "a week", "one week", "next week", "within a week"),
    MONTH: ("in a month", "a month", "one month", "next month", "within a month"),
    ACTIVITY: ("before the day", "by the activity", "before the activity", "before the meeting", "by the meeting", "on the day"),
}
_STAGE_WORDS = {
    Stage.BEFORE: ("before", "getting ready", "before getting ready", "we are getting ready"),
    Stage.DURING: ("during", "how it is going", "how is it going", "how it's going", "during how it is going"),
    Stage.AFTER: ("after", "looking back", "how it went", "how did it go", "after looking back", "look back"),
}
# At the question who may read it, any of these keeps it private: what nobody plainly allowed is shown to nobody.
_KEEPING_IT = frozenset(
    {"no", "not", "none", "nobody", "nope", "never", "don't", "dont", "without", "private", "privately", "secret", "confidential"}
    | {"myself", "mine"}
)
_READERS = frozenset({"everyone", "everybody", "group", "all", "coordinators", "coordinator", "organisers"})
_NO_ANSWER = frozenset({"understand", "know", "mean", "follow", "sure", "idea", "just", "only"})
_GUIDED_WORDS = ("ask me one thing at a time", "one thing at a time", "guide me", "guided", "ask me questions", "with questions", "help me")
_VISIBLE_WORDS = {
    VisibleTo.ME: ("only me", "me", "nobody", "no one", "no one else", "nobody else", "private", "keep it private", "keep it to me"),
    VisibleTo.COORDINATORS: ("coordinators", "coordinator", "the coordinators", "coordinators only", "organisers"),
    VisibleTo.GROUP: ("everyone", "the group", "the whole group", "whole group", "all of them", "everybody", "share it with everyone"),
}


@dataclass(frozen=True)
class Option:
    """One thing on offer: the entity and value a choice of it carries, its title, and what else people call it."""

    entity: str
    value: str
    title: str
    called: tuple[str, ...] = ()

    @property
    def choice(self) -> Choice:
        return Choice(self.title, "pick", {self.entity: self.value})


def options(talk: Talk, library: Library) -> tuple[Option, ...]:
    """What can be picked at the step in hand; nothing where no list is offered."""
    match talk.position.step:
        case Step.STAGE:
            return tuple(Option("stage", value, f"{{{value}}}", called) for value, called in _STAGE_WORDS.items())
        case Step.REFLECTION if talk.position.prompt is None:
            return (Option("reflect", "guided", "{guided}", _GUIDED_WORDS),)
        case Step.STEP_WHAT:
            return tuple(_suggestions(talk, library))
        case Step.STEP_WHO:
            return tuple(_who(talk))
        case Step.STEP_WHEN:
            return tuple(Option("when", value, f"{{when_{value}}}", called) for value, called in _WHEN_WORDS.items() if _fits(value, talk))
        case Step.SHARE_REFLECTION:
            return tuple(Option("visible", value, f"{{visible_{value}}}", called) for value, called in _VISIBLE_WORDS.items())
        case Step.NAME:
            # the same three for as long as the name is the same, so that pressing one finds it
            seed, taken = f"{talk.conversation_id} {talk.pseudonym}", talk.activity.members if talk.activity else ()
            return tuple(Option("name", name, name) for name in library.pseudonyms.suggest(seed, taken))
        case Step.LADDER_STANDS | Step.LADDER_WANTED:
            return tuple(Option("rung", r.id, f"{r.number}. {r.name}", (str(r.number), *r.words)) for r in library.looking_back.rungs)
    return ()


def named(text: str, offered: Iterable[Option]) -> Option | None:
    """The option that a typed text names; None when it names none, or two equally well."""
    said = _bare(text)
    if not said or len(words(text)) > MOST_WORDS:
        return None
    scored = sorted(((_match(said, option), option) for option in offered), key=lambda pair: -pair[0])
    least = EXACT if denies(text) else MATCH  # "not everyone" is not "everyone"
    if not scored or scored[0][0] < least or (len(scored) > 1 and scored[1][0] == scored[0][0]):
        return None
    return scored[0][1]


_NUMBER = re.compile(r"(?<!\d)(\d)(?:ish|th|rd|nd|st)?\b(?! ?(?:people|minutes?|mins?|hours?|years?|months?|weeks?|days?|of us))")


def numbered(text: str, offered: Sequence[Option]) -> Option | None:
    """The option whose number a text says first: "4ish, maybe 5 on a good day" is the fourth; None when it says none that is there."""
    found = _NUMBER.search(text.lower()) if len(words(text)) <= MOST_NUMBER_WORDS else None
    place = int(found[1]) if found else 0
    return offered[place - 1] if 0 < place <= len(offered) else None


def mentioned(text: str, offered: Sequence[Option]) -> Option | None:
    """The one option whose title a short text mentions: "co-design, realistically"; None when it mentions none, or two."""
    said = f" {_bare(text)} "
    found = [option for option in offered if f" {_bare(option.title.partition('. ')[2])} " in said]
    return found[0] if len(found) == 1 and len(words(text)) <= MOST_NUMBER_WORDS else None


# What is said of whoever will do it: "I will do it", "the staff could sort it out", "carers can".
_WILL_DO = re.compile(
    r"(?:\s+(?:will|can|could|should|would|shall|must|might)|['’]ll|['’]d|\s+(?:is|are|am) going to)?"
    r"(?:\s+(?:do|sort|handle|take|arrange|manage|see to)(?:\s+(?:it|this|that))?(?:\s+(?:out|on))?)?[\s.!]*$",
    re.IGNORECASE,
)


def doer(text: str) -> str:
    """Who a text says will do something, without what they will do: "I" of "I will do it"; the whole text when it says more than that."""
    return _WILL_DO.sub("", text[:LONGEST], count=1)


def plainly_says_who(text: str) -> bool:
    """Whether a text says who will do a next step, and perhaps by when, and nothing else, in words that are known: "me", "I will do it",
    "the staff can", "me, by Friday"."""
    who, _ = who_and_when(text)
    return _bare(doer(who)) in {_bare(name) for names in _WHO_WORDS.values() for name in names}


def who_and_when(text: str) -> tuple[str, str]:
    """A text in two: who, and the day said after it; the second is empty where no day is said so."""
    said = text[:LONGEST].strip(" .!")
    for mark in re.finditer(r"[.,;:]\s*|\s+(?=(?:by|on|next|this|tomorrow|before|in)\b)", said):
        if is_bare_day(said[mark.end() :]):
            return said[: mark.start()], said[mark.end() :]
    return text, ""


_SOMEBODY = re.compile(
    r"\b(?:will|can|could|should|would|is going to|are going to|to do it|has offered|said (?:she|he|they))\b|'ll\b|\[|^my \w+$",
    re.IGNORECASE,
)


def says_somebody_will(text: str) -> bool:
    """Whether a text says that somebody will do it who is not on the list: "Priya will do it", "my sister", "[name], our manager"."""
    return not text.rstrip().endswith("?") and _SOMEBODY.search(text[:LONGEST]) is not None


def _match(said: str, option: Option) -> float:
    return max((fuzz.ratio(said, _bare(name)) for name in _names(option)), default=0.0)


def _bare(text: str) -> str:
    """Words without the little ones that name nothing."""
    return " ".join(word for word in words(text) if word not in _LITTLE)


def is_no_choice(text: str) -> bool:
    """Whether a text says that it does not matter, or cannot be said yet: "whenever", "nobody", "leave it open"."""
    return _bare(text) in _NO_CHOICE


def keeps_to_oneself(text: str) -> bool:
    """Whether a text, at the question who may read something, says that others may not: "no one else", "I don't want anyone to see it".

    "Everyone but not the coordinators" names readers first, and "not just me" says the opposite: those are asked again.
    """
    said = words(text)
    first = next((place for place, word in enumerate(said) if word in _KEEPING_IT | _READERS), None)
    if first is None or said[first] in _READERS or text.rstrip().endswith("?"):
        return False
    return "myself" in said or not _NO_ANSWER & set(said)


_OF_READING = _READERS | these(
    "private privately secret confidential myself mine anyone anybody nobody somebody one else share shared sharing read see seen"
    " show shown keep kept them people staff manager team who public hide just only yes no"
)
_A_SENTENCE = 5  # words


def tells_more(text: str) -> bool:
    """Whether a text, at the question who may read something, is more of that something: a sentence that names no reader."""
    said = words(text)
    if said[:1] in (["let"], ["i'll"], ["ill"], ["whatever"]) or said[:2] == ["i", "would"]:
        return False  # "let me think about it first"
    names_readers = bool(_OF_READING & set(said)) or "for me" in " ".join(said)
    return len(said) >= _A_SENTENCE and not names_readers and not text.rstrip().endswith("?")


def due_date(value: str, today: date, talk: Talk) -> date | None:
    """The day that a picked "when" stands for."""
    if value == WEEK:
        return today + timedelta(days=7)
    if value == MONTH:
        return today + timedelta(days=30)
    return talk.activity.happens_on if talk.activity and value == ACTIVITY else None


def _names(option: Option) -> tuple[str, ...]:
    return option.called if option.title.startswith("{") else (option.title, *option.called)


def _suggestions(talk: Talk, library: Library) -> Iterable[Option]:
    item_id = talk.position.item
    if item_id:
        for place, suggestion in enumerate(library.checklists.item(item_id).next_steps[:SUGGESTIONS]):
            yield Option("suggestion", f"{item_id}:{place}", suggestion)


def _who(talk: Talk) -> Iterable[Option]:
    for value, called in _WHO_WORDS.items():
        yield Option("who", value, f"{{who_{value}}}", called)
    for member in (talk.activity.members if talk.activity else ())[:NAMED_MEMBERS]:
        if member != talk.pseudonym:
            yield Option("who", member, member)


def _fits(when: str, talk: Talk) -> bool:
    return when != ACTIVITY or bool(talk.activity and talk.activity.happens_on)
