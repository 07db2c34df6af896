"""What one look at the database tells of the whole studio."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Json

from domain.kernel.identity import SYSTEM
from processes.survey.connections import Connections, open_connections
from processes.survey.topic_lags import topic_lags
from queries.survey.lags import Lag, Lags, lags
from queries.survey.ledger import RULES, LedgerWalk
from queries.survey.open_work import Ages, open_work
from queries.survey.parking import Parked, parking
from tests.topics.sample_messages import SAMPLES
from topics.embedded import EmbeddedTransport
from topics.registry import DEAD_LETTERS, FACTS, JOBS, RESULTS, key_of

ADA = UUID("00000000-0000-4000-8000-00000000ada0")
GRACE = UUID("00000000-0000-4000-8000-000000076ace")
Admin = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def admin(admin_database: str) -> Iterator[Admin]:
    """Somebody who may write what no process ever would."""
    with psycopg.connect(admin_database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def looking(database: str) -> Iterator[Connections]:
    with open_connections(database, "writer", "projector") as connections:
        yield connections


def seen(looking: Connections) -> Lags:
    """How far all readers of the log are."""
    return lags(looking, partitions=FACTS.partitions)


def stored(admin: Admin, count: int, *, seconds_ago: float = 0.0) -> None:
    """So many events, recorded a while ago."""
    admin.execute(
        """
        INSERT INTO events.stored_events (notification_id, owner_id, originator_id,
                                          originator_version, event_type, data, recorded_at,
                                          digest, link, class)
        SELECT n, %s, gen_random_uuid(), 1, 'job.requested', '\\x7b7d',
               clock_timestamp() - make_interval(secs => %s),
               decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), 'other'
          FROM generate_series(1, %s) AS n
        """,
        [ADA, seconds_ago, count],
    )


def intent(
    admin: Admin, *, age_s: float, target: str, queue: str | None, owner: UUID = ADA
) -> None:
    """A pending effect that was written and due that long ago, and its owner's turn."""
    admin.execute(
        """
        WITH written AS (SELECT clock_timestamp() - make_interval(secs => %s) AS at)
        INSERT INTO events.intents (intent_id, owner_id, cause_position, reaction, target, payload,
                                    created_at, next_try_at, queue)
        SELECT gen_random_uuid(), %s, 1, 'requested-job-is-announced', %s, '', at, at, %s
          FROM written
        """,
        [age_s, owner, target, queue],
    )
    admin.execute(
        "INSERT INTO events.turns (owner_id, due_at) VALUES (%s, '-infinity') "
        "ON CONFLICT DO NOTHING",
        [owner],
    )


def entry(admin: Admin, position: int, *amounts: int, available: int = 0) -> None:
    """A line of Ada's statement."""
    postings = [{"account": "available", "millicredits": amount} for amount in amounts]
    admin.execute(
        "INSERT INTO views.statement VALUES (%s, %s, 'wallet.credited', 0, 0, 0, %s, 0, 0, NULL, "
        "NULL, %s, clock_timestamp())",
        [ADA, position, available, Json(postings)],
    )


def balance(admin: Admin, owner: UUID, *, available: int = 0, reserved: int = 0) -> None:
    """What an owner has."""
    admin.execute(
        "INSERT INTO views.balances VALUES (%s, %s, %s, 0, 1)", [owner, available, reserved]
    )


def job(
    admin: Admin, owner: UUID, *, quoted: int, captured: int = 0, state: str = "started"
) -> UUID:
    """A job as its viewer sees it, started ten minutes ago."""
    job_id = uuid4()
    admin.execute(
        """
        INSERT INTO views.jobs (owner_id, job_id, kind, engine, rating, state, attempts_max,
                                item_count, settings, price_version, quoted_millicredits,
                                captured_millicredits, requested_at, started_at,
                                requested_position, position, stack_id)
        VALUES (%s, %s, 'images', 'pocket', 'general', %s, 3, 1, '{}', 1, %s, %s,
                clock_timestamp(), clock_timestamp() - interval '10 minutes', 1, 1, %s)
        """,
        [owner, job_id, state, quoted, captured, job_id],
    )
    return job_id


def claim(admin: Admin, owner: UUID, job_id: UUID, *, ends_in_s: float) -> None:
    """Somebody runs the job until then."""
    admin.execute(
        "INSERT INTO events.claims_watched VALUES "
        "(%s, %s, 1, gen_random_uuid(), clock_timestamp() + make_interval(secs => %s))",
        [job_id, owner, ends_in_s],
    )


def seconds(lag: Lag) -> int:
    return round(lag.seconds / 10) * 10


