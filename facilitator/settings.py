"""Settings: environment variables (or NAME_FILE for a secret kept in a file), read once into a frozen object.

The table in docs/settings.md is the documentation of every variable; a test compares the two.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, ValidationInfo, field_validator

from facilitator.errors import SettingsError
from facilitator.periods import Periods

ROOT = Path(__file__).resolve().parent.parent
# HTTPS, as OpenID Connect asks; this machine's own address may do without.
_ISSUER = r"^(https://[^\s?#]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?)?$"

_PAGE = r"^(https?://\S+)?$"


class Settings(BaseModel):
    """Every setting, checked. Field names are the variables' names in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facilitator_host: str = "127.0.0.1"
    facilitator_port: int = Field(8000, ge=1, le=65535)
    facilitator_data_dir: Path = Path("var")
    facilitator_cache_dir: Path = Path(".cache")
    facilitator_rate_limits: Literal["on", "off"] = "on"
    facilitator_metrics: Literal["on", "off"] = "off"
    facilitator_allowed_origins: str = ""
    facilitator_public_url: str = ""
    facilitator_rasa_url: str = "http://127.0.0.1:5005"
    facilitator_rasa_token: SecretStr = SecretStr("")
    facilitator_actions_token: SecretStr = SecretStr("")
    facilitator_actions_host: str = "127.0.0.1"
    facilitator_actions_port: int = Field(5055, ge=1, le=65535)
    facilitator_turn_timeout: float = Field(10.0, gt=0, le=60)
    facilitator_action_timeout: float = Field(5.0, gt=0, le=30)
    facilitator_support_patience: float = Field(0.2, gt=0, le=60)
    facilitator_open_access: Literal["on", "off"] = "on"
    facilitator_two_factor: Literal["optional", "required"] = "optional"
    facilitator_oidc_issuer: str = Field("", pattern=_ISSUER)
    facilitator_oidc_client_id: str = ""
    facilitator_oidc_client_secret: SecretStr = Field(SecretStr(""), validate_default=True)
    facilitator_oidc_name: str = Field("", max_length=40)
    facilitator_organisation: str = ""
    facilitator_contact: str = ""
    facilitator_privacy_url: str = Field("", pattern=_PAGE)
    facilitator_accessibility_url: str = Field("", pattern=_PAGE)
    facilitator_complaints_url: str = Field("", pattern=_PAGE)
    facilitator_alert_webhook: SecretStr = SecretStr("")
    facilitator_alert_email: str = ""
    facilitator_alert_smtp: SecretStr = SecretStr("")
    facilitator_raw_text_days: int = Field(90, ge=1)
    facilitator_small_group: int = Field(3, ge=3)
    facilitator_release_step: int = Field(3, ge=3)
    facilitator_answer_days: int = Field(365, ge=1)
    database_url: SecretStr = SecretStr("")
    redis_url: SecretStr = SecretStr("")
    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_api_url: str = Field("https://slack.com/api/", pattern=r"^https?://\S+/$")

    @field_validator("facilitator_oidc_client_secret")
    @classmethod
    def _all_three_or_none(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        given = {bool(info.data.get(f"facilitator_oidc_{name}")) for name in ("issuer", "client_id")}
        if given | {bool(secret.get_secret_value())} == {True, False}:
            raise ValueError("the issuer, the client id and the client secret belong together; set all three or none")
        return secret

    @property
    def data_dir(self) -> Path:
        """Folder for the SQLite file, logs and spool files, as an absolute path."""
        path = self.facilitator_data_dir
        return path if path.is_absolute() else ROOT / path

    @property
    def erased_list(self) -> Path:
        """The list of what was erased, outside the database."""
        return self.data_dir / "erased.tsv"

    @property
    def address(self) -> str:
        """Where people open the chat."""
        return self.facilitator_public_url.rstrip("/") or f"http://{self.facilitator_host}:{self.facilitator_port}"

    @property
    def own_pages(self) -> dict[str, str]:
        """The organisation's own pages that people can open from the chat, by what they are about."""
        about = {name: getattr(self, f"facilitator_{name}_url") for name in ("privacy", "accessibility", "complaints")}
        return {name: address for name, address in about.items() if address}

    @property
    def periods(self) -> Periods:
        """For how long things are kept where an activity says nothing of its own."""
        return Periods(self.facilitator_raw_text_days, self.facilitator_answer_days)

    @property
    def allowed_origins(self) -> list[str]:
        """Sites that may embed the chat, for example `https://example.org`."""
        return self.facilitator_allowed_origins.replace(",", " ").split()

    @property
    def cache_dir(self) -> Path:
        """Folder for what can be made again from the rest (search index, vectors), as an absolute path."""
        path = self.facilitator_cache_dir
        return path if path.is_absolute() else ROOT / path

    @property
    def database(self) -> str:
        """Database address, naming no driver: `sqlite:////…` or `postgresql://…`."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.data_dir / 'facilitator.db'}"

    @property
    def organisation_named(self) -> bool:
        """Whether the consent text can say who keeps the answers and whom to ask."""
        return bool(self.facilitator_organisation and self.facilitator_contact)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: a value is wrong or a NAME_FILE cannot be read; names the variable and the fault.
    """
    values = dict(os.environ if environ is None else environ)
    found: dict[str, str] = {}
    for field in Settings.model_fields:
        value = _value(field.upper(), values)
        if value is not None:
            found[field] = value
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        faults = "; ".join(f"{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise SettingsError(f"Please correct these settings. {faults}") from None


def _value(name: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name) or None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names a file that cannot be read ({error.strerror}).") from None
