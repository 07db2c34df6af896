"""Where the bytes of one photo submission lie."""

from uuid import UUID

from domain import object_keys


def uploads_of_submission(owner_id: UUID, twin_id: UUID, submission_id: UUID) -> str:
    """What was uploaded for one submission: a prefix."""
    return f"{object_keys.uploads_prefix(owner_id, twin_id)}{submission_id}/"


def places_of_submission(owner_id: UUID, twin_id: UUID, submission_id: UUID) -> tuple[str, ...]:
    """Uploads, clean copies and what was measured on them. What ends in `/` is a prefix."""
    return (
        uploads_of_submission(owner_id, twin_id, submission_id),
        f"photos/{twin_id}/{submission_id}/",
        object_keys.template_key(twin_id, submission_id),
    )
