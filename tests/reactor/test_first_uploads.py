"""Faces that an older release took in and nobody submitted: one sweep, and they are gone."""

from uuid import UUID, uuid5

from processes.reactor.first_uploads import FirstUploads
from tests.commands import journey
from tests.commands.studio_spec import ADA
from tests.reactor.reactor_spec import ReactorSpec

MANY = 1_000


def uploaded_before(spec: ReactorSpec, twin: UUID, name: str) -> str:
    """A photo that an older release had a form for."""
    key = f"uploads/{ADA}/{twin}/{uuid5(twin, name)}/{uuid5(twin, 'photo')}"
    spec.objects.put(key, b"face", media_type="image/png")
    return key


def swept(spec: ReactorSpec, limit: int = MANY) -> int:
    """One round, and what follows from it."""
    sets = FirstUploads(spec.objects, spec.studio).forget(spec.clock(), limit)
    spec.settles()
    return sets


def test_uploads_of_before_that_nobody_submitted_are_deleted(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    uploaded_before(spec, twin, "one set")
    uploaded_before(spec, twin, "another set")
    assert swept(spec) == 2
    assert list(spec.objects.keys("uploads/")) == []
    assert swept(spec) == 0


def test_a_round_has_a_limit_and_the_next_goes_on(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    for number in range(3):
        uploaded_before(spec, twin, f"set {number}")
    assert [swept(spec, 2), swept(spec, 2)] == [2, 1]
    assert list(spec.objects.keys("uploads/")) == []


def test_uploads_of_this_release_and_of_nobody_stay(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    here = f"uploads/{ADA}/{twin}/1/{uuid5(twin, 'set')}/{uuid5(twin, 'photo')}"
    stranger = f"uploads/{ADA}/{ADA}/{uuid5(twin, 'set')}/{uuid5(twin, 'photo')}"
    for key in (here, stranger, "uploads/notes"):
        spec.objects.put(key, b"bytes", media_type="image/png")
    assert swept(spec) == 0
    assert set(spec.objects.keys("uploads/")) == {here, stranger, "uploads/notes"}
