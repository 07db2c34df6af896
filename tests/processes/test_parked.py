"""What an operator sees of everything that could not be handled, and what they can do about it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest

import processes.parked
from adapters.event_store.positions import claim_reader
from adapters.intents.postgres import ReaderIntents, open_intents
from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.postgres.connect import open_pool
from commands.account.register_person import RegisterPerson
from commands.ports.intents import Intent
from commands.ports.parked_messages import Record
from domain.events import STORED_FORM
from domain.kernel.stored_form import NoKeys
from processes.parked import (
    Kind,
    NotDroppable,
    UnknownId,
    drop,
    listed,
    rendered,
    retry,
    span,
)
from processes.secrets import ensure_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.studio import open_studio
from projections.projector import Projector
from tests.processes.test_start_up import suite
from tests.topics.sample_messages import SAMPLES, encoded
from topics.embedded import EmbeddedTransport
from topics.messages.dead_letter import DeadLetter
from topics.registry import DEAD_LETTERS, RESULTS

NAMES = UUID("5f0c6f1e-6b6e-4c1c-9d4f-0a4b8f7f2a11")
LIGHTHOUSE = uuid5(NAMES, "a lighthouse in fog")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in PostgreSQL is there at the first look."""
    monkeypatch.setattr(processes.parked, "LETTERS_WAIT_S", 0.0)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path, database_url=database)  # type: ignore[arg-type]
    ensure_secrets(made.secrets)
    with EmbeddedTransport(database) as transport:
        transport.create_topics()
    return made


@pytest.fixture
def messages(database: str) -> Iterator[PostgresParkedMessages]:
    with open_pool(database, "writer", size_max=2) as pool:
        yield PostgresParkedMessages(pool)


def park(messages: PostgresParkedMessages, offset: int, *, ce_type: bytes | None = None) -> None:
    """A report of a job that is nobody's, or of a type that is not known."""
    record = encoded(SAMPLES["job.rendered"])
    headers = tuple(
        (name, ce_type if name == "ce_type" and ce_type else value)
        for name, value in record.headers
    )
    at = system_clock()
    messages.park(
        LIGHTHOUSE,
        Record(RESULTS.name, 3, offset, headers, record.value),
        error="ValueError",
        attempts=1,
        at=at - timedelta(hours=2),
        due=at + timedelta(hours=1),
    )


def park_ada(settings: Settings, database: str) -> UUID:
    """Ada's read models stand before her first fact, which can be folded by now."""
    ada = uuid4()
    with open_studio(settings, ensure_secrets(settings.secrets), "test") as writing:
        writing.studio.execute(RegisterPerson(), owner_id=ada, key=uuid4())
    with open_pool(database, "projector", size_max=1) as pool:
        Projector(pool.connection, STORED_FORM, NoKeys()).note_lost(ada, "Undecodable")
    return ada


def park_intent(database: str) -> UUID:
    """An effect that has failed for long."""
    now = system_clock()
    intent = Intent(uuid4(), uuid4(), 7, "purge-is-carried-out", "", b"{}", now, now)
    with (
        open_intents(database, connections_max=1) as intents,
        claim_reader(database, "reactor", wait_s=5.0, role="writer") as reader,
    ):
        ReaderIntents(reader).record([intent], read_to=1)
        lease = intents.claim(now=now, leased_until=now + timedelta(minutes=1))
        assert lease is not None
        later = now + timedelta(hours=1)
        intents.fail(lease, error="StoreFull", retry_at=later, now=now, parked=True)
    return intent.intent_id


def ids(settings: Settings, kind: Kind) -> list[str]:
    return [entry.id for entry in listed(settings).entries if entry.kind is kind]


def test_where_nothing_is_parked_it_is_said(settings: Settings) -> None:
    assert list(rendered(listed(settings))) == ["nothing is parked"]


