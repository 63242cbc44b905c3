"""Someone may be in danger or distress: the support message at once, whatever else is down.

Nothing here needs Rasa. With the database down, or for a conversation that is not theirs to open, the person still gets the words and
the numbers; a flag that cannot be stored is put in a file (kind, time, conversation id) and raised when the database is back.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import IntegrityError

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.asking import question
from facilitator.conversation.turn import FlagRaised, Say, Talk
from facilitator.errors import FacilitatorError, StorageUnavailableError
from facilitator.safety.kinds import SafetyKind
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.facts import write_facts
from facilitator.storage.models import FlagRow
from facilitator.vocabulary import Author, FlagKind, Kind, State
from web.chat.alerting import Alert
from web.chat.desk import Desk
from web.chat.problems import Problem
from web.chat.schemas import MessageOut, Reply, SendMessage

log = structlog.get_logger("web")
FLAG_OF = {SafetyKind.DISTRESS: FlagKind.DISTRESS}


class Helper:
    def __init__(self, bootstrap: Bootstrap, desk: Desk, alert: Alert | None = None) -> None:
        self._built, self._desk, self.alert = bootstrap, desk, alert
        self._spool = bootstrap.settings.data_dir / "flags"

    async def help(self, conversation_id: str, token: str, asked: SendMessage, kind: SafetyKind, text: str) -> Reply:
        """Store what may be stored, raise a flag, and return the support message. Never fails."""
        try:
            reply, flag = await asyncio.to_thread(self._help, conversation_id, token, asked, kind, text)
            self._tell(kind, flag)
            return reply
        except StorageUnavailableError:
            await asyncio.to_thread(self._spool_flag, conversation_id, kind)
            self._tell(kind, conversation_id)
        except (Problem, FacilitatorError, IntegrityError) as error:
            log.warning("support_without_storage", error=type(error).__name__)
        return self._bare(kind)

    def _help(self, conversation_id: str, token: str, asked: SendMessage, kind: SafetyKind, text: str) -> tuple[Reply, str]:
        """The reply, and the number of the flag that was raised: empty when the message had been dealt with before."""
        with self._built.database.unit_of_work() as session:
            row = self._desk.admit(session, conversation_id, token)
            seen = inbox.seen_before(session, row.id, asked.client_message_id)
            if seen is not None:
                return self._desk.reply_to(session, row, seen), ""
            message = inbox.receive(session, row, asked.client_message_id, text=text, choice=None, choice_mark=None, status=inbox.ANSWERED)
            talk = store.load_talk(session, row)
            number = talk.position.question_no + (not talk.position.support)
            helped = replace(talk, position=replace(talk.position, support=True, confirming=None, question_no=number))
            store.save_position(row, helped.position)
            write_facts(session, row, (FlagRaised(_flag_of(kind)),), message.id)
            says = (_support_say(kind), question(helped, self._built.library))
            self._desk.say(session, row, helped, says, reply_to=message.id)
            flag = session.query(FlagRow.id).filter_by(message_id=message.id).first()
            return self._desk.reply_to(session, row, message), str(flag[0]) if flag else ""

    def _tell(self, kind: SafetyKind, reference: str) -> None:
        if self.alert is not None and kind.is_crisis and reference:
            self.alert.tell(reference)

    def _bare(self, kind: SafetyKind) -> Reply:
        talk = Talk("none")
        rendered = self._built.wording.render(_support_say(kind), talk, self._built.library)
        message = MessageOut(id=store.new_id(), author=Author.BOT, created_at=store.now(), kind=Kind.SUPPORT, text=rendered.text)
        return Reply(messages=[message], progress=None, state=State.SUPPORT, kept=None)

    # ── flags while the database is down ──

    def _spool_flag(self, conversation_id: str, kind: SafetyKind) -> None:
        self._spool.mkdir(parents=True, exist_ok=True)
        name = store.new_id()
        flag = {"conversation_id": conversation_id, "kind": _flag_of(kind), "at": store.now().isoformat()}
        temporary = self._spool / f".{name}"
        temporary.write_text(json.dumps(flag), encoding="utf-8")
        temporary.rename(self._spool / f"{name}.json")

    async def raise_spooled_flags(self, every_s: float = 5.0) -> None:
        """Put flags kept in files into the database, for as long as the process runs."""
        while True:
            for path in sorted(self._spool.glob("*.json")):
                try:
                    await asyncio.to_thread(self._raise_flag, path)
                except Exception as error:
                    log.warning("flag_waits", error=type(error).__name__)
            await asyncio.sleep(every_s)

    def _raise_flag(self, path: Path) -> None:
        flag = json.loads(path.read_text(encoding="utf-8"))
        with self._built.database.unit_of_work() as session:
            # The file's name stands for the message, so that a flag raised just before a crash is not raised twice.
            if session.query(FlagRow).filter_by(message_id=path.stem).first() is None:
                at = datetime.fromisoformat(flag["at"])
                session.add(FlagRow(conversation_id=flag["conversation_id"], message_id=path.stem, kind=flag["kind"], created_at=at))
        path.unlink(missing_ok=True)


def _flag_of(kind: SafetyKind) -> FlagKind:
    return FLAG_OF.get(kind, FlagKind.CRISIS)


def _support_say(kind: SafetyKind) -> Say:
    return Say(f"support_{kind}", Kind.SUPPORT)
