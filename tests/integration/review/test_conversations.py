"""Conversations: who sees which, filters and search over shared words alone, transcripts, notes, tags, marks and examples."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from facilitator import erasure
from facilitator.coordinators.examples import too_close
from facilitator.coordinators.rights import Post
from facilitator.retention import purge_all
from facilitator.storage import conversations as store
from facilitator.storage import search
from facilitator.storage.models import AuditRow, ConversationRow, FlagRow, MessageRow, SearchDocumentRow
from tests.integration.review import people
from tests.integration.web import Person, Running

HERE = "/review/conversations"


@pytest.fixture
def ours(system):
    activity_id, code = people.activity(system, "Garden")
    cora = people.account(system, "Cora", Post.COORDINATOR, activity_id)
    return activity_id, code, people.signed_in(system, cora)


async def talker(system: Running, code: str, *, share: bool = True) -> Person:
    """Somebody who walks a little way through the chat, and lets coordinators read their words or does not."""
    person = Person(people.client(system))
    await person.open(activity_code=code)
    await person.choose("Keep")
    await person.choose("I use services")
    await person.choose("Before")
    await person.choose("Short")
    with system.built.database.unit_of_work() as session:
        row = store.conversation(session, person.id)
        row.share_words, row.search_due = share, share
    return person


def row_of(system: Running, conversation_id: str) -> ConversationRow:
    with system.built.database.reading() as session:
        return store.conversation(session, conversation_id)


def documents(system: Running) -> dict[str, str]:
    with system.built.database.reading() as session:
        return {row.conversation_id: row.text for row in session.scalars(select(SearchDocumentRow))}


def index_holds(system: Running, word: str) -> bool:
    """Whether the full-text index itself still finds a word, whatever the documents say."""
    with system.built.database.reading() as session:
        return bool(list(session.scalars(search.matching(session, word))))


async def test_the_list_counts_what_was_said_and_not_understood_and_shows_where_people_are(system, ours):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type("blorp")
    await person.type("is the moon made of cheese?")
    with system.built.database.reading() as session:
        messages = session.scalars(select(MessageRow).where(MessageRow.conversation_id == person.id)).all()
    row = row_of(system, person.id)
    assert (row.messages, row.stage, row.role) == (len(messages), "before", "service_user")
    assert row.fallbacks == 2
    await cora.get(HERE)
    assert f"{HERE}/{person.id}" in cora.html
    assert "People who use services" in cora.text and "A question without an answer" in cora.text and "Not looked at" in cora.text


async def test_only_kept_conversations_of_own_activities_are_listed(system, ours):
    activity_id, _, cora = ours
    other, _ = people.activity(system, "Theirs")
    mine, _ = people.person(system, activity_id)
    unkept, _ = people.person(system, activity_id, kept=False)
    theirs, _ = people.person(system, other)
    alone, _ = people.person(system, None)
    await cora.get(HERE)
    assert mine in cora.html
    assert not any(one in cora.html for one in (unkept, theirs, alone))
    assert (await cora.get(f"{HERE}/{unkept}")).status == 404
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    await ada.get(HERE)
    assert all(one in ada.html for one in (mine, theirs, alone)) and unkept not in ada.html


async def test_filters_combine_stay_in_the_address_and_can_be_saved(system, ours):
    activity_id, code, cora = ours
    wanted, _ = people.person(system, activity_id, "staff")
    role, _ = people.person(system, activity_id, "carer")
    short, _ = people.person(system, activity_id, "staff")
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).where(ConversationRow.id != short).values(messages=60, stage="after", fallbacks=2))
    people.flag(system, wanted, "distress")
    people.flag(system, role, "distress")
    query = f"role=staff&stage=after&length=long&channel=widget&fallbacks=yes&flags=distress&review=none&words=yes&since=7&activity={code}"
    await cora.get(f"{HERE}?{query}")
    assert wanted in cora.html and role not in cora.html and short not in cora.html
    await cora.send(f"{HERE}/save", name="Staff after")
    assert "These filters are saved." in cora.text
    link = f'{HERE}?{query.replace("&", "&amp;")}">Staff after'
    assert link in cora.html
    await cora.get(f"{HERE}?role=carer")
    assert role in cora.html and wanted not in cora.html
    await cora.send(f"{HERE}/save", name=" ")
    assert "These filters are not saved." in cora.text
    await cora.send(f"{HERE}/unsave")
    assert link not in cora.html
    await cora.get(f"{HERE}?role=nonsense&since=9999&length=x&page=abc&flags=%27&q=%00%22*(")
    assert cora.status == 200


async def test_saved_filters_are_their_owners_alone(system, ours):
    activity_id, _, cora = ours
    otto = people.signed_in(system, people.account(system, "Otto", Post.COORDINATOR, activity_id))
    await cora.get(HERE)
    await cora.send(f"{HERE}/save", name="Mine")
    saved = cora.html.split('name="id" value="')[1].split('"')[0]
    await otto.get(HERE)
    assert "Mine" not in otto.html
    form = otto.html.split('name="form" value="')[1].split('"')[0]
    assert (await otto.http.post(f"{HERE}/unsave", data={"form": form, "id": saved})).status_code == 404
    await cora.get(HERE)
    assert "Mine" in cora.html


async def test_search_finds_words_in_any_form_and_phrases_as_soon_as_they_are_said(system, ours):
    _, code, cora = ours
    person, other = await talker(system, code), await talker(system, code)
    await person.type("the meetings were rushed and nobody listened")
    await other.type("Café wheelchairs")
    wanted = {"meeting": True, "MEETINGS rush": True, '"nobody listened"': True, '"listened nobody"': False, "café": False}
    for asked, found in wanted.items():
        await cora.get(f"{HERE}?q={asked}")
        assert (person.id in cora.html) is found, asked
    await cora.get(f"{HERE}?q=wheelchair")
    assert other.id in cora.html and person.id not in cora.html
    await person.type("zebra crossing by the door")
    await cora.get(f"{HERE}?q=zebra&role=service_user")
    assert person.id in cora.html
    with system.built.database.reading() as session:
        read = session.scalars(select(AuditRow).where(AuditRow.action == "words_read")).all()
    assert read and all(row.details.get("page") == "search" and "zebra" not in str(row.details) for row in read)


async def test_search_never_reaches_words_that_are_not_shared(system, ours):
    _, code, cora = ours
    person = await talker(system, code, share=False)
    await person.type("a secret cormorant")
    await cora.get(f"{HERE}?q=cormorant")
    assert person.id not in cora.html and documents(system) == {}


@pytest.mark.parametrize("how", ["stop sharing", "delete in the chat", "delete the conversation", "erase", "past its time"])
async def test_words_leave_the_search_with_everything_that_takes_them_away(system, ours, how):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type("a cormorant flew by the window")
    await cora.get(f"{HERE}?q=cormorant")
    assert person.id in cora.html and index_holds(system, "cormorant")
    database = system.built.database
    if how == "stop sharing":
        from facilitator.conversation.turn import SharingChosen
        from facilitator.storage.facts import write_facts

        with database.unit_of_work() as session:
            write_facts(session, store.conversation(session, person.id), [SharingChosen("words", allowed=False)], store.new_id())
    elif how == "delete in the chat":
        await person.type("delete everything")
        await person.type("yes")
        assert row_of(system, person.id).kept is None
    elif how == "delete the conversation":
        assert (await person.http.delete(f"/chat/conversations/{person.id}", headers=person.headers)).status_code == 204
    elif how == "erase":
        with database.unit_of_work() as session:
            erasure.erase(session, erasure.these([person.id]), None)
    else:
        purge_all(database, store.now() + timedelta(days=91), system.built.settings.periods)
    assert documents(system) == {} and not index_holds(system, "cormorant")
    await cora.get(f"{HERE}?q=cormorant")
    assert person.id not in cora.html


async def test_sharing_again_brings_the_words_back_to_the_search(system, ours):
    _, code, cora = ours
    person = await talker(system, code, share=False)
    await person.type("a cormorant flew by")
    from facilitator.conversation.turn import SharingChosen
    from facilitator.storage.facts import write_facts

    with system.built.database.unit_of_work() as session:
        write_facts(session, store.conversation(session, person.id), [SharingChosen("words", allowed=True)], store.new_id())
    await cora.get(f"{HERE}?q=cormorant")
    assert person.id in cora.html


def test_a_very_long_conversation_is_searched_by_its_newest_words_and_breaks_nothing(system, ours):
    activity_id, _, _ = ours
    conversation_id, _ = people.person(system, activity_id)
    with system.built.database.unit_of_work() as session:
        for number in range(30):
            session.add(
                MessageRow(
                    id=store.new_id(), conversation_id=conversation_id, author="person", kind="text", status="answered",
                    text=f"word{number} " + "éa̐" * 4000, client_message_id=store.new_id(), created_at=store.now(),
                )
            )  # fmt: skip
        store.conversation(session, conversation_id).search_due = True
    assert search.catch_up(system.built.database)
    assert index_holds(system, "word29") and not index_holds(system, "word0")


async def test_a_transcript_shows_time_meaning_sureness_sources_and_answers_beside(system, ours):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type("will I get paid for coming?")
    await person.type("sort of but it was rushed")
    await cora.get(f"{HERE}/{person.id}")
    assert "will I get paid for coming?" in cora.text
    assert "Taken for: ask_question, 100% sure" in cora.text
    assert "Source: Embedding co-production in mental health (NDTi, 2016)" in cora.text
    assert "Answer:" in cora.text and "Partly" in cora.text
    assert "Taken for: consent_yes, by a button" in cora.text
    with system.built.database.reading() as session:
        read = session.scalars(select(AuditRow).where(AuditRow.about.like("conversation:%"))).all()
    assert [row.details["page"] for row in read] == ["transcript"] and person.id not in str([row.about for row in read])


async def test_a_transcript_without_leave_shows_no_message_name_or_meaning_and_is_not_noted_as_read(system, ours):
    _, code, cora = ours
    person = await talker(system, code, share=False)
    await person.type("a secret cormorant")
    await cora.get(f"{HERE}/{person.id}")
    assert "They do not let coordinators read their words." in cora.text
    assert "cormorant" not in cora.html and "Taken for" not in cora.text and row_of(system, person.id).pseudonym not in cora.text
    with system.built.database.reading() as session:
        assert session.scalars(select(AuditRow).where(AuditRow.action == "words_read")).all() == []


async def test_a_long_transcript_is_paged_and_opens_around_a_message(system, ours):
    activity_id, _, cora = ours
    conversation_id, _ = people.person(system, activity_id)
    ids = [store.new_id() for _ in range(130)]
    with system.built.database.unit_of_work() as session:
        for number, message_id in enumerate(ids):
            session.add(
                MessageRow(
                    id=message_id, conversation_id=conversation_id, author="person", kind="text", text=f"line{number:03}",
                    client_message_id=message_id, status="answered", created_at=store.now(),
                )
            )  # fmt: skip
            session.flush()
    await cora.get(f"{HERE}/{conversation_id}")
    assert "line000" in cora.text and "line049" in cora.text and "line050" not in cora.text
    await cora.get(f"{HERE}/{conversation_id}?at={ids[100]}")
    assert "line096" not in cora.text and "line097" in cora.text and "line129" in cora.text and "About this message" in cora.text
    assert (await cora.get(f"{HERE}/{conversation_id}?at=nonsense")).status == 200


async def test_notes_tags_and_marks_say_who_and_when_and_go_with_the_words(system, ours):
    _, code, cora = ours
    person = await talker(system, code)
    await cora.get(f"{HERE}/{person.id}")
    await cora.send(f"{HERE}/{person.id}/tags", tags="Food,  big  room ,food")
    assert "The tags are changed." in cora.text and 'value="big room, food"' in cora.html
    await cora.send(f"{HERE}/{person.id}/note", note="rang back")
    assert "rang back" in cora.text
    await cora.send(f"{HERE}/{person.id}/mark", to="follow_up")
    assert "marked to follow up, Cora" in cora.text
    await cora.get(f"{HERE}?review=follow_up&tag=food")
    assert person.id in cora.html and "To follow up" in cora.text
    await cora.get(f"{HERE}/{person.id}")
    await cora.send(f"{HERE}/{person.id}/mark", to="reviewed")
    await cora.get(f"{HERE}?review=follow_up")
    assert person.id not in cora.html
    await person.type("delete everything")
    await person.type("yes")
    with system.built.database.reading() as session:
        left = [session.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("conversation_note", "conversation_tag")]
    assert left == [0, 0] and row_of(system, person.id).review is None


@pytest.mark.parametrize(("tags", "fault"), [("<b>", "Use letters"), ("x" * 41, "Use letters"), (",".join(map(str, range(21))), "20 tags")])
async def test_tags_that_cannot_be_are_said_and_nothing_typed_is_lost(system, ours, tags, fault):
    activity_id, _, cora = ours
    conversation_id, _ = people.person(system, activity_id)
    await cora.get(f"{HERE}/{conversation_id}")
    await cora.send(f"{HERE}/{conversation_id}/tags", tags=tags)
    assert cora.status == 422 and fault in cora.text
    assert tags.replace("<", "&lt;").replace(">", "&gt;") in cora.html


async def test_a_message_is_flagged_once_noted_and_stands_in_the_flags(system, ours):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type("nobody asked the night staff about this")
    message = next(line for line in (await cora.get(f"{HERE}/{person.id}")).html.split('id="m-')[1:] if "night staff" in line)[:32]
    for _ in range(2):
        await cora.get(f"{HERE}/{person.id}?at={message}")
        await cora.send(f"{HERE}/{person.id}/note", flag="yes", message=message, note="ask the ward")
        assert "The message is flagged for your team." in cora.text and "nobody asked the night staff" in cora.text
    with system.built.database.reading() as session:
        flags = session.scalars(select(FlagRow).where(FlagRow.kind == "by_team")).all()
    assert [(flag.message_id, flag.state) for flag in flags] == [(message, "open")]
    await cora.get(f"{HERE}/{person.id}?at={message}")
    await cora.send(f"{HERE}/{person.id}/note", message="0" * 32, note="elsewhere")
    assert cora.status == 404


async def test_an_example_is_worded_anew_and_lands_in_the_file_of_its_kind(system, ours):
    _, code, cora = ours
    person = await talker(system, code)
    await person.type("please could you tell me how far along we are now")
    message = next(line for line in (await cora.get(f"{HERE}/{person.id}")).html.split('id="m-')[1:] if "how far along" in line)[:32]
    place, folder = f"{HERE}/{person.id}/example", system.built.settings.data_dir / "pending"
    for text_, fault in (
        ("tell me how far along we are", "own words"), ("", "write an example"), ("ask Priya", "details"), ("x" * 301, "300 letters")
    ):  # fmt: skip
        await cora.get(f"{HERE}/{person.id}?at={message}")
        await cora.send(place, text=text_, intent="progress", kind="training")
        assert cora.status == 422 and fault in cora.text, text_
    assert not folder.exists()
    added = [("training", "- how much is [left](x)?\n- intent: evil"), ("training", "much more to go?"), ("test", "where have we\tgot to")]
    for kind, words in added:
        await cora.get(f"{HERE}/{person.id}?at={message}")
        await cora.send(place, text=words, intent="progress", kind=kind)
        assert "Your example is in the file" in cora.text, cora.text
    from facilitator.checklist.content import read_yaml

    learnt = read_yaml(folder / "nlu.yml")["nlu"]
    assert [(one["intent"], one["examples"]) for one in learnt] == [
        ("progress", "- how much is left (x)? - intent: evil\n"), ("progress", "- much more to go?\n"),
    ]  # fmt: skip
    head, line = (folder / "intents.tsv").read_text("utf-8").splitlines()
    assert head.split("\t")[:3] == ["id", "text", "label"] and line.split("\t")[1:3] == ["where have we got to", "progress"]
    assert "along" not in (folder / "nlu.yml").read_text("utf-8")


def test_five_words_in_a_row_are_too_close_and_four_are_not():
    said = "Please could you tell me, how far are we?"
    assert too_close("so: could you TELL me how", said)
    assert not too_close("could you tell me what else", said)


async def test_nothing_can_be_done_to_a_message_whose_words_are_not_shared(system, ours):
    _, code, cora = ours
    person = await talker(system, code, share=False)
    await person.type("a secret cormorant")
    with system.built.database.reading() as session:
        message = session.scalar(select(MessageRow.id).where(MessageRow.text == "a secret cormorant"))
    for place in ("note", "example"):
        await cora.get(f"{HERE}/{person.id}")
        form = cora.html.split('name="form" value="')[1].split('"')[0]
        sent = {"form": form, "message": message, "note": "x", "flag": "yes", "text": "other words", "intent": "progress"}
        assert (await cora.http.post(f"{HERE}/{person.id}/{place}", data=sent)).status_code == 404
