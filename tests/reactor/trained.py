"""A twin with its bytes: what lies in the store once it is trained."""

from datetime import timedelta
from uuid import UUID, uuid4

from commands.jobs.record_claim import RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening, ScreenedItem
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from commands.wallet.grant_promotion import GrantPromotion
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT
from domain.job_state import AdapterFile, JobOutput
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PhotoVerdict
from processes.wiring.clock import system_clock
from tests.commands.journey import ADAPTER_PASSED, PASSED, SHA256, photo_files
from tests.flow.studio_desk import EVERYTHING, StudioDesk

PHOTOS = 10


def twin_with_release(desk: StudioDesk, owner: UUID) -> UUID:
    """A twin without a consent."""
    twin: UUID = desk.does(CreateTwin(name=PersonalText("Ada")), owner).twin_id
    desk.does(SignBiometricRelease(twin, BIOMETRIC_RELEASE.sha256), owner)
    return twin


def consents_and_trains(desk: StudioDesk, twin: UUID, owner: UUID) -> None:
    """A consent, photos that were accepted, and an adapter, all with their bytes."""
    enough = GrantPromotion(10_000, expires_at=system_clock() + timedelta(days=30))
    desk.does(enough, owner)
    desk.does(GrantConsent(twin, CONSENT.sha256, EVERYTHING), owner)
    planned = desk.does(PlanPhotoUploads(twin, photo_files(PHOTOS)), owner)
    photos = tuple(upload.photo_id for upload in planned.uploads)
    for upload in planned.uploads:
        desk.objects.put(upload.object_key, b"upload", media_type="image/png")
    submission = planned.submission_id
    desk.does(SubmitPhotos(twin, submission, "pocket", photos), owner)
    for photo in photos:
        key = desk.twin(twin, owner).places_of(submission).clean_photo(photo)
        desk.objects.put(key, b"clean", media_type="image/png")
    verdicts = tuple(PhotoVerdict(photo) for photo in photos)
    desk.does(RecordPhotoVerdicts(twin, submission, verdicts, (), "analyser"), owner)
    trained(desk, desk.train(twin, owner), owner)


def trained(desk: StudioDesk, job: UUID, owner: UUID) -> None:
    """A worker and the screener have done their part of a training."""
    claim = RecordClaim(job, 1, uuid4(), "worker")
    desk.does(claim, owner)
    found = desk.job(job, owner)
    outputs = tuple(
        JobOutput(item.item, "x", SHA256, 9_000, 512, 512, "image/png", item.seed)
        for item in found.items
    )
    adapter = AdapterFile("x", SHA256, 400_000, 16, 120, 0.91)
    desk.does(RecordRendered(job, 1, claim.claim_id, outputs, adapter), owner)
    screened = tuple(ScreenedItem(item.item, PASSED, SHA256, 9_500) for item in found.items)
    desk.does(RecordScreening(job, 1, uuid4(), screened, ADAPTER_PASSED), owner)
    assert found.twin_id is not None
    delivered = desk.twin(found.twin_id, owner).adapter("pocket").object_key
    desk.objects.put(delivered, b"LORA", media_type="application/octet-stream")
