"""A domain whose slots nobody fills from what people say has none to extract.

Stock Rasa makes and runs an action for it before every turn, which asks of each slot whether it may be filled. Ours has one slot, which
is set nowhere (0010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.engine.replacing import replace_once

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain


def install() -> None:
    """Replace what the module's first lines name."""
    from rasa.core.processor import MessageProcessor

    replace_once(MessageProcessor, "run_action_extract_slots", _if_any)


def _if_any(extract: Any) -> Any:
    async def if_any(self: Any, output_channel: Any, tracker: Any) -> Any:
        return await extract(self, output_channel, tracker) if fills_slots(self.domain) else tracker

    return if_any


def fills_slots(domain: Domain) -> bool:
    """Whether Rasa, or an action that validates slots, may fill one from a message."""
    from rasa.shared.core.constants import ACTION_VALIDATE_SLOT_MAPPINGS, DEFAULT_SLOT_NAMES

    ours = (slot for slot in domain.slots if slot.name not in DEFAULT_SLOT_NAMES)
    by_nobody = all(mapping == {"type": "custom"} for slot in ours for mapping in slot.mappings)
    return not by_nobody or ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions
