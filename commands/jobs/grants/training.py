"""What a claim of a twin training is granted."""

from uuid import UUID

import msgspec

from commands.jobs.grants.parts import GrantedItem, GrantedPhoto, items_of
from domain import object_keys
from domain.engines import engine
from domain.job import Job
from domain.job_state import CHECKPOINTS_KEPT_MAX
from domain.settings import TrainingSettings, training_recipe
from domain.twin import Twin


class TrainingGrant(msgspec.Struct, frozen=True, omit_defaults=True, tag="training"):
    """A twin training. `items` are its samples, in the order of `sample_prompts`.

    At `checkpoint_upload_keys` it may leave what it had learnt earlier.
    """

    settings: TrainingSettings
    photos: tuple[GrantedPhoto, ...]
    seed: int
    sample_prompts: tuple[str, ...]
    items: tuple[GrantedItem, ...]
    adapter_upload_key: str
    checkpoint_upload_keys: tuple[str, ...] = ()


def grant_training(
    job: Job, twin: Twin | None, claim_id: UUID, settings: TrainingSettings
) -> TrainingGrant:
    """The photos to learn from, and places for samples and adapter."""
    items = items_of(job, claim_id)
    return TrainingGrant(
        settings=settings,
        photos=_photos(job, twin),
        seed=items[0].seed,
        sample_prompts=training_recipe(engine(job.engine)).sample_prompts,
        items=items,
        adapter_upload_key=object_keys.quarantine_adapter_key(job.id, job.attempt, claim_id),
        checkpoint_upload_keys=tuple(
            object_keys.quarantine_checkpoint_key(job.id, job.attempt, claim_id, number)
            for number in range(CHECKPOINTS_KEPT_MAX)
        ),
    )


def _photos(job: Job, twin: Twin | None) -> tuple[GrantedPhoto, ...]:
    if twin is None or job.submission_id is None:
        return ()
    places = twin.places_of(job.submission_id)
    return tuple(GrantedPhoto(photo, places.clean_photo(photo)) for photo in job.photos)
