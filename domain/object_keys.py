"""Where the objects of the product lie. Whatever has to be deleted together shares a prefix.

Those of a photo set are in `photo_places.py`.
"""

from uuid import UUID

from domain.rendition import RenditionRole


def quarantine_prefix(job_id: UUID) -> str:
    """Everything any attempt of a job has rendered."""
    return f"quarantine/{job_id}/"


def quarantine_claim_prefix(job_id: UUID, attempt: int, claim_id: UUID) -> str:
    """Everything one claim has rendered."""
    return f"{quarantine_prefix(job_id)}{attempt}/{claim_id}/"


def quarantine_item_key(
    job_id: UUID, attempt: int, claim_id: UUID, item: int, *, suffix: str
) -> str:
    """One rendered output that nobody may see yet. `suffix` is that of its kind's raw files."""
    return f"{quarantine_claim_prefix(job_id, attempt, claim_id)}{item}{suffix}"


def quarantine_adapter_key(job_id: UUID, attempt: int, claim_id: UUID) -> str:
    """A trained adapter that has not been checked yet."""
    return f"{quarantine_claim_prefix(job_id, attempt, claim_id)}adapter.safetensors"


def quarantine_checkpoint_key(job_id: UUID, attempt: int, claim_id: UUID, number: int) -> str:
    """An earlier checkpoint's adapter that has not been checked yet, the first being number 0."""
    return f"{quarantine_claim_prefix(job_id, attempt, claim_id)}checkpoint-{number}.safetensors"


def gallery_prefix(asset_id: UUID) -> str:
    """Every copy of one asset that any screening has signed."""
    return f"gallery/{asset_id}/"


def asset_of(place: str) -> UUID | None:
    """The asset whose own prefix a place is; None for every other place."""
    match place.split("/"):
        case ["gallery", asset, ""]:
            return UUID(asset)
        case _:
            return None


def gallery_claim_prefix(asset_id: UUID, claim_id: UUID) -> str:
    """What one screening has signed of an asset."""
    return f"{gallery_prefix(asset_id)}{claim_id}/"


def gallery_key(asset_id: UUID, claim_id: UUID, role: RenditionRole = RenditionRole.MASTER) -> str:
    """One file of an asset, as one screening has written it.

    A screener that stood still writes where nobody looks, not over what another one had released.
    """
    return f"{gallery_claim_prefix(asset_id, claim_id)}{role.value}"


def first_gallery_key(owner_id: UUID, asset_id: UUID) -> str:
    """Where a signed copy lay before keys named the screening."""
    return f"gallery/{owner_id}/{asset_id}.png"


def adapters_of_job_prefix(twin_id: UUID, epoch: int, job_id: UUID) -> str:
    """Every copy of a training's adapter that any screening has checked."""
    return f"adapters/{twin_id}/{epoch}/{job_id}/"


def adapter_key(twin_id: UUID, epoch: int, job_id: UUID, claim_id: UUID) -> str:
    """The adapter of a training under the consent of `epoch`, as one screening has checked it."""
    return f"{adapters_of_job_prefix(twin_id, epoch, job_id)}{claim_id}.safetensors"


def checkpoint_key(twin_id: UUID, epoch: int, job_id: UUID, claim_id: UUID, step: int) -> str:
    """As `adapter_key`, of an earlier checkpoint of the same training."""
    return f"{adapters_of_job_prefix(twin_id, epoch, job_id)}{claim_id}-{step}.safetensors"


def packs_prefix(asset_id: UUID) -> str:
    """Every file that was made of an asset to be published: they go when the asset goes."""
    return f"packs/{asset_id}/"


def pack_prefix(asset_id: UUID, pack_id: UUID) -> str:
    """What one pack has of an asset."""
    return f"{packs_prefix(asset_id)}{pack_id}/"


def pack_key(asset_id: UUID, pack_id: UUID, claim_id: UUID, preset: str) -> str:
    """One file of a pack, as one screener has written it."""
    return f"{pack_prefix(asset_id, pack_id)}{claim_id}/{preset}"


def first_adapter_key(twin_id: UUID, job_id: UUID) -> str:
    """Where the adapter of a training lay before keys named the consent and the screening."""
    return f"adapters/{twin_id}/{job_id}.safetensors"


def epoch_prefixes(owner_id: UUID, twin_id: UUID, epoch: int) -> tuple[str, ...]:
    """All that the consent of one epoch covered: uploads, photos, measurements and adapters.

    Nothing of another epoch lies there, so that their deletion may be repeated at any time.
    """
    return (
        f"uploads/{owner_id}/{twin_id}/{epoch}/",
        f"photos/{twin_id}/{epoch}/",
        f"templates/{twin_id}/{epoch}/",
        f"adapters/{twin_id}/{epoch}/",
    )
