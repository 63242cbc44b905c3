"""What coordinators do: activities, both sides side by side, flags and replies, the audit, erasing."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from facilitator.activities import edit_activity
from facilitator.cli.main import app
from facilitator.coordinators import audit
from facilitator.coordinators.audit import Action, AuditBrokenError
from facilitator.coordinators.paging import page_of
from facilitator.coordinators.rights import Post
from facilitator.errors import StorageUnavailableError
from facilitator.retention import purge_all
from facilitator.storage import conversations as store
from facilitator.storage.models import AuditRow, ConversationRow, FlagEventRow, FlagRow, LadderRow, MessageRow, NextStepRow, ReflectionRow
from facilitator.vocabulary import Stage
from tests.integration.review import people

NASTY = (
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }} =cmd|calc '
    + "Z\u0301\u0302\u0303\u0304\u0305\u0306\u0307" * 50
    + "\u202egnp"
)


def items(system, stage: Stage = Stage.BEFORE) -> list[str]:
    return [item.id for item in system.built.checklists.stage(stage).items]


def audited(system) -> list[tuple[str, str | None]]:
    with system.built.database.reading() as session:
        audit.check(session)
        return [(row.action, row.about) for row in session.scalars(select(AuditRow).order_by(AuditRow.seq))]


@pytest.fixture
def ours(system) -> tuple[str, str, str]:
    """(activity id, join code, id of its coordinator)"""
    activity_id, code = people.activity(system, 'Ward "review" & <b>plans</b>')
    return activity_id, code, people.account(system, "Cora", Post.COORDINATOR, activity_id)


# ── activities ──


async def test_a_coordinator_makes_an_activity_that_is_theirs(system):
    cora = people.signed_in(system, people.account(system, "Cora", Post.COORDINATOR))
    await cora.get("/review/activities/new")
    await cora.send("/review/activities/new", title=" ", happens_on="the day after never", raw_text_days="0", answer_days="x")
    assert cora.status == 422 and len(re.findall(r'class="error"', cora.html)) == 4
    await cora.send(
        "/review/activities/new", title="A plan", description="", happens_on="14 January 2027", raw_text_days="30", answer_days=""
    )
    assert cora.status == 200 and "14 January 2027" in cora.text and "30 days" in cora.text
    code = cora.path.rsplit("/", 1)[1]
    assert f"/join/{code}" in cora.html and "<svg" in cora.html
    await cora.get(f"/review/activities/{code}/edit")
    await cora.send(f"/review/activities/{code}/edit", title="B plan", happens_on="", raw_text_days="", answer_days="9")
    assert "B plan" in cora.text and "no date" in cora.text and "9 days" in cora.text
    actions = [action for action, _ in audited(system)]
    assert actions[-3:] == ["activity_added", "owners_changed", "activity_changed"]


async def test_what_people_were_told_is_not_made_longer_and_nothing_typed_is_lost(system):
    activity_id, code = people.activity(system, "A plan")
    cora = people.account(system, "Cora", Post.COORDINATOR, activity_id)
    with system.built.database.unit_of_work() as session:
        edit_activity(session, code, system.built.settings.periods, raw_text_days=30)
    people.person(system, activity_id)
    browser = people.signed_in(system, cora)
    await browser.get(f"/review/activities/{code}/edit")
    await browser.send(f"/review/activities/{code}/edit", title="B plan", happens_on="", raw_text_days="", answer_days="400")
    assert browser.status == 422
    assert "were told 30 days" in browser.text and "were told 365 days" in browser.text
    assert 'value="B plan"' in browser.html and 'value="400"' in browser.html
    await browser.get(f"/review/activities/{code}")
    assert "A plan" in browser.text and "30 days" in browser.text and "400" not in browser.text


async def test_owners_are_chosen_and_nobody_takes_themselves_out(system, ours):
    _activity_id, code, cora_id = ours
    otto_id = people.account(system, "Otto", Post.COORDINATOR)
    cora, otto = people.signed_in(system, cora_id), people.signed_in(system, otto_id)
    assert (await otto.get(f"/review/activities/{code}")).status == 404
    await cora.get(f"/review/activities/{code}/owners")
    await cora.send(f"/review/activities/{code}/owners", owner=[otto_id])
    assert (await otto.get(f"/review/activities/{code}")).status == 200
    assert (await cora.get(f"/review/activities/{code}")).status == 200


async def test_home_counts_what_is_mine_with_crisis_first(system, ours):
    activity_id, code, cora_id = ours
    mine, _ = people.person(system, activity_id)
    theirs, _ = people.person(system, people.activity(system, "Theirs")[0])
    for conversation in (mine, theirs):
        people.flag(system, conversation, "unanswered")
        people.flag(system, conversation, "crisis")
    with system.built.database.unit_of_work() as session:
        edit_activity(session, code, system.built.settings.periods, happens_on=date.today() + timedelta(days=2))
        store.conversation(session, mine).review = "follow_up"
    people.says(system, mine, items(system)[0], "yes")
    cora = await people.signed_in(system, cora_id).get("/review")
    assert re.findall(r'href="([^"]+)"><span class="big">(\d)', cora.html) == [
        ("/review/flags?kind=crisis", "1"),
        ("/review/questions", "1"),
        ("/review/conversations?review=follow_up", "1"),
    ]
    assert f'href="/review/activities/{code}#people">1<' in cora.html
    assert f'href="/review/activities/{code}/parity?stage=before">1<' in cora.html
    for address in set(re.findall(r'href="(/review[^"#]*)', cora.html)):
        assert (await cora.http.get(address)).status_code == 200, address
    ada = await people.signed_in(system, people.account(system, "Ada", Post.ADMIN)).get("/review")
    assert re.findall(r'class="big">(\d)', ada.html) == ["2", "2", "1"]
    vera = await people.signed_in(system, people.account(system, "Vera", Post.VIEWER, activity_id)).get("/review")
    assert re.findall(r'class="big">(\d)', vera.html) == ["1", "1"] and "/review/flags" not in vera.html


# ── both sides ──


def three_a_side(system, activity_id: str, item: str, use: str, provide: str, comment: str | None = None) -> None:
    for role, rating in (("service_user", use), ("staff", provide)):
        for _ in range(3):
            people.says(system, people.person(system, activity_id, role)[0], item, rating, comment)


async def test_the_parity_page_sorts_by_gap_hides_small_groups_and_says_why(system, ours):
    activity_id, code, cora_id = ours
    first, second, third = items(system)[:3]
    three_a_side(system, activity_id, first, "yes", "yes")
    three_a_side(system, activity_id, second, "not_yet", "yes")
    people.says(system, people.person(system, activity_id)[0], third, "yes")
    cora = await people.signed_in(system, cora_id).get(f"/review/activities/{code}/parity")
    order = re.findall(r'<h2 id="h-([\w-]+)">', cora.html)
    assert order[0] == second and order[1] == first
    assert "Gap: 1.00 People who provide services see more in place." in cora.text
    shown = re.search(rf'id="t-{second}".*?</table>', cora.html, re.S)[0]
    assert re.search(r"Not yet</th><td>3</td><td>0</td>", shown) and re.search(r"Yes</th><td>0</td><td>3</td>", shown)
    drawn = re.search(rf'<svg role="img"[^>]*aria-labelledby="f-{second}-title f-{second}-desc".*?</svg>', cora.html, re.S)[0]
    assert drawn.count("<rect") == 2 and "<title" in drawn and "<desc" in drawn
    assert f'id="f-{third}' not in cora.html and "Not enough people on this side" in cora.text
    assert "Small groups are hidden here, from you too." in cora.text and "not hidden from you" not in cora.text


async def test_filters_are_in_the_address(system, ours):
    _, code, cora_id = ours
    cora = people.signed_in(system, cora_id)
    item = system.built.checklists.item(items(system, Stage.AFTER)[0])
    await cora.get(f"/review/activities/{code}/parity?stage=after&topic={item.topic}")
    shown = re.findall(r'<h2 id="h-([\w-]+)">', cora.html)
    assert item.id in shown and all(system.built.checklists.item(one).topic == item.topic for one in shown)
    assert (await cora.get(f"/review/activities/{code}/parity?stage=nonsense&topic=%00")).status == 200


async def test_comments_only_of_those_who_share_words_only_for_those_who_may_read_and_audited(system, ours):
    activity_id, code, cora_id = ours
    item = items(system)[0]
    three_a_side(system, activity_id, item, "yes", "partly", NASTY)
    people.says(system, people.person(system, activity_id, share=False)[0], item, "yes", "a canary sang")
    cora = await people.signed_in(system, cora_id).get(f"/review/activities/{code}/parity")
    assert "canary" not in cora.html and "<script>alert" not in cora.html and "<img" not in cora.html and "49" not in cora.text
    assert "&lt;script&gt;alert(1)" in cora.html and "\u202e" not in cora.html and "\u0305" not in cora.html
    assert ("words_read", f"activity:{activity_id}") in audited(system)
    before = len(audited(system))
    vera = await people.signed_in(system, people.account(system, "Vera", Post.VIEWER, activity_id)).get(f"/review/activities/{code}/parity")
    assert vera.status == 200 and "alert(1)" not in vera.html
    assert [action for action, _ in audited(system)][before:].count("words_read") == 0


async def test_next_steps_stand_in_lanes_and_words_only_where_shared(system, ours):
    activity_id, code, cora_id = ours
    shared, silent = people.person(system, activity_id)[0], people.person(system, activity_id, share=False)[0]
    today = date.today()
    with system.built.database.unit_of_work() as session:
        for number, (who, due, state) in enumerate(
            [
                (shared, today - timedelta(days=1), "open"),
                (shared, today, "open"),
                (silent, None, "open"),
                (shared, None, "done"),
                (shared, None, "dropped"),
            ]
        ):
            session.add(
                NextStepRow(
                    id=store.new_id(), conversation_id=who, activity_id=activity_id, what=f"step {number} {NASTY if number == 1 else ''}",
                    who="me", due_on=due, state=state, created_at=store.now(), closed_at=store.now() if state == "done" else None,
                )
            )  # fmt: skip
    cora = await people.signed_in(system, cora_id).get(f"/review/activities/{code}/steps")
    assert re.findall(r"<h2 id=\"lane-(\w+)\">\w+ \((\d)\)", cora.html) == [("overdue", "1"), ("open", "2"), ("done", "1")]
    assert "step 0" in cora.text and "step 2" not in cora.text and "step 4" not in cora.text and "1 more are not shown" in cora.text
    vera = await people.signed_in(system, people.account(system, "Vera", Post.VIEWER, activity_id)).get(f"/review/activities/{code}/steps")
    assert "step 0" not in vera.text and "2 in all" in vera.text


async def test_reflections_only_as_shared_and_the_ladder_hides_small_sides(system, ours):
    activity_id, code, cora_id = ours
    rung = system.built.looking_back.rungs[2]
    with system.built.database.unit_of_work() as session:
        for number in range(4):
            conversation = store.new_id()
            role = "staff" if number == 3 else "carer"
            session.add(
                ConversationRow(
                    id=conversation, person_id=conversation, activity_id=activity_id, kept=True, role=role, share_ratings=True,
                    share_words=False, position={}, state="finished", created_at=store.now(), last_active_at=store.now(),
                )
            )  # fmt: skip
            session.flush()
            session.add(
                LadderRow(
                    conversation_id=conversation, activity_id=activity_id, stands=rung.id, message_id=store.new_id(), created_at=store.now()
                )
            )
            for visible in ("me", "coordinators", "group"):
                session.add(
                    ReflectionRow(
                        conversation_id=conversation, activity_id=activity_id, text=f"thought for {visible}", visible_to=visible,
                        message_id=store.new_id(), created_at=store.now(),
                    )
                )  # fmt: skip
    cora = people.signed_in(system, cora_id)
    await cora.get(f"/review/activities/{code}/reflections")
    assert cora.text.count("thought for coordinators") == 4 and "thought for me" not in cora.text
    await cora.get(f"/review/activities/{code}/ladder")
    assert "hidden, too few people" in cora.text and "<td>3</td>" in cora.html


# ── flags ──


async def test_a_flag_goes_from_open_to_closed_with_who_and_why(system, ours):
    activity_id, _code, cora_id = ours
    conversation, _ = people.person(system, activity_id)
    number = people.flag(system, conversation, "crisis", "words of theirs")
    cora = people.signed_in(system, cora_id)
    await cora.get(f"/review/flags/{number}")
    assert "words of theirs" in cora.text and "not watched" in cora.text
    await cora.send(f"/review/flags/{number}/move", to="closed", note=" ")
    assert cora.status == 422 and "what was done" in cora.text
    await cora.send(f"/review/flags/{number}/move", to="seen", note="")
    await cora.send(f"/review/flags/{number}/move", to="closed", note="Rang the ward. " + NASTY)
    assert "The flag is closed" in cora.text and "closed, Cora" in cora.text and "<script>alert" not in cora.html
    await cora.send(f"/review/flags/{number}/move", to="closed", note="again")
    assert cora.status == 422 and "changed this flag" in cora.text
    assert (await cora.get("/review/flags")).text.count("Someone may be in danger") == 1, "only the filter names it"
    assert f"/review/flags/{number}" in (await cora.get("/review/flags?state=closed")).html
    said = audited(system)
    assert said.count(("flag_changed", f"flag:{number}")) == 2 and ("words_read", f"flag:{number}") in said


async def test_a_flag_whose_conversation_is_gone_stays_with_those_who_look_after_the_activity(system, ours):
    """Raised on a Friday evening by somebody who keeps nothing, it is still to be looked at on Monday."""
    activity_id, code, cora_id = ours
    conversation, _ = people.person(system, activity_id, kept=False)
    number = people.flag(system, conversation, "crisis")
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).values(last_active_at=store.now() - timedelta(days=2)))
    settings = system.built.settings
    purge_all(system.built.database, store.now(), settings.periods, data_dir=settings.data_dir)
    with system.built.database.reading() as session:
        assert session.get(ConversationRow, conversation) is None
    cora = people.signed_in(system, cora_id)
    assert f"/review/flags/{number}" in (await cora.get("/review/flags")).html
    assert f"/review/flags/{number}" in (await cora.get(f"/review/flags?activity={code}")).html
    await cora.get(f"/review/flags/{number}")
    assert "Someone may be in danger" in cora.text and f"/review/activities/{code}" in cora.html and "has been deleted" in cora.text
    await cora.send(f"/review/flags/{number}/move", to="closed", note="I asked around on the ward.")
    assert "The flag is closed" in cora.text
    otto = people.signed_in(system, people.account(system, "Otto", Post.COORDINATOR))
    assert (await otto.get(f"/review/flags/{number}")).status == 404


async def test_a_flag_that_does_not_say_its_activity_is_that_of_its_conversation(system, ours):
    """While a new version takes over, the one before still raises flags as it did."""
    activity_id, _, cora_id = ours
    conversation, _ = people.person(system, activity_id)
    number = people.flag(system, conversation, "crisis")
    with system.built.database.unit_of_work() as session:
        session.execute(update(FlagRow).values(activity_id=None))
    cora, otto = people.signed_in(system, cora_id), people.signed_in(system, people.account(system, "Otto", Post.COORDINATOR))
    assert f"/review/flags/{number}" in (await cora.get("/review/flags")).html
    assert (await otto.get(f"/review/flags/{number}")).status == 404


async def test_words_of_a_flag_are_hidden_from_those_who_were_not_allowed_them(system, ours):
    activity_id, _, cora_id = ours
    conversation, _ = people.person(system, activity_id, share=False)
    number = people.flag(system, conversation, "distress", "a canary sang")
    cora = await people.signed_in(system, cora_id).get(f"/review/flags/{number}")
    assert "canary" not in cora.html and "do not let coordinators read" in cora.text


async def test_a_written_reply_reaches_the_person_in_the_same_conversation(system, ours):
    activity_id, _, cora_id = ours
    conversation, token = people.person(system, activity_id)
    number = people.flag(system, conversation, "asked_for_person", "can I talk to somebody")
    cora = people.signed_in(system, cora_id)
    await cora.get(f"/review/flags/{number}")
    await cora.send(f"/review/flags/{number}/reply", reply="  ")
    assert cora.status == 422
    await cora.send(f"/review/flags/{number}/reply", reply="I am Cora. Ring me on Tuesday.\n\nThank you.")
    assert "They see it in the chat" in cora.text and "have not been back yet" in cora.text
    history = (await cora.http.get(f"/chat/conversations/{conversation}/messages", headers={"Authorization": f"Bearer {token}"})).json()
    assert [(m["author"], m["text"]) for m in history["messages"]][-1] == ("coordinator", "I am Cora. Ring me on Tuesday.\n\nThank you.")
    with system.built.database.reading() as session:
        assert session.get(FlagRow, number).state == "seen"
        assert [row.state for row in session.scalars(select(FlagEventRow))] == ["replied"]


async def test_nobody_can_write_to_a_person_of_whom_nothing_is_kept(system, ours):
    activity_id, _, cora_id = ours
    conversation, _ = people.person(system, activity_id, kept=False)
    number = people.flag(system, conversation, "asked_for_person")
    cora = await people.signed_in(system, cora_id).get(f"/review/flags/{number}")
    assert "/reply" not in cora.html
    secret = re.search(r'name="form" value="([^"]+)"', cora.html)[1]
    response = await cora.http.post(f"/review/flags/{number}/reply", data={"form": secret, "reply": "hello"})
    assert response.status_code == 422
    with system.built.database.reading() as session:
        assert session.scalar(select(MessageRow).where(MessageRow.author == "coordinator")) is None


async def test_of_people_who_do_not_keep_answers_no_page_says_a_role_or_a_name(system, ours):
    activity_id, code, cora_id = ours
    cora = people.signed_in(system, cora_id)
    for kept in (False, None, True):
        conversation, _ = people.person(system, activity_id, "carer", kept=kept)
        number = people.flag(system, conversation, "crisis")
        said = [(await cora.get(address)).text for address in (f"/review/flags/{number}", "/review/flags", f"/review/activities/{code}")]
        assert ["Quiet Heron" in said[0], "Carers" in said[0], "Carers" in said[1]] == [kept is True] * 3
        assert "Carers 1" in said[2] if kept else "Carers 0" in said[2]
    assert "Not said yet 2" in said[2]


async def test_the_made_up_name_of_somebody_whose_words_may_not_be_read_is_on_no_page(system, ours):
    """People are told that a note about danger says their role. The name is what the group knows them by."""
    activity_id, code, cora_id = ours
    cora = people.signed_in(system, cora_id)
    for share in (False, True):
        conversation, _ = people.person(system, activity_id, "carer", share=share)
        number = people.flag(system, conversation, "crisis")
        reflection = {"conversation_id": conversation, "activity_id": activity_id, "visible_to": "group", "text": "It went well."}
        with system.built.database.unit_of_work() as session:
            session.add(ReflectionRow(**reflection, message_id=store.new_id(), created_at=store.now()))
        here = f"/review/activities/{code}"
        for address in ("/review/conversations", "/review/flags", f"/review/flags/{number}", f"/review/conversations/{conversation}"):
            page = await cora.get(address)
            assert "Carers" in page.text and ("Quiet Heron" in page.text) is (share and address != "/review/flags"), address
        for address in (f"{here}/reflections", f"{here}/report"):
            page = await cora.get(address)
            assert "It went well." in page.text and ("Quiet Heron" in page.text) is share, address


async def test_somebody_with_two_conversations_is_one_in_every_column(system, ours):
    activity_id, code, cora_id = ours
    one, other = (people.person(system, activity_id, "carer")[0] for _ in range(2))
    with system.built.database.unit_of_work() as session:
        store.conversation(session, other).person_id = store.conversation(session, one).person_id
    for conversation in (one, other):
        people.says(system, conversation, items(system)[0], "yes")
    cora = await people.signed_in(system, cora_id).get(f"/review/activities/{code}")
    assert "Carers 1 1 1 0 0 1 1" in cora.text


async def test_a_long_list_is_paged_to_its_end_and_back(system, ours):
    activity_id, _, cora_id = ours
    conversation, _ = people.person(system, activity_id)
    numbers = [people.flag(system, conversation, kind) for kind in ("unanswered", "crisis") for _ in range(60)]
    cora = await people.signed_in(system, cora_id).get("/review/flags")
    seen, pages = [], [cora.html]
    while link := re.search(r'href="([^"]+)" rel="next"', pages[-1]):
        pages.append((await cora.get(link[1].replace("&amp;", "&"))).html)
    for page in pages:
        seen += [int(found) for found in re.findall(r'href="/review/flags/(\d+)"', page)]
    assert seen == numbers[60:] + numbers[:60]
    back = re.search(r'href="([^"]+)" rel="prev"', pages[-1])[1].replace("&amp;", "&")
    assert re.findall(r'href="/review/flags/(\d+)"', (await cora.get(back)).html) == re.findall(r'href="/review/flags/(\d+)"', pages[-2])
    for broken in ("x", "a", "aW10", "azzzz", "aWyJ4Il0", "a" * 5000):
        assert (await cora.get(f"/review/flags?page={broken}")).status == 200


def test_pages_order_by_several_columns_and_times(system):
    moment = store.now()
    with system.built.database.unit_of_work() as session:
        for number in range(7):
            session.add(
                ConversationRow(
                    id=f"c{number}",
                    person_id="p",
                    position={},
                    state="item",
                    created_at=moment,
                    last_active_at=moment - timedelta(seconds=number // 3),
                )
            )
    by = [ConversationRow.last_active_at, ConversationRow.id]
    found, cursor = [], ""
    with system.built.database.reading() as session:
        while True:
            page = page_of(session, select(ConversationRow), by, cursor=cursor, size=2)
            found += [row.id for row in page.rows]
            if page.after is None:
                break
            cursor = page.after
    assert found == ["c2", "c1", "c0", "c5", "c4", "c3", "c6"]


# ── the audit ──


def test_the_database_itself_refuses_to_change_the_audit(system):
    with system.built.database.unit_of_work() as session:
        audit.write(session, "ada", Action.EXPORTED, "activity:1", rows=3)
    for statement in ("UPDATE audit_event SET actor = 'bo'", "DELETE FROM audit_event"):
        with pytest.raises((DBAPIError, StorageUnavailableError)), system.built.database.unit_of_work() as session:
            session.execute(text(statement))
    with system.built.database.reading() as session:
        assert audit.check(session).rows == 1


@pytest.mark.parametrize(
    ("tamper", "row"),
    [
        ("UPDATE audit_event SET actor = 'bo' WHERE seq = 2", 2),
        ("DELETE FROM audit_event WHERE seq = 2", 2),
        ("UPDATE audit_event SET about = NULL WHERE seq = 1", 1),
        ("DELETE FROM audit_event WHERE seq = 1", 1),
    ],
)
def test_the_chain_shows_where_somebody_got_round_that(system, tamper, row):
    with system.built.database.unit_of_work() as session:
        for number in range(4):
            audit.write(session, "ada", Action.EXPORTED, f"activity:{number}", rows=number, at_once=True)
    disarm(system)
    with system.built.database.unit_of_work() as session:
        session.execute(text(tamper))
    with system.built.database.reading() as session, pytest.raises(AuditBrokenError) as broken:
        audit.check(session)
    assert broken.value.seq == row


def test_rows_cut_off_the_end_show_against_a_row_noted_before(system, monkeypatch):
    for _ in range(3):
        with system.built.database.unit_of_work() as session:
            audit.write(session, "ada", Action.EXPORTED)
    with system.built.database.reading() as session:
        noted = audit.check(session)
        audit.check(session, (noted.rows, noted.hash))
    monkeypatch.setenv("DATABASE_URL", system.built.settings.database)
    good = CliRunner().invoke(app, ["audit", "check", "--noted", f"{noted.rows}:{noted.hash}"])
    assert good.exit_code == 0 and f"{noted.rows}:{noted.hash}" in good.output
    disarm(system)
    with system.built.database.unit_of_work() as session:
        session.execute(text("DELETE FROM audit_event WHERE seq = 3"))
    bad = CliRunner().invoke(app, ["audit", "check", "--noted", f"{noted.rows}:{noted.hash}"])
    assert isinstance(bad.exception, AuditBrokenError)


def disarm(system) -> None:
    """As somebody with the database's own password could."""
    with system.built.database.unit_of_work() as session:
        if system.built.database.engine.dialect.name == "sqlite":
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER audit_event_no_{verb}"))
        else:
            session.execute(text("DROP TRIGGER audit_event_append_only ON audit_event"))


