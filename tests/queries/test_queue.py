"""Where a waiting job stands among everybody's, and what is told of whose they are: nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from adapters.postgres.connect import open_pool
from domain.events import STORED_FORM
from domain.job_state import AttemptFailure
from domain.kernel.role import Role
from projections.projector import Projector
from projections.rebuild import Rebuild
from queries.jobs.jobs import jobs
from queries.jobs.queue import QueuePlace, queue_places, waiting_jobs
from queries.viewer import as_viewer
from tests.projections.studio_history import ADA, GRACE, StudioHistory

Pool = ConnectionPool[psycopg.Connection[Any]]

STARTED_TO_ENDED_S = 120.0
"""A minute passes between two saves: started, rendered, completed."""


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    with open_pool(database, "reader", size_max=4) as opened:
        yield opened


@pytest.fixture
def told() -> StudioHistory:
    history = StudioHistory()
    history.opened_studio()
    return history


def project(database: str, told: StudioHistory) -> None:
    made = Projector(lambda: psycopg.connect(database, autocommit=True), STORED_FORM, told.keys)
    assert made.apply(told.facts) == ()


def test_a_place_counts_the_jobs_of_everybody(
    database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, grace = told.verified_person(ADA), told.verified_person(GRACE)
    adas, graces = told.wallet_with_credits(ADA), told.wallet_with_credits(GRACE)
    first = told.requested_pictures(ada, None, adas, "a lighthouse in fog")
    second = told.requested_pictures(grace, None, graces, "a lighthouse in fog")
    third = told.requested_pictures(ada, None, adas, "a lighthouse in fog")
    project(database, told)
    turns = {job.id: told.asked_at(job) for job in (first, second, third)}
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert queue_places(view, waiting_jobs(view)) == {
            first.id: QueuePlace(
                turn=turns[first.id], place=1, starts_in_s=0, is_least=False, takes_s=None
            ),
            third.id: QueuePlace(
                turn=turns[third.id], place=3, starts_in_s=None, is_least=False, takes_s=None
            ),
        }
    with as_viewer(pool, GRACE, Role.CREATOR) as view:
        assert queue_places(view, jobs(view, first=10).items) == {
            second.id: QueuePlace(
                turn=turns[second.id], place=2, starts_in_s=None, is_least=False, takes_s=None
            )
        }


def test_a_beginning_is_reckoned_from_what_such_jobs_took(
    database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, grace = told.verified_person(ADA), told.verified_person(GRACE)
    adas, graces = told.wallet_with_credits(ADA), told.wallet_with_credits(GRACE)
    done = told.requested_pictures(grace, None, graces, "a lighthouse in fog")
    told.finished(done, None, graces)
    running = [told.requested_pictures(grace, None, graces, "a bakery", count=1) for _ in "ab"]
    told.requested_pictures(grace, None, graces, "a bakery", count=1)
    mine = told.requested_pictures(ada, None, adas, "a lighthouse in fog")
    for job in running:
        told.started(job)
    project(database, told)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        place = queue_places(view, waiting_jobs(view))[mine.id]
    # Two run side by side and are half done; one waits before mine.
    assert place == QueuePlace(
        turn=told.asked_at(mine),
        place=2,
        is_least=False,
        starts_in_s=(2 * STARTED_TO_ENDED_S / 2 + STARTED_TO_ENDED_S) / 2,
        takes_s=STARTED_TO_ENDED_S,
    )


def test_a_job_leaves_the_line_when_it_starts_and_stands_at_its_end_after_a_fault(
    database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, wallet = told.verified_person(ADA), told.wallet_with_credits(ADA)
    faulty = told.requested_pictures(ada, None, wallet, "a lighthouse in fog")
    other = told.requested_pictures(ada, None, wallet, "a bakery")
    claim = told.started(faulty)
    project(database, told)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert [job.job_id for job in waiting_jobs(view)] == [other.id]
    faulty.record_attempt_failed(1, claim, AttemptFailure.ENGINE_ERROR, at=told.now)
    faulty.open_attempt(2, at=told.now)
    told.save(ADA, faulty)
    project(database, told)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        places = queue_places(view, waiting_jobs(view))
    assert {job: place.place for job, place in places.items()} == {other.id: 1, faulty.id: 2}


def test_nobody_counts_without_saying_who_they_are(
    database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, wallet = told.verified_person(ADA), told.wallet_with_credits(ADA)
    told.finished(told.requested_pictures(ada, None, wallet, "a bakery"), None, wallet)
    told.requested_pictures(ada, None, wallet, "a lighthouse in fog")
    project(database, told)
    question = "SELECT ahead, ahead_s, running FROM queue.ahead_of(ARRAY[1000000])"
    takes = "SELECT queue.takes_s('images', 'pocket')"
    with pool.connection() as connection:
        assert connection.execute(question).fetchall() == [(0, 0, 0)]
        assert connection.execute(takes).fetchall() == [(None,)]
    with as_viewer(pool, GRACE, Role.CREATOR) as view:
        # A stranger may count, and sees no row.
        [counted] = view.many(dict, question)
        assert counted == {"ahead": 1, "ahead_s": STARTED_TO_ENDED_S, "running": 0}
        assert waiting_jobs(view) == []


def test_the_line_is_counted_as_before_after_a_rebuild(
    database: str, admin_database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, wallet = told.verified_person(ADA), told.wallet_with_credits(ADA)
    told.requested_pictures(ada, None, wallet, "a bakery")
    mine = told.requested_pictures(ada, None, wallet, "a lighthouse in fog")
    project(database, told)
    admin = Rebuild(
        lambda: psycopg.connect(admin_database, autocommit=True), STORED_FORM, told.keys
    )
    admin.run(told.after)
    with as_viewer(pool, ADA, Role.CREATOR) as view:
        assert queue_places(view, waiting_jobs(view))[mine.id].place == 2


def test_two_that_change_places_change_them_for_nobody_else_also_after_a_rebuild(
    database: str, admin_database: str, pool: Pool, told: StudioHistory
) -> None:
    ada, grace = told.verified_person(ADA), told.verified_person(GRACE)
    adas, graces = told.wallet_with_credits(ADA), told.wallet_with_credits(GRACE)
    first = told.requested_pictures(ada, None, adas, "a lighthouse in fog")
    hers = told.requested_pictures(grace, None, graces, "a lighthouse in fog")
    second = told.requested_pictures(ada, None, adas, "a bakery")
    turns = {job.id: told.asked_at(job) for job in (first, hers, second)}
    second.take_turn(turns[first.id], first.id, at=told.now)
    first.take_turn(turns[second.id], second.id, at=told.now)
    told.save(ADA, second, first)
    project(database, told)

    def places() -> list[dict[UUID, tuple[int, int]]]:
        found = []
        for owner in (ADA, GRACE):
            with as_viewer(pool, owner, Role.CREATOR) as view:
                seen = queue_places(view, waiting_jobs(view))
            found.append({job: (place.place, place.turn) for job, place in seen.items()})
        return found

    moved = [
        {second.id: (1, turns[first.id]), first.id: (3, turns[second.id])},
        {hers.id: (2, turns[hers.id])},
    ]
    assert places() == moved
    assert list(places()[0]) == [second.id, first.id]
    admin = Rebuild(
        lambda: psycopg.connect(admin_database, autocommit=True), STORED_FORM, told.keys
    )
    admin.run(told.after)
    assert places() == moved
