"""What every keeper of accounts promises."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import psycopg
import pytest

from adapters.postgres.connect import connect, open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.in_memory_accounts import InMemoryAccounts
from adapters.vault.passwords import Argon2Passwords
from adapters.vault.subject_keys import SubjectKeys
from commands.ports.accounts import Account, Accounts, Session
from commands.ports.password_hasher import PasswordHasher
from domain.kernel.personal_text import Erased, PersonalText
from domain.kernel.role import Role
from domain.refusals import EmailTaken
from queries.read_position import FEED_CHANNEL
from tests.diary import ADA, GRACE, MORNING
from tests.diary_store import KEK

TOKEN = sha256(b"Ada's token").digest()
OTHER_TOKEN = sha256(b"Ada's other token").digest()
EVENING = MORNING + timedelta(hours=12)


@pytest.fixture(params=["in_memory", "postgres"])
def accounts(request: pytest.FixtureRequest) -> Iterator[Accounts]:
    if request.param == "in_memory":
        yield InMemoryAccounts()
    else:
        with open_pool(request.getfixturevalue("database"), "vault", size_max=2) as pool:
            yield PostgresAccounts(pool, SubjectKeys(pool, KEK), b"lookup secret")


def register_ada(accounts: Accounts, *, password_hash: str = "a hash") -> None:
    accounts.create(ADA, email="Ada@example.org", password_hash=password_hash, at=MORNING)


def test_an_account_is_found_by_person_and_by_address(accounts: Accounts) -> None:
    register_ada(accounts)
    found = Account(ADA, Role.CREATOR, "a hash")
    assert accounts.find(ADA) == found
    assert accounts.find_by_email("  ada@EXAMPLE.org ") == found
    assert accounts.email_of(ADA) == PersonalText("Ada@example.org")


def test_nobody_is_found_who_is_not_there(accounts: Accounts) -> None:
    assert accounts.find(ADA) is None
    assert accounts.find_by_email("ada@example.org") is None
    assert accounts.email_of(ADA) is None


def test_the_same_registration_again_changes_nothing(accounts: Accounts) -> None:
    register_ada(accounts, password_hash="the first")
    register_ada(accounts, password_hash="the second")
    assert accounts.find(ADA) == Account(ADA, Role.CREATOR, "the first")


def test_an_address_belongs_to_one_person(accounts: Accounts) -> None:
    register_ada(accounts)
    with pytest.raises(EmailTaken):
        accounts.create(GRACE, email="ADA@example.org ", password_hash="hers", at=MORNING)
    assert accounts.find(GRACE) is None


def test_a_person_has_one_address(accounts: Accounts) -> None:
    register_ada(accounts)
    with pytest.raises(ValueError, match="another address"):
        accounts.create(ADA, email="ada@example.net", password_hash="a hash", at=MORNING)


def test_a_password_hash_is_replaced(accounts: Accounts) -> None:
    register_ada(accounts)
    accounts.replace_password_hash(ADA, "a better hash")
    assert accounts.find(ADA) == Account(ADA, Role.CREATOR, "a better hash")


def test_a_changed_password_ends_all_sessions_but_one(accounts: Accounts) -> None:
    register_ada(accounts)
    for token in (TOKEN, OTHER_TOKEN):
        accounts.open_session(token, person_id=ADA, at=MORNING, expires_at=EVENING)
    assert accounts.change_password(ADA, "no", instead_of="of before", this=TOKEN) is None
    assert set(accounts.sessions([TOKEN, OTHER_TOKEN], at=MORNING)) == {TOKEN, OTHER_TOKEN}
    assert accounts.change_password(ADA, "another", instead_of="a hash", this=TOKEN) == 1
    assert set(accounts.sessions([TOKEN, OTHER_TOKEN], at=MORNING)) == {TOKEN}
    assert accounts.find(ADA) == Account(ADA, Role.CREATOR, "another")
    assert not accounts.open_session(
        OTHER_TOKEN, person_id=ADA, at=MORNING, expires_at=EVENING, proved_by="a hash"
    )


def test_a_session_is_open_until_it_expires(accounts: Accounts) -> None:
    register_ada(accounts)
    accounts.open_session(TOKEN, person_id=ADA, at=MORNING, expires_at=EVENING)
    assert accounts.sessions([TOKEN, OTHER_TOKEN], at=MORNING) == {
        TOKEN: Session(ADA, Role.CREATOR, EVENING)
    }
    assert accounts.sessions([TOKEN], at=EVENING) == {}
    assert accounts.sessions([], at=MORNING) == {}


def test_a_closed_session_is_closed_at_once(accounts: Accounts) -> None:
    register_ada(accounts)
    accounts.open_session(TOKEN, person_id=ADA, at=MORNING, expires_at=EVENING)
    accounts.close_session(TOKEN)
    accounts.close_session(TOKEN)
    assert accounts.sessions([TOKEN], at=MORNING) == {}


def test_an_open_session_carries_a_new_role(accounts: Accounts) -> None:
    register_ada(accounts)
    accounts.open_session(TOKEN, person_id=ADA, at=MORNING, expires_at=EVENING)
    accounts.set_role(ADA, Role.AUDITOR)
    assert accounts.sessions([TOKEN], at=MORNING)[TOKEN].role == Role.AUDITOR


def test_a_webhook_is_new_once(accounts: Accounts) -> None:
    assert accounts.remember_webhook("payments", "evt_1", at=MORNING)
    assert not accounts.remember_webhook("payments", "evt_1", at=EVENING)
    assert accounts.remember_webhook("identity", "evt_1", at=MORNING)


def test_the_vault_holds_no_address_in_clear(database: str, admin_database: str) -> None:
    with open_pool(database, "vault", size_max=2) as pool:
        keys = SubjectKeys(pool, KEK)
        accounts = PostgresAccounts(pool, keys, b"lookup secret")
        register_ada(accounts)
        with psycopg.connect(admin_database) as admin:
            row = admin.execute("SELECT a::text FROM vault.accounts a").fetchone()
        assert row is not None
        assert b"example".hex() not in row[0]
        assert "example" not in row[0]
        keys.destroy(ADA)
        assert accounts.email_of(ADA) == Erased()


def test_a_password_matches_its_own_hash_only() -> None:
    passwords: PasswordHasher = Argon2Passwords()
    hashed = passwords.hash("correct horse battery staple")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.matches(hashed, "correct horse battery staple")
    assert not passwords.matches(hashed, "correct horse battery stable")
    assert not passwords.matches("damaged", "correct horse battery staple")


def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    passwords: PasswordHasher = Argon2Passwords()
    assert not passwords.is_outdated(passwords.hash("correct horse battery staple"))
    weaker = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg"
    assert passwords.is_outdated(weaker)
    assert passwords.is_outdated("damaged")


def test_every_process_that_serves_feeds_hears_whose_session_was_closed(database: str) -> None:
    with (
        open_pool(database, "vault", size_max=2) as pool,
        connect(database, "reader") as listening,
    ):
        listening.execute(f"LISTEN {FEED_CHANNEL}".encode())
        accounts = PostgresAccounts(pool, SubjectKeys(pool, KEK), b"lookup secret")
        register_ada(accounts)
        accounts.open_session(TOKEN, person_id=ADA, at=MORNING, expires_at=EVENING)
        for _ in range(2):
            accounts.close_session(TOKEN)
        accounts.close_session(OTHER_TOKEN)
        notices = listening.notifies(timeout=1.0)
        assert [UUID(hex=notice.payload) for notice in notices] == [ADA]
