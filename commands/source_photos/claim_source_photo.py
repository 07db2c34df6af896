"""The screener wants to judge a photo to begin with."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from commands.jobs.claims import ClaimDenial, ClaimDenied
from commands.work import Work
from domain.checks import Check
from domain.job_kinds import images
from domain.kernel.identity import POLICY_ID, source_photos_id
from domain.policy import Policy
from domain.rating import Rating
from domain.refusals import RatingNotAllowed
from domain.source_photo import SourceState
from domain.source_photos import SourcePhotos, is_covered
from domain.twin import Twin


@dataclass(frozen=True)
class ClaimSourcePhoto:
    """A question: asked with `Studio.preview`, anew for every claim. Nothing is recorded."""

    photo_id: UUID
    claim_id: UUID


class SourcePhotoGranted(msgspec.Struct, frozen=True, tag="granted"):
    """The photo to judge, and the checks that it has to pass with and without a face in it."""

    photo_id: UUID
    twin_id: UUID
    owner_id: UUID
    engine: str
    object_key: str
    clean_key: str
    template_key: str
    checks_of_twin: tuple[str, ...]
    checks_of_nobody: tuple[str, ...]


def handle(question: ClaimSourcePhoto, work: Work) -> SourcePhotoGranted | ClaimDenied:
    """The work for a photo that waits, while the consent it was uploaded under is in force.

    Where the policy has no row any more, no check is required, and the photo is refused.
    """
    photos = work.find(SourcePhotos, source_photos_id(work.owner_id))
    photo = None if photos is None else photos.kept.get(question.photo_id)
    if photo is None:
        return ClaimDenied(ClaimDenial.UNKNOWN_JOB)
    if photo.state is not SourceState.SUBMITTED:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    twin = work.load(Twin, photo.twin_id)
    if not is_covered(photo, twin):
        return ClaimDenied(ClaimDenial.CONSENT_WITHDRAWN)
    learnt_from = twin.adapter(photo.engine).submission_id
    if learnt_from is None:
        return ClaimDenied(ClaimDenial.STALE_ATTEMPT)
    checks_of_twin, checks_of_nobody = _checks(photo.engine, twin.id, work)
    return SourcePhotoGranted(
        photo_id=question.photo_id,
        twin_id=twin.id,
        owner_id=work.owner_id,
        engine=photo.engine,
        object_key=photo.places.upload,
        clean_key=photo.places.clean_photo(question.claim_id),
        template_key=twin.places_of(learnt_from).template,
        checks_of_twin=checks_of_twin,
        checks_of_nobody=checks_of_nobody,
    )


def _checks(engine: str, twin_id: UUID, work: Work) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        policy = work.load_shared(Policy, POLICY_ID)
        row = policy.row(engine, Rating.GENERAL, images.ENTRY.screening)
    except RatingNotAllowed:
        return (), ()
    of_twin, of_nobody = row.checks_for(twin_id), row.checks_for(None)
    return _without_credentials(of_twin), _without_credentials(of_nobody)


def _without_credentials(checks: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing says of a photo that a model made it."""
    return tuple(check for check in checks if check != Check.PROVENANCE)
