"""What keepers of sessions, and of links that set a password, promise."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import psycopg
import pytest

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.open_sessions import PostgresOpenSessions
from adapters.vault.password_links import PostgresPasswordLinks
from adapters.vault.subject_keys import SubjectKeys
from commands.ports.accounts import SEEN_EVERY, Account, Accounts, Device
from commands.ports.open_sessions import OpenSessions
from commands.ports.password_links import PasswordLinks
from domain.kernel.role import Role
from tests.diary import ADA, GRACE, MORNING
from tests.diary_store import KEK

LINK, OTHER_LINK = sha256(b"Ada's link").digest(), sha256(b"Ada's other link").digest()
DESK, PHONE, LIBRARY = (sha256(name).digest() for name in (b"desk", b"phone", b"library"))
HALF_AN_HOUR = timedelta(minutes=30)
EVENING = MORNING + timedelta(hours=12)


@dataclass
class Vault:
    accounts: Accounts
    links: PasswordLinks
    sessions: OpenSessions


@pytest.fixture
def vault(database: str) -> Iterator[Vault]:
    """Ada and Grace have an account each; Ada is signed in at two places, Grace at one."""
    with open_pool(database, "vault", size_max=8) as pool:
        accounts = PostgresAccounts(pool, SubjectKeys(pool, KEK), b"lookup secret")
        for person, name in ((ADA, "ada"), (GRACE, "grace")):
            accounts.create(person, email=f"{name}@example.org", password_hash="a hash", at=MORNING)
        for token, person in ((DESK, ADA), (PHONE, ADA), (LIBRARY, GRACE)):
            accounts.open_session(
                token,
                person_id=person,
                at=MORNING,
                expires_at=EVENING,
                device=Device("Firefox", "Linux"),
            )
        yield Vault(accounts, PostgresPasswordLinks(pool), PostgresOpenSessions(pool))


def opened(vault: Vault, token: bytes = LINK) -> None:
    vault.links.open(token, person_id=ADA, at=MORNING, expires_at=MORNING + HALF_AN_HOUR)


def still_open(vault: Vault) -> set[bytes]:
    return set(vault.accounts.sessions([DESK, PHONE, LIBRARY], at=MORNING))


def test_a_link_sets_a_password_once_and_ends_every_session_and_link(vault: Vault) -> None:
    opened(vault)
    opened(vault, OTHER_LINK)
    assert vault.links.person(LINK, at=MORNING) == ADA
    assert vault.links.use(LINK, "a new hash", at=MORNING) == ADA
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a new hash")
    assert still_open(vault) == {LIBRARY}
    for link in (LINK, OTHER_LINK):
        assert vault.links.person(link, at=MORNING) is None
        assert vault.links.use(link, "of a thief", at=MORNING) is None
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a new hash")


def test_a_link_is_over_after_its_time(vault: Vault) -> None:
    opened(vault)
    late = MORNING + HALF_AN_HOUR
    assert vault.links.person(LINK, at=late) is None
    assert vault.links.use(LINK, "too late", at=late) is None
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a hash")
    assert still_open(vault) == {DESK, PHONE, LIBRARY}


def test_of_many_who_use_a_link_at_once_one_does(vault: Vault) -> None:
    opened(vault)
    with ThreadPoolExecutor(8) as together:
        used = list(
            together.map(lambda n: vault.links.use(LINK, f"hash {n}", at=MORNING), range(8))
        )
    assert (used.count(ADA), used.count(None)) == (1, 7)
    [winner] = [n for n, whose in enumerate(used) if whose == ADA]
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, f"hash {winner}")


def test_the_vault_holds_no_token(vault: Vault, admin_database: str) -> None:
    opened(vault)
    with psycopg.connect(admin_database) as admin:
        row = admin.execute("SELECT l::text FROM vault.password_links l").fetchone()
    assert row is not None
    assert LINK.hex() in row[0]
    assert b"Ada's link".hex() not in row[0]


def test_a_changed_password_ends_every_other_session_and_link(vault: Vault) -> None:
    opened(vault)
    assert vault.accounts.change_password(ADA, "a new hash", instead_of="a hash", this=DESK) == 1
    assert still_open(vault) == {DESK, LIBRARY}
    assert vault.links.use(LINK, "of a thief", at=MORNING) is None
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a new hash")


def test_whoever_proved_the_password_of_before_changes_nothing(vault: Vault) -> None:
    opened(vault)
    vault.links.use(LINK, "set by its owner", at=MORNING)
    changed = vault.accounts.change_password(ADA, "of a thief", instead_of="a hash", this=PHONE)
    assert changed is None
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "set by its owner")


def test_a_session_that_rests_on_the_password_of_before_is_not_opened(vault: Vault) -> None:
    vault.accounts.change_password(ADA, "a new hash", instead_of="a hash", this=DESK)
    late = sha256(b"late").digest()
    for proved_by, is_open in (("a hash", False), ("a new hash", True)):
        assert is_open == vault.accounts.open_session(
            late, person_id=ADA, at=MORNING, expires_at=EVENING, proved_by=proved_by
        )
        assert is_open == (late in vault.accounts.sessions([late], at=MORNING))


def test_no_sign_in_with_the_old_password_outlives_its_change(vault: Vault) -> None:
    tokens = [sha256(b"%d" % n).digest() for n in range(40)]

    def signs_in(token: bytes) -> None:
        vault.accounts.open_session(
            token, person_id=ADA, at=MORNING, expires_at=EVENING, proved_by="a hash"
        )

    with ThreadPoolExecutor(6) as together:
        signing_in = [together.submit(signs_in, token) for token in tokens[:20]]
        changing = together.submit(
            vault.accounts.change_password, ADA, "a new hash", instead_of="a hash", this=DESK
        )
        signing_in += [together.submit(signs_in, token) for token in tokens[20:]]
        changing.result()
        for one in signing_in:
            one.result()
    assert set(vault.accounts.sessions(tokens, at=MORNING)) == set()


def test_a_hash_that_is_made_anew_never_brings_an_old_password_back(vault: Vault) -> None:
    vault.accounts.change_password(ADA, "a new hash", instead_of="a hash", this=DESK)
    vault.accounts.replace_password_hash(ADA, "the old password again", instead_of="a hash")
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a new hash")
    vault.accounts.replace_password_hash(ADA, "a better hash", instead_of="a new hash")
    assert vault.accounts.find(ADA) == Account(ADA, Role.CREATOR, "a better hash")


def test_sessions_are_listed_with_the_one_that_asks_first(vault: Vault) -> None:
    found = vault.sessions.of(ADA, this=PHONE, at=MORNING, limit=10)
    assert [one.is_this for one in found] == [True, False]
    assert {one.device for one in found} == {Device("Firefox", "Linux")}
    assert {one.opened_at for one in found} == {one.last_seen_at for one in found} == {MORNING}
    assert vault.sessions.of(ADA, this=PHONE, at=EVENING, limit=10) == []
    assert [one.is_this for one in vault.sessions.of(ADA, this=PHONE, at=MORNING, limit=1)] == [
        True
    ]


def test_one_session_ends_and_nobody_elses(vault: Vault) -> None:
    [_, desk] = vault.sessions.of(ADA, this=PHONE, at=MORNING, limit=10)
    assert not vault.sessions.end(GRACE, desk.session_id)
    assert not vault.sessions.end(ADA, uuid4())
    assert still_open(vault) == {DESK, PHONE, LIBRARY}
    assert vault.sessions.end(ADA, desk.session_id)
    assert not vault.sessions.end(ADA, desk.session_id)
    assert still_open(vault) == {PHONE, LIBRARY}
    assert vault.sessions.end_others(ADA, this=PHONE) == 0
    assert vault.sessions.end_others(ADA, this=DESK) == 1
    assert still_open(vault) == {LIBRARY}


def test_a_session_is_noted_to_be_seen_every_few_minutes_and_no_more_often(
    vault: Vault, admin_database: str
) -> None:
    def rows() -> list[tuple[str, str]]:
        with psycopg.connect(admin_database) as admin:
            return admin.execute(
                "SELECT last_seen_at::text, ctid::text FROM vault.sessions ORDER BY token_sha256"
            ).fetchall()

    before = rows()
    soon = MORNING + SEEN_EVERY - timedelta(seconds=1)
    for _ in range(3):
        vault.accounts.sessions([DESK, PHONE], at=soon)
    # Not a row was written.
    assert rows() == before
    later = MORNING + SEEN_EVERY
    vault.accounts.sessions([DESK], at=later)
    noted = rows()
    vault.accounts.sessions([DESK], at=later + timedelta(seconds=1))
    assert rows() == noted
    seen = {
        one.is_this: one.last_seen_at
        for one in vault.sessions.of(ADA, this=DESK, at=later, limit=9)
    }
    assert seen == {True: later, False: MORNING}
