"""Which bytes of one aggregate nobody needs any more: asked before the store is swept.

Of what is still being made nothing is unneeded; whoever asks asks for old bytes only.
"""

from dataclasses import dataclass
from uuid import UUID

from commands.work import Work
from domain.asset import Asset
from domain.job import Job
from domain.twin import Twin


@dataclass(frozen=True)
class UnneededOfJob:
    """A question: which of these keys in quarantine are over."""

    job_id: UUID
    keys: tuple[str, ...]


@dataclass(frozen=True)
class UnneededOfAsset:
    """A question: which of these copies are not what was released."""

    asset_id: UUID
    keys: tuple[str, ...]


@dataclass(frozen=True)
class UnneededOfTwin:
    """A question: which of these photos, measurements and adapters rest on no consent."""

    twin_id: UUID
    keys: tuple[str, ...]


def of_job(question: UnneededOfJob, work: Work) -> tuple[str, ...]:
    """All of them, once the job has ended."""
    job = work.find(Job, question.job_id)
    return question.keys if job is not None and job.ended else ()


def of_asset(question: UnneededOfAsset, work: Work) -> tuple[str, ...]:
    """Those that lie elsewhere than the released copy, whose renditions lie beside it.

    All of them where nothing was released, or the owner has had it deleted.
    """
    asset = work.find(Asset, question.asset_id)
    if asset is None:
        return ()
    if asset.object_key is None or asset.purged:
        return question.keys
    folder = asset.object_key.rpartition("/")[0] + "/"
    # Where the gallery's folder was the owner's, it held the copies of other assets, too.
    kept = folder if str(asset.id) in folder else asset.object_key
    return tuple(key for key in question.keys if not key.startswith(kept))


def of_twin(question: UnneededOfTwin, work: Work) -> tuple[str, ...]:
    """Those that are nowhere on record under the consent in force."""
    twin = work.find(Twin, question.twin_id)
    if twin is None:
        return ()
    return tuple(key for key in question.keys if not twin.needs(key))
