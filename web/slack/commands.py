"""`/coproduction`: one function for each word after it. Whatever is typed meets the door first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import structlog
from rapidfuzz import fuzz, process

from facilitator.activities import MAX_DESCRIPTION, MAX_TITLE, Activity, add_activity, find_by_code
from facilitator.codes import join_link, spoken
from facilitator.conversation.moves import reflecting, welcome
from facilitator.vocabulary import Stage, Step
from web.chat.door import NotScreened
from web.chat.problems import Problem
from web.chat.takeaway import Form, summary_of
from web.slack import blocks as kit
from web.slack.activities import chosen, status, when
from web.slack.asking import answered
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later
from web.slack.seats import Who
from web.slack.talking import value

log = structlog.get_logger("web")
NEW = "new_activity"
CLOSE_ENOUGH = 60
LONGEST = 3000

Command = Callable[[Slack, Delivered, str], Awaitable[Later | None]]


async def command(slack: Slack, delivered: Delivered) -> Later | None:
    """Somebody typed `/coproduction …`."""
    text = kit.typed(str(delivered.body.get("text") or ""))[:LONGEST]
    word, _, rest = text.partition(" ")
    known = COMMANDS.get(word.lower() or "help")
    if known is not None:
        return await known(slack, delivered, rest.strip())
    # Somebody in danger may type anything anywhere.
    try:
        if await slack.screened(delivered.who, delivered.key, text) is None:
            return await _helped(slack, delivered)
    except NotScreened:
        return _respond(slack, delivered, slack.problem("unavailable"))
    return _respond(slack, delivered, _suggestion(slack, word))


def _suggestion(slack: Slack, word: str) -> list[kit.Block]:
    close = process.extractOne(word.lower(), list(COMMANDS), scorer=fuzz.ratio, score_cutoff=CLOSE_ENOUGH)
    said = slack.words.text("did_you_mean", command=close[0]) if close else slack.words.text("unknown_command")
    return kit.sections(said)


def _respond(
    slack: Slack, delivered: Delivered, blocks: list[kit.Block], *, to_all: bool = False, conversation_id: str | None = None
) -> Later:
    """Answer where the command was typed. With a conversation, the words are that person's, and go with it."""
    url = str(delivered.body.get("response_url") or "")
    if not url:
        return lambda: slack.say(delivered.key, delivered.who, blocks)
    return lambda: slack.respond(delivered.key, delivered.who, url, blocks, to_all=to_all, conversation_id=conversation_id)


async def _helped(slack: Slack, delivered: Delivered) -> Later:
    """Help has been said in the direct message; where the command was typed, only that we have written."""
    conversation_id = await slack.desk.where(delivered.who)
    told = _respond(slack, delivered, kit.sections(slack.words.text("see_message")))

    async def rest() -> None:
        await slack.sender.follow(conversation_id)
        await told()

    return rest


async def _activity(slack: Slack, who: Who, code: str) -> Activity | None:
    def work() -> Activity | None:
        with slack.built.database.reading() as session:
            return chosen(session, who, code, slack.today())

    return await asyncio.to_thread(work)


def _no_activity(slack: Slack, delivered: Delivered, code: str) -> Later:
    return _respond(slack, delivered, kit.sections(slack.words.text("unknown_code" if code else "no_activity")))


# ── getting ready, looking back ──


async def prepare(slack: Slack, delivered: Delivered, code: str) -> Later | None:
    activity = await _activity(slack, delivered.who, code)
    if activity is None and code:
        return _no_activity(slack, delivered, code)
    done = await begin(slack, delivered.key, delivered.who, activity.id if activity else None)
    told = _respond(slack, delivered, kit.sections(slack.words.text("see_message")))

    async def rest() -> None:
        await done()
        await told()

    return rest


