"""What a log line of someone else keeps during a turn."""

from __future__ import annotations

import asyncio
import logging
import warnings

import pytest

from bot.engine import quiet_logs

PLANTED = "Hortense Plumtree"
REQUEST = "0123456789abcdef" * 2


def test_the_place_and_the_exception_stay_and_the_words_go(caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()
    with quiet_logs.handling("m1", REQUEST):
        try:
            raise KeyError(PLANTED)
        except KeyError:
            logging.getLogger("rasa.somewhere").exception("failed on %s", PLANTED)
    (record,) = caplog.records
    assert record.getMessage() == f"rasa.somewhere line {record.lineno} KeyError (words withheld, turn m1, request {REQUEST})"
    assert record.exc_info is None and record.levelno == logging.ERROR


def test_outside_a_turn_and_from_us_lines_are_whole(caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()
    logging.getLogger("rasa.somewhere").warning("loading %s", "a model")
    with quiet_logs.handling("m1", REQUEST):
        logging.getLogger("bot.engine.channel").warning("turn failed: %s", "KeyError")
    assert [record.getMessage() for record in caplog.records] == ["loading a model", f"turn failed: KeyError request={REQUEST}"]


async def test_two_turns_at_once_do_not_mix_and_a_thread_belongs_to_its_turn(caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()

    async def turn(name: str) -> None:
        with quiet_logs.handling(name):
            await asyncio.sleep(0)
            await asyncio.to_thread(logging.getLogger("rasa").warning, PLANTED)

    await asyncio.gather(turn("m1"), turn("m2"))
    logging.getLogger("rasa").warning("after")
    found = sorted(record.getMessage().partition("withheld, ")[2][:7] or record.getMessage() for record in caplog.records)
    assert found == ["after", "turn m1", "turn m2"] and PLANTED not in caplog.text


def test_a_record_without_a_name_is_no_accident() -> None:
    quiet_logs.install()
    with quiet_logs.handling("m1"):
        assert logging.makeLogRecord({"msg": "x"}).msg == "x"


def test_warnings_are_log_lines_too(caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()
    logging.captureWarnings(False)  # pytest has its own hook in place; put ours over it
    logging.captureWarnings(True)
    try:
        with quiet_logs.handling("m1"), warnings.catch_warnings():
            warnings.simplefilter("always")
            logging._showwarning(PLANTED, UserWarning, "file.py", 1)  # type: ignore[attr-defined]
    finally:
        logging.captureWarnings(False)
    assert "py.warnings" in caplog.text and PLANTED not in caplog.text


@pytest.mark.parametrize("name", ["sanic.error", "sanic.access", "asyncio"])
def test_an_address_with_its_query_and_an_exception_in_words_are_never_written(name: str, caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()
    logging.getLogger(name).error("GET /turn?token=%s", PLANTED)
    assert PLANTED not in caplog.text and f"{name} line" in caplog.text


def test_a_traceback_outside_a_turn_is_its_class_and_place(caplog: pytest.LogCaptureFixture) -> None:
    quiet_logs.install()
    try:
        raise ValueError(PLANTED)
    except ValueError:
        logging.getLogger("rasa.somewhere").exception("loading failed")
    assert "loading failed ValueError at test_quiet_logs.py:" in caplog.text and PLANTED not in caplog.text


@pytest.mark.parametrize("given", ["", "short", "x" * 32, REQUEST + "a", f"{REQUEST}\n"])
def test_only_an_id_of_webs_form_is_taken_as_one(given: str) -> None:
    with quiet_logs.handling("m1", given) as known:
        assert known != given and len(known) == 32
    with quiet_logs.handling("m1", REQUEST) as known:
        assert known == REQUEST
