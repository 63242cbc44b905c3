"""The channel as its one caller sees it: what is answered, what is refused, what is logged."""

from __future__ import annotations

import json
import logging

import pytest
from conftest import TOKEN, Actions, Bot, serve, texts
from rasa.shared.exceptions import RasaException

from bot.engine.channel import FacilitatorChannel


def _short(value: object) -> str:
    return ascii(value)[:40]


PLANTED = "my neighbour Hortense Plumtree"


async def test_typed_words_are_understood_and_answered(bot: Bot) -> None:
    status, body = await bot.say("hello")
    assert status == 200
    assert body["understood"]["intent"] == "greet"
    assert 0 < body["understood"]["confidence"] <= 1
    assert body["messages"] == [{"text": "Hello.\n\nWelcome.", "buttons": [{"title": "Yes", "payload": "yes"}], "custom": {}}]


async def test_a_choice_is_an_intent_with_its_entities_and_certain(bot: Bot, actions: Actions) -> None:
    status, body = await bot.choose("ask_question", item="before-payment")
    assert (status, body["understood"]) == (200, {"intent": "ask_question", "confidence": 1.0})
    message = actions.calls[-1]["tracker"]["latest_message"]
    assert [(e["entity"], e["value"]) for e in message["entities"]] == [("item", "before-payment")]
    assert actions.calls[-1]["tracker"]["slots"]["item"] == "before-payment"


async def test_an_action_gets_the_words_as_typed_and_the_message_id(bot: Bot, actions: Actions) -> None:
    await bot.say("  / will I get paid for coming?  ", metadata={"activity": "a1", "message_id": "forged"})
    call = actions.calls[-1]
    assert call["next_action"] == "action_answer"
    assert call["tracker"]["latest_message"]["text"] == "  / will I get paid for coming?  "
    assert call["tracker"]["latest_message"]["metadata"] == {"activity": "a1", "message_id": "m1"}
    assert call["sender_id"] == "c1"
    assert "domain" not in call


@pytest.mark.parametrize(
    "typed",
    ["/restart", "  /restart", '/ask_question{"item":"x"}', "\u2003/restart", "/", "//", "/greet@1.0", "\n/session_start"],
    ids=ascii,
)
async def test_a_typed_command_is_only_words(bot: Bot, actions: Actions, typed: str) -> None:
    await bot.choose("ask_question", item="kept")
    status, body = await bot.say(typed)
    assert status == 200
    assert body["understood"]["confidence"] < 1
    await bot.choose("ask_question")
    assert actions.calls[-1]["tracker"]["slots"]["item"] == "kept"


@pytest.mark.parametrize(
    "typed", ["😀", "👍🏽", "???", "我可以得到报酬吗", "e\u0301", "\x00", "\ud83d", "hello " * 2000, "\u200b"], ids=_short
)
async def test_odd_text_gets_an_answer(bot: Bot, typed: str) -> None:
    status, body = await bot.say(typed[:12000])
    assert status == 200 and body["messages"]


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", "é"])
async def test_without_the_token_nothing_is_done(bot: Bot, actions: Actions, token: str | None) -> None:
    turn = {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "ask_question"}}
    status, body = await bot.post(turn, token and token.encode().decode("latin-1"))
    assert (status, body) == (401, {"error": "Unauthorized"})
    assert actions.calls == []
    assert (await bot.health("wrong"))[0] == 401


@pytest.mark.parametrize("credentials", [None, {}, {"token": ""}, {"token": "  "}, {"token": None}])
async def test_rasa_does_not_start_without_a_token(credentials: dict[str, str] | None) -> None:
    with pytest.raises(RasaException):
        FacilitatorChannel.from_credentials(credentials)


GOOD = {"conversation_id": "c1", "message_id": "m1", "text": "hello"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b"[" * 100_000, b'{"conversation_id": NaN}',
        {}, {**GOOD, "text": ""}, {**GOOD, "text": " \n"}, {**GOOD, "text": 3}, {**GOOD, "text": None},
        {**GOOD, "text": "x" * 12001}, {**GOOD, "intent": {"name": "greet"}}, {**GOOD, "extra": 1},
        {**GOOD, "conversation_id": "a b"}, {**GOOD, "conversation_id": "x" * 65}, {**GOOD, "conversation_id": "c1\n"},
        {**GOOD, "message_id": ""}, {**GOOD, "message_id": 7}, {**GOOD, "metadata": []},
        {**GOOD, "metadata": {"a": {"b": 1}}}, {**GOOD, "metadata": {"a": [1]}},
        {"conversation_id": "c1", "message_id": "m1", "intent": "greet"},
        {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "/greet"}},
        {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "no_such_intent"}},
        {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "restart"}},
        {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "greet", "confidence": 1}},
        {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "greet", "entities": {"a": [1]}}},
    ],
    ids=_short,
)  # fmt: skip
async def test_anything_else_is_refused_without_being_quoted(bot: Bot, body: object) -> None:
    status, answer = await bot.post(body)
    assert status == 422
    assert answer["error"] == "InvalidTurn"
    assert "no_such_intent" not in str(answer)


async def test_twelve_thousand_characters_are_taken_however_json_writes_them(bot: Bot) -> None:
    body = json.dumps({**GOOD, "text": "😀" * 12000}, ensure_ascii=True).encode()
    assert (await bot.post(body))[0] == 200


async def test_a_huge_body_is_not_read(bot: Bot) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with bot.http.post(f"{bot.base}/turn", data=b"x" * 2_000_000, headers=headers) as response:
        assert response.status == 413


async def test_ready_only_with_a_model(bot: Bot) -> None:
    assert await bot.health() == (200, {"ready": True})


