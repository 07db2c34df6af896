"""The objects that somebody needs: those of a consent in force, of open work, of galleries."""

from collections.abc import Iterator
from uuid import UUID

from domain.asset import Asset
from domain.job import Job, JobState
from domain.twin import Twin
from tests.machine.known import Known, KnownOwner
from tests.machine.stage import Stage


def covered_places(stage: Stage, known: Known) -> set[str]:
    """By the aggregates as they are now, at the places that grants named."""
    places: set[str] = set()
    for owner, of_owner in list(known.of.items()):
        for twin_id in of_owner.twins:
            twin = stage.load(Twin, twin_id, owner)
            if twin is not None and twin.consented:
                places.update(_of_twin(twin, of_owner))
                places.update(_of_jobs(stage, twin.open_jobs, owner))
        for asset_id in of_owner.assets:
            asset = stage.load(Asset, asset_id, owner)
            if asset is not None and asset.object_key and not asset.purge_requested:
                places.add(asset.object_key)
    return places


def _of_twin(twin: Twin, known: KnownOwner) -> Iterator[str]:
    state = twin.snapshot_state()
    yield from (adapter.object_key for adapter in state.adapters.values())
    if state.accepted is not None:
        granted = known.photo_sets.get(state.accepted.submission_id)
        if granted is not None:
            yield from (photo.clean_key for photo in granted.photos)
            yield granted.template_key
    if state.submitted is not None and state.submitted.submission_id in known.plans:
        _, plan = known.plans[state.submitted.submission_id]
        yield from (upload.object_key for upload in plan.uploads)


def _of_jobs(stage: Stage, jobs: tuple[UUID, ...], owner: UUID) -> Iterator[str]:
    for job_id in jobs:
        job = stage.load(Job, job_id, owner)
        if job is not None and job.state is JobState.RENDERED:
            yield from (output.object_key for output in job.outputs)
            if job.adapter is not None:
                yield job.adapter.object_key
