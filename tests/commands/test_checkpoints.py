"""An earlier checkpoint of a training is kept where it is sound, and may be used instead."""

from dataclasses import replace
from uuid import UUID, uuid5

import msgspec
import pytest

from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.record_screening import CheckedCheckpoint
from commands.reactions import delivered_adapter_clears_other_copies
from commands.reactions.deeds import DeleteObjects
from commands.twin.choose_checkpoint import ChooseCheckpoint
from commands.twin.withdraw_consent import WithdrawConsent
from domain.covered_places import covered_places
from domain.job import Job
from domain.job_state import CHECKPOINTS_KEPT_MAX, AdapterFile
from domain.refusals import CheckpointUnknown, NotFound, TwinNotTrained
from domain.twin import Twin
from tests.commands import journey
from tests.commands.journey import ADAPTER_PASSED, ELSEWHERE, SHA256
from tests.commands.studio_spec import ADA, GRACE, StudioSpec

CHOSEN, FIRST, SECOND = 120, 60, 90
SCREENER = UUID(int=7)


def learnt(step: int, digest: str = SHA256) -> AdapterFile:
    return AdapterFile(ELSEWHERE, digest, 400_000, 16, step, step / 200)


def trained(spec: StudioSpec, twin: UUID, *passed: int, owner: UUID = ADA) -> UUID:
    """A training reported checkpoints at 60 and 90; only `passed` of them are sound."""
    job: UUID = spec.does(journey.training_of(twin), owner=owner).job_id
    claim = journey.claimed(spec, job, owner)
    rendered = journey.rendering_of(spec, claim, owner)
    checkpoints = (learnt(FIRST, "60" * 32), learnt(SECOND, "90" * 32))
    spec.does(replace(rendered, checkpoints=checkpoints), owner=owner)
    granted = spec.asks(ClaimScreening(job, 1, SCREENER), owner=owner)
    assert [one.step for one in granted.checkpoints] == [FIRST, SECOND]
    unsound = tuple(msgspec.structs.replace(check, passed=False) for check in ADAPTER_PASSED)
    checked = tuple(
        CheckedCheckpoint(one.step, ADAPTER_PASSED if one.step in passed else unsound)
        for one in granted.checkpoints
    )
    report = journey.screening_of(spec, job, owner)
    spec.does(replace(report, claim_id=SCREENER, checkpoints=checked), owner=owner)
    return job


@pytest.fixture
def twin(spec: StudioSpec) -> UUID:
    """Trained, with both earlier checkpoints kept."""
    ready = journey.twin_ready_to_train(spec)
    trained(spec, ready, FIRST, SECOND)
    return ready


def test_places_are_the_granted_ones_whatever_a_worker_says(spec: StudioSpec, twin: UUID) -> None:
    [rendered] = spec.events(Job.Rendered)
    job, claim = rendered.originator_id, rendered.claim_id
    assert [one.object_key for one in rendered.checkpoints] == [
        f"quarantine/{job}/1/{claim}/checkpoint-{number}.safetensors" for number in range(2)
    ]
    [delivered] = spec.events(Twin.AdapterDelivered)
    assert [one.object_key for one in delivered.checkpoints] == [
        f"adapters/{twin}/1/{job}/{SCREENER}-{step}.safetensors" for step in (FIRST, SECOND)
    ]


