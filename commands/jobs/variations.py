"""The picture that a request varies: all that was asked for then, with another seed."""

from uuid import UUID

from commands.jobs.drawing import DrawingRequest
from commands.jobs.sources import Source, shown_asset
from commands.work import Work
from domain.job import Job
from domain.job_input import InputRole, JobInput, input_of
from domain.refusals import VariationDiffers
from domain.settings import ImageSettings, draws_twin


def require_variation(
    work: Work,
    asset_id: UUID,
    asked: DrawingRequest,
    settings: ImageSettings,
    source: Source | None,
) -> UUID:
    """The picture that is varied. Nothing of it is read: a variation is drawn from noise.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable` for one that is out of sight,
    `VariationDiffers` where anything but seed and count is asked for otherwise than then, or where
    what was said then is erased.
    """
    asset, _ = shown_asset(work, asset_id)
    earlier = work.first_event(Job.Requested, asset.job_id)
    same = (
        asked.engine == earlier.engine
        and settings == earlier.settings
        and asked.prompt == earlier.prompt
        and asked.negative_prompt == earlier.negative_prompt
        and asked.rating_cap is earlier.rating
        and _twin(asked, settings, source) == earlier.twin_id
        and _read(source) == input_of(earlier.inputs, InputRole.SOURCE)
    )
    if not same:
        raise VariationDiffers()
    return asset.id


def _twin(asked: DrawingRequest, settings: ImageSettings, source: Source | None) -> UUID | None:
    """Whom it would draw: without strength nobody in particular, and so it was asked for then."""
    if source is not None and source.shows is not None:
        return source.shows.id
    return asked.twin_id if draws_twin(settings) else None


def _read(source: Source | None) -> JobInput | None:
    return None if source is None else source.stored
