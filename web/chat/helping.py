"""Someone may be in danger or distress: the support message at once, whatever else is down.

In full the first time, and where nobody can tell whether it is; in short while help of that kind is in hand (`supporting`).

Nothing here needs Rasa. With the database down or slow, or for a conversation that is not theirs to open, the person still gets the
words and the numbers; a flag that cannot be stored is put in a file (kind, time, conversation id) and raised when the database is back,
if there turns out to be such a conversation. What does not look like an id of ours goes into no file, and one that nobody could check
goes into no alert: else strangers could choose what is written there. While a slow database is still being waited for, the file stands
there as `.held`, so that a stop in between loses no flag.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from facilitator.bootstrap import Bootstrap
from facilitator.conversation.asking import question
from facilitator.conversation.supporting import helped, in_full
from facilitator.conversation.turn import FlagRaised, Talk
from facilitator.errors import FacilitatorError, StorageUnavailableError, UnstorableError
from facilitator.logs import error_and_place
from facilitator.safety.kinds import SafetyKind, Screened
from facilitator.storage import conversations as store
from facilitator.storage import inbox
from facilitator.storage.facts import write_facts
from facilitator.storage.models import FlagRow
from facilitator.vocabulary import Author, FlagKind, Kind, State
from web.chat import waiting_flags
from web.chat.alerting import Alert
from web.chat.desk import Desk
from web.chat.problems import Problem
from web.chat.schemas import MessageOut, Reply, SendMessage
from web.chat.waiting_flags import NeverRaised, WaitingFlag

log = structlog.get_logger("web")
# What alerts of flags that are not stored yet are about.
NOT_STORED = "not stored"
FLAG_OF = {SafetyKind.DISTRESS: FlagKind.DISTRESS}
# After so long without a word, the whole message is not before somebody's eyes any more: another danger gets all of it again.
IN_SIGHT = timedelta(hours=1)
# Once a database kept somebody in danger waiting, the next ones hardly wait for it: for so long, or until it has stored what it was given.
HANGING_S, HARDLY_S = 10.0, 0.01


class Helper:
    """`patience_s`: how long after a message came its support message waits for the database; None for as long as it takes."""

    def __init__(self, bootstrap: Bootstrap, desk: Desk, alert: Alert | None, patience_s: float | None) -> None:
        self._built, self._desk, self.alert, self._patience_s = bootstrap, desk, alert, patience_s
        self._spool = bootstrap.settings.data_dir / "flags"
        self._storing: set[asyncio.Task[Reply]] = set()
        self._unheard: set[str] = set()  # given to the database, which has not answered
        self._hanging_until = 0.0
        # A thread of its own: a database that does not answer may hold up all the others.
        self._files = ThreadPoolExecutor(1, thread_name_prefix="flags")

    async def help(
        self,
        conversation_id: str | None,
        token: str,
        asked: SendMessage,
        found: Screened,
        text: str | Awaitable[str],
        *,
        spent_s: float = 0,
    ) -> Reply:
        """Store what may be stored, raise a flag, and return the support message. Never fails.

        `conversation_id`: None for somebody for whom the channel vouches, while nobody can look up where they talk.
        `text` is the redacted text, or what it will come from: nobody in danger waits for it. `spent_s`: seconds since the message came.
        """
        if conversation_id is not None and not (token and store.is_id(conversation_id)):
            return self._bare(found)
        name, whose = store.new_id(), conversation_id or waiting_flags.UNKNOWN
        storing = asyncio.create_task(self._store(name, whose, token, asked, found, text))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        try:
            done, _ = await asyncio.wait({storing}, timeout=self._patience(spent_s))
        except asyncio.CancelledError:  # whoever asked waits no longer; what is being stored goes on
            await self._hold(storing, name, whose, found.kind)
            raise
        if done:
            return storing.result()
        log.warning("support_before_storage")
        if name in self._unheard:
            self._hanging_until = time.monotonic() + HANGING_S
        await self._hold(storing, name, whose, found.kind)
        return self._bare(found)

    async def _hold(self, storing: asyncio.Task[Reply], name: str, whose: str, kind: SafetyKind) -> None:
        """Until it is stored, its flag stands in a file."""
        await self._to_file(lambda: self._spool_flag(name, whose, kind, "held"))
        if storing.done():
            await self._to_file(lambda: self._held(name).unlink(missing_ok=True))

    def _patience(self, spent_s: float) -> float | None:
        """A screen that took long leaves less for the database, but never so little that one which answers is not heard."""
        if self._patience_s is None:
            return None
        if time.monotonic() < self._hanging_until:
            return HARDLY_S
        return max(self._patience_s / 2, self._patience_s - spent_s)

    async def _store(
        self, name: str, conversation_id: str, token: str, asked: SendMessage, found: Screened, text: str | Awaitable[str]
    ) -> Reply:
        """The stored reply, or the bare words where it cannot be stored; then the flag is in a file."""
        try:
            redacted = text if isinstance(text, str) else await text
            self._unheard.add(name)
            reply, flag = await asyncio.to_thread(self._help, conversation_id, token, asked, found, redacted)
            self._heard(name)
            if flag:
                self._tell(found.kind, f"{found.kind} {conversation_id}", flag)
            return reply
        except (StorageUnavailableError, UnstorableError):  # the latter a fault of ours: what came from outside has been looked at
            await self._keep_flag(name, conversation_id, found.kind)
        except (Problem, FacilitatorError, IntegrityError) as error:
            self._heard(name)
            log.warning("support_without_storage", error=type(error).__name__)
        except Exception as error:  # a fault of ours, in redaction for one: the words are said, and the flag is kept
            log.error("support_failed", **error_and_place(error))
            await self._keep_flag(name, conversation_id, found.kind)
        finally:
            self._unheard.discard(name)
            await self._to_file(lambda: self._held(name).unlink(missing_ok=True))
        return self._bare(found)

    def _heard(self, name: str) -> None:
        """The database has answered."""
        self._unheard.discard(name)
        self._hanging_until = 0.0

    def _help(self, conversation_id: str, token: str, asked: SendMessage, found: Screened, text: str) -> tuple[Reply, str]:
        """The reply, and the number of the flag that was raised: empty when the message had been dealt with before."""
        with self._built.database.unit_of_work() as session:
            try:
                row = self._desk.admit(session, conversation_id, token)
            except Problem:  # no such conversation, or not theirs, or not any more
                return self._bare(found), self._flag_who_was_let_in(session, conversation_id, token, asked, found.kind)
            seen = inbox.seen_before(session, row.id, asked.client_message_id)
            if seen is not None:
                return self._desk.reply_to(session, row, seen), ""
            long_ago = row.last_active_at < store.now() - IN_SIGHT
            message = inbox.receive(session, row, asked.client_message_id, text=text, choice=None, choice_mark=None, status=inbox.ANSWERED)
            talk = store.load_talk(session, row)
            after, said = helped(talk.at(support_kinds=()) if long_ago else talk, found)
            store.save_position(row, after.position)
            write_facts(session, row, (FlagRaised(_flag_of(found.kind)),), message.id)
            self._desk.say(session, row, after, (said, question(after, self._built.library)), reply_to=message.id)
            return self._desk.reply_to(session, row, message), _number_of_flag(session, message.id)

    def _flag_who_was_let_in(self, session: Session, conversation_id: str, token: str, asked: SendMessage, kind: SafetyKind) -> str:
        """Whoever comes with a token that has run out is let in no more, but is no stranger: somebody is to know of the danger.

        The flag's number; empty for a stranger, and for a message that came before, which its name tells.
        """
        name = store.digest(f"{conversation_id} {asked.client_message_id}")
        if not store.has_opened(session, token, conversation_id):
            return ""
        raised = waiting_flags.put(session, name, WaitingFlag(conversation_id, _flag_of(kind), store.now()))
        return _number_of_flag(session, name) if raised else ""

    def _tell(self, kind: SafetyKind, about: str, reference: str | None) -> None:
        if self.alert is not None and kind.is_crisis:
            self.alert.tell(about, reference)

    def _bare(self, found: Screened) -> Reply:
        talk = Talk("none")
        rendered = self._built.wording.render(in_full(found), talk, self._built.library)
        message = MessageOut(id=store.new_id(), author=Author.BOT, created_at=store.now(), kind=Kind.SUPPORT, text=rendered.text)
        return Reply(messages=[message], progress=None, state=State.SUPPORT, kept=None)

    # ── flags while the database is down ──

    async def _keep_flag(self, name: str, conversation_id: str, kind: SafetyKind) -> None:
        await self._to_file(lambda: self._spool_flag(name, conversation_id, kind))
        # Nobody could check whose it is: all of these are one matter, and none is named.
        self._tell(kind, NOT_STORED, None)

    async def _to_file(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._files, work)
        except OSError as error:
            # a full disk keeps nobody from the words
            log.error("flag_file_failed", error=type(error).__name__)

    def _held(self, name: str) -> Path:
        return self._spool / f"{name}.held"

    def _spool_flag(self, name: str, conversation_id: str, kind: SafetyKind, ending: str = "json") -> None:
        self._spool.mkdir(parents=True, exist_ok=True)
        flag = WaitingFlag(conversation_id, _flag_of(kind), store.now())
        temporary = self._spool / f".{name}"
        temporary.write_text(flag.to_json(), encoding="utf-8")
        temporary.rename(self._spool / f"{name}.{ending}")

    def _take_up_held(self) -> None:
        """What a process held that was stopped meanwhile. At worst such a flag is raised twice; none is lost."""
        for path in self._spool.glob("*.held"):
            path.rename(path.with_suffix(".json"))

    async def raise_spooled_flags(self, every_s: float = 5.0) -> None:
        """Put flags kept in files into the database, for as long as the process runs."""
        await self._to_file(self._take_up_held)
        while True:
            for path in sorted(self._spool.glob("*.json")):
                try:
                    await asyncio.to_thread(self._raise_flag, path)
                except Exception as error:
                    log.warning("flag_waits", error=type(error).__name__)
            await asyncio.sleep(every_s)

    def _raise_flag(self, path: Path) -> None:
        try:
            flag = waiting_flags.read(path)
            with self._built.database.unit_of_work() as session:
                waiting_flags.put(session, path.stem, flag)
        except (NeverRaised, UnstorableError) as error:
            waiting_flags.set_aside(path, str(error))
        else:
            path.unlink(missing_ok=True)


def _number_of_flag(session: Session, message_id: str) -> str:
    number = session.query(FlagRow.id).filter_by(message_id=message_id).limit(1).scalar()
    return "" if number is None else str(number)


def _flag_of(kind: SafetyKind) -> FlagKind:
    return FLAG_OF.get(kind, FlagKind.CRISIS)
