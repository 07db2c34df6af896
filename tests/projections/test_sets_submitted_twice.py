"""Logs of before hold a photo set that was submitted twice: everybody's read models survive it."""

from typing import Any

import psycopg

from domain.events import STORED_FORM
from projections.projector import Projector
from projections.rebuild import Rebuild
from tests.projections.studio_history import ADA, GRACE, StudioHistory, a_whole_journey


def a_set_submitted_twice() -> StudioHistory:
    """Ada's set stands in the log again, as another key once put it there; Grace comes later."""
    history = a_whole_journey(ADA)
    [first] = [fact for fact in history.facts if fact.event_type == "twin.photos-submitted"]
    versions = [
        f.originator_version for f in history.facts if f.originator_id == first.originator_id
    ]
    history.append(ADA, first.originator_id, max(versions) + 1, first.event_type, first.data)
    return a_whole_journey(GRACE, history)


def test_they_are_folded_live_and_by_a_rebuild(database: str, admin_database: str) -> None:
    history = a_set_submitted_twice()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(admin_database, autocommit=True)

    projector = Projector(
        lambda: psycopg.connect(database, autocommit=True), STORED_FORM, history.keys
    )
    projector.apply(history.facts)
    with connect() as admin:
        read_to = dict(
            admin.execute("SELECT owner_id, min(position) FROM views.read_to GROUP BY 1").fetchall()
        )
        for owner in (ADA, GRACE):
            assert read_to[owner] == max(f.position for f in history.facts if f.owner_id == owner)
        photos = admin.execute(
            "SELECT count(*), count(DISTINCT photo_id) FROM views.twin_photos WHERE owner_id = %s",
            [ADA],
        ).fetchone()
    assert photos == (12, 12)
    rebuild = Rebuild(connect, STORED_FORM, history.keys)
    assert rebuild.compare(history.after) == ()
    rebuild.run(history.after)
    assert rebuild.compare(history.after) == ()
