"""Conversations: the list with its filters, one conversation message by message, and what a coordinator does with them."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Response
from starlette.datastructures import QueryParams

from facilitator.codes import tidy_join_code
from facilitator.coordinators import audit, conversations, examples, flags, reviewing, transcripts
from facilitator.coordinators.audit import Action
from facilitator.coordinators.conversations import CHANNELS, SINCE, Filters, Length, Review
from facilitator.coordinators.examples import ExampleKind
from facilitator.coordinators.reviewing import ReviewError, ReviewFault
from facilitator.storage import conversations as store
from facilitator.storage import search
from facilitator.vocabulary import FlagKind, Role, Stage
from web.review import pages
from web.review.door import admit
from web.review.guard import ROOT, ReviewRoute, Seat, WordsSeat, to

HERE = f"{ROOT}/conversations"
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)
TAG_FAULTS = (ReviewFault.TAG, ReviewFault.TAGS_MANY, ReviewFault.TAG_DETAILS)
FIELD_OF = {**dict.fromkeys(TAG_FAULTS, "tags"), ReviewFault.EXAMPLE_INTENT: "intent"}


# ── the list ──


@router.get("")
def all_conversations(seat: WordsSeat) -> Response:
    asked = read_filters(seat.request.query_params)
    caught_up = search.catch_up(seat.parts.built.database, rounds=5) if asked.searches else True
    with seat.work() if asked.searches else seat.reading() as session:
        found = conversations.listed(session, seat.viewer, asked, seat.request.query_params.get("page", ""))
        if asked.searches:
            seat.note(session, Action.WORDS_READ, None, page="search", shown=len(found.rows))
        saved, tags = conversations.saved(session, seat.viewer), conversations.tags_in_use(session, seat.viewer)
    return seat.page(
        "conversations",
        found=found,
        asked=asked,
        saved=saved,
        tags=tags,
        caught_up=caught_up,
        address_of=_address(seat.request.query_params),
        choices={"stage": list(Stage), "role": list(Role), "channel": CHANNELS, "length": list(Length), "review": [*Review, "none"]},
        kinds=list(flags.FIRST),
        since=SINCE,
    )


def read_filters(query: QueryParams) -> Filters:
    """The filters in an address; what is none of ours is left out."""

    def one_of[T: str](kind: type[T], name: str) -> T | None:
        return kind(query[name]) if query.get(name) in set(kind) else None  # type: ignore[call-overload]

    since = query.get("since", "")
    return Filters(
        q=query.get("q", "")[:200],
        activity=tidy_join_code(query.get("activity", "")[:16]),
        stage=one_of(Stage, "stage"),
        role=one_of(Role, "role"),
        channel=query["channel"] if query.get("channel") in CHANNELS else "",
        length=one_of(Length, "length"),
        fallbacks=query.get("fallbacks") == "yes",
        flags=query["flags"] if query.get("flags") in {*FlagKind, "any"} else "",
        review=query["review"] if query.get("review") in {*Review, "none"} else "",
        tag=query.get("tag", "").strip().lower()[: reviewing.MAX_TAG],
        readable={"yes": True, "no": False}.get(query.get("words", "")),
        since=int(since) if since in {str(days) for days in SINCE} else None,
    )


def _address(query: QueryParams) -> str:
    """The filters as they stand in the address, without the place in the list."""
    return urlencode([(name, value) for name, value in query.multi_items() if value and name not in ("page", "done", "out")])


@router.post("/save")
def save(seat: WordsSeat) -> Response:
    query = _address(QueryParams(seat.fields.get("query")))
    place = f"{HERE}?{query}" if query else HERE
    name, wanted = seat.fields.get("name"), QueryParams(query).get("q", "")
    if admit(seat, name).out or admit(seat, wanted).out:
        return to(place, "filter_details")
    with seat.work() as session:
        kept = conversations.save(session, seat.viewer, name, query)
    return to(place, "filter_saved") if kept else to(place, "filter_not_saved")


@router.post("/unsave")
def unsave(seat: WordsSeat) -> Response:
    with seat.work() as session:
        conversations.unsave(session, seat.viewer, seat.fields.get("id"))
    return to(HERE, "filter_gone")


# ── one conversation ──


@router.get("/{conversation_id}")
def one(conversation_id: str, seat: WordsSeat) -> Response:
    return _one(seat, conversation_id)


@router.post("/{conversation_id}/mark")
def mark(conversation_id: str, seat: WordsSeat) -> Response:
    wanted = seat.fields.get("to")
    as_what, note = Review(wanted) if wanted in set(Review) else None, admit(seat, seat.fields.get("note"))
    try:
        with seat.work() as session:
            transcripts.head(session, seat.viewer, conversation_id)
            reviewing.mark(session, seat.viewer, conversation_id, as_what, note.text)
    except ReviewError as error:
        return _one(seat, conversation_id, 422, error=error)
    return to(f"{HERE}/{conversation_id}", "marked", note.out)


@router.post("/{conversation_id}/tags")
def tags(conversation_id: str, seat: WordsSeat) -> Response:
    try:
        with seat.work() as session:
            transcripts.head(session, seat.viewer, conversation_id)
            if admit(seat, seat.fields.get("tags")).out:
                raise ReviewError(ReviewFault.TAG_DETAILS)
            reviewing.set_tags(session, seat.viewer, conversation_id, seat.fields.get("tags"))
    except ReviewError as error:
        return _one(seat, conversation_id, 422, error=error)
    return to(f"{HERE}/{conversation_id}", "tagged")


@router.post("/{conversation_id}/note")
def note(conversation_id: str, seat: WordsSeat) -> Response:
    """A note on the conversation, or on one message, which `flag` also flags for the team."""
    message_id, admitted = seat.fields.get("message"), admit(seat, seat.fields.get("note"))
    try:
        with seat.work() as session:
            transcripts.head(session, seat.viewer, conversation_id)
            if seat.fields.get("flag"):
                flag_id = reviewing.raise_flag(session, seat.viewer, conversation_id, message_id, admitted.text)
                return to(f"{ROOT}/flags/{flag_id}", "flag_raised", admitted.out)
            reviewing.annotate(session, seat.viewer, conversation_id, admitted.text, message_id)
    except ReviewError as error:
        return _one(seat, conversation_id, 422, error=error)
    place = _place(conversation_id, message_id)
    return to(place, "noted", admitted.out)


@router.post("/{conversation_id}/example")
def example(conversation_id: str, seat: WordsSeat) -> Response:
    """A training example or a test, in the coordinator's words, into the file that the team reviews."""
    fields, built = seat.fields, seat.parts.built
    kind = ExampleKind(fields.get("kind")) if fields.get("kind") in set(ExampleKind) else ExampleKind.TRAINING
    try:
        with seat.work() as session:
            row = store.conversation(session, conversation_id)
            said = reviewing.message_of(session, row, fields.get("message")).text or ""
            examples.add(
                built.settings.data_dir,
                kind,
                fields.get("text"),
                fields.get("intent"),
                said=said,
                by=seat.viewer.id,
                redact=lambda text: built.redactor.redact(text).text,
            )
            seat.note(session, Action.REVIEWED, audit.mark(row.id), example=kind.value)
    except ReviewError as error:
        return _one(seat, conversation_id, 422, error=error)
    place = _place(conversation_id, fields.get("message"))
    return to(place, "example_added")


