"""What sealed text promises: it opens in its place, for as long as its person's key exists."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.event_store.log import EventLog
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import (
    CACHED_KEY_AGE_MAX_S,
    SealBroken,
    SubjectErased,
    SubjectKeys,
    WrongKek,
)
from domain.kernel.personal_text import Erased, PersonalText
from domain.kernel.stored_form import SealedText, Sealer, bound_to
from tests.diary import ADA, DIARY_FORM, GRACE, Diary
from tests.diary_store import KEK, command, load_diary, open_diary, open_diary_store

NOTES = uuid5(ADA, "notes")
PROMPT = "a lighthouse in fog"
HERE = bound_to(NOTES, 1, "title")


@dataclass
class Clock:
    """A monotonic clock that a test moves."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def vault(database: str) -> Iterator[ConnectionPool[Connection[TupleRow]]]:
    with open_pool(database, "vault", size_max=4) as pool:
        yield pool


@pytest.fixture
def keys(vault: ConnectionPool[Connection[TupleRow]]) -> Sealer:
    return SubjectKeys(vault, KEK)


def test_what_was_sealed_opens_in_its_place(keys: SubjectKeys) -> None:
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    assert b"lighthouse" not in sealed.sealed
    assert keys.open(sealed, bound_to=HERE) == PersonalText(PROMPT)


def test_another_process_opens_it_too(
    vault: ConnectionPool[Connection[TupleRow]], keys: SubjectKeys
) -> None:
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    assert SubjectKeys(vault, KEK).open(sealed, bound_to=HERE) == PersonalText(PROMPT)


def test_the_same_text_is_never_sealed_alike(keys: SubjectKeys) -> None:
    assert keys.seal(ADA, PROMPT, bound_to=HERE) != keys.seal(ADA, PROMPT, bound_to=HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [bound_to(NOTES, 2, "title"), bound_to(NOTES, 1, "text"), bound_to(GRACE, 1, "title")],
)
def test_moved_ciphertext_does_not_open(keys: SubjectKeys, elsewhere: bytes) -> None:
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    with pytest.raises(SealBroken):
        keys.open(sealed, bound_to=elsewhere)


def test_a_ciphertext_under_another_persons_key_does_not_open(keys: SubjectKeys) -> None:
    adas = keys.seal(ADA, PROMPT, bound_to=HERE)
    graces = keys.seal(GRACE, PROMPT, bound_to=HERE)
    with pytest.raises(SealBroken):
        keys.open(SealedText(graces.key_id, adas.sealed), bound_to=HERE)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(40)])
def test_garbage_does_not_open(keys: SubjectKeys, sealed: bytes) -> None:
    key_id = keys.seal(ADA, PROMPT, bound_to=HERE).key_id
    with pytest.raises(SealBroken):
        keys.open(SealedText(key_id, sealed), bound_to=HERE)


def test_a_destroyed_key_reads_as_erased(
    vault: ConnectionPool[Connection[TupleRow]], keys: SubjectKeys
) -> None:
    adas = keys.seal(ADA, PROMPT, bound_to=HERE)
    graces = keys.seal(GRACE, PROMPT, bound_to=HERE)
    assert keys.destroy(ADA)
    assert not keys.destroy(ADA)
    for process in (keys, SubjectKeys(vault, KEK)):
        assert process.open(adas, bound_to=HERE) == Erased()
        assert process.open(graces, bound_to=HERE) == PersonalText(PROMPT)


def test_nothing_more_is_sealed_for_an_erased_person(keys: SubjectKeys) -> None:
    keys.seal(ADA, PROMPT, bound_to=HERE)
    keys.destroy(ADA)
    with pytest.raises(SubjectErased):
        keys.seal(ADA, PROMPT, bound_to=HERE)


def test_another_process_forgets_a_destroyed_key_in_time(
    vault: ConnectionPool[Connection[TupleRow]], keys: SubjectKeys
) -> None:
    clock = Clock()
    other = SubjectKeys(vault, KEK, clock)
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    assert other.open(sealed, bound_to=HERE) == PersonalText(PROMPT)
    keys.destroy(ADA)
    clock.now_s += CACHED_KEY_AGE_MAX_S + 1
    assert other.open(sealed, bound_to=HERE) == Erased()


def test_a_key_nobody_ever_made_reads_as_erased(keys: SubjectKeys) -> None:
    assert keys.open(SealedText(UUID(int=7), bytes(40)), bound_to=HERE) == Erased()


def test_many_processes_make_one_key(vault: ConnectionPool[Connection[TupleRow]]) -> None:
    with ThreadPoolExecutor(8) as threads:
        sealing = [
            threads.submit(SubjectKeys(vault, KEK).seal, ADA, PROMPT, bound_to=HERE)
            for _ in range(8)
        ]
        assert len({sealed.result().key_id for sealed in sealing}) == 1


def test_the_wrong_kek_is_an_error_and_not_an_erasure(
    vault: ConnectionPool[Connection[TupleRow]], keys: SubjectKeys
) -> None:
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    with pytest.raises(WrongKek):
        SubjectKeys(vault, bytes(32)).open(sealed, bound_to=HERE)


def test_a_wrapped_key_given_to_another_person_does_not_open(
    vault: ConnectionPool[Connection[TupleRow]], keys: SubjectKeys, admin_database: str
) -> None:
    sealed = keys.seal(ADA, PROMPT, bound_to=HERE)
    with psycopg.connect(admin_database, autocommit=True) as admin:
        admin.execute("UPDATE vault.subject_keys SET owner_id = %s", [GRACE])
    with pytest.raises(SealBroken):
        SubjectKeys(vault, KEK).open(sealed, bound_to=HERE)


def test_erasure_leaves_aggregates_whole_and_texts_erased(database: str) -> None:
    with open_diary_store(database) as store, open_pool(database, "vault", size_max=1) as pool:
        open_diary(store, NOTES, ADA, PROMPT)
        keys = SubjectKeys(pool, KEK)
        keys.destroy(ADA)
        with EventLog(database) as log:
            opened, written = (
                DIARY_FORM.decode(
                    fact.event_type, fact.originator_id, fact.originator_version, fact.data, keys
                )
                for fact in log.stream()
            )
        assert isinstance(opened, Diary.Opened)
        assert isinstance(written, Diary.LineWritten)
        assert opened.title == written.text == Erased()
    with open_diary_store(database) as store:
        diary = load_diary(store, NOTES, ADA)
        assert diary.characters == len(PROMPT)
        diary.write("one more")
        with pytest.raises(SubjectErased), store.transaction(ADA) as transaction:
            transaction.insert(diary.unsaved, unchanged=[], command=command(ADA, "more"))
