"""Settings are read once, strictly; a wrong one stops the start with its name."""

from __future__ import annotations

import re

import pytest

from facilitator.errors import SettingsError
from facilitator.settings import ROOT, Settings, read_settings


def test_nothing_set_gives_a_local_sqlite_file():
    settings = read_settings({})
    assert settings.database.startswith("sqlite:////")
    assert settings.facilitator_host == "127.0.0.1"


def test_a_wrong_value_is_refused_by_name_and_never_quoted():
    with pytest.raises(SettingsError, match="FACILITATOR_PORT") as refused:
        read_settings({"FACILITATOR_PORT": "many"})
    assert "many" not in str(refused.value)


def test_a_secret_may_be_kept_in_a_file(tmp_path):
    (tmp_path / "url").write_text("postgresql://db/x\n")
    assert read_settings({"DATABASE_URL_FILE": str(tmp_path / "url")}).database == "postgresql://db/x"


def test_a_secret_file_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match="REDIS_URL_FILE"):
        read_settings({"REDIS_URL_FILE": str(tmp_path / "none")})


def test_secrets_do_not_show_in_print():
    settings = read_settings({"FACILITATOR_RASA_TOKEN": "canary", "DATABASE_URL": "postgresql://canary@db/x"})
    assert "canary" not in repr(settings)


def test_every_setting_is_documented_and_every_documented_setting_exists():
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, flags=re.M))
    assert documented == {name.upper() for name in Settings.model_fields}


OIDC = {
    "FACILITATOR_OIDC_ISSUER": "https://login.example.org",
    "FACILITATOR_OIDC_CLIENT_ID": "us",
    "FACILITATOR_OIDC_CLIENT_SECRET": "canary",
}


@pytest.mark.parametrize("missing", OIDC)
def test_the_settings_of_the_organisations_sign_in_belong_together(missing):
    assert read_settings(OIDC).facilitator_oidc_client_id == "us"
    with pytest.raises(SettingsError, match=r"FACILITATOR_OIDC_CLIENT_SECRET: .*all three") as refused:
        read_settings({name: value for name, value in OIDC.items() if name != missing})
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("issuer", ["http://login.example.org", "http://127.0.0.1.evil.example", "login.example.org", "https://a b"])
def test_the_organisations_provider_is_reached_by_https_only(issuer):
    with pytest.raises(SettingsError, match="FACILITATOR_OIDC_ISSUER"):
        read_settings({**OIDC, "FACILITATOR_OIDC_ISSUER": issuer})
