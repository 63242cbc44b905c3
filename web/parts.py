"""What a running web process is made of, built once at start and handed to the routes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facilitator.bootstrap import KNOWLEDGE, Bootstrap
from facilitator.checklist.content import read_yaml
from facilitator.settings import Settings
from web.chat.actions_link import actions_ready
from web.chat.alerting import build_alert
from web.chat.delivery import Delivery
from web.chat.desk import Desk
from web.chat.door import Door
from web.chat.helping import Helper
from web.chat.limits import Limits
from web.chat.rasa_link import RasaLink
from web.chat.shared_limits import SharedLimits
from web.chat.turnstile import Turnstile


@dataclass(frozen=True)
class Parts:
    built: Bootstrap
    link: RasaLink
    delivery: Delivery
    desk: Desk
    door: Door
    helper: Helper
    limits: Limits
    strings: dict[str, dict[str, Any]]
    turnstile: Turnstile = field(default_factory=Turnstile)

    async def actions_ready(self) -> bool:
        """Whether the action server answers, with its token."""
        return await actions_ready(self.built.settings)

    @staticmethod
    def examples() -> Any:
        """The states of the widget's demonstration page."""
        return json.loads((Path(__file__).parent / "widget" / "demo" / "examples.json").read_text(encoding="utf-8"))

    def support_lines(self) -> list[dict[str, Any]]:
        """The support numbers, as every client shows them."""
        return [{"name": line.name, "contact": line.contact, "href": line.href, "when": line.when} for line in self.built.support.lines]


def build_parts(built: Bootstrap) -> Parts:
    settings = built.settings
    link = RasaLink(settings.facilitator_rasa_url, settings.facilitator_rasa_token.get_secret_value(), settings.facilitator_turn_timeout)
    delivery = Delivery(built, link)
    desk = Desk(built, delivery)
    return Parts(
        built=built,
        link=link,
        delivery=delivery,
        desk=desk,
        door=Door(built.screen, built.redactor, built.phrases),
        helper=Helper(
            built,
            desk,
            build_alert(settings, read_yaml(KNOWLEDGE / "messages" / "notices.yml")["alert"]),
            settings.facilitator_support_patience,
        ),
        limits=_limits(settings),
        strings={lang: strings | own_pages(settings) for lang, strings in built.strings.items()},
    )


def own_pages(settings: Settings) -> dict[str, str]:
    """The addresses of the organisation's own pages, as the page finds them among its words."""
    return {f"{name}_url": address for name, address in settings.own_pages.items()}


def _limits(settings: Settings) -> Limits:
    address = settings.redis_url.get_secret_value()
    shared = SharedLimits(address) if address else None
    return Limits(
        enabled=settings.facilitator_rate_limits == "on", shared=shared, secret=settings.facilitator_rasa_token.get_secret_value()
    )
