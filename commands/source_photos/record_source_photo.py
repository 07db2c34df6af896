"""The screener has judged a photo to begin with."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from commands.jobs.late import ReportLate, ReportTaken
from commands.source_photos.own_source_photos import own_source_photos
from commands.work import Work
from domain.checks import CheckVerdict
from domain.job_kinds import images
from domain.kernel.identity import POLICY_ID
from domain.policy import Policy, PolicyRow
from domain.rating import Rating
from domain.refusals import RatingNotAllowed, StaleResult
from domain.source_photo import CleanPhoto, SourceFlaw, SourceState
from domain.twin import Twin


@dataclass(frozen=True)
class WrittenCopy:
    """The clean copy as it lies there. `sha256` in lower-case hex, sizes in pixels."""

    sha256: str
    size_bytes: int
    width: int
    height: int


@dataclass(frozen=True)
class RecordSourcePhoto:
    """What was found. `flaw` is what kept it from being looked at, `copy` what was written."""

    photo_id: UUID
    claim_id: UUID
    flaw: SourceFlaw | None
    checks: tuple[CheckVerdict, ...]
    copy: WrittenCopy | None


def source_photo_key(photo_id: UUID, claim_id: UUID) -> UUID:
    """One report per claim, however often it is delivered."""
    return uuid5(photo_id, f"{claim_id}:judged")


def handle(command: RecordSourcePhoto, work: Work) -> ReportTaken | ReportLate:
    """Accept or refuse it, unless nobody waits for it any more.

    Whoever ended it had its places deleted, twice: a late report leaves nothing to delete. Of a
    photo that was accepted already, what this claim wrote goes with the other copies.
    """
    photos = own_source_photos(work)
    photo = photos.kept.get(command.photo_id)
    if photo is None or photo.state is not SourceState.SUBMITTED:
        return ReportLate()
    policy = work.load_shared(Policy, POLICY_ID)
    twin = work.load(Twin, photo.twin_id)
    copy = command.copy
    try:
        photos.record_judged(
            command.photo_id,
            twin=twin,
            row=_row(policy, photo.engine),
            policy_version=policy.policy_version,
            flaw=command.flaw,
            checks=command.checks,
            clean=None
            if copy is None
            else CleanPhoto(
                object_key=photo.places.clean_photo(command.claim_id),
                sha256=copy.sha256,
                size_bytes=copy.size_bytes,
                width=copy.width,
                height=copy.height,
            ),
            at=work.now,
        )
    except StaleResult:
        return ReportLate()
    work.save(photos, unchanged=[twin])
    return ReportTaken()


def _row(policy: Policy, engine: str) -> PolicyRow | None:
    try:
        return policy.row(engine, Rating.GENERAL, images.ENTRY.screening)
    except RatingNotAllowed:
        return None
