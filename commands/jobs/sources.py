"""The picture that a job begins with: one of the owner's own gallery, as long as it is in sight."""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.engines.entry import EngineEntry, RealRange
from domain.job import Job
from domain.job_input import InputRole, JobInput
from domain.refusals import AssetNotAvailable, SourceNotAPicture, SourceRatioDiffers
from domain.setting_ranges import known_ratio, ratio_like, real_within
from domain.twin import Twin


@dataclass(frozen=True)
class Source:
    """A gallery item, the twin that it shows as it is now, and what the job stores of it."""

    asset: Asset
    shows: Twin | None
    stored: JobInput


def gallery_source(
    work: Work, asset_id: UUID, *, strength: float | None, allowed: RealRange
) -> Source:
    """The picture under this id, drawn anew by `strength` within what the engine allows.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable` for a refused, hidden or purged
    one, `SourceNotAPicture`, `SettingOutOfRange`.
    """
    asset = work.load(Asset, asset_id)
    shows = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
    if not asset.is_shown(None if shows is None else shows.consent_in_force):
        raise AssetNotAvailable()
    master = asset.master
    if master.duration_ms is not None:
        raise SourceNotAPicture()
    return Source(
        asset,
        shows,
        JobInput(
            role=InputRole.SOURCE,
            object_key=master.object_key,
            sha256=master.sha256,
            strength=real_within("source_strength", strength, allowed),
            asset_id=asset.id,
        ),
    )


def sources_hold(work: Work, job: Job) -> bool:
    """Whether every gallery item that a job is to read is still in sight."""
    named = [one.asset_id for one in job.inputs if one.asset_id is not None]
    return all(_is_shown(work, work.load(Asset, asset_id)) for asset_id in named)


def _is_shown(work: Work, asset: Asset) -> bool:
    twin = None if asset.twin_id is None else work.load(Twin, asset.twin_id)
    return asset.is_shown(None if twin is None else twin.consent_in_force)


def ratio_of_source(entry: EngineEntry, asked: str | None, source: Source | None) -> str | None:
    """The ratio to ask for: the source's own, where there is one. None means the engine's default.

    Raises `AspectRatioUnsupported`, `SourceRatioDiffers`.
    """
    if source is None:
        return asked
    master = source.asset.master
    ratio = ratio_like(entry, master.width, master.height)
    if ratio is None or (asked is not None and known_ratio(entry, asked) != ratio):
        raise SourceRatioDiffers(master.width, master.height)
    return ratio
