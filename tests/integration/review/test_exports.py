"""Reports and exports: who may take what, whose words are in it, and that nothing in it acts on what opens it."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
import zipfile
from datetime import timedelta
from itertools import count
from typing import Any

import openpyxl
import pytest
from docx import Document
from sqlalchemy import insert, select, update

from bot.actions.catalogue import MOVES
from facilitator.conversation.turn import Turn
from facilitator.coordinators import reviewing
from facilitator.coordinators.conversations import Review
from facilitator.coordinators.rights import Post, Viewer
from facilitator.reports import tickets
from facilitator.reports.files import as_csv, as_xlsx
from facilitator.reports.lines import as_lines
from facilitator.reports.rows import What, rows
from facilitator.reports.tickets import ExportState
from facilitator.service import take_turn
from facilitator.storage import conversations as store
from facilitator.storage.models import AnswerRow, ConversationRow, ExportRow, LadderRow, NextStepRow, ReflectionRow
from tests.integration.review import people
from tests.integration.review.test_work import NASTY, audited, items, ours, three_a_side  # noqa: F401
from web.review import exports as page

TOWER = "a" + "\u0301" * 25_000
FORMULAS = ['=HYPERLINK("http://evil","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "  =1+1", "＝1+1"]


async def take(browser: people.Browser, what: str, form: str, code: str) -> Any:
    """Ask for an export as the pages do, and get the file."""
    await browser.get("/review/exports")
    await browser.send("/review/exports", what=what, form_of_it=form, activity=code)
    assert browser.status == 200, browser.text
    found = re.search(r'href="(/review/exports/\w+/file)"', browser.html)
    assert found, browser.text
    return await browser.http.get(found[1])


def reflect(system, conversation_id: str, words: str, visible_to: str = "coordinators") -> None:
    with system.built.database.unit_of_work() as session:
        activity_id = store.conversation(session, conversation_id).activity_id
        session.add(
            ReflectionRow(
                conversation_id=conversation_id, activity_id=activity_id, stage="after", prompt=None, text=words, visible_to=visible_to,
                message_id=store.new_id(), created_at=store.now(),
            )
        )  # fmt: skip


async def test_answers_hold_only_those_who_let_them_be_read_under_made_up_names(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    item = items(system)[0]
    shares, hides, unkept = (people.person(system, activity_id, share=share)[0] for share in (True, False, False))
    elsewhere = people.person(system, people.activity(system, "Theirs")[0])[0]
    for conversation, words in ((shares, "may be read"), (hides, "a canary sang"), (elsewhere, "a canary sang")):
        people.says(system, conversation, item, "partly", words)
    people.says(system, unkept, items(system)[1], "yes", "a canary sang")
    cora = people.signed_in(system, cora_id)
    response = await take(cora, "answers", "csv", code)
    assert response.headers["content-disposition"].startswith(f'attachment; filename="answers-{code}-')
    assert response.headers["cache-control"] == "no-store"
    head, *found = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert head[:4] == ["Activity", "Known as", "Conversation", "Role"]
    assert [(row[1], row[3], row[8], row[9]) for row in found] == [("Quiet Heron", "People who use services", "Partly", "may be read")]
    assert shares not in response.text and "canary" not in response.text
    assert audited(system)[-1] == ("exported", f"activity:{activity_id}")
    await cora.get(cora.path)
    assert "All of it was sent: 1 rows." in cora.text


async def test_nothing_planted_acts_in_any_export(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    planted = [*FORMULAS, NASTY, TOWER, "_x000D_ \x00\x01\ud800 end", 'one\nline, "two"; three']
    for item, words in zip(items(system), planted, strict=False):
        one = people.person(system, activity_id)[0]
        people.says(system, one, item, "yes", words.replace("\x00", "").replace("\ud800", ""))
        reflect(system, one, words.replace("\x00", "").replace("\ud800", ""))
    cora = people.signed_in(system, cora_id)
    for what in ("answers", "reflections", "conversations"):
        table = list(csv.reader(io.StringIO((await take(cora, what, "csv", code)).content.decode("utf-8-sig"), newline="")))
        assert len({len(row) for row in table}) == 1 and len(table) == 1 + min(len(planted), len(items(system)))
        for cell in (cell for row in table for cell in row):
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "＝")), cell
            assert "\u202e" not in cell and "\u0301" * 4 not in cell
        book = openpyxl.load_workbook(io.BytesIO((await take(cora, what, "xlsx", code)).content))
        cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
        assert cells and not [cell for cell in cells if cell.data_type == "f"]
        assert all(cell.quotePrefix for cell in cells if cell.data_type == "s")
        assert max(len(str(cell.value)) for cell in cells) <= 32_767
    values = [cell.value for cell in cells]
    assert values  # the last table is conversations; formulas are looked for in answers below
    book = openpyxl.load_workbook(io.BytesIO((await take(cora, "answers", "xlsx", code)).content))
    typed = [row[9].value for row in book.active.iter_rows(min_row=2)]
    assert FORMULAS[0] in typed and any("<script>alert(1)" in words for words in typed)
    everything = await take(cora, "everything", "", code)
    assert everything.content.isascii()
    said = [json.loads(line) for line in everything.text.splitlines()]
    assert said[-1] == {"kind": "end", "lines": len(said) - 1}
    assert TOWER in [line.get("comment") for line in said] or len(items(system)) < len(FORMULAS) + 2


async def test_everything_is_history_too_and_keeps_each_letter(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    one = people.person(system, activity_id)[0]
    people.says(system, one, items(system)[0], "yes", "Łódź 你好 \u202e")
    reflect(system, one, "for me alone", "me")
    reflect(system, one, "for all", "group")
    people.flag(system, one, "distress", "what they wrote")
    with system.built.database.unit_of_work() as session:
        session.add(
            NextStepRow(id=store.new_id(), conversation_id=one, activity_id=activity_id, what="Book", state="open", created_at=store.now())
        )
    lines = [json.loads(line) for line in (await take(people.signed_in(system, cora_id), "everything", "", code)).text.splitlines()]
    kinds = [line["kind"] for line in lines]
    assert kinds == ["conversation", "answer", "reflection", "next_step", "flag", "message", "end"]
    assert lines[1]["comment"] == "Łódź 你好 \u202e" and lines[5]["text"] == "what they wrote"
    assert "for me alone" not in json.dumps(lines) and one not in json.dumps(lines)


async def test_consent_taken_back_while_a_file_is_made_counts_for_what_is_not_sent_yet(system, ours, monkeypatch):  # noqa: F811
    activity_id, _, _ = ours
    everyone = sorted(people.person(system, activity_id)[0] for _ in range(3))
    for one in everyone:
        people.says(system, one, items(system)[0], "yes", f"words of {everyone.index(one)}")
    monkeypatch.setattr("facilitator.reports.rows.in_batches.__defaults__", (1,))
    making = rows(system.built.database, What.ANSWERS, activity_id, spoken(system), lambda progress: None)
    first = next(making)
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).where(ConversationRow.id == everyone[1]).values(share_words=False))
    assert [row[9] for row in (first, *making)] == ["words of 0", "words of 2"]


def spoken(system):
    from facilitator.reports.rows import Spoken
    from web.review import pages

    return Spoken(pages.words(), system.built.checklists, {}, pages.topic_titles())


async def test_only_what_is_ones_own_and_viewers_no_rows_at_all(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    people.person(system, activity_id)
    other_id, other_code = people.activity(system, "Theirs")
    people.person(system, other_id)
    cora = people.signed_in(system, cora_id)
    for what, form, wanted in (("answers", "csv", other_code), ("answers", "csv", ""), ("answers", "jsonl", code), ("all", "csv", code)):
        await cora.get("/review/exports")
        await cora.send("/review/exports", what=what, form_of_it=form, activity=wanted)
        assert cora.status == 422 and "Please choose one of your activities" in cora.text
    vera = await people.signed_in(system, people.account(system, "Vera", Post.VIEWER, activity_id)).get("/review/exports")
    assert "figures, no words" in vera.text and '<form method="post" action="/review/exports"' not in vera.html
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    found = await take(ada, "conversations", "csv", "")
    assert len(found.content.decode().splitlines()) == 3


async def test_an_export_that_broke_off_says_so_and_an_old_one_is_gone(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    for _ in range(3):
        people.says(system, people.person(system, activity_id)[0], items(system)[0], "yes")
    cora = people.signed_in(system, cora_id)
    await cora.get("/review/exports")
    await cora.send("/review/exports", what="answers", form_of_it="csv", activity=code)
    export_id = cora.path.rsplit("/", 1)[1]
    tickets.note(system.built.database, export_id, ExportState.SENDING)
    assert "On its way" in (await cora.get(cora.path)).text
    with system.built.database.unit_of_work() as session:
        session.execute(update(ExportRow).values(changed_at=store.now() - timedelta(minutes=3), done=2))
    assert "It stopped after 2 of the 3 conversations" in (await cora.get(cora.path)).text
    with system.built.database.unit_of_work() as session:
        session.execute(update(ExportRow).values(created_at=store.now() - timedelta(days=2)))
    assert (await cora.get(cora.path)).status == 404
    await cora.get("/review/exports")
    await cora.send("/review/exports", what="answers", form_of_it="csv", activity=code)
    with system.built.database.reading() as session:
        assert session.scalars(select(ExportRow.id)).all() != [export_id]
        assert len(session.scalars(select(ExportRow)).all()) == 1


async def test_a_reader_who_goes_away_leaves_a_file_marked_as_not_whole(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    people.says(system, people.person(system, activity_id)[0], items(system)[0], "yes")
    cora = people.signed_in(system, cora_id)
    await cora.get("/review/exports")
    await cora.send("/review/exports", what="answers", form_of_it="csv", activity=code)
    with system.built.database.reading() as session:
        row = tickets.find(session, cora.path.rsplit("/", 1)[1])
    seat = type("Seat", (), {"parts": system.parts})()
    sending = page._sending(seat, row)
    next(sending)
    sending.close()
    with system.built.database.reading() as session:
        assert tickets.state_of(tickets.find(session, row.id)) is ExportState.STOPPED


# ── memory ──


def crowd(system, activity_id: str, number: int) -> None:
    """So many people, each with eight answers and comments, written straight into the tables."""
    numbers, lists = count(), system.built.checklists
    item = items(system)[0]
    base = {"activity_id": activity_id, "kept": True, "role": "carer", "lang": "en", "simple": False, "share_words": True, "position": {}}
    base |= {"state": "finished", "channel": "widget", "created_at": store.now(), "last_active_at": store.now()}
    made = [{**base, "id": store.new_id(), "person_id": store.new_id()} for _ in range(number)]
    answer = {"activity_id": activity_id, "role": "carer", "stage": lists.stage_of(item), "topic": lists.item(item).topic, "rating": "yes"}
    answer |= {"comment": "some words of theirs " * 10, "message_id": "m", "created_at": store.now()}
    with system.built.database.unit_of_work() as session:
        session.execute(insert(ConversationRow), made)
        session.execute(
            insert(AnswerRow),
            [{**answer, "conversation_id": one["id"], "item": f"item-{next(numbers)}"} for one in made for _ in range(8)],
        )


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl"])
def test_memory_does_not_grow_with_an_export(system, kind, monkeypatch):
    """Six times the people: the file grows sixfold, what is held at once hardly."""
    database, words = system.built.database, spoken(system)
    monkeypatch.setattr("facilitator.reports.rows.in_batches.__defaults__", (20,))  # so that a short test has many batches

    def taken(activity_id: str) -> tuple[int, int]:
        table = rows(database, What.ANSWERS, activity_id, words, lambda progress: None)
        body = {
            "csv": lambda: as_csv(["x"], table),
            "xlsx": lambda: as_xlsx("x", ["x"], table),
            "jsonl": lambda: as_lines(database, activity_id, lambda progress: None),
        }[kind]()
        tracemalloc.start()
        size = sum(len(piece) for piece in body)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, peak

    few, many = people.activity(system, "Few")[0], people.activity(system, "Many")[0]
    crowd(system, few, 100)
    crowd(system, many, 600)
    taken(few)  # what is only built once
    (small, low), (large, high) = taken(few), taken(many)
    assert large > 4 * small
    assert high < 1.3 * low + 500_000, f"{low} bytes held for {small}, {high} for {large}"


def test_a_table_too_long_for_a_sheet_goes_on_in_another(monkeypatch):
    monkeypatch.setattr("facilitator.reports.files.ROWS_IN_A_SHEET", 3)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx("Answers", ["n"], ([n] for n in range(7))))))
    assert book.sheetnames == ["Answers 1", "Answers 2", "Answers 3"]
    assert [[cell.value for cell in row] for row in book["Answers 3"].iter_rows()] == [["n"], [6]]
    none = openpyxl.load_workbook(io.BytesIO(b"".join(as_xlsx("Answers", ["n"], []))))
    assert none.sheetnames == ["Answers"] and none.active.max_row == 1


# ── the report ──


def busy(system, activity_id: str) -> None:
    first, second, third = items(system)[:3]
    three_a_side(system, activity_id, first, "not_yet", "yes", NASTY)
    three_a_side(system, activity_id, second, "yes", "yes")
    three_a_side(system, activity_id, third, "partly", "partly")
    one = people.person(system, activity_id)[0]
    reflect(system, one, f"We were heard. {NASTY}", "group")
    reflect(system, one, "Only for coordinators.")
    with system.built.database.unit_of_work() as session:
        session.add(
            NextStepRow(
                id=store.new_id(),
                conversation_id=one,
                activity_id=activity_id,
                what=f"A step. {NASTY}",
                who="me",
                state="open",
                created_at=store.now(),
            )
        )
        for number, role in enumerate(("carer",) * 3):
            conversation = store.new_id()
            session.add(
                ConversationRow(
                    id=conversation, person_id=store.new_id(), activity_id=activity_id, kept=True, role=role, share_ratings=True,
                    share_words=False, position={}, state="finished", created_at=store.now(), last_active_at=store.now(),
                )
            )  # fmt: skip
            session.flush()
            rung = system.built.looking_back.rungs[number].id
            session.add(
                LadderRow(
                    conversation_id=conversation,
                    activity_id=activity_id,
                    role=role,
                    stands=rung,
                    message_id=store.new_id(),
                    created_at=store.now(),
                )
            )


async def test_the_report_says_what_is_in_place_and_what_is_not(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    busy(system, activity_id)
    cora = await people.signed_in(system, cora_id).get(f"/review/activities/{code}/report")
    first, second, third = (system.built.checklists.item(item) for item in items(system)[:3])
    for group, item in (("apart", first), ("in_place", second), ("not_yet", third)):
        part = re.search(rf'id="g-{group}".*?</section>', cora.html, re.S)[0]
        assert item.question in part, group
        assert all(other.question not in part for other in (first, second, third) if other is not item)
    assert "We were heard." in cora.text and "<script>alert" not in cora.html and "\u202e" not in cora.html
    assert 'id="both-title"' in cora.html and 'aria-labelledby="f-both-title f-both-desc"' in cora.html
    assert audited(system)[-1] == ("words_read", f"activity:{activity_id}")


async def test_the_report_for_the_people_of_an_activity_holds_only_what_was_shared_with_all_of_them(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    busy(system, activity_id)
    cora = people.signed_in(system, cora_id)
    page = (await cora.get(f"/review/activities/{code}/report")).text
    word = word_text((await cora.http.get(f"/review/activities/{code}/report/word")).content)
    for report in (page, word):
        assert "We were heard." in report and "Quiet Heron" in report
        for kept_from_the_group in ("Only for coordinators.", "A step.", "The ladder", "People who use services, Quiet Heron"):
            assert kept_from_the_group not in report
    # what coordinators may read has pages of its own
    for name, words in (("reflections", "Only for coordinators."), ("steps", "A step."), ("ladder", "The ladder over time")):
        assert words in (await cora.get(f"/review/activities/{code}/{name}")).text


async def test_a_viewers_report_and_a_copy_to_share_hold_no_words(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    busy(system, activity_id)
    before = len(audited(system))
    vera = people.signed_in(system, people.account(system, "Vera", Post.VIEWER, activity_id))
    cora = people.signed_in(system, cora_id)
    for browser, kind in ((vera, ""), (vera, "?for=sharing"), (cora, "?for=sharing")):
        await browser.get(f"/review/activities/{code}/report{kind}")
        assert browser.status == 200 and "We were heard" not in browser.text and "alert(1)" not in browser.html
        assert "The ladder over time" not in browser.text
        text = word_text((await browser.http.get(f"/review/activities/{code}/report/word{kind}")).content)
        assert "We were heard" not in text and "alert(1)" not in text
    assert "hidden" in cora.text and "Counts of 1 to 7 are hidden" in cora.text
    assert [action for action, _ in audited(system)][before:].count("words_read") == 0


def word_text(file: bytes) -> str:
    document = Document(io.BytesIO(file))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


async def test_the_word_report_has_a_real_chart_and_harmless_words(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    busy(system, activity_id)
    cora = people.signed_in(system, cora_id)
    response = await cora.http.get(f"/review/activities/{code}/report/word")
    assert response.headers["content-disposition"].endswith('.docx"')
    text = word_text(response.content)
    assert "We were heard." in text and "\u202e" not in text and "\u0305" not in text
    assert system.built.checklists.item(items(system)[0]).question in text
    with zipfile.ZipFile(io.BytesIO(response.content)) as file:
        [chart] = [name for name in file.namelist() if name.startswith("word/charts/")]
        drawn = file.read(chart).decode()
        assert drawn.count("<c:ser>") == 2 and drawn.count("<c:v>1.0000</c:v>") == 3
        assert (
            "chart" in file.read("word/_rels/document.xml.rels").decode()
            and 'descr="Average of each side' in file.read("word/document.xml").decode()
        )
    assert audited(system)[-1] == ("exported", f"activity:{activity_id}")


async def test_figures_for_sharing_hide_small_counts_and_round_the_rest(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    first, second = items(system)[:2]
    for role, rating in (("service_user", "yes"), ("staff", "not_yet")):
        for _ in range(12):
            people.says(system, people.person(system, activity_id, role)[0], first, rating)
    three_a_side(system, activity_id, second, "yes", "yes")
    cora = people.signed_in(system, cora_id)

    async def figures(kind: str) -> dict[tuple[str, str], list[str]]:
        found = await cora.http.get(f"/review/activities/{code}/figures?form=csv{kind}")
        table = list(csv.reader(io.StringIO(found.content.decode("utf-8-sig"))))
        return {(row[2], row[4]): row[5:] for row in table[1:]}

    inside, outside = await figures(""), await figures("&for=sharing")
    assert inside[first, "Use services"][0] == "12" and outside[first, "Use services"][0] == "10"
    assert outside[first, "Use services"][-1] == "1.0"
    assert inside[second, "Use services"][0] == "3" and outside[second, "Use services"][0] == "hidden"
    assert outside[second, "Use services"][-2:] == ["hidden", ""]


async def test_conversations_come_with_notes_tags_and_what_was_made_of_them(system, ours):  # noqa: F811
    activity_id, code, cora_id = ours
    one = people.person(system, activity_id)[0]
    cora = people.signed_in(system, cora_id)
    viewer = Viewer(cora_id, "Cora", "cora@example.org", Post.COORDINATOR, frozenset({activity_id}))
    with system.built.database.unit_of_work() as session:
        reviewing.annotate(session, viewer, one, "=Rang the hall")
        reviewing.set_tags(session, viewer, one, "fares, quiet room")
        reviewing.mark(session, viewer, one, Review.FOLLOW_UP)
    table = list(csv.DictReader(io.StringIO((await take(cora, "conversations", "csv", code)).content.decode("utf-8-sig"))))
    assert [(row["Looked at"], row["Tags"]) for row in table] == [("To follow up", "fares; quiet room")]
    assert table[0]["Notes"].endswith(": =Rang the hall") and not table[0]["Notes"].startswith("=")
    lines = [json.loads(line) for line in (await take(cora, "everything", "", code)).text.splitlines()]
    assert {(line["kind"], line.get("tag")) for line in lines if line["kind"] == "tag"} == {("tag", "fares"), ("tag", "quiet room")}
    assert "=Rang the hall" in [line.get("text") for line in lines if line["kind"] == "note"]


# ── words taken back ──

CANARY = "cormorant"


async def everywhere(cora: people.Browser, code: str, conversation: str, flag: int) -> dict[str, str]:
    """What a coordinator can see of somebody's words, by the place: every page that has any, the reports, the exports."""
    here, shown = f"/review/activities/{code}", {}
    pages = [here, *(f"{here}/{name}" for name in ("steps", "reflections", "ladder", "parity", "report"))]
    for path in (*pages, "/review", "/review/questions", "/review/flags", f"/review/flags/{flag}", f"/review/conversations/{conversation}"):
        shown[path.removeprefix(here)] = (await cora.get(path)).text
    await cora.get(f"/review/conversations?q={CANARY}")
    shown["search"] = CANARY if conversation in cora.html else ""
    shown["word report"] = word_text((await cora.http.get(f"{here}/report/word")).content)
    for what in ("answers", "reflections", "everything"):
        shown[f"{what} to export"] = (await take(cora, what, "" if what == "everything" else "csv", code)).text
    book = openpyxl.load_workbook(io.BytesIO((await take(cora, "reflections", "xlsx", code)).content))
    shown["reflections to export as a book"] = str([cell.value for row in book.active.iter_rows() for cell in row])
    return shown


