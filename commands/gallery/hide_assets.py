"""Consent was withdrawn: the pictures made under it are out of sight until their owner decides."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.work import Work
from domain.asset import Asset, HiddenBecause
from domain.job import Job
from domain.twin import Twin


@dataclass(frozen=True)
class HideAssets:
    """Hide what was released of this twin under the consent of `epoch`, which has ended."""

    twin_id: UUID
    epoch: int


class AssetsHidden(msgspec.Struct, frozen=True):
    """How many pictures were released under that epoch and are still there."""

    twin_id: UUID
    asset_count: int


def handle(command: HideAssets, work: Work) -> AssetsHidden:
    """Hide them in one save. Pictures of an epoch that is in force are left alone.

    They are found through the twin's own events, so that none is missed which a read model has not
    seen yet.
    """
    twin = work.load(Twin, command.twin_id)
    if twin.epoch_is_current(command.epoch):
        return AssetsHidden(twin.id, 0)
    jobs = [
        work.load(Job, event.job_id)
        for event in work.history(twin)
        if isinstance(event, Twin.TrainingAuthorised | Twin.GenerationAuthorised)
        and event.epoch == command.epoch
    ]
    released = (work.load(Asset, asset) for job in jobs for asset in job.released)
    assets = [asset for asset in released if not asset.purge_requested]
    for asset in assets:
        asset.hide(HiddenBecause.CONSENT_WITHDRAWN, at=work.now)
    work.save(*assets)
    return AssetsHidden(twin.id, len(assets))
