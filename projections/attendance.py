"""Who is there to draw and to judge: their own words, kept until their silence is long enough.

No fold of events: a studio's log does not say who was there. Every word may come twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection, Cursor

from domain.kernel.identity import SYSTEM
from topics.messages.attendance import ScreenerPresent, WorkerPresent

DRAWS: Final = "draws"
JUDGES: Final = "judges"
ANY_ENGINE: Final = ""
"""Stands for whoever of a role was there, with any engine or with none."""

SILENT_KEPT_MAX: Final = timedelta(hours=1)
"""Machines come and go under ever new names. When an engine was last there is kept for good."""

Present = WorkerPresent | ScreenerPresent


def note_present(
    connection: Connection[Any], words: Sequence[Present], *, at: datetime, lease: timedelta
) -> None:
    """Keep what was said now, in one transaction: each is there until a lease has passed."""
    with connection.transaction(), connection.cursor() as cursor:
        for said in words:
            if said.leaves:
                _note_gone(cursor, said, at)
            else:
                _note_there(cursor, said, at, lease)


def note_listened(connection: Connection[Any], *, until: datetime) -> None:
    """Whoever was not heard of up to now was silent. Only for who has listened a whole lease."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO views.attendance_listened AS l (owner_id, until)
            VALUES (%(system)s, %(until)s)
            ON CONFLICT (owner_id) DO UPDATE SET until = excluded.until
             WHERE l.until < excluded.until
            """,
            {"system": SYSTEM, "until": until},
        )
        cursor.execute(
            "DELETE FROM views.attendance WHERE owner_id = %(system)s AND alive_until < %(before)s",
            {"system": SYSTEM, "before": until - SILENT_KEPT_MAX},
        )


def _note_there(cursor: Cursor[Any], said: Present, at: datetime, lease: timedelta) -> None:
    digests = _digests(said)
    device, memory_bytes = "", None
    if isinstance(said, WorkerPresent):
        device, memory_bytes = said.device, said.memory_bytes
    cursor.execute(
        """
        INSERT INTO views.attendance AS a
            (owner_id, role, member, device, memory_bytes, engines, heard_at, alive_until, since)
        VALUES (%(system)s, %(role)s, %(member)s, %(device)s, %(memory_bytes)s, %(engines)s,
                %(at)s, %(until)s, %(at)s)
        ON CONFLICT (owner_id, role, member) DO UPDATE
           SET since = CASE WHEN a.alive_until > coalesce(
                                     (SELECT until FROM views.attendance_listened
                                       WHERE owner_id = %(system)s), '-infinity')
                            THEN a.since ELSE excluded.since END,
               device = excluded.device, memory_bytes = excluded.memory_bytes,
               engines = excluded.engines, heard_at = excluded.heard_at,
               alive_until = excluded.alive_until
        """,
        {
            "system": SYSTEM,
            "role": _role(said),
            "member": said.member,
            "device": device,
            "memory_bytes": memory_bytes,
            "engines": list(digests),
            "at": at,
            "until": at + lease,
        },
        prepare=True,
    )
    _note_last(cursor, _role(said), {ANY_ENGINE: "", **digests}, at)


def _note_gone(cursor: Cursor[Any], said: Present, at: datetime) -> None:
    key = {"system": SYSTEM, "role": _role(said), "member": said.member}
    gone = cursor.execute(
        "DELETE FROM views.attendance WHERE (owner_id, role, member) = "
        "(%(system)s, %(role)s, %(member)s) RETURNING 1",
        key,
    ).fetchone()
    if gone is not None:
        # It was there until now, whatever it had said last.
        _note_last(cursor, _role(said), {ANY_ENGINE: "", **_digests(said)}, at)


def _note_last(cursor: Cursor[Any], role: str, digests: Mapping[str, str], at: datetime) -> None:
    cursor.execute(
        """
        INSERT INTO views.engines_attended AS e (owner_id, role, engine, digest, last_at)
        SELECT %(system)s, %(role)s, engine, digest, %(at)s
          FROM unnest(%(engines)s::text[], %(digests)s::text[]) AS said (engine, digest)
         ORDER BY engine
        ON CONFLICT (owner_id, role, engine) DO UPDATE
           SET digest = excluded.digest, last_at = excluded.last_at
         WHERE e.last_at <= excluded.last_at
        """,
        {
            "system": SYSTEM,
            "role": role,
            "at": at,
            "engines": list(digests),
            "digests": list(digests.values()),
        },
        prepare=True,
    )


def _role(said: Present) -> str:
    return DRAWS if isinstance(said, WorkerPresent) else JUDGES


def _digests(said: Present) -> dict[str, str]:
    """By engine, each once: what somebody says twice is no reason to stop."""
    if isinstance(said, WorkerPresent):
        return {offered.engine: offered.digest for offered in said.engines}
    return dict.fromkeys(said.engines, "")
