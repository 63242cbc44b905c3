"""One of the people in the demo, at the chat: the same services as a real person's turn, with what Rasa would understand given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.moves import choosing, knowing, ladder, next_steps, people, plain_yes_no, reflecting, walking, welcome
from facilitator.conversation.turn import Move, Talk, Turn
from facilitator.demo.script import Cast
from facilitator.service import take_turn
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import AnswerRow, FlagRow, LadderRow, MessageRow, NextStepRow, ReflectionRow
from facilitator.vocabulary import FlagKind, Rating, Stage, Step

MOVES: Mapping[str, Move] = {
    "consent_yes": welcome.choose_keeping, "consent_no": welcome.choose_keeping, "choose_quick": welcome.choose_depth,
    "role_service_user": welcome.choose_role, "role_carer": welcome.choose_role, "role_staff": welcome.choose_role,
    "role_lead": welcome.choose_role, "start_before": welcome.choose_stage, "start_during": welcome.choose_stage,
    "start_after": welcome.choose_stage, "answer_yes": walking.rate, "answer_partly": walking.rate, "answer_no": walking.rate,
    "answer_unsure": walking.rate, "answer_not_applicable": walking.rate, "skip": walking.skip, "add_comment": walking.want_to_comment,
    "no_comment": walking.no_comment, "affirm": plain_yes_no.yes, "deny": plain_yes_no.no, "ask_question": knowing.answer_question,
    "reflect": reflecting.reflect, "add_next_step": next_steps.add, "ladder": ladder.climb, "pick": choosing.pick,
    "human_help": people.find_person,
}  # fmt: skip
INTENTS = {
    Rating.YES: "answer_yes", Rating.PARTLY: "answer_partly", Rating.NOT_YET: "answer_no", Rating.NOT_SURE: "answer_unsure",
    Rating.NOT_APPLICABLE: "answer_not_applicable", Rating.SKIPPED: "skip",
}  # fmt: skip
DATED = (MessageRow, AnswerRow, ReflectionRow, NextStepRow, LadderRow, FlagRow)
TOO_LONG = 60


class Talker:
    """Opens a conversation in an activity, and says things in it."""

    def __init__(self, built: Bootstrap, activity_id: str, cast: Cast) -> None:
        self._built, self._cast = built, cast
        with built.database.unit_of_work() as session:
            talk = Talk(store.new_id())
            store.add_conversation(session, talk, activity_id=activity_id, channel="widget", resume_code=None)
            session.flush()
            outcome = welcome.open_conversation(store.load_talk(session, store.conversation(session, talk.conversation_id)), built.library)
            row = store.conversation(session, talk.conversation_id)
            store.save_position(row, outcome.talk.position)
            rendered = [built.wording.render(say, outcome.talk, built.library) for say in outcome.says]
            inbox.add_replies(session, row, rendered, outcome.says, reply_to=None, question_no=outcome.talk.position.question_no)
        self.id = talk.conversation_id

    @property
    def talk(self) -> Talk:
        with self._built.database.reading() as session:
            return store.load_talk(session, store.conversation(session, self.id))

    def says(self, intent: str, text: str | None = None, shown: str | None = None, **entities: str) -> None:
        """Say something, or press what is `shown`."""
        database, library = self._built.database, self._built.library
        with database.unit_of_work() as session:
            row = store.conversation(session, self.id)
            words = text or shown or intent.replace("_", " ")
            message = inbox.receive(session, row, store.new_id(), text=words, choice=None, choice_mark=None)
            stored = inbox.message(session, message.id)
            if stored is not None:
                stored.intent, stored.confidence = intent, 1.0 if text is None else 0.93
        says, talk = take_turn(database, library, f"demo_{intent}", MOVES[intent], Turn(message.id, intent, 0.93, text, entities), self.id)
        with database.unit_of_work() as session:
            row = store.conversation(session, self.id)
            rendered = [self._built.wording.render(say, talk, library) for say in says]
            inbox.add_replies(session, row, rendered, says, reply_to=message.id, question_no=talk.position.question_no)
            found = inbox.message(session, message.id)
            if found is not None:
                found.status = inbox.ANSWERED

    # ── what they came for ──

    def begins(self) -> None:
        self.says("consent_yes" if self._cast.keeps else "consent_no")
        if self._cast.keeps:
            self.says(f"role_{self._cast.role}")

    def walks(self, stage: Stage) -> None:
        """Through the short way of one stage, with their comments; whoever has fewer answers than questions stops there."""
        waiting = list(self._cast.answers.get(stage, ()))
        self.says(f"start_{stage}")
        for _ in range(TOO_LONG):
            position = self.talk.position
            match position.step:
                case Step.DEPTH:
                    self.says("choose_quick")
                case Step.ITEM if waiting and position.item:
                    self.says(INTENTS[waiting.pop(0)])
                case Step.COMMENT:
                    self._comments(position.item or "")
                case Step.SHARE_WORDS:
                    self.says("affirm" if self._cast.words else "deny")
                case Step.SHARE_RATINGS:
                    self.says("affirm" if self._cast.ratings else "deny")
                case _:
                    return

    def _comments(self, item: str) -> None:
        words = self._cast.comments.get(item)
        self.says("add_comment", words) if words else self.says("no_comment")

    def asks(self) -> None:
        for question in self._cast.asks:
            self.says("ask_question", question)
        if self._cast.wants_a_person:
            self.says("human_help", "Can I talk to a person please?")

    def looks_back(self) -> None:
        if self._cast.reflection:
            who, words = self._cast.reflection
            self.says("reflect")
            self.says("add_comment", words)
            self.says("pick", shown=who, visible=who)

    def plans(self, step: Mapping[str, Any]) -> str:
        """Write one next step; returns its id."""
        self.says("add_next_step")
        before = set(self.talk.next_steps)
        self.says("add_comment", str(step["what"]))
        self.says("pick", shown=str(step["who"]), who=str(step["who"]))
        self.says("pick", shown="In a month", when="month")
        return next(iter(set(self.talk.next_steps) - before))

    def climbs(self, stage: Stage) -> None:
        if stage in self._cast.ladder:
            stands, wanted = self._cast.ladder[stage]
            self.says("ladder")
            self.says("pick", shown=stands, rung=stands)
            self.says("pick", shown=wanted, rung=wanted)

    # ── time ──

    def mark(self) -> int:
        """Where the talk is now, to say later what came after."""
        with self._built.database.reading() as session:
            return session.scalar(select(func.max(MessageRow.seq)).where(MessageRow.conversation_id == self.id)) or 0

    def dates_back(self, since: datetime, when: datetime) -> None:
        """Make what has been said since a moment have been said at another one."""
        with self._built.database.unit_of_work() as session:
            for table in DATED:
                mine = (table.conversation_id == self.id) & (table.created_at >= since)
                session.execute(update(table).where(mine).values(created_at=when))
            row = store.conversation(session, self.id)
            row.created_at, row.last_active_at = min(row.created_at, when), when

    def is_upset(self) -> None:
        """As the web process notes it when its screen sees distress: kind and time."""
        with self._built.database.unit_of_work() as session:
            session.add(store.flag_of(store.conversation(session, self.id), FlagKind.DISTRESS, None))
