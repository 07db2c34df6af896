"""Credits that an operator gives away, once for each key."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.event_store.store import PostgresEventStore
from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.subject_keys import SubjectKeys
from commands.account.register_person import RegisterPerson
from domain.kernel.identity import wallet_id
from domain.wallet import Wallet
from processes.credit_grants import NothingGranted, grant_credits
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.studio import open_studio
from tests.processes.test_start_up import suite

EMAIL = "ada@example.test"
NEXT_YEAR = date(system_clock().year + 1, 1, 31)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, database_url=database)  # type: ignore[arg-type]
    ensure_secrets(made.secrets)
    return made


@pytest.fixture
def ada(settings: Settings) -> UUID:
    """Ada has an account and a wallet."""
    person = uuid4()
    secrets = ensure_secrets(settings.secrets)
    with ExitStack() as stack:
        writing = stack.enter_context(open_studio(settings, secrets, "test"))
        writing.studio.execute(RegisterPerson(), owner_id=person, key=uuid4())
        vault = stack.enter_context(open_pool(settings.require_database_url(), "vault", size_max=1))
        keys = SubjectKeys(vault, secrets.key_encryption)
        accounts = PostgresAccounts(vault, keys, secrets.email_lookup)
        accounts.create(person, email=EMAIL, password_hash="x", at=system_clock())
    return person


@pytest.fixture
def store(settings: Settings) -> Iterator[PostgresEventStore]:
    with open_studio(settings, ensure_secrets(settings.secrets), "test") as writing:
        yield writing.store


def wallet_of(store: PostgresEventStore, person: UUID) -> Wallet:
    """As it is stored."""
    with store.transaction(person) as transaction:
        wallet = transaction.load(wallet_id(person), person)
    assert isinstance(wallet, Wallet)
    return wallet


def test_a_grant_is_given_once_for_each_key(
    settings: Settings, ada: UUID, store: PostgresEventStore
) -> None:
    grants = [
        grant_credits(settings, EMAIL, 500, until=NEXT_YEAR, key=key)
        for key in ("spring", "spring", "summer")
    ]
    assert grants[0] == grants[1] != grants[2]
    wallet = wallet_of(store, ada)
    assert wallet.available == 1_000
    midnight = datetime.combine(NEXT_YEAR + timedelta(days=1), datetime.min.time(), UTC)
    assert {lot.expires_at for lot in wallet.lots} == {midnight}


@pytest.mark.usefixtures("ada")
def test_a_key_belongs_to_one_grant(settings: Settings) -> None:
    grant_credits(settings, EMAIL, 500, until=NEXT_YEAR, key="spring")
    with pytest.raises(NothingGranted, match="idempotency key"):
        grant_credits(settings, EMAIL, 501, until=NEXT_YEAR, key="spring")


@pytest.mark.usefixtures("ada")
def test_nothing_is_given_to_nobody_or_for_yesterday(settings: Settings) -> None:
    with pytest.raises(NothingGranted, match="no such account"):
        grant_credits(settings, "grace@example.test", 500, until=NEXT_YEAR, key="spring")
    yesterday = system_clock().date() - timedelta(days=1)
    with pytest.raises(NothingGranted, match="day is over"):
        grant_credits(settings, EMAIL, 500, until=yesterday, key="spring")


def test_the_last_day_that_there_is_has_no_midnight(settings: Settings, ada: UUID) -> None:
    with pytest.raises(NothingGranted, match="no day after"):
        grant_credits(settings, EMAIL, 500, until=date.max, key="never")


def test_the_command_says_what_was_granted(
    settings: Settings, ada: UUID, store: PostgresEventStore
) -> None:
    variables = {
        "SUITE_HOME": str(settings.home),
        "SUITE_DATABASE_URL": settings.require_database_url(),
    }
    grant = ("credits", "grant", EMAIL, "500", "--until", f"{NEXT_YEAR}", "--key", "spring")
    code, out, _ = suite(*grant, **variables)
    assert (code, out.startswith(f"granted 500 millicredits until {NEXT_YEAR}")) == (0, True)
    assert suite(*grant, **variables)[:2] == (code, out)
    assert wallet_of(store, ada).available == 500
    code, _, error = suite(
        "credits", "grant", "nobody", "5", "--until", f"{NEXT_YEAR}", "--key", "k", **variables
    )
    assert (code, error) == (1, "There is no such account.\n")