def test_a_reader_lags_by_the_events_behind_its_position(
    looking: Connections, admin: Admin
) -> None:
    stored(admin, 5, seconds_ago=120)
    admin.execute("INSERT INTO events.positions VALUES ('relay', 5), ('reactor', 3)")
    found = seen(looking)
    assert found.head == 5
    by_name = {lag.reader: lag for lag in found.readers}
    assert by_name["relay"] == Lag("relay", 0, 0.0)
    assert by_name["reactor"].events == 2
    assert seconds(by_name["reactor"]) == 120
    assert by_name["watchdog"].events == 5


def test_the_projector_lags_by_its_slowest_partition_once_all_are_known(
    looking: Connections, admin: Admin
) -> None:
    stored(admin, 5)
    marks = [(SYSTEM, number, 5) for number in range(FACTS.partitions - 1)]
    with admin.cursor() as cursor:
        cursor.executemany("INSERT INTO views.watermarks VALUES (%s, %s, %s)", marks)
        assert {lag.reader: lag.events for lag in seen(looking).readers}["projector"] == 5
        cursor.execute(
            "INSERT INTO views.watermarks VALUES (%s, %s, 4)", [SYSTEM, FACTS.partitions - 1]
        )
    assert {lag.reader: lag.events for lag in seen(looking).readers}["projector"] == 1


def test_an_empty_studio_lags_nowhere(looking: Connections) -> None:
    assert {lag.events for lag in seen(looking).readers} == {0}


def test_open_work_is_counted_by_what_it_waits_for_and_by_age(
    looking: Connections, admin: Admin
) -> None:
    intent(admin, age_s=5, target=f"attempt:{uuid4()}", queue="image")
    intent(admin, age_s=90, target=f"attempt:{uuid4()}", queue="image")
    intent(admin, age_s=7_200, target=f"screening:{uuid4()}", queue="screening", owner=GRACE)
    intent(admin, age_s=5, target=f"photos:{uuid4()}", queue="screening")
    intent(admin, age_s=5, target="", queue=None)
    found = open_work(looking)
    assert found.jobs["requested"].counts == (1, 1, 0, 0)
    assert found.jobs["rendered"].counts == (0, 0, 0, 1)
    assert found.jobs["rendered"].oldest_s >= 7_200
    assert found.jobs["photos-submitted"].total == 1
    assert found.jobs["started"] == Ages()
    assert found.intents_due.counts == (3, 1, 0, 1)


def test_what_is_due_later_is_not_due(looking: Connections, admin: Admin) -> None:
    intent(admin, age_s=-3_600, target="", queue=None)
    assert open_work(looking).intents_due.total == 0


def test_a_claim_is_a_lease_and_overdue_past_its_deadline(
    looking: Connections, admin: Admin
) -> None:
    claim(admin, ADA, job(admin, ADA, quoted=1), ends_in_s=60)
    claim(admin, GRACE, job(admin, GRACE, quoted=1), ends_in_s=-1)
    found = open_work(looking)
    assert (found.claims, found.claims_overdue) == (2, 1)
    assert found.jobs["started"].counts == (0, 0, 2, 0)


def test_a_turn_that_somebody_holds_is_a_lease(looking: Connections, admin: Admin) -> None:
    intent(admin, age_s=1, target="", queue=None)
    assert open_work(looking).intents_leased == 0
    admin.execute("UPDATE events.turns SET leased_until = clock_timestamp() + interval '1 minute'")
    assert open_work(looking).intents_leased == 1


def test_what_is_parked_is_counted_by_kind_with_the_age_of_the_oldest(
    looking: Connections, admin: Admin
) -> None:
    intent(admin, age_s=1, target="", queue=None)
    admin.execute("UPDATE events.intents SET parked_at = clock_timestamp() - interval '1 hour'")
    intent(admin, age_s=1, target="", queue=None, owner=GRACE)
    admin.execute(
        "INSERT INTO views.parked_owners VALUES (%s, 1, 'job.requested', 'ValueError', 1, "
        "clock_timestamp(), clock_timestamp(), clock_timestamp())",
        [ADA],
    )
    found = {one.kind: one for one in parking(looking)}
    assert found["message"] == Parked("message", 0, 0.0)
    assert found["intent"].count == found["owner"].count == 1
    assert found["intent"].oldest_s >= 3_600 > found["owner"].oldest_s