def turn(system, conversation_id: str, action: str, intent: str, text: str | None = None, **entities: str) -> list[str]:
    """A turn as the action makes it; what was said to it."""
    said = Turn(store.new_id(), intent, 1.0, text, entities)
    says, _ = take_turn(system.built.database, system.built.library, action, MOVES[action], said, conversation_id)
    return [say.response for say in says]


@pytest.mark.parametrize("visible_to", ["coordinators", "group"])
async def test_words_taken_back_are_nowhere_for_coordinators_and_a_reflection_can_be_shared_again(system, ours, visible_to):  # noqa: F811
    activity_id, code, cora_id = ours
    one, other = (people.person(system, activity_id)[0] for _ in range(2))
    reflect(system, other, "of somebody who goes on sharing", visible_to)
    people.says(system, one, items(system)[0], "partly", f"{CANARY} of a comment")
    reflect(system, one, f"{CANARY} of a reflection", visible_to)
    flagged = people.flag(system, one, "unanswered", f"{CANARY} of a question")
    with system.built.database.unit_of_work() as session:
        step = {"id": store.new_id(), "conversation_id": one, "activity_id": activity_id, "what": f"{CANARY} of a step", "state": "open"}
        session.add(NextStepRow(**step, created_at=store.now()))
        session.execute(update(ConversationRow).values(search_due=True))
    cora = people.signed_in(system, cora_id)
    before = await everywhere(cora, code, one, flagged)
    without = {"", "/ladder", "/review", "/review/flags"}  # counts alone
    reports = {"/report", "word report"} if visible_to == "group" else set()  # they are for the group
    without |= {"/report", "word report"} - reports
    assert {place for place, words in before.items() if CANARY not in words} == without
    said = turn(system, one, "action_change_sharing", "change_sharing", "stop sharing my words")
    assert said[0] == "utter_words_not_shared"
    after = await everywhere(cora, code, one, flagged)
    assert {place for place, words in after.items() if CANARY in words} == set()
    assert "goes on sharing" in after["/reflections"] and "goes on sharing" in after["reflections to export"]
    # sharing it again is a choice of its own, and brings back that and nothing else
    turn(system, one, "action_pick", "pick", sharing="earlier")
    assert turn(system, one, "action_pick", "pick", visible=visible_to)[0] == f"utter_reflection_for_{visible_to}"
    again = await everywhere(cora, code, one, flagged)
    assert {place for place, words in again.items() if CANARY in words} == {"/reflections"} | reports
    assert all(f"{CANARY} of a {rest}" not in str(again) for rest in ("comment", "question", "step"))