def _place(conversation_id: str, message_id: str) -> str:
    return f"{HERE}/{conversation_id}?at={message_id}" if message_id.isalnum() else f"{HERE}/{conversation_id}"


def _one(seat: Seat, conversation_id: str, status: int = 200, *, error: ReviewError | None = None) -> Response:
    query, typed = seat.request.query_params, seat.fields
    at = typed.get("message") or query.get("at", "")
    checklists = seat.parts.built.checklists
    with seat.work() as session:
        about = transcripts.head(session, seat.viewer, conversation_id)
        found = transcripts.lines(session, about, cursor=query.get("page", ""), at=at)
        if found.rows:
            seat.note(session, Action.WORDS_READ, audit.mark(conversation_id), page="transcript", shown=len(found.rows))
    chosen = next((line for line in found.rows if line.id == at), None)
    errors = {_field(error.fault): pages.words()["faults"][error.fault]} if error else {}
    items = {answer.item for line in found.rows for answer in line.answers if checklists.has(answer.item)}
    return seat.page(
        "conversation",
        status,
        about=about,
        found=found,
        chosen=chosen,
        questions={item: checklists.item(item).question for item in items},
        intents=examples.intents(),
        typed={name: typed.get(name) for name in ("note", "text", "kind")},
        tags=typed.get("tags") if error and _field(error.fault) == "tags" else ", ".join(about.tags),
        intent=typed.get("intent") or (chosen.intent if chosen else "") or "",
        errors=errors,
    )


def _field(fault: ReviewFault) -> str:
    return FIELD_OF.get(fault) or ("text" if fault.value.startswith("example") else "note")
