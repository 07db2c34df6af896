"""Bytes that no deletion found are looked for, and only those go that nobody needs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from structlog.testing import capture_logs

from adapters.objects.in_memory import InMemoryObjectStore
from commands.twin.withdraw_consent import WithdrawConsent
from domain.asset import Asset
from domain.kernel.identity import asset_id
from domain.rendition import RenditionRole
from domain.twin import Twin
from processes.reactor import orphans as module
from processes.reactor.orphans import Orphans
from tests.commands import journey
from tests.commands.studio_spec import ADA
from tests.reactor.reactor_spec import ReactorSpec

MANY = 1_000


class UnrecallingStore(InMemoryObjectStore):
    """Forms hold until they expire, as at S3."""

    @property
    def recalls_forms(self) -> bool:
        """See the port."""
        return False

    def close(self, places: Iterable[str]) -> None:
        """Nothing, see the port."""


@pytest.fixture
def spec(tmp_path: Path) -> ReactorSpec:
    """An open studio whose store can be written to wherever somebody once might."""
    opened = ReactorSpec(tmp_path).opened()
    opened.objects = UnrecallingStore(opened.objects.presigner)
    return opened.started()


def there(spec: ReactorSpec, *keys: str) -> None:
    for key in keys:
        spec.objects.put(key, b"bytes", media_type="image/png")


def left(spec: ReactorSpec) -> set[str]:
    return set(spec.objects.keys(""))


def requested_job(spec: ReactorSpec, twin: UUID) -> UUID:
    job: UUID = spec.does(journey.pictures_of(twin)).job_id
    return job


def completed_job(spec: ReactorSpec, twin: UUID) -> UUID:
    job = requested_job(spec, twin)
    journey.finished(spec, job)
    return job


def released_key(spec: ReactorSpec, job: UUID) -> str:
    key: str = spec.load(Asset, asset_id(job, 0)).master.object_key
    return key


def orphans_of(spec: ReactorSpec) -> Orphans:
    return Orphans(spec.objects, spec.studio, spec.store.owner_of)


def swept(spec: ReactorSpec, orphans: Orphans | None = None, limit: int = MANY) -> int:
    """One round that takes whatever is there for old enough."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    return (orphans or orphans_of(spec)).forget(soon, limit)


@pytest.fixture
def twin(spec: ReactorSpec) -> UUID:
    return journey.trained_twin(spec)


def test_what_an_ended_job_rendered_too_late_goes(spec: ReactorSpec, twin: UUID) -> None:
    ended = completed_job(spec, twin)
    running = requested_job(spec, twin)
    there(spec, f"quarantine/{ended}/2/{uuid4()}/0.png", f"quarantine/{running}/1/{uuid4()}/0.png")
    before = left(spec)
    assert swept(spec) == 1
    assert before - left(spec) == {key for key in before if str(ended) in key}


def test_of_a_picture_only_the_released_copy_stays(spec: ReactorSpec, twin: UUID) -> None:
    job = completed_job(spec, twin)
    released = released_key(spec, job)
    beside = f"{released.rpartition('/')[0]}/elsewhere"
    other = f"gallery/{asset_id(job, 0)}/{uuid4()}/master"
    there(spec, released, beside, other)
    assert swept(spec) == 2
    assert released in left(spec)
    assert not {beside, other} & left(spec)
    assert swept(spec) == 0


def test_of_a_clip_every_released_file_stays(spec: ReactorSpec, twin: UUID) -> None:
    job: UUID = spec.does(replace(journey.A_NOD, twin_id=twin, count=1)).job_id
    journey.rendered(spec, job)
    spec.does(journey.clips_screened(spec, job, 4_000))
    released = {one.object_key for one in spec.load(Asset, asset_id(job, 0)).renditions}
    other = f"gallery/{asset_id(job, 0)}/{uuid4()}/poster"
    there(spec, *released, other)
    assert swept(spec) == 1
    assert len(released) == 4
    assert released <= left(spec)


def test_copies_of_a_picture_that_was_never_released_go(spec: ReactorSpec, twin: UUID) -> None:
    released = released_key(spec, completed_job(spec, twin))
    nobody = f"gallery/{uuid4()}/{uuid4()}/master"
    there(spec, released, nobody)
    assert swept(spec) == 1
    assert nobody not in left(spec)