def test_many_who_write_at_once_leave_one_chain(system):
    from concurrent.futures import ThreadPoolExecutor

    def write(number: int) -> None:
        with system.built.database.unit_of_work() as session:
            audit.write(session, f"person {number}", Action.WORDS_READ)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(40)))
    with system.built.database.reading() as session:
        assert audit.check(session).rows == 40


async def test_admins_see_filter_and_check_the_audit(system):
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    people.account(system, "Bo", Post.VIEWER)
    await ada.get("/review/audit?action=account_added")
    assert ada.text.count("command line added an account") == 2
    await ada.send("/review/audit/check")
    assert "The audit is whole: 3 rows" in ada.text


# ── erasing ──


async def test_erasing_counts_first_asks_for_the_password_and_leaves_no_way_from_the_audit(system, ours):
    activity_id, _code, _ = ours
    going, _ = people.person(system, activity_id)
    staying, _ = people.person(system, activity_id)
    number = people.flag(system, going, "crisis", "a canary sang")
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    await ada.get(f"/review/flags/{number}")
    await ada.send(f"/review/flags/{number}/move", to="seen", note="a canary note")
    await ada.get("/review/erasing")
    await ada.send("/review/erasing/count", asked="conversations", id="nothing like that")
    assert ada.status == 422
    await ada.send("/review/erasing/count", asked="conversations", id=going)
    assert "This would go" in ada.text and "message 1" in ada.text
    await ada.send("/review/erasing/erase", old="not the password")
    assert ada.status == 422
    await ada.send("/review/erasing/erase", old=people.PASSWORD)
    assert "It is deleted" in ada.text
    with system.built.database.reading() as session:
        assert session.get(ConversationRow, going) is None and session.get(ConversationRow, staying) is not None
        assert session.get(FlagRow, number).conversation_id == "erased"
        assert session.scalar(select(FlagEventRow)) is None
        rows = str([vars(row) for row in session.scalars(select(AuditRow))])
    assert going not in rows and "canary" not in rows
    assert ("erased", audit.mark(going)) in audited(system)
    assert (await ada.get(f"/review/flags/{number}")).status == 200 and "has been deleted" in ada.text


async def test_what_is_past_its_time_is_counted_and_deleted_from_here(system):
    _gone, _ = people.person(system, None, kept=False)
    with system.built.database.unit_of_work() as session:
        session.execute(update(ConversationRow).values(last_active_at=store.now() - timedelta(days=2)))
    ada = await people.signed_in(system, people.account(system, "Ada", Post.ADMIN)).get("/review/erasing")
    assert "conversations 1" in ada.text
    await ada.send("/review/erasing/purge")
    assert "conversations 0" in ada.text and ("purged", None) in audited(system)


def test_the_command_line_adds_accounts_and_links(system, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", system.built.settings.database)
    run = CliRunner().invoke
    added = run(app, ["coordinator", "add", "ada@example.org", "--name", "Ada", "--role", "admin"])
    assert "/review/welcome/" in added.output
    assert "not opened yet" in run(app, ["coordinator", "list"]).output
    again = run(app, ["coordinator", "link", "ADA@example.org"])
    assert "/review/welcome/" in again.output and again.output != added.output
    assert run(app, ["coordinator", "add", "ada@example.org", "--name", "Ada"]).exit_code != 0
    assert run(app, ["coordinator", "add", "bo@example.org", "--name", "Bo", "--role", "king"]).exit_code != 0