def test_a_sound_ledger_breaks_no_rule(looking: Connections, admin: Admin) -> None:
    entry(admin, 1, 5, -5, available=5)
    balance(admin, ADA, available=5, reserved=3)
    job(admin, ADA, quoted=3)
    job(admin, ADA, quoted=4, captured=4, state="completed")
    walk = LedgerWalk()
    walk.look(looking)
    look = walk.look(looking)
    assert look.broken == dict.fromkeys(RULES, 0)
    assert look.rounds == 2
    assert (look.entries, look.owners) == (2, 2)


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_counted_once_it_was_seen_twice_until_it_is_mended(
    looking: Connections, admin: Admin, rule: str
) -> None:
    entry(admin, 1, 5, -5 + (rule == "postings-sum-to-zero"))
    balance(
        admin,
        ADA,
        available=-1 if rule == "nothing-is-negative" else 0,
        reserved=1 if rule == "reserved-is-what-jobs-hold" else 0,
    )
    walk = LedgerWalk()
    assert walk.look(looking).broken == dict.fromkeys(RULES, 0)
    assert walk.look(looking).broken == dict.fromkeys(RULES, 0) | {rule: 1}
    admin.execute("UPDATE views.balances SET available = 0, reserved = 0")
    admin.execute("DELETE FROM views.statement")
    assert walk.look(looking).broken == dict.fromkeys(RULES, 0)


def test_a_long_ledger_is_walked_a_piece_at_a_time_and_all_of_it(
    looking: Connections, admin: Admin
) -> None:
    for position in range(1, 6):
        entry(admin, position, 1 if position == 5 else 0)
    walk = LedgerWalk(entries_a_look=2)
    assert [walk.look(looking).entries for _ in range(3)] == [2, 4, 5]
    assert walk.look(looking).broken["postings-sum-to-zero"] == 1


def test_an_owner_in_the_middle_of_a_save_is_parked_and_breaks_no_rule(
    looking: Connections, admin: Admin
) -> None:
    balance(admin, ADA, reserved=7)
    admin.execute(
        "INSERT INTO views.parked_owners VALUES (%s, 1, 'job.requested', 'ValueError', 1, "
        "clock_timestamp(), clock_timestamp(), clock_timestamp())",
        [ADA],
    )
    walk = LedgerWalk()
    walk.look(looking)
    assert walk.look(looking).broken["reserved-is-what-jobs-hold"] == 0


def test_each_group_lags_by_what_it_has_not_committed_and_dead_letters_are_counted(
    database: str,
) -> None:
    queued, letter = SAMPLES["job.queued"], SAMPLES["dead-letter"]
    with EmbeddedTransport(database) as transport:
        transport.create_topics()
        with transport.publisher("/suite/test") as publisher:
            publisher.publish(JOBS[queued.kind], key_of(queued), queued)  # type: ignore[union-attr]
            publisher.publish(RESULTS, key_of(SAMPLES["job.alive"]), SAMPLES["job.alive"])
            publisher.publish(DEAD_LETTERS, "ada", letter)
        found = topic_lags(transport)
    behind = {(one.group, one.topic): one.records for one in found.groups if one.records}
    job_topic = JOBS[queued.kind].name  # type: ignore[union-attr]
    assert behind == {("workers", job_topic): 1, ("recorder", RESULTS.name): 1}
    assert found.dead_letters == 1


def test_nobody_looks_as_superuser_and_nobody_who_looks_can_write(
    looking: Connections, admin: Admin
) -> None:
    balance(admin, ADA)
    with looking.reading("projector") as connection:
        [(role,)] = connection.execute("SELECT current_user").fetchall()
        assert role == "projector"
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM views.balances")


def test_no_look_walks_over_what_has_ended(looking: Connections, admin: Admin) -> None:
    admin.execute(
        """
        INSERT INTO events.intents (intent_id, owner_id, cause_position, reaction, target, payload,
                                    created_at, next_try_at, queue, done_at, outcome)
        SELECT gen_random_uuid(), gen_random_uuid(), n, 'requested-job-is-announced', 'attempt:1',
               '', now(), now(), 'image', now(), 'over'
          FROM generate_series(1, 20000) AS n
        """
    )
    intent(admin, age_s=5, target="attempt:2", queue="image")
    admin.execute("ANALYZE events.intents")
    read = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'intents'"
    admin.execute("SELECT pg_stat_force_next_flush()")
    admin.execute("SELECT pg_stat_clear_snapshot()")
    [(before,)] = admin.execute(read).fetchall()
    assert open_work(looking).jobs["requested"].total == 1
    parking(looking)
    with looking.reading("writer") as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
    admin.execute("SELECT pg_stat_clear_snapshot()")
    [(after,)] = admin.execute(read).fetchall()
    assert after == before