async def begin(slack: Slack, key: str, who: Who, activity_id: str | None) -> Later:
    """The short walk of the time before, in the direct message: from where they are, or from the beginning."""
    conversation_id = await slack.desk.sit(who, activity_id, stage=Stage.BEFORE)

    def work() -> None:
        talk = slack.desk.talk(conversation_id)
        position = talk.position
        ready = talk.kept is False or (talk.kept and talk.role is not None)
        walking = position.stage is Stage.BEFORE and position.step in (Step.ITEM, Step.COMMENT)
        if ready and not walking and not position.support and not position.confirming:
            slack.desk.make_moves(conversation_id, key, ("start_before", welcome.choose_stage), ("choose_quick", welcome.choose_depth))
        else:
            slack.desk.carry_on(conversation_id)

    await asyncio.to_thread(work)

    async def rest() -> None:
        await slack.sender.follow(conversation_id)
        if activity_id is not None:
            await slack.join(who, activity_id)

    return rest


async def carry_on(slack: Slack, who: Who, activity_id: str | None) -> Later:
    """Ask the question in hand again, in the direct message."""
    conversation_id = await slack.desk.sit(who, activity_id)
    await asyncio.to_thread(slack.desk.carry_on, conversation_id)
    return slack.after(conversation_id)


async def reflect(slack: Slack, delivered: Delivered, code: str) -> Later | None:
    activity = await _activity(slack, delivered.who, code)
    if activity is None and code:
        return _no_activity(slack, delivered, code)
    done = await look_back(slack, delivered.key, delivered.who, activity.id if activity else None)
    told = _respond(slack, delivered, kit.sections(slack.words.text("see_message")))

    async def rest() -> None:
        await done()
        await told()

    return rest


async def look_back(slack: Slack, key: str, who: Who, activity_id: str | None) -> Later:
    conversation_id = await slack.desk.sit(who, activity_id)

    def work() -> None:
        if slack.desk.talk(conversation_id).kept is None:
            slack.desk.carry_on(conversation_id)
        else:
            slack.desk.make_moves(conversation_id, key, ("reflect", reflecting.reflect))

    await asyncio.to_thread(work)
    return slack.after(conversation_id)


async def summary(slack: Slack, delivered: Delivered, code: str) -> Later | None:
    """What this person has said so far, to themselves only."""
    activity = await _activity(slack, delivered.who, code)
    if activity is None and code:
        return _no_activity(slack, delivered, code)
    conversation_id = await (slack.desk.sit(delivered.who, activity.id) if code and activity else slack.desk.where(delivered.who))
    talk = await asyncio.to_thread(slack.desk.talk, conversation_id)
    if not talk.kept:
        return _respond(slack, delivered, kit.sections(slack.words.text("nothing_kept")))
    document = await summary_of(slack.parts, conversation_id, slack.desk.token(conversation_id), Form.TXT)
    return _respond(slack, delivered, kit.sections(document.content.decode()), conversation_id=conversation_id)


# ── activities ──


async def new(slack: Slack, delivered: Delivered, title: str) -> Later | None:
    """A box for a new activity. It opens at once; what is written in it meets the door when it is sent off."""
    words, hint = slack.words, slack.words.modal("new_who_hint")
    blocks = [
        kit.text_input("title", words.modal("new_what"), multiline=False, most=MAX_TITLE, hint=words.modal("no_names"), value=title),
        kit.date_input("when", words.modal("new_when")),
        kit.text_input("who", words.modal("new_who"), multiline=True, most=MAX_DESCRIPTION, hint=hint, optional=True),
    ]
    view = kit.modal(NEW, words.modal("new_title"), words.modal("new_save"), words.modal("close"), blocks)
    return lambda: slack.open_modal(str(delivered.body.get("trigger_id")), view)


