"""Which command would get an owner ahead: without it, chance alone seldom finishes a picture."""

from collections.abc import Iterator

from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.gallery.add_thumbnails import AddThumbnails
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.create_label import CreateLabel
from commands.gallery.keep_asset import KeepAsset
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.undo_change import UndoChange
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_claim import RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening
from commands.jobs.request_images import RequestImages
from commands.jobs.request_video import RequestVideo
from commands.jobs.retry_job import RetryJob
from commands.jobs.start_screening import StartScreening
from commands.jobs.start_twin_training import StartTwinTraining
from commands.publishing.claim_publish_pack import ClaimPublishPack
from commands.publishing.record_publish_pack import RecordPublishPack
from commands.publishing.request_publish_pack import RequestPublishPack
from commands.source_photos.claim_source_photo import ClaimSourcePhoto
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.forget_source_photo import ForgetUnusedSource
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.read_source_plan import ReadSourcePlan
from commands.source_photos.record_source_photo import RecordSourcePhoto
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.choose_checkpoint import ChooseCheckpoint
from commands.twin.claim_photo_set import ClaimPhotoSet
from commands.twin.create_twin import CreateTwin
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PlanPhotoUploads
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from commands.wallet.grant_promotion import GrantPromotion
from domain.consent_text import ConsentScope
from domain.job import Job
from domain.job_state import JobState
from domain.kernel.identity import publish_packs_id, source_photos_id
from domain.publish_pack import PublishPacks
from domain.source_photo import SourceState
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from tests.machine.draw import Draw

CREDITS_ENOUGH = 5_000


def next_command(d: Draw) -> type:
    """The class of a command that the owner, or a process for them, would send now."""
    person = d.person()
    if person is None:
        return RegisterPerson
    if not person.verified_adult(at=d.now):
        return d.one(StartVerification, RecordVerification)
    wallet = d.wallet()
    if wallet is None or wallet.spendable(at=d.now) < CREDITS_ENOUGH:
        return d.one(GrantPromotion, BuyCredits, ConfirmPayment)
    twin_id = d.some(d.own.twins)
    twin = None if twin_id is None else d.load(Twin, twin_id)
    if twin is None:
        return CreateTwin
    return d.one(*_for_twin(twin, d))


def _for_twin(twin: Twin, d: Draw) -> Iterator[type]:
    state = twin.snapshot_state()
    if not state.released_biometrics:
        yield SignBiometricRelease
    elif not state.scope:
        yield from (GrantConsent, KeepAsset)
    elif ConsentScope.TRAINING not in state.scope or ConsentScope.PICTURES not in state.scope:
        yield from (AddConsentScopes, AddConsentScopes, RequestImages, KeepAsset)
    elif state.submitted is not None:
        judged = state.submitted.submission_id in d.own.photo_sets
        yield RecordPhotoVerdicts if judged else ClaimPhotoSet
    elif state.accepted is None:
        yield from (PlanPhotoUploads, SubmitPhotos)
    elif state.open_jobs:
        yield from (_for_job(d), _for_job(d), RequestImages)
    elif not state.adapters:
        yield StartTwinTraining
    else:
        yield from (RequestImages, RequestVideo, RetryJob, SetFavourite, AddThumbnails, PurgeAsset)
        yield from (CreateLabel, ChangeAssets, UndoChange)
        yield from _for_photos(d)
        yield from _for_packs(d)
        yield from (TakeBackConsentScopes, ChooseCheckpoint)


def _for_photos(d: Draw) -> Iterator[type]:
    photos = d.load(SourcePhotos, source_photos_id(d.owner))
    states = {} if photos is None else {id: photo.state for id, photo in photos.kept.items()}
    if SourceState.PLANNED in states.values():
        yield from (ReadSourcePlan, *4 * (SubmitSourcePhoto,))
    waiting = [id for id, state in states.items() if state is SourceState.SUBMITTED]
    if waiting:
        granted = any(id in d.own.source_grants for id in waiting)
        yield from 8 * (RecordSourcePhoto if granted else ClaimSourcePhoto,)
    if SourceState.ACCEPTED in states.values():
        yield from (RequestImages, RequestVideo, DeleteSourcePhoto, ForgetUnusedSource)
    if not waiting:
        yield from 2 * (PlanSourcePhoto,)


def _for_packs(d: Draw) -> Iterator[type]:
    packs = d.load(PublishPacks, publish_packs_id(d.owner))
    waiting = [] if packs is None else [id for id, p in packs.kept.items() if not p.is_made]
    if not waiting:
        yield RequestPublishPack
    elif any(id in d.own.pack_grants for id in waiting):
        yield from 2 * (RecordPublishPack,)
    else:
        yield from 2 * (ClaimPublishPack,)


def _for_job(d: Draw) -> type:
    job = d.job(open_only=True)
    match None if job is None else job.state:
        case JobState.REQUESTED:
            return RecordClaim
        case JobState.STARTED:
            return d.one(ReadPrompt, RecordAttemptFailed, *4 * (RecordRendered,))
        case JobState.RENDERED:
            report = RecordScreening if _is_granted(job, d) else ClaimScreening
            return d.one(RecordAttemptFailed, StartScreening, *5 * (report,))
        case _:
            return RequestImages


def _is_granted(job: Job | None, d: Draw) -> bool:
    return job is not None and job.id in d.own.screenings