def test_a_checkpoint_that_is_not_sound_is_not_kept_and_fails_nothing(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    trained(spec, twin, SECOND)
    [delivered] = spec.events(Twin.AdapterDelivered)
    assert [one.step for one in delivered.checkpoints] == [SECOND]
    spec.when(ChooseCheckpoint(twin, "pocket", FIRST)).then_refused(CheckpointUnknown, step=FIRST)


def test_of_what_a_screener_does_not_speak_nothing_is_kept(spec: StudioSpec) -> None:
    twin = journey.trained_twin(spec)
    assert spec.load(Twin, twin).checkpoints("pocket") == ()
    spec.when(ChooseCheckpoint(twin, "pocket", CHOSEN)).then_refused(CheckpointUnknown)


def test_a_training_may_not_leave_more_than_was_granted(spec: StudioSpec) -> None:
    twin = journey.twin_ready_to_train(spec)
    job: UUID = spec.does(journey.training_of(twin)).job_id
    claim = journey.claimed(spec, job)
    rendered = journey.rendering_of(spec, claim)
    for steps in (range(CHECKPOINTS_KEPT_MAX + 1), (FIRST, FIRST), (CHOSEN,)):
        spec.does(replace(rendered, checkpoints=tuple(learnt(step) for step in steps)))
        assert spec.events(Job.Rendered) == []


def test_pictures_are_drawn_by_the_checkpoint_that_was_chosen(spec: StudioSpec, twin: UUID) -> None:
    before: UUID = spec.does(journey.pictures_of(twin)).job_id
    granted = spec.does(journey.claim_of(before)).work.adapter
    spec.when(ChooseCheckpoint(twin, "pocket", FIRST)).then("twin.checkpoint-chosen")
    spec.when(ChooseCheckpoint(twin, "pocket", FIRST)).then()
    job: UUID = spec.does(journey.pictures_of(twin)).job_id
    claim = journey.claim_of(job)
    adapter = spec.does(claim).work.adapter
    assert (adapter.sha256, adapter.object_key) != (granted.sha256, granted.object_key)
    assert adapter.sha256 == "60" * 32
    # Back again: nothing of it had gone.
    spec.when(ChooseCheckpoint(twin, "pocket", CHOSEN)).then("twin.checkpoint-chosen")
    assert spec.load(Twin, twin).adapter("pocket").object_key == granted.object_key


def test_a_checkpoint_is_chosen_of_ones_own_trained_twin(spec: StudioSpec, twin: UUID) -> None:
    journey.verified(spec, GRACE)
    spec.when(ChooseCheckpoint(twin, "pocket", FIRST), owner=GRACE).then_refused(NotFound)
    for step in (0, -1, FIRST + 1):
        spec.when(ChooseCheckpoint(twin, "pocket", step)).then_refused(CheckpointUnknown)
    elsewhere = ChooseCheckpoint(twin, "stable-diffusion-1.5", FIRST)
    spec.when(elsewhere).then_refused(TwinNotTrained)


def test_every_checkpoint_is_kept_by_the_sweeps_and_goes_with_the_consent(
    spec: StudioSpec, twin: UUID
) -> None:
    found = spec.load(Twin, twin)
    kept = set(found.adapter_places("pocket"))
    assert len(kept) == 3
    assert kept <= covered_places(found)
    [delivered] = spec.events(Twin.AdapterDelivered)
    for intended in delivered_adapter_clears_other_copies.react(delivered, ADA):
        assert isinstance(intended.wanted, DeleteObjects)
        assert set(intended.wanted.kept) == kept
    spec.given(WithdrawConsent(twin))
    gone = spec.load(Twin, twin)
    assert all(place.startswith(gone.to_delete) for place in kept)
    assert covered_places(gone) == frozenset()
    assert gone.adapter_places("pocket") == ()
    with pytest.raises(TwinNotTrained):
        gone.adapter("pocket")


def test_another_training_takes_the_place_of_all_of_them(spec: StudioSpec, twin: UUID) -> None:
    journey.rich(spec)
    spec.given(ChooseCheckpoint(twin, "pocket", FIRST))
    former = set(spec.load(Twin, twin).adapter_places("pocket"))
    trained(spec, twin, SECOND)
    [gave_way] = spec.events(Twin.PlacesGaveWay)
    assert former <= set(gave_way.places)
    assert len(spec.load(Twin, twin).adapter_places("pocket")) == 2


def test_a_late_report_touches_nothing_that_may_still_be_chosen(
    spec: StudioSpec, twin: UUID
) -> None:
    """Also when another checkpoint is in use than the one that the report delivered."""
    [delivered] = spec.events(Twin.AdapterDelivered)
    spec.given(ChooseCheckpoint(twin, "pocket", FIRST))
    report = journey.screening_of(spec, delivered.job_id)
    spec.given(replace(report, claim_id=SCREENER))
    assert spec.load(Twin, twin).to_delete == ()
    # One of another screening leaves nothing behind, its checkpoints neither.
    other = uuid5(SCREENER, "other")
    spec.given(replace(report, claim_id=other))
    doomed = spec.load(Twin, twin).to_delete
    assert [str(other) in place for place in doomed] == [True] * 3
    assert not set(doomed) & set(spec.load(Twin, twin).adapter_places("pocket"))
