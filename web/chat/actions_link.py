"""Whether the action server, private behind Rasa, is there."""

from __future__ import annotations

import httpx

from facilitator.settings import Settings

READY_TIMEOUT_S = 2.0


async def actions_ready(settings: Settings) -> bool:
    """Whether the action server answers, with its token."""
    url = f"http://{settings.facilitator_actions_host}:{settings.facilitator_actions_port}/ready"
    token = settings.facilitator_actions_token.get_secret_value()
    try:
        async with httpx.AsyncClient(timeout=READY_TIMEOUT_S, trust_env=False) as client:
            return (await client.get(url, headers={"Authorization": f"Bearer {token}"})).status_code == 200
    except httpx.HTTPError:
        return False
