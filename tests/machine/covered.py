"""The objects that somebody needs: those of a consent in force, of open work, of galleries."""

from collections.abc import Iterator

from domain.asset import Asset
from domain.job import Job, JobState
from domain.twin import Twin
from tests.machine.known import Known, KnownOwner
from tests.machine.stage import Stage


def covered_places(stage: Stage, known: Known) -> set[str]:
    """By the aggregates as they are now, at the places that grants named."""
    places: set[str] = set()
    for owner, of_owner in list(known.of.items()):
        twins = stage.load_all(of_owner.twins, owner)
        consented = [twin for twin in twins if isinstance(twin, Twin) and twin.consented]
        jobs = [job_id for twin in consented for job_id in twin.open_jobs]
        for twin in consented:
            places.update(_of_twin(twin, of_owner))
        for found in stage.load_all([*jobs, *of_owner.assets], owner):
            if isinstance(found, Job) and found.state is JobState.RENDERED:
                places.update(_of_job(found))
            if isinstance(found, Asset) and found.object_key and not found.purge_requested:
                places.add(found.object_key)
    return places


def _of_twin(twin: Twin, known: KnownOwner) -> Iterator[str]:
    state = twin.snapshot_state()
    yield from (adapter.object_key for adapter in state.adapters.values())
    if state.accepted is not None:
        granted = known.photo_sets.get(state.accepted.submission_id)
        if granted is not None and granted.twin_id == twin.id:
            yield from (photo.clean_key for photo in granted.photos)
            yield granted.template_key
    if state.submitted is not None:
        planned_for, plan = known.plans.get(state.submitted.submission_id, (None, None))
        if plan is not None and planned_for == twin.id:
            yield from (upload.object_key for upload in plan.uploads)


def _of_job(job: Job) -> Iterator[str]:
    yield from (output.object_key for output in job.outputs)
    if job.adapter is not None:
        yield job.adapter.object_key
