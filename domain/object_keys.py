"""Where every object of the product lies. Whatever has to be deleted together shares a prefix."""

from uuid import UUID


def upload_key(owner_id: UUID, twin_id: UUID, submission_id: UUID, photo_id: UUID) -> str:
    """A photo as its owner uploaded it, unchecked."""
    return f"{uploads_prefix(owner_id, twin_id)}{submission_id}/{photo_id}"


def photo_key(twin_id: UUID, submission_id: UUID, photo_id: UUID) -> str:
    """The clean copy of a photo: decoded, upright, without metadata."""
    return f"photos/{twin_id}/{submission_id}/{photo_id}.png"


def template_key(twin_id: UUID, submission_id: UUID) -> str:
    """What was measured of the face in an accepted set."""
    return f"templates/{twin_id}/{submission_id}.json"


def quarantine_prefix(job_id: UUID) -> str:
    """Everything any attempt of a job has rendered."""
    return f"quarantine/{job_id}/"


def quarantine_claim_prefix(job_id: UUID, attempt: int, claim_id: UUID) -> str:
    """Everything one claim has rendered."""
    return f"{quarantine_prefix(job_id)}{attempt}/{claim_id}/"


def quarantine_item_key(job_id: UUID, attempt: int, claim_id: UUID, item: int) -> str:
    """One rendered picture that nobody may see yet."""
    return f"{quarantine_claim_prefix(job_id, attempt, claim_id)}{item}.png"


def quarantine_adapter_key(job_id: UUID, attempt: int, claim_id: UUID) -> str:
    """A trained adapter that has not been checked yet."""
    return f"{quarantine_claim_prefix(job_id, attempt, claim_id)}adapter.safetensors"


def gallery_prefix(asset_id: UUID) -> str:
    """Every copy of one asset that any screening has signed."""
    return f"gallery/{asset_id}/"


def gallery_claim_prefix(asset_id: UUID, claim_id: UUID) -> str:
    """What one screening has signed of an asset."""
    return f"{gallery_prefix(asset_id)}{claim_id}/"


def gallery_key(asset_id: UUID, claim_id: UUID) -> str:
    """An asset with its content credentials, as one screening has signed it.

    A screener that stood still writes where nobody looks, not over what another one had released.
    """
    return f"{gallery_claim_prefix(asset_id, claim_id)}master"


def first_gallery_key(owner_id: UUID, asset_id: UUID) -> str:
    """Where a signed copy lay before keys named the screening."""
    return f"gallery/{owner_id}/{asset_id}.png"


def adapters_of_job_prefix(twin_id: UUID, epoch: int, job_id: UUID) -> str:
    """Every copy of a training's adapter that any screening has checked."""
    return f"adapters/{twin_id}/{epoch}/{job_id}/"


def adapter_key(twin_id: UUID, epoch: int, job_id: UUID, claim_id: UUID) -> str:
    """The adapter of a training under the consent of `epoch`, as one screening has checked it."""
    return f"{adapters_of_job_prefix(twin_id, epoch, job_id)}{claim_id}.safetensors"


def uploads_prefix(owner_id: UUID, twin_id: UUID) -> str:
    """Everything that was uploaded for a twin."""
    return f"uploads/{owner_id}/{twin_id}/"


def twin_prefixes(owner_id: UUID, twin_id: UUID) -> tuple[str, ...]:
    """All that a consent covered: photos, measurements and adapters."""
    return (
        uploads_prefix(owner_id, twin_id),
        f"photos/{twin_id}/",
        f"templates/{twin_id}/",
        f"adapters/{twin_id}/",
    )
