"""Telling people that their question has an answer now: a message in their own conversation, which they find when they come back."""

from __future__ import annotations

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.turn import Say
from facilitator.coordinators import answers
from facilitator.coordinators.rights import Viewer
from facilitator.knowledge.base import Decision
from facilitator.knowledge.written import PREFIX, passage_of
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.models import FlagRow
from facilitator.vocabulary import Kind


def tell_everyone(built: Bootstrap, viewer: Viewer, answer_id: str) -> int:
    """Tell everyone who asked to be told, once each. Returns how many were told.

    Also those whose words coordinators may not read: the machine looks whether this answers what they asked, and shows nobody.
    """
    refresh = getattr(built.knowledge, "refresh", None)
    if refresh is not None:
        refresh()
    with built.database.reading() as session:
        asked = [(flag.id, flag.message_id) for flag in answers.still_asking(session)]
        texts = {flag_id: message.text for flag_id, key in asked if key and (message := inbox.message(session, key)) and message.text}
    found = [flag_id for flag_id, text in texts.items() if answers_it(built, text, answer_id)]
    with built.database.unit_of_work() as session:
        for flag_id in found:
            flag = session.get(FlagRow, flag_id, with_for_update=True)
            if flag is not None and flag.answer_id is None:
                answers.close(session, viewer, flag, answer_id)
        session.flush()
        waiting = [flag.id for flag in answers.to_be_told(session, answer_id)]
    return sum(_tell(built, flag_id, answer_id) for flag_id in waiting)


def answers_it(built: Bootstrap, question: str, answer_id: str) -> bool:
    """Whether the assistant answers this question with that answer now."""
    found = built.knowledge.search(question)
    return found.decision is Decision.ANSWER and found.hits[0].topic == f"{PREFIX}{answer_id}"


def _tell(built: Bootstrap, flag_id: int, answer_id: str) -> bool:
    with built.database.unit_of_work() as session:
        flag = session.get(FlagRow, flag_id, with_for_update=True)
        if flag is None or flag.told_at is not None:
            return False
        row = store.find(session, flag.conversation_id, for_change=True)
        if row is None or not row.kept:
            return False
        talk, say = store.load_talk(session, row), Say("utter_answer_since", Kind.ANSWER, {"passage": passage_of(answer_id)})
        rendered = built.wording.render(say, talk, built.library)
        inbox.add_replies(session, row, [rendered], [say], reply_to=None, question_no=talk.position.question_no)
        flag.told_at = store.now()
        return True
