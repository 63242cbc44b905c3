"""Activities by command: make one, ask people to join it, see how it stands."""

from __future__ import annotations

import asyncio
from datetime import date

from facilitator.activities import MAX_DESCRIPTION, MAX_TITLE, Activity, add_activity, find_by_code
from facilitator.codes import join_link, spoken
from web.slack import blocks as kit
from web.slack.activities import status, when
from web.slack.boxes import screened, text_of, value
from web.slack.context import Slack
from web.slack.receiving import Delivered, Later, NotTaken
from web.slack.replying import Said, activity_meant, no_activity, respond
from web.slack.sending import PICTURE

NEW = "new_activity"


async def new(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    """A box for a new activity. It opens at once; what is written in it meets the door when it is sent off."""
    words, hint = slack.words, slack.words.modal("new_who_hint")
    blocks = [
        kit.text_input("title", words.modal("new_what"), multiline=False, most=MAX_TITLE, hint=words.modal("no_names"), value=said.text),
        kit.date_input("when", words.modal("new_when")),
        kit.text_input("who", words.modal("new_who"), multiline=True, most=MAX_DESCRIPTION, hint=hint, optional=True),
    ]
    view = kit.modal(NEW, words.modal("new_title"), words.modal("new_save"), words.modal("close"), blocks)
    return lambda: slack.open_modal(str(delivered.body.get("trigger_id")), view)


async def new_written(slack: Slack, delivered: Delivered) -> Later | None:
    """The box for a new activity was sent off."""
    view, who, key = delivered.body.get("view") or {}, delivered.who, delivered.key
    title, people = text_of(view, "title"), text_of(view, "who")
    day = value(view, "when", "date", "selected_date")
    if await screened(slack, delivered, f"{title}\n\n{people}") is None:
        return slack.after(await slack.desk.where(who))
    title, people = await slack.parts.door.admit(title), await slack.parts.door.admit(people) if people else ""
    if not title:
        raise NotTaken(slack.words.text("no_title"))
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


async def invite(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    """The join link for everybody where the command was typed, with its QR code to show or print."""
    activity = await activity_meant(slack, delivered.who, said.text)
    if activity is None:
        return no_activity(slack, delivered, said.text)
    link = join_link(slack.built.settings.address, activity.join_code)
    words, channel = slack.words, str(delivered.body.get("channel_id") or "")
    text = words.text("invite", title=activity.title, link=link, code=activity.join_code, spoken=spoken(activity.join_code))
    way_in = kit.actions([kit.button("link", words.button("join"), "join", url=link)], f"invite:{activity.id}")
    posted = respond(slack, delivered, [*kit.sections(text), *way_in, *kit.context([when(activity, words, slack.today())])], to_all=True)

    def picture() -> None:
        about = {"link": link, "title": words.text("qr_title", title=activity.title), "alt": words.text("qr_alt")}
        otherwise = {"response_url": delivered.body.get("response_url"), "response_type": "ephemeral", "text": words.text("no_picture")}
        with slack.built.database.unit_of_work() as session:
            slack.sender.put(session, delivered.key, delivered.who, PICTURE, {"channel": channel, **about, "otherwise": otherwise})

    async def rest() -> None:
        await posted()
        if channel:
            await asyncio.to_thread(picture)
            await slack.sender.drain(delivered.who.lane)

    return rest


async def show_status(slack: Slack, delivered: Delivered, said: Said) -> Later | None:
    activity = await activity_meant(slack, delivered.who, said.text)
    if activity is None:
        return no_activity(slack, delivered, said.text)

    def work() -> list[kit.Block]:
        with slack.built.database.unit_of_work() as session:
            return status(session, activity, slack.built, slack.words, slack.reasons, slack.today())

    return respond(slack, delivered, await asyncio.to_thread(work))
