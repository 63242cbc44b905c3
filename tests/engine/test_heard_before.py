"""Short words that were heard before are not understood anew; whatever else is."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Actions, Bot

from bot.engine.heard_before import HeardBefore
from facilitator.encoder.latest import LONGEST


class Model:
    """Counts what it is asked."""

    def __init__(self, **more: Any) -> None:
        self.asked: list[str] = []
        self._more = more

    async def parse(self, words: str) -> dict[str, Any]:
        self.asked.append(words)
        found = {"name": words, "confidence": 0.9}
        return {"text": words, "intent": found, "intent_ranking": [found], "entities": [], **self._more}


async def asked(heard: HeardBefore, model: Model, *texts: str) -> list[dict[str, Any]]:
    return [await heard.parsed(words, model, lambda words=words: model.parse(words)) for words in texts]


async def test_words_are_understood_once_and_the_words_are_not_kept() -> None:
    heard, model = HeardBefore(), Model()
    first, _, again = await asked(heard, model, "yes", "skip", "yes")
    assert model.asked == ["yes", "skip"]
    assert (
        first
        == again
        == {"intent": {"name": "yes", "confidence": 0.9}, "intent_ranking": [{"name": "yes", "confidence": 0.9}], "entities": []}
    )
    assert "text" not in again


async def test_what_is_done_to_an_answer_is_done_to_that_one_alone() -> None:
    heard, model = HeardBefore(), Model()
    (first,) = await asked(heard, model, "yes")
    first["intent"]["name"] = first["intent_ranking"][0]["name"] = "changed"
    first["entities"].append({"value": "changed"})
    (again,) = await asked(heard, model, "yes")
    assert "changed" not in str(again)


async def test_a_story_and_what_holds_words_are_understood_each_time() -> None:
    heard, model, finds = HeardBefore(), Model(), Model(entities=[{"entity": "name", "value": "Hortense"}])
    await asked(heard, model, "a" * LONGEST, "a" * LONGEST, "b" * (LONGEST + 1), "b" * (LONGEST + 1))
    assert model.asked == ["a" * LONGEST, "b" * (LONGEST + 1), "b" * (LONGEST + 1)]
    found = await asked(heard, finds, "I am Hortense", "I am Hortense")
    assert len(finds.asked) == 2 and found[1]["entities"] == [{"entity": "name", "value": "Hortense"}]


async def test_the_latest_are_kept_and_another_model_starts_afresh() -> None:
    heard, model, other = HeardBefore(most=2), Model(), Model()
    await asked(heard, model, "yes", "no", "yes", "skip", "yes", "no")
    assert model.asked == ["yes", "no", "skip", "no"]
    await asked(heard, other, "yes")
    assert other.asked == ["yes"]


async def test_a_failure_is_not_remembered() -> None:
    heard, model = HeardBefore(), Model()

    async def fails() -> dict[str, Any]:
        raise ValueError

    with pytest.raises(ValueError):
        await heard.parsed("yes", model, fails)
    await asked(heard, model, "yes")
    assert model.asked == ["yes"]


@pytest.mark.parametrize("said", ["hello", "will I get paid", "/ yes please", "asdf qwer", "\ud83d"], ids=ascii)
async def test_a_turn_of_words_heard_before_is_as_the_first(bot: Bot, actions: Actions, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await bot.say(said)
    before = actions.calls[-1]["tracker"]["latest_message"] if actions.calls else None

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("understood twice")

    monkeypatch.setattr(bot.agent.processor, "parse_message", never)
    assert await bot.say(said) == first
    after = actions.calls[-1]["tracker"]["latest_message"] if actions.calls else None
    unlike = {"message_id", "metadata"}
    assert {k: v for k, v in (after or {}).items() if k not in unlike} == {k: v for k, v in (before or {}).items() if k not in unlike}
