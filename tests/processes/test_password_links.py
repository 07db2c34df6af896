"""A link that an operator makes at the machine, for a studio without post."""

from pathlib import Path
from uuid import uuid4

import pytest

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.password_links import PostgresPasswordLinks
from adapters.vault.subject_keys import SubjectKeys
from commands.account.password_link import link_digest
from processes.password_links import password_link
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from tests.processes.test_start_up import suite

EMAIL = "ada@example.test"


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, database_url=database)  # type: ignore[arg-type]
    ensure_secrets(made.secrets)
    return made


def test_the_command_prints_a_link_that_works(settings: Settings) -> None:
    person, secrets = uuid4(), ensure_secrets(settings.secrets)
    variables = {
        "SUITE_HOME": str(settings.home),
        "SUITE_DATABASE_URL": settings.require_database_url(),
        "SUITE_PUBLIC_URL": "https://studio.example",
    }
    with open_pool(settings.require_database_url(), "vault", size_max=1) as vault:
        keys = SubjectKeys(vault, secrets.key_encryption)
        accounts = PostgresAccounts(vault, keys, secrets.email_lookup)
        accounts.create(person, email=EMAIL, password_hash="x", at=system_clock())
        code, out, error = suite("accounts", "password-link", EMAIL, **variables)
        assert (code, error) == (0, "")
        before, _, token = out.strip().rpartition("/")
        assert before == "https://studio.example/#/password"
        links = PostgresPasswordLinks(vault)
        assert links.use(link_digest(token), "another", at=system_clock()) == person
    assert password_link(settings, "nobody@example.test") is None
