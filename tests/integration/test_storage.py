"""What is stored, on both databases: transactions, migrations, answers that supersede, consent, erasure."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from facilitator import erasure
from facilitator.conversation.moves import asking_back, correcting, next_steps, plain_yes_no, reflecting, rights, walking, welcome
from facilitator.conversation.turn import NameChosen, RoleChosen, Talk, Turn
from facilitator.errors import NoTablesYetError, NotFoundError, StorageUnavailableError, UnstorableError
from facilitator.service import take_turn
from facilitator.storage import conversations as store
from facilitator.storage import search
from facilitator.storage.database import Database
from facilitator.storage.facts import write_facts
from facilitator.storage.models import (
    ActivityRow,
    AnswerRow,
    Base,
    ChoiceRow,
    ConversationRow,
    MessageRow,
    NextStepRow,
    OutcomeRow,
    ReflectionRow,
    SearchDocumentRow,
    SlackOutRow,
    TokenRow,
)
from facilitator.vocabulary import Role, Step


@pytest.fixture
def person(database, library):
    """Someone walking the quick before stage; `person(move, intent, text)` makes a move and returns the talk."""
    return Walker(database, library)


class Walker:
    def __init__(self, database, library, *, keep: bool | None = True, code: str = "one-two-three") -> None:
        """`keep` None: they have not chosen yet."""
        self.database, self.library, self.id, self.count = database, library, store.new_id(), 0
        with database.unit_of_work() as session:
            store.add_conversation(session, Talk(self.id), activity_id=None, channel="widget", resume_code=code)
        if keep is None:
            return
        self(welcome.choose_keeping, "consent_yes" if keep else "consent_no")
        if keep:
            self(welcome.choose_role, "role_carer")
        self(welcome.choose_stage, "start_before")
        self(welcome.choose_depth, "choose_quick")

    def __call__(self, move, intent: str, words: str | None = None, *, message_id: str | None = None, **entities: str):
        self.count += 1
        turn = Turn(message_id or f"m{self.count}", intent, 1.0, words, entities)
        return take_turn(self.database, self.library, f"action_{intent}", move, turn, self.id)

    def answers(self, *, current: bool = True) -> list[AnswerRow]:
        with self.database.unit_of_work() as session:
            query = select(AnswerRow).where(AnswerRow.conversation_id == self.id).order_by(AnswerRow.id)
            return list(session.scalars(query.where(AnswerRow.superseded_at.is_(None)) if current else query))


def test_a_block_that_raises_leaves_nothing_behind(database):
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as session:
        store.add_conversation(session, Talk("gone"), activity_id=None, channel="widget", resume_code=None)
        session.flush()
        raise ZeroDivisionError
    with database.unit_of_work() as session, pytest.raises(NotFoundError):
        store.conversation(session, "gone")


def test_migrations_end_at_the_models_schema(database):
    with database.engine.connect() as connection:
        ours = {"compare_type": True, "include_name": lambda name, kind, parents: not (name and search.INDEX_OBJECTS.match(name))}
        context = MigrationContext.configure(connection, opts=ours)
        differences = [d for d in compare_metadata(context, Base.metadata)]
    assert differences == []


def test_upgrading_twice_changes_nothing(database):
    database.upgrade()
    assert database.is_ready()


def index_settings(database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {key: value for key, value in connection.execute(text("SELECT k, v FROM search_words_config"))}


@pytest.fixture
def indexed(up_to_date_file, tmp_path):
    """An SQLite file with one conversation in its index of words."""
    shutil.copy(up_to_date_file, tmp_path / "test.db")
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    with database.unit_of_work() as session:
        store.add_conversation(session, Talk("one", kept=True), activity_id=None, channel="widget", resume_code=None)
        session.flush()
        session.add(SearchDocumentRow(conversation_id="one", text="the ward manager"))
    yield database
    database.dispose()


def test_a_deleted_word_leaves_the_index_with_its_row_where_this_sqlite_can_do_that(indexed):
    assert index_settings(indexed).get("secure-delete") == (1 if sqlite3.sqlite_version_info >= (3, 42) else None)


@pytest.mark.skipif(sqlite3.sqlite_version_info >= (3, 42), reason="this SQLite reads what a newer one wrote")
def test_an_index_that_a_newer_sqlite_wrote_is_made_anew_and_can_be_deleted_from(indexed):
    with indexed.unit_of_work() as session:
        session.execute(text("UPDATE search_words_config SET v = 5 WHERE k = 'version'"))
    indexed.dispose()
    with pytest.raises(StorageUnavailableError), indexed.unit_of_work() as session:
        search.forget(session, ["one"])
    indexed.upgrade()
    with indexed.unit_of_work() as session:
        assert session.scalars(search.matching(session, "manager")).all() == ["one"]
        search.forget(session, ["one"])
    with indexed.reading() as session:
        assert session.scalars(search.matching(session, "manager")).all() == []


def test_an_unreachable_database_is_a_named_error(tmp_path):
    unreachable = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailableError), unreachable.unit_of_work() as session:
        session.execute(text("SELECT 1"))
    assert not unreachable.is_ready()


def test_a_database_without_tables_is_told_from_one_that_is_away(empty_address):
    fresh, away = Database(empty_address), Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NoTablesYetError), fresh.reading() as session:
        session.execute(text("SELECT 1 FROM written_answers"))
    with pytest.raises(StorageUnavailableError) as error, away.reading() as session:
        session.execute(text("SELECT 1 FROM written_answers"))
    assert not isinstance(error.value, NoTablesYetError)
    fresh.dispose()


def test_a_value_that_postgresql_cannot_hold_is_refused_and_no_sign_that_it_is_away(postgres_address):
    database = Database(postgres_address)
    for opened in (database.unit_of_work, database.reading):
        with pytest.raises(UnstorableError) as error, opened() as session:
            session.scalar(text("SELECT CAST(:said AS text)"), {"said": "canary\0"})
        assert not isinstance(error.value, StorageUnavailableError) and "canary" not in str(error.value)
    database.dispose()


def test_an_answer_and_its_comment_are_stored_as_given(person):
    person(walking.rate, "answer_partly")
    person(walking.comment, "add_comment", "only the first half")
    [answer] = person.answers()
    assert (answer.item, answer.rating, answer.comment, answer.role, answer.stage) == (
        "before-leadership", "partly", "only the first half", "carer", "before",
    )  # fmt: skip


def test_a_changed_answer_supersedes_and_the_history_stays(person):
    person(walking.rate, "answer_partly")
    person(walking.no_comment, "no_comment")
    person(correcting.change_answer, "change_answer", item="before-leadership")
    person(walking.rate, "answer_yes")
    assert [a.rating for a in person.answers()] == ["yes"]
    assert [(a.rating, a.superseded_at is None) for a in person.answers(current=False)] == [("partly", False), ("yes", True)]


def test_one_answer_deleted_takes_its_history_and_its_words_and_leaves_the_rest(person, database):
    with database.unit_of_work() as session:
        asked = MessageRow(id="m9", conversation_id=person.id, author="person", text="delete my first answer only", created_at=store.now())
        said = MessageRow(id="m5", conversation_id=person.id, author="person", text="a secret", created_at=store.now())
        noted = MessageRow(
            id="r5",
            conversation_id=person.id,
            author="bot",
            kind="text",
            say={"response": "utter_noted"},
            reply_to="m5",
            created_at=store.now(),
        )
        question = MessageRow(
            id="q5", conversation_id=person.id, author="bot", kind="question", say={"response": "utter_ask_item"}, reply_to="m5",
            created_at=store.now(),
        )  # fmt: skip
        session.add_all([asked, said, noted, question])
    person(walking.rate, "answer_partly", message_id="m4")
    person(walking.comment, "add_comment", "a secret", message_id="m5")
    person(walking.rate, "answer_yes", "yes, all of us know about it", message_id="m6")
    says, _ = person(rights.delete, "delete_data", "delete my first answer only", message_id="m9")
    assert says[0].response == "utter_answer_deleted"
    assert [(answer.item, answer.comment) for answer in person.answers(current=False)] == [
        ("before-purpose", "yes, all of us know about it")
    ]
    with database.reading() as session:
        left = {
            row.id: (row.text, row.say is None)
            for row in session.scalars(select(MessageRow).where(MessageRow.conversation_id == person.id))
        }
    assert left == {"m9": (None, True), "m5": (None, True), "r5": (None, True), "q5": (None, False)}


def replied(session, person, name: str, text: str, response: str, **values: object) -> None:
    say = {"response": response, "values": values}
    session.add(MessageRow(id=name, conversation_id=person.id, author="bot", text=text, say=say, created_at=store.now()))


def test_what_replies_repeat_of_a_deleted_answer_goes_too(person, database):
    person(walking.rate, "answer_partly", message_id="m4")
    person(walking.no_comment, "no_comment")
    with database.unit_of_work() as session:
        replied(session, person, "put", "You said of leaders: partly", "utter_put_right", item="before-leadership", rating="partly")
        replied(session, person, "sum", "Partly in place: leaders", "utter_summary", groups={"partly": ["before-leadership"]}, steps=[])
        replied(session, person, "open", "Still open: leaders", "utter_open_items", items=["before-leadership"])
        replied(session, person, "else", "We were talking about rules", "utter_where_we_were", item="before-ground-rules")
    person(asking_back.show_summary, "summary", message_id="m8")
    assert "partly" in said_by_actions(database)
    person(rights.delete, "delete_data", item="before-leadership")
    assert "partly" not in said_by_actions(database)
    with database.reading() as session:
        rows = {name: session.scalar(select(MessageRow).where(MessageRow.id == name)) for name in ("put", "sum", "open", "else")}
        assert (rows["open"].text, rows["open"].say) == (None, None)
        assert (rows["put"].text, rows["put"].say) == (None, None)
        assert (rows["sum"].text, rows["sum"].say["values"]["groups"]) == (None, {})
        assert rows["else"].text is not None


def said_by_actions(database) -> str:
    with database.reading() as session:
        return str(session.scalars(select(OutcomeRow.says)).all())


def test_a_call_that_comes_again_after_a_deletion_still_acts_once(person):
    """Rasa may have failed after the action acted: its message waits, and the call comes again."""
    person(walking.rate, "answer_partly")
    person(walking.no_comment, "no_comment")
    person(asking_back.show_summary, "summary", message_id="waits")
    person(rights.delete, "delete_data", item="before-leadership")
    again, _ = person(asking_back.show_summary, "summary", message_id="waits")
    assert again[0].response == "utter_summary" and again[0].values["groups"] == {}


def test_a_next_step_deleted_leaves_no_words_of_it_anywhere(person, database):
    person(next_steps.add, "add_next_step", "next step: ring Bob", message_id="step")
    with database.unit_of_work() as session:
        session.add(MessageRow(id="step", conversation_id=person.id, author="person", text="next step: ring Bob", created_at=store.now()))
        replied(session, person, "kept", "I have kept this next step: ring Bob", "utter_step_kept", steps=["step"])
        session.add(
            ChoiceRow(
                id="c1",
                conversation_id=person.id,
                message_id="kept",
                place=0,
                title="Done: ring Bob",
                intent="pick",
                entities={"done": "step"},
            )
        )
    person(correcting.delete_step, "delete_data", "delete that next step")
    with database.reading() as session:
        assert session.scalars(select(NextStepRow)).all() == []
        assert "Bob" not in str([(row.text, row.say) for row in session.scalars(select(MessageRow))])
        assert session.scalars(select(ChoiceRow).where(ChoiceRow.conversation_id == person.id, ChoiceRow.title.contains("Bob"))).all() == []


def test_a_reflection_deleted_is_gone_with_its_message(person, database):
    person(reflecting.reflect, "reflect")
    with database.unit_of_work() as session:
        session.add(MessageRow(id="said", conversation_id=person.id, author="person", text="it was loud", created_at=store.now()))
    person(reflecting.keep_reflection, "nlu_fallback", "it was loud", message_id="said")
    person(correcting.delete_reflection, "delete_data", "delete that reflection")
    with database.reading() as session:
        assert session.scalars(select(ReflectionRow)).all() == []
        assert session.scalar(select(MessageRow.text).where(MessageRow.id == "said")) is None


@pytest.mark.parametrize("goes", ["everything", "one answer", "a reflection"])
def test_what_quotes_words_that_are_deleted_and_still_waits_for_slack_goes_with_them(person, database, goes):
    person(walking.rate, "answer_yes")
    person(reflecting.reflect, "reflect")
    person(reflecting.keep_reflection, "nlu_fallback", "it was loud", message_id="said")
    with database.unit_of_work() as session:
        for key, whose in (("quotes", person.id), ("help", None)):
            about = {"lane": "T/U", "team": "T", "user": "U", "method": "respond", "payload": {"text": "it was loud"}, "tries": 0}
            session.add(SlackOutRow(key=key, conversation_id=whose, created_at=store.now(), **about))
    if goes == "everything":
        person(rights.delete, "delete_data")
        person(plain_yes_no.yes, "affirm")
    elif goes == "one answer":
        person(rights.delete, "delete_data", item="before-leadership")
    else:
        person(correcting.delete_reflection, "delete_data", "delete that reflection")
    with database.reading() as session:
        assert session.scalars(select(SlackOutRow.key)).all() == ["help"]


def test_the_same_message_again_acts_once_and_says_the_same(person):
    first, _ = person(walking.rate, "answer_yes", message_id="same")
    again, talk = person(walking.rate, "answer_yes", message_id="same")
    assert again == first
    assert len(person.answers(current=False)) == 1
    assert talk.position.step is Step.COMMENT


def in_the_middle(do):
    """A move like `want_to_comment`, before which something else happens, the first time it is made."""
    left = [do]

    def move(turn, talk, library):
        if left:
            left.pop()()
        return walking.want_to_comment(turn, talk, library)

    return move, left


def test_a_turn_that_another_one_overtook_is_thought_about_again(person):
    move, left = in_the_middle(lambda: person(walking.rate, "answer_partly"))
    _, talk = person(move, "add_comment")
    assert not left
    assert (talk.position.step, [*talk.answers]) == (Step.COMMENT, ["before-leadership"]), "it knows of the answer given meanwhile"
    assert [answer.rating for answer in person.answers(current=False)] == ["partly"]


def test_words_made_simpler_in_the_middle_of_a_turn_count_in_it(person):
    def simpler() -> None:
        with person.database.unit_of_work() as session:
            store.conversation(session, person.id).simple = True

    _, talk = person(in_the_middle(simpler)[0], "add_comment")
    assert talk.simple is True


def test_what_others_in_the_activity_write_in_the_middle_of_a_turn_is_seen_in_it(person):
    step = {"what": "Ask for a quieter room", "who": "carer", "state": "open", "created_at": store.now()}

    def asked() -> None:
        with person.database.unit_of_work() as session:
            other = Talk(store.new_id(), kept=True)
            store.add_conversation(session, other, activity_id="day", channel="widget", resume_code=None)
            session.flush()
            session.add(NextStepRow(id="theirs", conversation_id=other.conversation_id, activity_id="day", **step))

    with person.database.unit_of_work() as session:
        session.add(ActivityRow(id="day", title="Our day", join_code="day-day-day", created_at=store.now()))
        session.flush()
        store.conversation(session, person.id).activity_id = "day"
    _, talk = person(in_the_middle(asked)[0], "add_comment")
    assert [*talk.asked_of_me] == ["theirs"]


def test_someone_whose_answers_are_not_kept_leaves_no_rating_and_no_word(database, library):
    unkept = Walker(database, library, keep=False)
    unkept(walking.rate, "answer_partly", "sort of but the canary was rushed")
    _, talk = unkept(walking.want_to_comment, "add_comment", "another canary")
    assert unkept.answers(current=False) == []
    assert len(talk.position.done_here) == 1
    with database.unit_of_work() as session:
        row = store.conversation(session, unkept.id)
        stored = str([outcome.says for outcome in session.scalars(select(OutcomeRow))]) + str(row.position)
        assert row.resume_code_hash is None
    assert "canary" not in stored
    assert "partly" not in stored


def test_of_someone_whose_answers_are_not_kept_nothing_says_who_they_are(database, library):
    unkept = Walker(database, library, keep=False)
    unkept(welcome.choose_role, "role_carer", "I'm a carer")
    with database.unit_of_work() as session:
        row = store.conversation(session, unkept.id)
        write_facts(session, row, [RoleChosen(Role.CARER), NameChosen("Quiet Heron")], "m")
        assert (row.role, row.pseudonym) == (None, None)
        assert "carer" not in str([outcome.says for outcome in session.scalars(select(OutcomeRow))])


def test_a_no_takes_away_the_role_and_the_name_that_came_before_it(database, library):
    person = Walker(database, library, keep=None)
    with database.unit_of_work() as session:
        row = store.conversation(session, person.id)
        row.role, row.pseudonym = "carer", "Quiet Heron"
    person(welcome.choose_keeping, "consent_no")
    with database.unit_of_work() as session:
        row = store.conversation(session, person.id)
        assert (row.kept, row.role, row.pseudonym, row.resume_code_hash) == (False, None, None, None)


def test_an_activity_tells_its_own_periods_and_whoever_has_no_name_which_are_taken(database):
    with database.unit_of_work() as session:
        session.add(
            ActivityRow(id="day", title="Our day", join_code="day-day-day", raw_text_days=7, answer_days=30, created_at=store.now())
        )
        session.flush()
        for talk_id, name in (("named", "Quiet Heron"), ("new", None)):
            talk = Talk(talk_id, kept=True, pseudonym=name)
            store.add_conversation(session, talk, activity_id="day", channel="widget", resume_code=None)
        session.flush()
        named, new = (store.bare_talk(session, store.conversation(session, talk_id)).activity for talk_id in ("named", "new"))
    assert (new.raw_text_days, new.answer_days) == (7, 30)
    assert (named.taken, new.taken) == (frozenset(), {"Quiet Heron"})


def test_a_code_leads_to_one_conversation(database):
    with database.unit_of_work() as session:
        for talk_id, code in (("one", "one-two-three"), ("other", None)):
            store.add_conversation(session, Talk(talk_id, kept=True), activity_id=None, channel="widget", resume_code=code)
        session.flush()
        one, other = (store.conversation(session, talk_id) for talk_id in ("one", "other"))
        assert not store.accept_resume_code(session, other, "one-two-three"), "it leads to somebody else"
        assert store.accept_resume_code(session, other, "four-five-six") and store.accept_resume_code(session, other, "four-five-six")
        assert not store.accept_resume_code(session, one, "seven-eight-nine"), "that one has a code"


def test_deleting_everything_takes_answers_and_consent_and_starts_afresh(person):
    person(walking.rate, "answer_yes")
    with person.database.unit_of_work() as session:
        row = store.conversation(session, person.id)
        store.erase_words(session, row)
    assert person.answers(current=False) == []
    with person.database.unit_of_work() as session:
        row = store.conversation(session, person.id)
        assert (row.kept, row.role) == (None, None)
        assert session.scalar(select(OutcomeRow).where(OutcomeRow.conversation_id == person.id)) is None


def test_erasing_one_conversation_leaves_others(database, library):
    goes, stays = Walker(database, library), Walker.__new__(Walker)
    stays.database, stays.library, stays.id, stays.count = database, library, store.new_id(), 100
    with database.unit_of_work() as session:
        store.add_conversation(session, Talk(stays.id), activity_id=None, channel="widget", resume_code="four-five-six")
    stays(plain_yes_no.yes, "affirm")
    with database.unit_of_work() as session:
        erasure.erase(session, erasure.these([goes.id]), None)
    with database.unit_of_work() as session:
        assert [row.id for row in session.scalars(select(ConversationRow))] == [stays.id]
        assert session.scalar(select(MessageRow)) is None


def test_a_token_opens_its_own_conversation_only(database, library):
    one = Walker(database, library)
    with database.unit_of_work() as session:
        token = store.add_token(session, one.id)
    with database.unit_of_work() as session:
        for for_change in (False, True):
            row = store.opened_by(session, token, one.id, for_change=for_change)
            assert row is not None and row.id == one.id
            assert store.opened_by(session, token, "another", for_change=for_change) is None
            assert store.opened_by(session, token + "x", one.id, for_change=for_change) is None


def test_a_token_opens_nothing_once_it_has_expired(database, library, monkeypatch):
    one = Walker(database, library)
    with database.unit_of_work() as session:
        token = store.add_token(session, one.id)
        expires = session.scalar(
            select(TokenRow.expires_at).where(TokenRow.conversation_id == one.id, TokenRow.token_hash == store.digest(token))
        )
    with database.reading() as session:
        monkeypatch.setattr(store, "now", lambda: expires - timedelta(seconds=1))
        assert store.opened_by(session, token, one.id) is not None
        monkeypatch.setattr(store, "now", lambda: expires)
        assert store.opened_by(session, token, one.id) is None


def test_a_busy_file_is_said_to_be_busy(tmp_path, monkeypatch):
    """SQLite's transactions are begun past SQLAlchemy's statements: what goes wrong then is still told as ours."""
    monkeypatch.setattr("facilitator.storage.database.BUSY_TIMEOUT_MS", 10)
    database = Database(f"sqlite:///{tmp_path / 'busy.db'}")
    database.upgrade()
    other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailableError), database.unit_of_work() as session:
        session.scalar(select(MessageRow))
    with database.reading() as session:
        assert session.scalar(select(MessageRow)) is None
    other.close()
    database.dispose()


def test_a_resume_code_finds_only_someone_whose_answers_are_kept(database, library):
    Walker(database, library, keep=False)
    with database.unit_of_work() as session:
        assert store.with_resume_code(session, "one-two-three") is None
    kept = Walker(database, library)
    with database.unit_of_work() as session:
        assert store.with_resume_code(session, "one-two-three").id == kept.id


def test_nobody_else_on_the_machine_can_read_the_database_file(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'made' / 'test.db'}")
    database.upgrade()
    with database.unit_of_work() as session:
        session.execute(text("SELECT 1"))
        modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "made").iterdir()}
    assert "test.db" in modes and set(modes.values()) == {0}, modes
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
    database.dispose()
