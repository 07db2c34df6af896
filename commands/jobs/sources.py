"""The picture that a job begins with: one of the owner's own gallery, as long as it is in sight."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.engines.entry import EngineEntry, RealRange
from domain.job import Job
from domain.job_input import InputRole, JobInput, input_of
from domain.refusals import (
    AssetNotAvailable,
    SettingOutOfRange,
    SourceNotAPicture,
    SourceRatioDiffers,
)
from domain.setting_ranges import known_ratio, ratio_like, real_within
from domain.twin import Twin


@dataclass(frozen=True)
class Source:
    """A gallery item, the twin that it shows as it is now, and what the job stores of it."""

    asset: Asset
    shows: Twin | None
    stored: JobInput


class AskedWithSource(Protocol):
    """What a request and its quote say of the picture to begin with. None means none."""

    @property
    def source_asset_id(self) -> UUID | None: ...
    @property
    def source_strength(self) -> float | None: ...


def asked_source(asked: AskedWithSource, work: Work, *, allowed: RealRange) -> Source | None:
    """The picture that is named, if one is. Raises as `gallery_source`."""
    if asked.source_asset_id is None:
        return None
    strength = asked.source_strength
    return gallery_source(work, asked.source_asset_id, strength=strength, allowed=allowed)


def gallery_source(
    work: Work, asset_id: UUID, *, strength: float | None, allowed: RealRange
) -> Source:
    """The picture under this id, drawn anew by `strength` within what the engine allows.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable` for a refused, hidden or purged
    one, `SourceNotAPicture`, `SettingOutOfRange`.
    """
    asset, shows = shown_asset(work, asset_id)
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


def shown_asset(work: Work, asset_id: UUID) -> tuple[Asset, Twin | None]:
    """An asset that is in sight, and the twin that it shows.

    Raises `NotFound`, also for somebody else's, `AssetNotAvailable`.
    """
    asset = work.load(Asset, asset_id)
    shows = _shows(work, asset)
    if not _is_shown(asset, shows):
        raise AssetNotAvailable()
    return asset, shows


def sources_hold(work: Work, job: Job) -> bool:
    """Whether the gallery item that a job is to read, if any, is still in sight."""
    source = input_of(job.inputs, InputRole.SOURCE)
    if source is None or source.asset_id is None:
        return True
    asset = work.load(Asset, source.asset_id)
    return _is_shown(asset, _shows(work, asset))


def _shows(work: Work, asset: Asset) -> Twin | None:
    return None if asset.twin_id is None else work.load(Twin, asset.twin_id)


def _is_shown(asset: Asset, shows: Twin | None) -> bool:
    return asset.is_shown(None if shows is None else shows.consent_in_force)


def require_a_step(steps: int, source: Source | None) -> None:
    """Refuse a strength that draws nothing anew, for which nobody should pay.

    `steps` is how many would be made without a source. Raises `SettingOutOfRange`.
    """
    if source is not None and int(steps * source.stored.strength) < 1:
        raise SettingOutOfRange("source_strength", 1 / steps, 1)


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
