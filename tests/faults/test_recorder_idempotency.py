"""One key, one effect: however often it is sent, and wherever the connection breaks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid5

import psycopg
import pytest

from adapters.event_store.owner_turns import OwnerTurns
from adapters.event_store.store import PostgresEventStore
from commands.ports.event_store import OutcomeUnknown
from commands.studio import Handler, Studio
from commands.work import Work
from domain.refusals import IdempotencyKeyReused
from tests.diary import ADA, MORNING, Diary
from tests.diary_store import command, load_diary, open_diary, open_diary_store
from tests.faults.breaking_connection import BreakingConnection, breaking_connection

NOTES = uuid5(ADA, "notes")
KEY = uuid5(ADA, "key")


@dataclass(frozen=True)
class WriteLine:
    """Write a line into Ada's notes."""

    text: str


def write_line(asked: WriteLine, work: Work) -> int:
    diary = work.load(Diary, NOTES)
    diary.write(asked.text)
    work.save(diary)
    return diary.lines


@pytest.fixture
def broken(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PostgresEventStore, BreakingConnection]]:
    """A store that holds Ada's notes, and what breaks its connections."""
    folder: Path = tmp_path_factory.mktemp("way")
    with breaking_connection(database, folder) as (url, way), open_diary_store(url) as store:
        open_diary(store, NOTES, ADA)
        yield store, way


def studio(store: PostgresEventStore) -> Studio:
    return Studio(store, {WriteLine: Handler("write-line", write_line)}, lambda: MORNING, b"secret")


def test_one_key_fifty_times_at_once_writes_one_line(database: str) -> None:
    patient = OwnerTurns(waiting_max=50, wait_max_s=60.0)
    with (
        open_diary_store(database, connections_max=8, turns=patient) as store,
        ThreadPoolExecutor(50) as threads,
    ):
        open_diary(store, NOTES, ADA)
        door = studio(store)
        asked = WriteLine("a lighthouse in fog")
        running = [threads.submit(door.execute, asked, owner_id=ADA, key=KEY) for _ in range(50)]
        answers = {running_one.result() for running_one in running}
        assert len(answers) == 1
        assert answers.pop().result == 1
        assert load_diary(store, NOTES, ADA).lines == 1


def test_one_key_with_another_command_is_refused(database: str) -> None:
    with open_diary_store(database) as store:
        open_diary(store, NOTES, ADA)
        door = studio(store)
        door.execute(WriteLine("a lighthouse in fog"), owner_id=ADA, key=KEY)
        with pytest.raises(IdempotencyKeyReused):
            door.execute(WriteLine("a lighthouse at noon"), owner_id=ADA, key=KEY)
        assert load_diary(store, NOTES, ADA).lines == 1


def test_a_lost_answer_to_commit_is_settled_by_the_commands_table(
    broken: tuple[PostgresEventStore, BreakingConnection],
) -> None:
    store, way = broken
    diary = load_diary(store, NOTES, ADA)
    diary.write("a lighthouse in fog")
    way.lose_answers(1)
    with pytest.raises(OutcomeUnknown), store.transaction(ADA) as transaction:
        transaction.insert(diary.unsaved, unchanged=[], command=command(ADA, "write"))
    with store.transaction(ADA) as transaction:
        settled = transaction.recorded(command(ADA, "write").key)
    assert settled is not None
    assert settled.position == 2
    assert load_diary(store, NOTES, ADA).lines == 1


def test_a_lost_question_to_commit_leaves_nothing(
    broken: tuple[PostgresEventStore, BreakingConnection],
) -> None:
    store, way = broken
    diary = load_diary(store, NOTES, ADA)
    diary.write("a lighthouse in fog")
    way.lose_questions(1)
    with pytest.raises(OutcomeUnknown), store.transaction(ADA) as transaction:
        transaction.insert(diary.unsaved, unchanged=[], command=command(ADA, "write"))
    with store.transaction(ADA) as transaction:
        assert transaction.recorded(command(ADA, "write").key) is None
    assert load_diary(store, NOTES, ADA).lines == 0


def test_a_backend_that_is_ended_before_the_insert_leaves_nothing(
    database: str, admin_database: str
) -> None:
    def interrupted(asked: WriteLine, work: Work) -> int:
        attempts.append(asked.text)
        if len(attempts) == 1:
            with psycopg.connect(admin_database, autocommit=True) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND state = 'idle in transaction'"
                )
        return write_line(asked, work)

    attempts: list[str] = []
    with open_diary_store(database) as store:
        open_diary(store, NOTES, ADA)
        handlers = {WriteLine: Handler("write-line", interrupted)}
        door = Studio(store, handlers, lambda: MORNING, b"secret")
        answer = door.execute(WriteLine("a lighthouse in fog"), owner_id=ADA, key=KEY)
        assert (answer.result, answer.position) == (1, 2)
        assert len(attempts) == 2


@pytest.mark.parametrize("lost", ["answers", "questions"])
def test_a_command_is_carried_out_once_over_a_connection_that_breaks_three_times(
    broken: tuple[PostgresEventStore, BreakingConnection], lost: str
) -> None:
    store, way = broken
    if lost == "answers":
        way.lose_answers(3)
    else:
        way.lose_questions(3)
    answer = studio(store).execute(WriteLine("a lighthouse in fog"), owner_id=ADA, key=KEY)
    assert (answer.result, answer.position) == (1, 2)
    assert load_diary(store, NOTES, ADA).lines == 1