def test_everything_that_is_parked_is_shown_with_what_it_is_and_for_how_long(
    settings: Settings, messages: PostgresParkedMessages, database: str
) -> None:
    park(messages, 1)
    park(messages, 2, ce_type=b"job.\x1b[2Jdreamed")
    ada = park_ada(settings, database)
    intent = park_intent(database)
    letter = DeadLetter(RESULTS.name, 3, 17, "value", "recorder", (), b"{}")
    with EmbeddedTransport(database) as transport, transport.publisher("/suite/test") as publisher:
        for _ in range(3):
            publisher.publish(DEAD_LETTERS, "ada", letter)
    text = "\n".join(rendered(listed(settings)))
    assert f"message:1  job {LIGHTHOUSE}  job.rendered  ValueError  1 tries  for 2 h" in text
    assert "job.?[2Jdreamed" in text
    assert f"owner:{ada}  position 1  an unreadable record  Undecodable" in text
    assert f"intent:{intent}" in text
    assert "purge-is-carried-out  StoreFull  1 tries" in text
    assert "dead letters: 3 of suite.results.v1 (recorder): value" in text
    assert "suite parked retry ID" in text


def test_a_report_is_tried_again_with_what_waits_behind_it(
    settings: Settings, messages: PostgresParkedMessages
) -> None:
    park(messages, 1)
    (id,) = ids(settings, Kind.MESSAGE)
    assert retry(settings, id) == "recorded"
    assert ids(settings, Kind.MESSAGE) == []
    with pytest.raises(UnknownId):
        retry(settings, id)


def test_a_report_that_still_cannot_be_recorded_stays(
    settings: Settings, messages: PostgresParkedMessages
) -> None:
    park(messages, 1, ce_type=b"job.dreamed")
    (id,) = ids(settings, Kind.MESSAGE)
    assert retry(settings, id) == "still parked"
    (entry,) = listed(settings).entries
    assert (entry.error, entry.attempts) == ("unknown-type", 2)


def test_a_dropped_report_is_gone(settings: Settings, messages: PostgresParkedMessages) -> None:
    park(messages, 1)
    (id,) = ids(settings, Kind.MESSAGE)
    assert drop(settings, id).startswith("dropped")
    assert ids(settings, Kind.MESSAGE) == []
    with pytest.raises(UnknownId):
        drop(settings, id)


def test_an_owner_is_caught_up_with_and_never_dropped(settings: Settings, database: str) -> None:
    park_ada(settings, database)
    (id,) = ids(settings, Kind.OWNER)
    with pytest.raises(NotDroppable, match="only retried"):
        drop(settings, id)
    assert retry(settings, id) == "caught up"
    assert ids(settings, Kind.OWNER) == []
    with pytest.raises(UnknownId):
        retry(settings, id)


def test_an_effect_is_made_due_or_dropped(settings: Settings, database: str) -> None:
    first, second = park_intent(database), park_intent(database)
    assert retry(settings, f"intent:{first}").startswith("due now")
    assert drop(settings, f"intent:{second}").startswith("dropped")
    assert ids(settings, Kind.INTENT) == []
    with pytest.raises(UnknownId):
        drop(settings, f"intent:{second}")


@pytest.mark.parametrize("id", ["", "17", "message:", "message:x", "owner:17", "intent:17", "a:b"])
def test_what_is_no_id_is_unknown(settings: Settings, id: str) -> None:
    with pytest.raises(UnknownId):
        retry(settings, id)


def test_the_command_says_it_and_asks_before_it_forgets(
    settings: Settings, messages: PostgresParkedMessages, database: str
) -> None:
    variables = {"SUITE_HOME": str(settings.home), "SUITE_DATABASE_URL": database}
    park(messages, 1)
    (id,) = ids(settings, Kind.MESSAGE)
    code, out, _ = suite("parked", "list", **variables)
    assert (code, id in out) == (1, True)
    code, _, error = suite("parked", "drop", id, **variables)
    assert (code, error) == (2, f"{id} would be forgotten for good; say --yes\n")
    code, out, _ = suite("parked", "retry", id, **variables)
    assert (code, out.splitlines()[-1]) == (0, "recorded")
    code, _, error = suite("parked", "drop", id, "--yes", **variables)
    assert (code, error) == (1, f"nothing is parked as {id}\n")


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(seconds=5), "5 s"),
        (timedelta(minutes=3), "3 min"),
        (timedelta(hours=5), "5 h"),
        (timedelta(days=40), "40 d"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_durations_are_said_in_their_largest_unit(duration: timedelta, said: str) -> None:
    assert span(duration) == said
