"""The fixed words of the domain (DESIGN section 4), each written once."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    SERVICE_USER = "service_user"
    CARER = "carer"
    STAFF = "staff"
    LEAD = "lead"


class Stage(StrEnum):
    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Depth(StrEnum):
    QUICK = "quick"
    FULL = "full"


class Rating(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NOT_YET = "not_yet"
    NOT_SURE = "not_sure"
    NOT_APPLICABLE = "not_applicable"
    SKIPPED = "skipped"


class Step(StrEnum):
    """Where in the conversation a person is; each step asks one question."""

    CONSENT = "consent"
    ROLE = "role"
    STAGE = "stage"
    DEPTH = "depth"
    ITEM = "item"
    COMMENT = "comment"
    SHARE_WORDS = "share_words"
    SHARE_RATINGS = "share_ratings"
    REFLECTION = "reflection"
    SHARE_REFLECTION = "share_reflection"
    STEP_WHAT = "step_what"
    STEP_WHO = "step_who"
    STEP_WHEN = "step_when"
    LADDER_STANDS = "ladder_stands"
    LADDER_WANTED = "ladder_wanted"
    NAME = "name"
    FINISHED = "finished"
    PAUSED = "paused"


class State(StrEnum):
    """What a client is told about where the person is (DESIGN section 5)."""

    CONSENT = "consent"
    SETUP = "setup"
    ITEM = "item"
    COMMENT = "comment"
    REFLECTION = "reflection"
    SUPPORT = "support"
    PAUSED = "paused"
    FINISHED = "finished"
    WAITING = "waiting"


STATE_OF_STEP = {
    Step.CONSENT: State.CONSENT,
    Step.ROLE: State.SETUP,
    Step.STAGE: State.SETUP,
    Step.DEPTH: State.SETUP,
    Step.ITEM: State.ITEM,
    Step.COMMENT: State.COMMENT,
    Step.SHARE_WORDS: State.CONSENT,
    Step.SHARE_RATINGS: State.CONSENT,
    Step.REFLECTION: State.REFLECTION,
    Step.SHARE_REFLECTION: State.REFLECTION,
    Step.STEP_WHAT: State.COMMENT,
    Step.STEP_WHO: State.COMMENT,
    Step.STEP_WHEN: State.COMMENT,
    Step.LADDER_STANDS: State.REFLECTION,
    Step.LADDER_WANTED: State.REFLECTION,
    Step.NAME: State.SETUP,
    Step.FINISHED: State.FINISHED,
    Step.PAUSED: State.PAUSED,
}


class VisibleTo(StrEnum):
    """Who may read a reflection."""

    ME = "me"
    COORDINATORS = "coordinators"
    GROUP = "group"


class StepState(StrEnum):
    """What became of a next step."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Kind(StrEnum):
    """What sort of message a reply is."""

    TEXT = "text"
    QUESTION = "question"
    ANSWER = "answer"
    SUPPORT = "support"
    SUMMARY = "summary"
    NOTICE = "notice"


class Author(StrEnum):
    PERSON = "person"
    BOT = "bot"
    COORDINATOR = "coordinator"


class FlagKind(StrEnum):
    CRISIS = "crisis"
    DISTRESS = "distress"
    UNANSWERED = "unanswered"
    ASKED_FOR_PERSON = "asked_for_person"
    BY_TEAM = "by_team"
