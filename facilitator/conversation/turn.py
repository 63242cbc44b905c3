"""The values a turn is made of: what came in, what is known, what is to be said, what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from facilitator.checklist.content import Checklists
from facilitator.checklist.looking_back import LookingBack
from facilitator.checklist.position import Position
from facilitator.conversation.phrases import Phrases
from facilitator.knowledge.base import KnowledgeBase
from facilitator.parity.release import Rule
from facilitator.parity.view import ParityView
from facilitator.periods import Periods
from facilitator.pseudonyms import Pseudonyms
from facilitator.vocabulary import FlagKind, Kind, Rating, Role, Stage, StepState, VisibleTo


@dataclass(frozen=True)
class Turn:
    """One inbound message as understood. `text` is already redacted, and None when a choice was pressed. `today` is its date.

    `ranking` says how likely other intents were (0 to 1), for the ones that were ranked. `unseen`: it was typed before the question about
    consent, or whether to delete, that is now in hand.
    """

    message_id: str
    intent: str
    confidence: float = 1.0
    text: str | None = None
    entities: Mapping[str, str] = field(default_factory=dict)
    today: date = field(default_factory=date.today)
    ranking: Mapping[str, float] = field(default_factory=dict)
    unseen: bool = False

    @property
    def typed(self) -> bool:
        return self.text is not None


@dataclass(frozen=True)
class Given:
    """A current answer: the rating (None while only a comment has been given) and the comment."""

    rating: Rating | None
    comment: str | None = None


# Who does a next step: the person who put it down.
ME = "me"


def falls_to_writer(who: str | None) -> bool:
    """Whether a next step is for the person who put it down: they said so, or named nobody."""
    return who in (ME, None)


@dataclass(frozen=True)
class NextStep:
    """Something to be done. `who` is a role, `me` or a pseudonym of the activity; None while nobody is named."""

    what: str
    who: str | None = None
    due_on: date | None = None
    state: StepState = StepState.OPEN
    stage: Stage | None = None
    item: str | None = None


@dataclass(frozen=True)
class Shared:
    """A reflection that somebody else in the activity shared with everyone in it."""

    text: str
    by: str
    prompt: str | None = None


@dataclass(frozen=True)
class AboutActivity:
    """The activity a conversation is about. `suits` is the stage that fits its date, None without a date; people join with `code`.

    `members` are the names of those who keep answers, for those who do so too. `taken` are all names in use, for whoever has none yet;
    no turn begins anew because of them. `raw_text_days` and `answer_days` are the activity's own periods, None where
    the organisation's count.
    """

    title: str
    happens_on: date | None = None
    suits: Stage | None = None
    members: tuple[str, ...] = ()
    code: str = ""
    taken: frozenset[str] = field(default=frozenset(), compare=False)
    raw_text_days: int | None = None
    answer_days: int | None = None


@dataclass(frozen=True)
class Talk:
    """What is known of a conversation when a turn begins. `kept` is None until the person has chosen.

    `next_steps` and `reflections` (ids) are this person's own, oldest first; `rung` is where they last said the group stands.
    `asked_of_me` are open next steps that others in the activity gave to this person or their role, `shared` what others shared with
    everyone: looked up afresh each time and never copied into this person's conversation. `group` has the activity's released figures; it
    is looked up for the one move that shows them, and for nobody but a member who keeps their answers.
    """

    conversation_id: str
    position: Position = field(default_factory=Position)
    kept: bool | None = None
    role: Role | None = None
    simple: bool = False
    lang: str = "en"
    share_words: bool | None = None
    share_ratings: bool | None = None
    answers: Mapping[str, Given] = field(default_factory=dict)
    pseudonym: str | None = None
    activity: AboutActivity | None = None
    next_steps: Mapping[str, NextStep] = field(default_factory=dict)
    reflections: tuple[str, ...] = ()
    rung: str | None = None
    asked_of_me: Mapping[str, NextStep] = field(default_factory=dict)
    shared: Mapping[str, Shared] = field(default_factory=dict)
    group: ParityView | None = None

    @property
    def open_steps(self) -> dict[str, NextStep]:
        return {step_id: step for step_id, step in self.next_steps.items() if step.state is StepState.OPEN}

    @property
    def my_steps(self) -> dict[str, NextStep]:
        """Of the open steps those for the person themselves; the rest they put down for others."""
        return {step_id: step for step_id, step in self.open_steps.items() if falls_to_writer(step.who)}

    def at(self, **changes: object) -> Talk:
        """The same talk with its position changed."""
        return replace(self, position=replace(self.position, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Choice:
    """Something that can be pressed: an intent and what it is about. Its title is shown to people."""

    title: str
    intent: str
    entities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """One message to say: the id of a response in bot/domain.yml and what fills it.

    `values` hold ids (an item, a topic, a rating), counts and names from settings: never words a person typed. So a reply can be
    stored and said again for someone whose words are not kept. With a value `others` it shows other people's words, with `own` the
    person's: those are filled in afresh each time and never stored with it.
    """

    response: str
    kind: Kind = Kind.TEXT
    values: Mapping[str, object] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()


# ── facts: what happened, in the past tense. The service writes them down. ──


@dataclass(frozen=True)
class KeepingChosen:
    keep: bool


@dataclass(frozen=True)
class SharingChosen:
    """Consent layer 3 (`words`) or 4 (`ratings`) was given or taken back."""

    layer: str
    allowed: bool


@dataclass(frozen=True)
class RoleChosen:
    role: Role


@dataclass(frozen=True)
class AnswerRecorded:
    """The current answer of an item. None leaves that part as it was."""

    stage: Stage
    item: str
    topic: str
    rating: Rating | None = None
    comment: str | None = None


@dataclass(frozen=True)
class AnswerErased:
    """The person asked for one answer to go, with its words and its history; or for the words alone, and the ratings stay."""

    item: str
    words_only: bool = False


@dataclass(frozen=True)
class RequestForgotten:
    """The message that asks for something to be deleted may say again what that was: its words go."""


@dataclass(frozen=True)
class WrittenErased:
    """The person asked for a next step or a reflection of theirs to go; `id` is that of the message that wrote it down."""

    id: str


@dataclass(frozen=True)
class ReflectionRecorded:
    text: str
    stage: Stage | None = None
    prompt: str | None = None


@dataclass(frozen=True)
class ReflectionsShared:
    """Who may read these reflections from now on."""

    reflections: tuple[str, ...]
    visible_to: VisibleTo


@dataclass(frozen=True)
class NextStepWritten:
    """A next step as it stands now: new, or changed."""

    id: str
    step: NextStep


@dataclass(frozen=True)
class LadderAnswered:
    """Where the group stands (a new answer), or where it wants to be (added to the newest)."""

    stands: str | None = None
    wanted: str | None = None


@dataclass(frozen=True)
class NameChosen:
    pseudonym: str


@dataclass(frozen=True)
class FlagRaised:
    kind: FlagKind


@dataclass(frozen=True)
class AnswerWanted:
    """The person asked to be told when somebody answers what we could not: their newest question of that kind."""


@dataclass(frozen=True)
class AnswersErased:
    """The person asked for everything they said to be deleted; the group knows them by this new name, if they are in one."""

    pseudonym: str | None = None


Fact = (
    KeepingChosen
    | SharingChosen
    | RoleChosen
    | AnswerRecorded
    | AnswerErased
    | RequestForgotten
    | WrittenErased
    | ReflectionRecorded
    | ReflectionsShared
    | NextStepWritten
    | LadderAnswered
    | NameChosen
    | FlagRaised
    | AnswerWanted
    | AnswersErased
)


@dataclass(frozen=True)
class Outcome:
    """What a turn led to."""

    talk: Talk
    says: tuple[Say, ...]
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Notice:
    """What the consent text has to name. Empty strings when the organisation has not set them."""

    organisation: str
    contact: str
    periods: Periods


@dataclass(frozen=True)
class Library:
    """Everything a turn may look things up in. Read-only."""

    checklists: Checklists
    knowledge: KnowledgeBase
    looking_back: LookingBack
    pseudonyms: Pseudonyms
    phrases: Phrases
    notice: Notice
    rule: Rule = field(default_factory=Rule)


Move = Callable[[Turn, Talk, Library], Outcome]
