"""Calls to the action server: checked cheaply, limited in time, and never failing in silence.

Stock Rasa builds its JSON schema anew at every call (about 48 ms), waits up to five minutes, and answers the person
even when the action failed. `install` mends all three; the channel calls it when it is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

from bot.engine.failures import TurnFailed

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

Run = Callable[..., Awaitable[Any]]

# An action has 5 s of its own and then answers kindly itself; this is for a server that does not answer at all.
DEFAULT_TIMEOUT = 7.0
_MARK = "_facilitator_guarded"
# What our actions end with in every turn (bot/actions/base.py). Of a known form, it need not be held against each form an event may have.
_THEN_LISTEN = [{"event": "followup", "timestamp": None, "name": "action_listen"}]


class InvalidActionResult(ValueError):
    """The action server's answer is not of the agreed form. Says nothing of its content."""


def install() -> None:
    """Replace what the module's first lines name. Doing it twice is the same as once."""
    from rasa.core.actions.action import ActionBotResponse, ActionExtractSlots, RemoteAction
    from rasa.core.actions.loops import LoopAction

    if getattr(RemoteAction.run, _MARK, False):
        return
    RemoteAction._validate_action_result = _validate
    RemoteAction.run = _guarded(_limited(RemoteAction.run))
    ActionBotResponse.run = _guarded(ActionBotResponse.run)
    ActionExtractSlots.run = _guarded(ActionExtractSlots.run)
    # a form saying "this answer is not for me" is no failure
    LoopAction.run = _guarded(LoopAction.run, rejection_is_failure=False)


def is_valid(result: Any) -> bool:
    """Whether an action server's answer has the form Rasa's own schema asks for."""
    return _is_usual(result) or bool(_validator().is_valid(result))


def _is_usual(result: Any) -> bool:
    if not isinstance(result, dict) or result.get("events") != _THEN_LISTEN:
        return False
    responses = result.get("responses", [])
    return isinstance(responses, list) and all(isinstance(response, dict) for response in responses)


def _validate(_action: Any, result: Any) -> bool:
    if not is_valid(result):
        raise InvalidActionResult("the action server's answer has the wrong form")
    return True


@lru_cache(maxsize=1)
def _validator() -> Validator:
    from jsonschema.validators import validator_for
    from rasa.core.actions.action import RemoteAction

    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator: Validator = kind(schema)
    return validator


def _limited(run: Run) -> Run:
    """`run`, given up after the `timeout` of endpoints.yml, in seconds."""

    @wraps(run)
    async def limited(action: Any, *arguments: Any, **named: Any) -> Any:
        settings = action.action_endpoint.kwargs if action.action_endpoint else {}
        return await asyncio.wait_for(run(action, *arguments, **named), float(settings.get("timeout", DEFAULT_TIMEOUT)))

    return limited


def _guarded(run: Run, rejection_is_failure: bool = True) -> Run:
    """`run`, with every exception ending the turn. Stock Rasa logs it, text and all, and carries on."""
    from rasa.core.actions.action import ActionExecutionRejection

    @wraps(run)
    async def guarded(*arguments: Any, **named: Any) -> Any:
        try:
            return await run(*arguments, **named)
        except ActionExecutionRejection as error:
            if rejection_is_failure:
                raise TurnFailed.because(error) from None
            raise
        except Exception as error:
            raise TurnFailed.because(error) from None

    setattr(guarded, _MARK, True)
    return guarded
