"""Settings that are lists: written as people write them, and refused where they are none."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from processes.embedded import installed
from processes.settings import PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else the tests are told by such variables."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_proxies_and_origins_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1")
    monkeypatch.setenv("SUITE_CORS_ORIGINS", "https://a.example,http://localhost:3000")
    settings = load_settings()
    assert settings.redacted()["trusted_proxies"] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]
    assert settings.cors_origins == ("https://a.example", "http://localhost:3000")


def test_a_variable_that_is_set_to_nothing_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_TRUSTED_PROXIES", "")
    monkeypatch.setenv("SUITE_CORS_ORIGINS", " ")
    settings = load_settings()
    assert (settings.trusted_proxies, settings.cors_origins) == ((), ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://a.example/"),
        ("CORS_ORIGINS", "a.example"),
    ],
)
def test_what_is_no_network_and_no_origin_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SUITE_{name}", value)
    with pytest.raises(ValidationError):
        load_settings()


def test_the_processes_of_an_installation_are_told_what_it_was_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = Settings(
        home=tmp_path,
        database_url=SecretStr("postgresql://suite@db/suite"),
        trusted_proxies=("10.0.0.0/8", "::1"),  # type: ignore[arg-type]
        cors_origins=("https://a.example", "https://b.example"),
    )
    with installed(told, on_step=print) as installation:
        for name, value in installation.environment.items():
            monkeypatch.setenv(name, value)
        assert load_settings() == told
