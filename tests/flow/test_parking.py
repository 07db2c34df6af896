"""What cannot be handled stops nobody, in a studio where everything runs over PostgreSQL."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from commands.twin.create_twin import CreateTwin
from domain.events import STORED_FORM
from domain.job_state import JobState
from domain.kernel.personal_text import PersonalText
from domain.kernel.role import Role
from projections.registry import READ_MODELS
from queries.read_position import ReadModelsParked, read_until
from queries.twins.twins import twins
from queries.viewer import as_viewer
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from topics.consume import DEAD_LETTERS_IN_A_ROW_MAX
from topics.messages.dead_letter import DeadLetter
from topics.messages.results import JobRendered, RenderedOutput
from topics.registry import DEAD_LETTERS, RESULTS, key_of
from topics.transport import From, Publication

NONSENSE: dict[str, Callable[[RenderedOutput], RenderedOutput]] = {
    "a digest of 80 kB": lambda one: msgspec.structs.replace(one, sha256="5e" * 40_000),
    "a NUL": lambda one: msgspec.structs.replace(one, media_type="image/png\x00"),
}


def seen_twins(studio: LivingStudio, owner: UUID) -> int:
    with as_viewer(studio._readers, owner, Role.CREATOR) as view:
        return len(twins(view, first=10).items)


def test_reports_of_nonsense_about_a_job_stop_neither_it_nor_anybody_else(
    embedded_studio: LivingStudio,
) -> None:
    studio = embedded_studio
    ada = studio.creator()
    studio.painter.hold()
    job = studio.draw(None, ada)
    studio.is_drawn(job, ada)
    claim = studio.job(job, ada).claim_id
    assert claim is not None
    output = RenderedOutput(0, "quarantine/0.png", "5e" * 32, 9, 64, 64, "image/png", 1)
    reports = [
        JobRendered(job, 1, claim, (spoil(output),))
        for spoil in NONSENSE.values()
        for _ in range(DEAD_LETTERS_IN_A_ROW_MAX + 1)
    ]
    with studio.transport.publisher("/suite/worker/gpu-1") as publisher:
        publisher.publish_all(Publication(RESULTS, key_of(one), one) for one in reports)
    studio.painter.let_go()
    # What the worker itself reports lies behind all of them.
    studio.comes_to(job, ada, JobState.COMPLETED)
    studio.reader_has_seen(job, ada, JobState.COMPLETED)
    with studio.transport.broadcast([DEAD_LETTERS], From.START) as reader:
        letters: list[Any] = []
        while found := reader.poll(0.2):
            letters += [one.message for one in found]
    assert len(letters) == len(reports)
    assert all(isinstance(one, DeadLetter) and one.reason == "value" for one in letters)
    studio.oracle.rest()
    studio.oracle.check()


@pytest.mark.parametrize(
    ("event_type", "content"),
    [
        ("job.dreamed", b'{"v":1,"timestamp":"2026-06-01T12:00:00Z"}'),
        ("twin.created", b'{"v":9,"timestamp":"2026-06-01T12:00:00Z"}'),
        (
            "twin.photos-submitted",
            b'{"v":1,"timestamp":"2026-06-01T12:00:00Z","submission_id":'
            b'"5f0c6f1e-6b6e-4c1c-9d4f-0a4b8f7f2a11","engine":"po\\u0000cket","photos":[],"epoch":1}',
        ),
    ],
)
def test_a_stored_fact_that_cannot_be_shown_stops_its_owner_until_it_can(
    embedded_studio: LivingStudio, event_type: str, content: bytes
) -> None:
    studio = embedded_studio
    ada, grace = studio.creator(), studio.creator()
    twin = studio.does(CreateTwin(PersonalText("Countess")), ada).twin_id
    until(lambda: seen_twins(studio, ada) == 1, "Ada's first twin is seen")
    append(studio, ada, twin, event_type, content)
    second = studio.studio.execute(
        CreateTwin(PersonalText("Lady")), owner_id=ada, key=uuid4()
    ).position
    studio.does(CreateTwin(PersonalText("Admiral")), grace)
    until(lambda: seen_twins(studio, grace) == 1, "Grace's twin is seen")
    until(lambda: parked(studio) == [ada], "Ada is parked")
    with as_viewer(studio._readers, ada, Role.CREATOR) as view:
        with pytest.raises(ReadModelsParked):
            read_until(view, second)
        assert len(twins(view, first=10).items) == 1
    # A release that knows what to make of it.
    mend(studio)
    until(lambda: seen_twins(studio, ada) == 2, "Ada's second twin is seen")
    assert parked(studio) == []
    assert studio.oracle.differences() == ()


def append(
    studio: LivingStudio, owner: UUID, originator: UUID, event_type: str, content: bytes
) -> None:
    """Store an event as another release would."""
    with psycopg.connect(studio.admin_url) as admin:
        admin.execute(
            """
            INSERT INTO events.stored_events
            SELECT max(notification_id) + 1, %(owner)s, %(originator)s,
                   1 + max(originator_version) FILTER (WHERE originator_id = %(originator)s),
                   %(type)s, %(content)s, clock_timestamp(),
                   decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'),
                   events.class_of(%(type)s)
              FROM events.stored_events
            """,
            {"owner": owner, "originator": originator, "type": event_type, "content": content},
        )


def mend(studio: LivingStudio) -> None:
    """Make of the foreign event one that this release knows and shows nothing of."""
    folded = {name for model in READ_MODELS for name in model.event_types}
    known = next(name for name in STORED_FORM.event_types if name not in folded)
    with psycopg.connect(studio.admin_url) as admin:
        admin.execute(
            "UPDATE events.stored_events SET event_type = %s"
            " WHERE digest = decode(repeat('00', 32), 'hex')",
            [known],
        )


def parked(studio: LivingStudio) -> list[UUID]:
    with psycopg.connect(studio.admin_url) as admin:
        return [owner for (owner,) in admin.execute("SELECT owner_id FROM views.parked_owners")]
