"""The chat API's requests and replies (DESIGN section 5). Unknown fields are refused; nothing here echoes what was sent."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from facilitator.vocabulary import Author, Kind, Role, Stage, State

MAX_TEXT = 12_000
_KEPT_CONTROLS = "\n\t"


def _readable(text: str) -> str:
    """Text that every part of the system can hold: no half characters, no control characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("is not readable text") from None
    return "".join(char for char in text if char >= " " or char in _KEPT_CONTROLS)


Text = Annotated[str, AfterValidator(_readable)]
ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Code = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_readable)]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OpenConversation(Request):
    activity_code: Code | None = None
    resume_code: Code | None = None
    role: Annotated[Role, Field(strict=False)] | None = None
    lang: Literal["en", "cy"] = "en"
    simple: bool = False


class SendMessage(Request):
    """Exactly one of `text` and `choice`."""

    client_message_id: ClientId
    text: Text | None = None
    choice: Code | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> SendMessage:
        if (self.text is None) == (self.choice is None):
            raise ValueError("send either text or choice")
        if self.text is not None and not self.text.strip():
            raise ValueError("text is empty")
        return self


class ChangeConversation(Request):
    lang: Literal["en", "cy"] | None = None
    simple: bool | None = None


class ChoiceOut(BaseModel):
    id: str
    title: str


class SourceOut(BaseModel):
    title: str
    section: str
    url: str | None = None


class MessageOut(BaseModel):
    id: str
    author: Author
    created_at: datetime
    kind: Kind
    text: str
    choices: list[ChoiceOut] = []
    sources: list[SourceOut] = []
    chosen: str | None = None


class ProgressOut(BaseModel):
    stage: Stage
    answered: int
    total: int


class Reply(BaseModel):
    """What every turn returns. `kept` is whether this person's answers are kept (null until they choose).

    `taken_back`: something said before was deleted in this turn, so a page that still shows it should read the history again.
    `resume_code`: what the person comes back with from now on; None where that is what it was.
    """

    messages: list[MessageOut]
    progress: ProgressOut | None
    state: State
    kept: bool | None
    taken_back: bool = False
    resume_code: str | None = None


class Opened(Reply):
    conversation_id: str
    token: str


class History(Reply):
    next: str | None
