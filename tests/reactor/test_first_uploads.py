"""Faces that an older release took in and nobody submitted: one sweep, and they are gone."""

from pathlib import Path
from uuid import UUID, uuid5

from adapters.event_store.owner_turns import OwnerTurns
from commands.twin.create_twin import CreateTwin
from domain.kernel.personal_text import PersonalText
from processes.reactor.first_uploads import FirstUploads
from tests.commands import journey
from tests.commands.studio_spec import ADA, GRACE
from tests.reactor.reactor_spec import ReactorSpec

MANY = 1_000


def uploaded_before(spec: ReactorSpec, twin: UUID, name: str, owner: UUID = ADA) -> str:
    """A photo that an older release had a form for."""
    key = f"uploads/{owner}/{twin}/{uuid5(twin, name)}/{uuid5(twin, 'photo')}"
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


def test_a_busy_owner_is_passed_over_and_asked_again_in_the_next_round(tmp_path: Path) -> None:
    spec = ReactorSpec(tmp_path, OwnerTurns(wait_max_s=0.0)).opened()
    busy, other = sorted((ADA, GRACE), key=str)
    keys = {}
    for owner in (busy, other):
        journey.verified(spec, owner)
        twin = spec.does(CreateTwin(PersonalText("Me")), owner=owner).twin_id
        keys[owner] = uploaded_before(spec, twin, "one set", owner)
    with spec.store.transaction(busy):
        # Found first, and a limit counts what was asked for.
        assert swept(spec, limit=1) == 1
        assert list(spec.objects.keys("uploads/")) == [keys[busy]]
    assert swept(spec) == 1
    assert list(spec.objects.keys("uploads/")) == []


def test_uploads_of_this_release_and_of_nobody_stay(spec: ReactorSpec) -> None:
    twin = journey.trained_twin(spec)
    here = f"uploads/{ADA}/{twin}/1/{uuid5(twin, 'set')}/{uuid5(twin, 'photo')}"
    stranger = f"uploads/{ADA}/{ADA}/{uuid5(twin, 'set')}/{uuid5(twin, 'photo')}"
    for key in (here, stranger, "uploads/notes"):
        spec.objects.put(key, b"bytes", media_type="image/png")
    assert swept(spec) == 0
    assert set(spec.objects.keys("uploads/")) == {here, stranger, "uploads/notes"}
