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


def gallery_key(owner_id: UUID, asset_id: UUID) -> str:
    """A released picture with its content credentials."""
    return f"gallery/{owner_id}/{asset_id}.png"


def adapter_key(twin_id: UUID, job_id: UUID) -> str:
    """The adapter that a training delivered."""
    return f"adapters/{twin_id}/{job_id}.safetensors"


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
