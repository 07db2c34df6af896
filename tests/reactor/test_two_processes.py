"""Executors of two processes on one table, one of which may be killed at any time."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID, uuid5

import psycopg

from adapters.event_store.positions import claim_reader
from adapters.intents.tail import ReaderIntents
from commands.jobs.fail_job import FailJob
from commands.ports.intents import Intent
from commands.reactions.wanted_form import encode_wanted
from domain.job_state import JobFailure
from domain.kernel.identity import SYSTEM
from processes.wiring.clock import system_clock
from tests.faults.oracle import until

ROOT = Path(__file__).parents[2]
OWNERS = tuple(uuid5(SYSTEM, f"owner {number}") for number in range(12))
OF_EACH = 10
STOP_PATIENCE_S = 30.0


@contextmanager
def process(url: str, folder: Path, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of executors. Whoever still runs at the end is stopped."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.reactor.executor_process", url, str(folder), name], cwd=ROOT
    )
    try:
        yield started
    finally:
        started.terminate()
        started.wait(STOP_PATIENCE_S)


def written(url: str) -> tuple[Intent, ...]:
    """Intents of several owners, all due now."""
    now = system_clock()
    intents = tuple(
        Intent(
            intent_id=uuid5(owner, f"intent {number}"),
            owner_id=owner,
            cause_position=1,
            reaction="test",
            target=str(number),
            payload=encode_wanted(FailJob(owner, JobFailure.DEADLINE_PASSED)),
            created_at=now,
            next_try_at=now,
        )
        for number in range(OF_EACH)
        for owner in OWNERS
    )
    with claim_reader(url, "reactor", wait_s=1, role="writer") as reader:
        ReaderIntents(reader).record(intents, read_to=1, now=now)
    return intents


def everything_is_done(admin: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Whether no intent is pending."""
    return admin.execute("SELECT FROM events.intents WHERE done_at IS NULL").fetchone() is None


def diary(folder: Path) -> list[tuple[str, str, UUID, UUID]]:
    """Who did what, in the order in which it happened."""
    lines = [line.split() for line in (folder / "diary").read_text().splitlines()]
    return [(name, what, UUID(owner), UUID(key)) for name, what, owner, key in lines]


def test_two_processes_do_every_intent_once_and_one_owners_one_at_a_time(
    database: str, admin_database: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(admin_database, autocommit=True))
        for name in ("first", "second"):
            stack.enter_context(process(database, tmp_path, name))
            until((tmp_path / f"ready-{name}").exists, f"{name} is at work")
        intents = written(database)
        until(lambda: everything_is_done(admin), "all is done")
    lines = diary(tmp_path)
    begun = Counter(key for _, what, _, key in lines if what == "begin")
    assert begun == {intent.intent_id: 1 for intent in intents}
    for owner in OWNERS:
        of_owner = [what for _, what, whose, _ in lines if whose == owner]
        assert of_owner == ["begin", "end"] * OF_EACH


def test_a_process_killed_between_deed_and_mark_has_the_deed_repeated_and_no_other(
    database: str, admin_database: str, tmp_path: Path
) -> None:
    intents = written(database)
    held = intents[0].intent_id
    (tmp_path / f"hold-{held}").touch()
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(admin_database, autocommit=True))
        killed = stack.enter_context(process(database, tmp_path, "killed"))
        until((tmp_path / f"did-{held}").exists, "the deed is done, and not marked")
        until(lambda: len(diary(tmp_path)) > len(OWNERS), "others are done beside it")
        killed.kill()
        killed.wait(STOP_PATIENCE_S)
        (tmp_path / f"hold-{held}").unlink()
        stack.enter_context(process(database, tmp_path, "successor"))
        until(lambda: everything_is_done(admin), "all is done")
    lines = diary(tmp_path)
    ended = Counter(key for _, what, _, key in lines if what == "end")
    assert ended[held] == 1
    begun = Counter(key for _, what, _, key in lines if what == "begin")
    assert begun[held] == 2
    # What the killed process had in its other hand may be repeated, too.
    assert sum(begun.values()) <= len(intents) + 2
