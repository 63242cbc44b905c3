"""The parts of a delivery that we read, as Slack documents them. Whoever reads another part adds it here.

Events: https://docs.slack.dev/apis/events-api/. Commands: https://docs.slack.dev/interactivity/implementing-slash-commands/.
The rest: https://docs.slack.dev/reference/interaction-payloads/. What Slack may leave out, or send null for, may be missing here too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Self

import structlog
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from facilitator.logs import error_and_place

log = structlog.get_logger("web")
# One of Slack's ids: never empty, and nothing that a database could not hold.
Id = Annotated[str, Field(pattern=r"^[!-~]+$")]
Day = Annotated[str, AfterValidator(date.fromisoformat)]
# Slack has sent [] for an object with nothing in it (slack-go/slack issue 943).
Nothing = Annotated[list[Any], Field(max_length=0)]


class Shape(BaseModel):
    """Whatever else Slack sends, now or one day, is no concern of ours."""

    model_config = ConfigDict(extra="ignore", strict=True)


# ── events ──


class AnyEvent(Shape):
    type: str


class Event(Shape):
    event_id: Id
    team_id: Id
    event: AnyEvent


class Written(Shape):
    """Nobody is named where it is a note of Slack's or a bot's, and files can come without a word."""

    user: Id | None = None
    bot_id: str | None = None
    text: str | None = None


class Message(Written):
    subtype: str | None = None
    channel_type: str | None = None


class Mention(Written):
    channel: Id
    ts: Id
    thread_ts: Id | None = None


class HomeOpened(Shape):
    user: Id
    tab: str | None = None


class Tokens(Shape):
    bot: list[Any] | None = None


class TokensRevoked(Shape):
    tokens: Tokens | Nothing | None = None


# ── commands ──


class Command(Shape):
    command: str
    text: str | None = None
    user_id: Id
    team_id: Id
    trigger_id: Id
    channel_id: Id | None = None
    response_url: str | None = None


# ── what is pressed and sent off ──


class Named(Shape):
    id: Id


class User(Named):
    team_id: Id | None = None


class Block(Shape):
    type: str
    block_id: str | None = None


class Option(Shape):
    value: str | None = None


class Entered(Shape):
    value: str | None = None
    selected_option: Option | None = None
    selected_date: Day | None = None


class State(Shape):
    values: dict[str, dict[str, Entered]] | Nothing | None = None


class AnyView(Shape):
    state: State | Nothing | None = None


class Box(AnyView):
    id: Id
    hash: Id
    callback_id: str | None = None
    private_metadata: str | None = None
    blocks: list[Block] | None = None


class Posted(Shape):
    user: str | None = None
    text: str | None = None
    ts: str | None = None
    blocks: list[Block] | None = None


class Action(Shape):
    action_id: str
    value: str | None = None


class Interaction(Shape):
    """`team` is null where a whole organisation has the app; then the user's own says it. `view` is there when it was in one."""

    user: User
    team: Named | None = None
    view: AnyView | None = None

    @model_validator(mode="after")
    def _is_of_a_team(self) -> Self:
        if self.team is None and self.user.team_id is None:
            raise ValueError("is of no team")
        return self


class ViewSubmission(Interaction):
    view: Box


class BlockActions(Interaction):
    """On the Home tab there is no message and no channel."""

    trigger_id: Id
    actions: Annotated[list[Action], Field(min_length=1)]
    message: Posted | None = None
    channel: Named | None = None


class MessageAction(Interaction):
    trigger_id: Id
    callback_id: str
    message: Posted


# ── which is which ──

EVENTS: Mapping[str, type[Shape]] = {
    "message": Message,
    "app_mention": Mention,
    "app_home_opened": HomeOpened,
    "app_uninstalled": AnyEvent,
    "tokens_revoked": TokensRevoked,
}
INTERACTIONS: Mapping[str, type[Shape]] = {
    "view_submission": ViewSubmission,
    "block_actions": BlockActions,
    "message_action": MessageAction,
}
SHAPES: Mapping[str, type[Shape]] = {"event": Event, "command": Command, **INTERACTIONS}


def kind_of(body: Mapping[str, Any]) -> str | None:
    """Which of `SHAPES` it says it is; None for what we do not know."""
    said = body.get("type")
    if said == "event_callback":
        return "event"
    if body.get("command"):
        return "command"
    return next((kind for kind in INTERACTIONS if kind == said), None)


def is_as_documented(body: Mapping[str, Any]) -> bool:
    """Whether all that we read of it is there, and is what Slack says it is. What we do not know, we do not read: it may be anything.

    Text with half a character in it is not as documented either, wherever it stands: it could not be stored. When this is False, the
    log says what was wrong and where, with nothing of what was there. When it is True, an error on reading it is a mistake of ours.
    """
    kind = kind_of(body)
    try:
        if kind is not None:
            _check(kind, body)
    except (ValidationError, UnicodeEncodeError, RecursionError) as error:
        log.warning("slack_not_understood", kind=kind, **_error_and_place(error))
        return False
    return True


def _check(kind: str, body: Mapping[str, Any]) -> None:
    # Half a character cannot be written out. Blocks are looked through too: they go back to Slack by way of a table.
    json.dumps(body, ensure_ascii=False).encode("utf-8")
    SHAPES[kind].model_validate(body)
    if kind == "event":
        event = body["event"]
        EVENTS.get(event["type"], AnyEvent).model_validate(event)


def _error_and_place(error: Exception) -> dict[str, str]:
    """The place is the part that is wrong. Only its first three names are certain to be ours: further down, Slack's body has the say."""
    if not isinstance(error, ValidationError):
        return error_and_place(error)
    where = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
    return {"error": type(error).__name__, "place": ".".join(map(str, where[:3]))}