async def new_written(slack: Slack, delivered: Delivered) -> Later | None:
    """The box for a new activity was sent off."""
    view, who, key = delivered.body.get("view") or {}, delivered.who, delivered.key
    title, people = str(value(view, "title", "text", "value") or "").strip(), str(value(view, "who", "text", "value") or "").strip()
    day = value(view, "when", "date", "selected_date")
    try:
        redacted = await slack.screened(who, key, f"{title}\n\n{people}")
        if redacted is None:
            return slack.after(await slack.desk.where(who))
        title, people = await slack.parts.door.admit(title), await slack.parts.door.admit(people) if people else ""
    except NotScreened:
        return slack.told(key, who, Problem(503, "unavailable"))
    if not title:
        return lambda: slack.say(key, who, kit.sections(slack.words.text("no_title")))
    happens_on = date.fromisoformat(str(day)) if day else None

    def work() -> Activity | None:
        with slack.built.database.unit_of_work() as session:
            code = add_activity(session, title[:MAX_TITLE], people[:MAX_DESCRIPTION], happens_on)
            session.flush()
            return find_by_code(session, code)

    activity = await asyncio.to_thread(work)
    assert activity is not None, "it has just been added"
    found = activity

    async def rest() -> None:
        await slack.join(who, found.id)
        await slack.say(f"{key}:made", who, made_blocks(slack, found))

    return rest


def made_blocks(slack: Slack, activity: Activity) -> list[kit.Block]:
    words = slack.words
    link = join_link(slack.built.settings.address, activity.join_code)
    text = words.text("made", title=activity.title, link=link, code=activity.join_code)
    buttons = [kit.button("go", words.button("prepare"), f"prep:{activity.id}"), kit.button("link", words.button("join"), "join", url=link)]
    return [
        *kit.sections(text),
        *kit.context([when(activity, words, slack.today()), words.text("invite_hint", code=activity.join_code)]),
        *kit.actions(buttons, f"made:{activity.id}"),
    ]


async def invite(slack: Slack, delivered: Delivered, code: str) -> Later | None:
    """The join link for everybody where the command was typed, with its QR code to show or print."""
    activity = await _activity(slack, delivered.who, code)
    if activity is None:
        return _no_activity(slack, delivered, code)
    link = join_link(slack.built.settings.address, activity.join_code)
    words, channel = slack.words, str(delivered.body.get("channel_id") or "")
    text = words.text("invite", title=activity.title, link=link, code=activity.join_code, spoken=spoken(activity.join_code))
    way_in = kit.actions([kit.button("link", words.button("join"), "join", url=link)], f"invite:{activity.id}")
    posted = _respond(slack, delivered, [*kit.sections(text), *way_in, *kit.context([when(activity, words, slack.today())])], to_all=True)

    def picture() -> None:
        payload = {"channel": channel, "link": link, "title": words.text("qr_title", title=activity.title), "alt": words.text("qr_alt")}
        with slack.built.database.unit_of_work() as session:
            slack.sender.put(session, f"{delivered.key}:qr", delivered.who, "qr", payload)

    async def rest() -> None:
        await posted()
        if channel:
            await asyncio.to_thread(picture)
            await slack.sender.drain(delivered.who.lane)

    return rest


async def show_status(slack: Slack, delivered: Delivered, code: str) -> Later | None:
    activity = await _activity(slack, delivered.who, code)
    if activity is None:
        return _no_activity(slack, delivered, code)

    def work() -> list[kit.Block]:
        with slack.built.database.unit_of_work() as session:
            return status(session, activity, slack.built, slack.words, slack.reasons, slack.today())

    return _respond(slack, delivered, await asyncio.to_thread(work))


# ── asking, help ──


async def ask(slack: Slack, delivered: Delivered, question: str) -> Later | None:
    """A question, answered for this person only."""
    if not question:
        return _respond(slack, delivered, kit.sections(slack.words.text("ask_what")))
    try:
        redacted = await slack.screened(delivered.who, delivered.key, question)
    except NotScreened:
        return _respond(slack, delivered, slack.problem("unavailable"))
    if redacted is None:
        return await _helped(slack, delivered)
    return _respond(slack, delivered, (await asyncio.to_thread(answered, slack, redacted)).blocks)


async def show_help(slack: Slack, delivered: Delivered, _rest: str) -> Later | None:
    lines = [slack.words.text("help_line", command=name, what=what) for name, what in slack.words.commands.items()]
    return _respond(slack, delivered, kit.sections("\n".join([slack.words.text("help"), *lines])))


COMMANDS: Mapping[str, Command] = {
    "prep": prepare,
    "new": new,
    "invite": invite,
    "status": show_status,
    "summary": summary,
    "reflect": reflect,
    "ask": ask,
    "help": show_help,
}