def test_all_files_of_a_clip_that_was_never_released_count_as_one_stranger(
    spec: ReactorSpec, twin: UUID
) -> None:
    released, asset, claim = released_key(spec, completed_job(spec, twin)), uuid4(), uuid4()
    there(spec, released, *(f"gallery/{asset}/{claim}/{role}" for role in RenditionRole))
    assert swept(spec) == len(RenditionRole)
    assert not [key for key in left(spec) if str(asset) in key]


def test_a_bucket_of_strangers_is_left_alone_and_said(spec: ReactorSpec, twin: UUID) -> None:
    released = released_key(spec, completed_job(spec, twin))
    strangers = {f"gallery/{uuid4()}/{uuid4()}/master" for _ in range(2)}
    there(spec, released, *strangers)
    with capture_logs() as said:
        assert swept(spec) == 0
    assert strangers <= left(spec)
    assert [line["count"] for line in said if line["log_level"] == "warning"] == [2]


def test_what_rests_on_a_consent_that_is_over_goes(spec: ReactorSpec, twin: UUID) -> None:
    spec.does(WithdrawConsent(twin))
    spec.settles()
    late = {
        f"photos/{twin}/1/{uuid4()}/{uuid4()}.png",
        f"templates/{twin}/1/{uuid4()}.json",
        f"adapters/{twin}/1/{uuid4()}/{uuid4()}.safetensors",
        f"uploads/{ADA}/{twin}/1/{uuid4()}/{uuid4()}",
    }
    there(spec, *late)
    assert swept(spec) == 4
    assert not late & left(spec)


def test_what_is_on_record_under_the_consent_in_force_stays(spec: ReactorSpec, twin: UUID) -> None:
    found = spec.load(Twin, twin)
    adapter = found.adapter("pocket")
    assert adapter.submission_id is not None
    places = found.places_of(adapter.submission_id)
    needed = {adapter.object_key, places.template, places.clean_photo(uuid4())}
    forgotten = f"adapters/{twin}/1/{uuid4()}/{uuid4()}.safetensors"
    there(spec, *needed, forgotten)
    assert swept(spec) == 1
    assert needed <= left(spec)
    assert forgotten not in left(spec)


def test_a_checked_adapter_stays_while_its_training_is_open_however_old_it_looks(
    spec: ReactorSpec, twin: UUID
) -> None:
    """The studio was shut for two weeks, or the store has another clock."""
    journey.rich(spec)
    training: UUID = spec.does(journey.training_of(twin)).job_id
    adapter = f"adapters/{twin}/1/{training}/{uuid4()}.safetensors"
    there(spec, adapter)
    assert swept(spec) == 0
    assert adapter in left(spec)


def test_what_is_young_stays_and_what_is_none_of_ours(spec: ReactorSpec, twin: UUID) -> None:
    ended = completed_job(spec, twin)
    late = f"quarantine/{ended}/2/{uuid4()}/0.png"
    strange = {"notes", "gallery/readme.png", f"elsewhere/{ended}/1", f"quarantine/{uuid4()}/1/a"}
    there(spec, late, *strange)
    a_while_ago = datetime.now(UTC) - timedelta(hours=1)
    assert orphans_of(spec).forget(a_while_ago, MANY) == 0
    assert swept(spec) == 1
    assert strange <= left(spec)
    assert late not in left(spec)


def test_a_round_has_limits_and_the_next_goes_on_behind_it(
    spec: ReactorSpec, twin: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = completed_job(spec, twin)
    there(spec, *(f"quarantine/{ended}/{n}/{uuid5(ended, str(n))}/0.png" for n in range(5)))
    # Looked at before them, in every round that begins at the beginning.
    there(spec, *(f"photos/{uuid4()}/1/{uuid4()}/a.png" for _ in range(3)))
    monkeypatch.setattr(module, "LOOKED_AT_MAX", 2)
    orphans = orphans_of(spec)
    assert sum(swept(spec, orphans) for _ in range(6)) == 5
    assert not [key for key in left(spec) if key.startswith("quarantine/")]
