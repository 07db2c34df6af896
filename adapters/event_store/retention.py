"""What the event store forgets: keys that nobody repeats any more, states that newer ones replaced.

Every statement here deletes at most as many rows as it is told, and may be repeated.
"""

from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow


def forget_commands(connection: Connection[TupleRow], before: datetime, limit: int) -> int:
    """Forget the answers to commands recorded before then, oldest first. Answers how many.

    Whoever repeats such a key gets the command executed once more. Through a function of the
    database's: no role may delete what is recorded, and none forgets what is younger than a month.
    """
    row = connection.execute("SELECT events.forget_commands(%s, %s)", [before, limit]).fetchone()
    return 0 if row is None else int(row[0])


def forget_snapshots(connection: Connection[TupleRow], limit: int) -> int:
    """Forget snapshots of aggregates that have a newer one. Answers how many.

    Reads the whole table, which holds a row for every hundred events at most.
    """
    return connection.execute(
        "DELETE FROM events.snapshots WHERE (originator_id, originator_version) IN ("
        "SELECT s.originator_id, s.originator_version FROM events.snapshots s WHERE EXISTS ("
        "SELECT FROM events.snapshots n WHERE n.originator_id = s.originator_id "
        "AND n.originator_version > s.originator_version) LIMIT %s)",
        [limit],
    ).rowcount


def begin_sweep(
    connection: Connection[TupleRow], name: str, *, now: datetime, last_before: datetime
) -> bool:
    """Whether a sweep is due, not having begun since `last_before`; it has now, if so.

    Of several that ask at once, one is told so.
    """
    begun = connection.execute(
        "INSERT INTO events.sweeps AS s (name, begun_at) VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at WHERE s.begun_at <= %s",
        [name, now, last_before],
    )
    return begun.rowcount == 1