async def test_not_ready_without_a_model(environment: None) -> None:
    from rasa.core.agent import Agent

    async for bot in serve(Agent()):
        assert await bot.health() == (503, {"ready": False})
        assert await bot.say("hello") == (503, {"error": "NotReady"})


async def test_not_ready_when_rasa_fell_back_to_a_store_in_memory(bot: Bot) -> None:
    from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore

    bot.agent.tracker_store = FailSafeTrackerStore(InMemoryTrackerStore(bot.agent.domain))
    assert await bot.health() == (503, {"ready": False})
    assert (await bot.say("hello"))[0] == 503


async def test_an_action_that_fails_is_a_503_and_the_turn_never_was(bot: Bot, actions: Actions) -> None:
    await bot.choose("ask_question", item="first")
    actions.will("action_break", status=500)
    assert await bot.choose("break_things", item="second") == (503, {"error": "ClientResponseError"})
    actions.will("action_break")
    await bot.choose("ask_question")
    assert actions.calls[-1]["tracker"]["slots"]["item"] == "first"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status": 400}, "ClientResponseError"),
        ({"status": 404}, "ClientResponseError"),
        ({"events": ["nonsense"]}, "InvalidActionResult"),
        ({"events": [{"event": "slot"}]}, "InvalidActionResult"),
        ({"responses": ["nonsense"]}, "InvalidActionResult"),
    ],
)
async def test_each_failure_of_an_action_is_named(bot: Bot, actions: Actions, answer: dict, error: str) -> None:
    actions.will("action_break", **answer)
    assert await bot.choose("break_things") == (503, {"error": error})


async def test_an_action_server_that_is_gone_is_a_503(bot: Bot) -> None:
    bot.agent.action_endpoint.url = "http://127.0.0.1:9/webhook"
    assert await bot.choose("ask_question") == (503, {"error": "ConnectionRefusedError"})


async def test_an_action_that_never_answers_is_given_up(bot: Bot, actions: Actions) -> None:
    bot.agent.action_endpoint.kwargs["timeout"] = 0.05
    actions.will("action_break", wait=0.5)
    status, body = await bot.choose("break_things")
    assert (status, body["error"]) in {(503, "TimeoutError"), (503, "CancelledError")}


async def test_rules_that_go_round_in_circles_are_a_503(bot: Bot) -> None:
    assert await bot.choose("silly_loop") == (503, {"error": "ActionLimitReached"})


async def test_a_response_that_cannot_be_made_is_a_503(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    async def explode(*_: object, **__: object) -> None:
        raise KeyError(PLANTED)

    monkeypatch.setattr(bot.agent.nlg, "generate", explode)
    bot.agent.processor.nlg = bot.agent.nlg
    assert await bot.say("hello") == (503, {"error": "KeyError"})


async def test_a_failure_to_understand_is_a_503(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object, **__: object) -> None:
        raise ValueError(PLANTED)

    monkeypatch.setattr(bot.agent.processor.graph_runner, "run", explode)
    assert await bot.say("hello") == (503, {"error": "ValueError"})


async def test_no_log_line_holds_what_was_typed(
    bot: Bot, actions: Actions, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await bot.say(f"hello {PLANTED}")
        await bot.say(f"/greet {PLANTED}")
        await bot.say(f"will I get paid {PLANTED}")
        await bot.choose("ask_question", item="Plumtree")
        actions.will("action_break", status=500, responses=[{"text": PLANTED}])
        await bot.choose("break_things", item="Plumtree")
        actions.will("action_break", status=400, responses=[{"text": PLANTED}])
        await bot.say(f"break everything {PLANTED}")
        await bot.post({**GOOD, "text": PLANTED, "more": PLANTED})
        await bot.post(b'{"text": "' + PLANTED.encode())
        actions.will("action_answer", responses=[{"text": PLANTED}])
        await bot.choose("ask_question")
    printed = caplog.text + "".join(capfd.readouterr())
    assert "turn failed: conversation c1 message m5: ClientResponseError" in caplog.text
    assert "rasa.core.processor line" in caplog.text, "Rasa was not logging at all: the test would pass for nothing"
    assert "Plumtree" not in printed and "Hortense" not in printed


async def test_texts_of_several_actions_come_in_order(bot: Bot) -> None:
    _, body = await bot.choose("skip")
    assert texts(body) == ["did action_answer", "Thank you."]


REQUEST = "0123456789abcdef" * 2


async def test_the_requests_id_is_in_every_line_and_goes_on_to_the_actions(
    bot: Bot, actions: Actions, caplog: pytest.LogCaptureFixture
) -> None:
    turn = {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "ask_question"}}
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-ID": REQUEST}
    with caplog.at_level(logging.DEBUG):
        async with bot.http.post(f"{bot.base}/turn", json=turn, headers=headers) as response:
            assert response.status == 200
    assert actions.request_ids == [REQUEST]
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("rasa.core.processor", "bot.engine"))]
    assert len(lines) > 2
    assert [line for line in lines if REQUEST not in line] == []
    assert any(line.startswith("turn answered: conversation c1 message m1 in ") for line in lines)


async def test_an_id_of_another_form_is_not_passed_on(bot: Bot, actions: Actions) -> None:
    turn = {"conversation_id": "c1", "message_id": "m1", "intent": {"name": "ask_question"}}
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Request-ID": PLANTED}
    async with bot.http.post(f"{bot.base}/turn", json=turn, headers=headers) as response:
        assert response.status == 200
    (sent,) = actions.request_ids
    assert sent is not None and len(sent) == 32 and PLANTED not in sent


async def test_the_token_is_compared_in_constant_time(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda a, b: compared.append((a, b)) or False)
    assert (await bot.health())[0] == 401
    assert compared == [(f"Bearer {TOKEN}".encode(), f"Bearer {TOKEN}".encode())]
