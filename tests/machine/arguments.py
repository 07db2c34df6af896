"""All that the machine knows of each command: how its arguments are drawn, valid and invalid."""

from collections.abc import Callable
from datetime import timedelta
from math import nan
from typing import Any
from uuid import UUID

from commands.account.note_verification_hint import NoteVerificationHint
from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.gallery.add_thumbnails import AddThumbnails
from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.close_collection import CloseCollection
from commands.gallery.create_label import CreateLabel
from commands.gallery.delete_label import DeleteLabel
from commands.gallery.keep_asset import KeepAsset
from commands.gallery.lacking_thumbnails import LackingThumbnails
from commands.gallery.open_collection import OpenCollection
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.purge_trashed import PurgeTrashed
from commands.gallery.record_purged import RecordPurged
from commands.gallery.rename_label import RenameLabel
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.undo_change import UndoChange
from commands.gallery.unneeded_bytes import UnneededOfAsset, UnneededOfJob, UnneededOfTwin
from commands.gallery.unset_favourite import UnsetFavourite
from commands.jobs.cancel_job import CancelJob
from commands.jobs.claim_screening import ClaimScreening
from commands.jobs.end_without_source import EndWithoutSource
from commands.jobs.expire_attempt import ExpireAttempt
from commands.jobs.expire_screening import ExpireScreening
from commands.jobs.fail_job import FailJob
from commands.jobs.move_job_up import MoveJobUp, TurnOfJob
from commands.jobs.open_next_attempt import OpenNextAttempt
from commands.jobs.open_next_screening import OpenNextScreening
from commands.jobs.read_prompt import ReadPrompt
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_claim import RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import CheckedCheckpoint, RecordScreening, ScreenedItem
from commands.jobs.request_images import RequestImages
from commands.jobs.request_video import RequestVideo
from commands.jobs.retry_job import RetryJob
from commands.jobs.start_screening import StartScreening
from commands.jobs.start_twin_training import StartTwinTraining
from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from commands.jobs.work_waits import (
    AttemptWaits,
    PhotosWait,
    PublishPackWaits,
    ScreeningWaits,
    SourcePhotoWaits,
)
from commands.publishing.claim_publish_pack import ClaimPublishPack
from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.publishing.record_publish_pack import RecordPublishPack, WrittenPackFile
from commands.publishing.request_publish_pack import RequestPublishPack
from commands.quote import QuoteClips, QuoteImages, QuoteTraining
from commands.safety.publish_new_defaults import PublishNewDefaults
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.source_photos.claim_source_photo import ClaimSourcePhoto
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.forget_source_photo import ForgetPlannedSource, ForgetUnusedSource
from commands.source_photos.forget_uncovered_sources import ForgetUncoveredSources
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.read_source_plan import ReadSourcePlan
from commands.source_photos.record_source_photo import RecordSourcePhoto, WrittenCopy
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.choose_checkpoint import ChooseCheckpoint
from commands.twin.claim_photo_set import ClaimPhotoSet
from commands.twin.clear_first_uploads import ClearFirstUploads
from commands.twin.create_twin import CreateTwin
from commands.twin.expire_photo_set import ExpirePhotoSet
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
from commands.twin.read_upload_plan import ReadUploadPlan
from commands.twin.record_deletion import RecordDeletion
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.submit_photos import SubmitPhotos
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_all_consents import WithdrawAllConsents
from commands.twin.withdraw_consent import WithdrawConsent
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.confirm_payment import ConfirmPayment
from commands.wallet.expire_promotion import ExpirePromotion
from commands.wallet.fail_purchase import FailPurchase
from commands.wallet.grant_promotion import GrantPromotion
from commands.wallet.note_payment_hint import NotePaymentHint
from domain.asset import Asset
from domain.bulk_change import OF_LABELS, GalleryChange
from domain.checks import CheckVerdict
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.gallery import LabelKind
from domain.job import Job
from domain.job_kinds import job_kind
from domain.job_state import AdapterFile, AttemptFailure, JobFailure, JobOutput, JobState
from domain.kernel.identity import bulk_chunk_id, publish_packs_id, source_photos_id
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.policy import DEFAULT_ROWS, FIRST_ROWS
from domain.publish_pack import PublishPacks
from domain.publish_preset import PublishPreset
from domain.rating import Rating
from domain.source_photo import SourceFlaw, SourceState
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.twin_consent import OFFERED_ANYWHERE
from domain.wallet_state import PurchaseFailure
from tests.machine.draw import Draw
from tests.machine.judged import checks, files, source_checks, thumbnails
from tests.machine.providers import DOCUMENT_VALID_UNTIL

SHA256 = "5e" * 32
ENGINE = "pocket"
OF_TWINS = ("uploads/", "photos/", "templates/", "adapters/")
NOT_SHOWN: tuple[bool | None, ...] = (None, None, None)
UNDER_AGE: bool | None = False

ARGUMENTS: dict[type, Callable[[Draw], Any]] = {
    RegisterPerson: lambda d: RegisterPerson(),
    StartVerification: lambda d: StartVerification("sandbox"),
    NoteVerificationHint: lambda d: NoteVerificationHint(d.id_of("verifications")),
    CreateTwin: lambda d: CreateTwin(PersonalText(d.one("Ada", "", "Ada " * 50))),
    WithdrawConsent: lambda d: WithdrawConsent(d.id_of("twins")),
    WithdrawAllConsents: lambda d: WithdrawAllConsents(),
    ForgetUploads: lambda d: ForgetUploads(*_planned(d)),
    ExpirePhotoSet: lambda d: ExpirePhotoSet(*_waiting(d)[:2]),
    ClearFirstUploads: lambda d: ClearFirstUploads(*_planned(d)),
    ReadUploadPlan: lambda d: ReadUploadPlan(*_planned(d)),
    NotePaymentHint: lambda d: NotePaymentHint(d.id_of("purchases")),
    ExpirePromotion: lambda d: ExpirePromotion(d.id_of("promotions")),
    CancelJob: lambda d: CancelJob(_job_id(d)),
    MoveJobUp: lambda d: MoveJobUp(_job_id(d), _job_id(d)),
    TurnOfJob: lambda d: TurnOfJob(_job_id(d)),
    EndWithoutSource: lambda d: EndWithoutSource(_job_id(d)),
    ClaimPublishPack: lambda d: ClaimPublishPack(_pack(d), d.uuid()),
    PublishPackWaits: lambda d: PublishPackWaits(_pack(d)),
    GiveUpPublishPack: lambda d: GiveUpPublishPack(_pack(d)),
    ExpirePublishPack: lambda d: ExpirePublishPack(_pack(d)),
    ReadSourcePlan: lambda d: ReadSourcePlan(_kept_source(d, SourceState.PLANNED)),
    SubmitSourcePhoto: lambda d: SubmitSourcePhoto(_kept_source(d, SourceState.PLANNED)),
    SourcePhotoWaits: lambda d: SourcePhotoWaits(_kept_source(d)),
    ClaimSourcePhoto: lambda d: ClaimSourcePhoto(_kept_source(d, SourceState.SUBMITTED), d.uuid()),
    GiveUpSourcePhoto: lambda d: GiveUpSourcePhoto(_kept_source(d)),
    DeleteSourcePhoto: lambda d: DeleteSourcePhoto(_kept_source(d)),
    ForgetPlannedSource: lambda d: ForgetPlannedSource(_kept_source(d)),
    ForgetUnusedSource: lambda d: ForgetUnusedSource(_kept_source(d, SourceState.ACCEPTED)),
    ForgetUncoveredSources: lambda d: ForgetUncoveredSources(d.id_of("twins")),
    SetFavourite: lambda d: SetFavourite(d.id_of("assets")),
    UnsetFavourite: lambda d: UnsetFavourite(d.id_of("assets")),
    KeepAsset: lambda d: KeepAsset(d.id_of("assets")),
    PurgeAsset: lambda d: PurgeAsset(d.id_of("assets")),
    LackingThumbnails: lambda d: LackingThumbnails(d.id_of("assets")),
    AddThumbnails: lambda d: AddThumbnails(
        d.id_of("assets"), d.uuid(), thumbnails(d), PersonalText("1QcSHQ")
    ),
    ReadPrompt: lambda d: ReadPrompt(*_attempt(d)),
    ExpireAttempt: lambda d: ExpireAttempt(*_attempt(d)),
    ExpireScreening: lambda d: ExpireScreening(*_screening(d)),
    StartScreening: lambda d: StartScreening(*_screening(d)),
    RecordPurged: lambda d: RecordPurged(d.id_of("assets")),
    RenameLabel: lambda d: RenameLabel(d.id_of("labels"), PersonalText(d.one("Fog", ""))),
    DeleteLabel: lambda d: DeleteLabel(d.id_of("labels")),
    CloseCollection: lambda d: CloseCollection(d.id_of("labels")),
    OpenCollection: lambda d: OpenCollection(d.id_of("labels")),
    UndoChange: lambda d: UndoChange(d.id_of("changes")),
    PublishNewDefaults: lambda d: PublishNewDefaults(),
    UnneededOfJob: lambda d: UnneededOfJob(*_with_keys(d, _job_id(d), "quarantine/")),
    UnneededOfAsset: lambda d: UnneededOfAsset(*_with_keys(d, d.id_of("assets"), "gallery/")),
    UnneededOfTwin: lambda d: UnneededOfTwin(*_with_keys(d, d.id_of("twins"), *OF_TWINS)),
}
"""By the command's class."""


def of(command: type) -> Callable[[Callable[[Draw], Any]], Callable[[Draw], Any]]:
    """Registers how the arguments of a command are drawn."""

    def registered(draw: Callable[[Draw], Any]) -> Callable[[Draw], Any]:
        ARGUMENTS[command] = draw
        return draw

    return registered


@of(CreateLabel)
def _label(d: Draw) -> CreateLabel:
    name = d.one("", "fog " * 30) if d.wrong() else d.one("Fog", "Harbours")
    return CreateLabel(d.one(*LabelKind), PersonalText(name), private=d.wrong(0.3))


@of(ChangeAssets)
def _change(d: Draw) -> ChangeAssets:
    change = d.one(*GalleryChange, GalleryChange.LABEL, GalleryChange.TRASH)
    label = d.id_of("labels") if change in OF_LABELS or d.wrong() else None
    if d.wrong(0.6):
        return ChangeAssets(change, label, tuple(d.id_of("assets") for _ in range(3)))
    # What a filter found may be gone by now, and so much is carried out in chunks.
    gone = tuple(d.uuid() for _ in range(d.one(0, 300)))
    text = PersonalText("fog")
    return ChangeAssets(change, label, filter=text, matched=(*d.own.assets, *gone))


@of(CarryOutChunk)
def _chunk(d: Draw) -> CarryOutChunk:
    change = d.id_of("changes")
    return CarryOutChunk(bulk_chunk_id(change, d.one(0, 0, 1)), change)


@of(PurgeTrashed)
def _purge(d: Draw) -> PurgeTrashed:
    asset = d.load(Asset, id := d.id_of("assets"))
    until = None if asset is None else asset.purge_at
    return PurgeTrashed(id, until or d.now)


@of(RecordVerification)
def _record_verification(d: Draw) -> RecordVerification:
    # Under age is for ever, so it has to be rare.
    adult = d.one(*NOT_SHOWN, UNDER_AGE) if d.wrong() else True
    outcome = d.one("declined", "resubmission", "expired", "???") if d.wrong(0.2) else "approved"
    until = d.now - timedelta(days=1) if d.wrong() else DOCUMENT_VALID_UNTIL
    return RecordVerification(
        d.id_of("verifications"), outcome, adult, country="XX", valid_until=until
    )


@of(SignBiometricRelease)
def _sign(d: Draw) -> SignBiometricRelease:
    text = "another text" if d.wrong() else BIOMETRIC_RELEASE.sha256
    return SignBiometricRelease(d.id_of("twins"), text)


@of(GrantConsent)
def _consent(d: Draw) -> GrantConsent:
    narrow = ((), (ConsentScope.TRAINING,), (ConsentScope.CLIPS,), tuple(ConsentScope))
    scope = d.one(*narrow) if d.wrong() else OFFERED_ANYWHERE
    text = "another text" if d.wrong() else CONSENT.sha256
    return GrantConsent(d.id_of("twins"), text, scope)


@of(AddConsentScopes)
def _add_scopes(d: Draw) -> AddConsentScopes:
    scope = d.one((), tuple(ConsentScope)) if d.wrong() else OFFERED_ANYWHERE
    text = "another text" if d.wrong() else CONSENT.sha256
    return AddConsentScopes(d.id_of("twins"), text, scope)


@of(TakeBackConsentScopes)
def _take_back_scopes(d: Draw) -> TakeBackConsentScopes:
    scopes = (d.one(*ConsentScope), d.one(*OFFERED_ANYWHERE))
    return TakeBackConsentScopes(d.id_of("twins"), scopes[: d.one(1, 1, 2)])


@of(ChooseCheckpoint)
def _choose_checkpoint(d: Draw) -> ChooseCheckpoint:
    return ChooseCheckpoint(d.id_of("twins"), "pocket", d.one(60, 60, 90, 120))


@of(PlanPhotoUploads)
def _plan(d: Draw) -> PlanPhotoUploads:
    count = d.one(0, 1, 21) if d.wrong() else d.one(10, 12)
    media_type = "text/html" if d.wrong() else "image/png"
    size = d.one(0, 2**40) if d.wrong() else 20_000
    return PlanPhotoUploads(
        d.id_of("twins"), tuple(PhotoFile(media_type, size, SHA256) for _ in range(count))
    )


@of(PlanSourcePhoto)
def _plan_source(d: Draw) -> PlanSourcePhoto:
    media_type = "text/html" if d.wrong() else "image/png"
    file = PhotoFile(media_type, d.one(0, 2**40) if d.wrong() else 20_000, SHA256)
    return PlanSourcePhoto(d.id_of("twins"), "no engine" if d.wrong() else ENGINE, file)


@of(RecordSourcePhoto)
def _judge_source(d: Draw) -> RecordSourcePhoto:
    granted = None if d.wrong() else d.some(d.own.source_grants.values())
    photo = d.id_of("source_photos") if granted is None else granted[1].photo_id
    claim = d.uuid() if granted is None else granted[0]
    flaw = SourceFlaw.TRUNCATED if d.wrong() else None
    copy = None if d.wrong() else WrittenCopy(SHA256, 9_500, 512, d.one(512, 512, 500))
    return RecordSourcePhoto(photo, claim, flaw, source_checks(d), copy)


def _kept_source(d: Draw, state: SourceState | None = None) -> UUID:
    """A photo that is there, in this state where there is one; or any other."""
    photos = None if d.wrong() else d.load(SourcePhotos, source_photos_id(d.owner))
    kept = {} if photos is None else photos.kept
    found = d.some(id for id, photo in kept.items() if photo.state is state) or d.some(kept)
    return d.id_of("source_photos") if found is None else found


def _source(d: Draw, chance: float) -> dict[str, Any]:
    """A picture or a photo to begin with, now and then both; mostly neither."""
    found: dict[str, Any] = {}
    if d.wrong(chance):
        found["source_asset_id"] = d.id_of("assets")
    if (d.own.source_photos and d.wrong(0.25)) or d.wrong(0.01):
        found["source_photo_id"] = _kept_source(d)
    return found


@of(RequestPublishPack)
def _publish(d: Draw) -> RequestPublishPack:
    presets = tuple(PublishPreset) if d.wrong(0.2) else (d.one(*PublishPreset),)
    count = d.one(0, 5) if d.wrong() else 1
    return RequestPublishPack(tuple(d.id_of("assets") for _ in range(count)), presets)


@of(RecordPublishPack)
def _made(d: Draw) -> RecordPublishPack:
    granted = None if d.wrong() else d.some(d.own.pack_grants.values())
    if granted is None:
        return RecordPublishPack(_pack(d), d.uuid(), ())
    claim, grant = granted
    files = tuple(
        WrittenPackFile(item.asset_id, file.preset, SHA256, 9_500, "image/jpeg", 1080, 1080)
        for item in grant.items
        for file in item.files
    )
    return RecordPublishPack(grant.pack_id, claim, files[1:] if d.wrong() else files)


def _pack(d: Draw) -> UUID:
    """A pack that is there, or any other."""
    packs = None if d.wrong() else d.load(PublishPacks, publish_packs_id(d.owner))
    found = None if packs is None else d.some(packs.kept)
    return d.id_of("packs") if found is None else found


@of(SubmitPhotos)
def _submit(d: Draw) -> SubmitPhotos:
    engine = d.one("stable-diffusion-xl", "no engine") if d.wrong() else ENGINE
    submission = d.some(d.own.plans)
    if submission is None or d.wrong():
        return SubmitPhotos(d.id_of("twins"), d.uuid(), engine, tuple(d.uuid() for _ in range(10)))
    twin, plan = d.own.plans[submission]
    photos = tuple(upload.photo_id for upload in plan.uploads)
    twin = d.id_of("twins") if d.wrong() else twin
    return SubmitPhotos(twin, submission, engine, photos[:-2] if d.wrong() else photos)


def _planned(d: Draw) -> tuple[UUID, UUID]:
    """Twin and submission of a plan, over or not."""
    submission = d.some(d.own.plans)
    if submission is None or d.wrong():
        return d.id_of("twins"), d.id_of("twins")
    return d.own.plans[submission][0], submission


def _waiting(d: Draw) -> tuple[UUID, UUID, tuple[UUID, ...]]:
    """Twin, submission and photos of a set that waits, or of any other."""
    twins = (d.load(Twin, twin) for twin in d.own.twins)
    sets = [(twin.id, s) for twin in twins if twin and (s := twin.submitted)]
    found = None if d.wrong() else d.some(sets)
    if found is not None:
        twin_id, submitted = found
        return twin_id, submitted.submission_id, submitted.photos
    submission = d.some(d.own.plans)
    if submission is None:
        return d.id_of("twins"), d.uuid(), ()
    twin_id, plan = d.own.plans[submission]
    return twin_id, submission, tuple(upload.photo_id for upload in plan.uploads)


def _with_keys(d: Draw, id: UUID, *places: str) -> tuple[UUID, tuple[str, ...]]:
    """Something, and whatever lies in these places under its name."""
    keys = (key for key in d.stage.objects.keys("") if key.startswith(places))
    return id, tuple(key for key in keys if str(id) in key)


@of(ClaimPhotoSet)
def _claim_photos(d: Draw) -> ClaimPhotoSet:
    twin, submission, _ = _waiting(d)
    return ClaimPhotoSet(twin, submission)


@of(PhotosWait)
def _photos_wait(d: Draw) -> PhotosWait:
    twin, submission, _ = _waiting(d)
    return PhotosWait(twin, submission)


@of(RecordPhotoVerdicts)
def _verdicts(d: Draw) -> RecordPhotoVerdicts:
    twin, submission, photos = _waiting(d)
    flaws = (PhotoFlaw.BLURRED,) if d.wrong(0.1) else ()
    set_flaws = (SetFlaw.NOT_ONE_PERSON,) if d.wrong() else ()
    judged = photos[1:] if d.wrong() else photos
    return RecordPhotoVerdicts(
        twin, submission, tuple(PhotoVerdict(photo, flaws) for photo in judged), set_flaws, "gate"
    )


@of(RecordDeletion)
def _record_deletion(d: Draw) -> RecordDeletion:
    # Only a reactor that has deleted may say so: this one says it of what nobody asked for.
    return RecordDeletion(d.id_of("twins"), (f"adapters/{d.uuid()}/",), 0)


@of(BuyCredits)
def _buy(d: Draw) -> BuyCredits:
    return BuyCredits("no package" if d.wrong() else d.one("starter", "atelier"), "sandbox")


@of(ConfirmPayment)
def _confirm(d: Draw) -> ConfirmPayment:
    purchase = d.id_of("purchases")
    known = d.own.purchases.get(purchase)
    amount, currency = (900, "EUR") if known is None else (known.price_minor_units, known.currency)
    reference = d.one("", "a reference for all") if d.wrong() else f"payment of {purchase}"
    return ConfirmPayment(purchase, reference, amount - d.wrong(), currency)


@of(FailPurchase)
def _fail_purchase(d: Draw) -> FailPurchase:
    return FailPurchase(d.id_of("purchases"), d.one(*PurchaseFailure))


@of(GrantPromotion)
def _promote(d: Draw) -> GrantPromotion:
    amount = d.one(0, -5) if d.wrong() else d.one(500, 5_000, 20_000)
    return GrantPromotion(amount, d.now + timedelta(days=-1 if d.wrong() else d.one(1, 5, 40)))


@of(QuoteTraining)
def _quote_training(d: Draw) -> QuoteTraining:
    engine = "no engine" if d.wrong(0.2) else ENGINE
    return QuoteTraining(engine, d.one(None, d.id_of("twins")), d.one(10, 20))


@of(QuoteImages)
def _quote_images(d: Draw) -> QuoteImages:
    return QuoteImages(ENGINE, d.one(0, 99) if d.wrong(0.2) else 2, **_source(d, 0.3))


@of(QuoteClips)
def _quote_clips(d: Draw) -> QuoteClips:
    return QuoteClips(ENGINE, d.one(0, 99) if d.wrong(0.2) else 2, **_source(d, 0.3))


@of(StartTwinTraining)
def _train(d: Draw) -> StartTwinTraining:
    place = d.one("US-MN", "DE") if d.wrong() else "XX"
    return StartTwinTraining(d.id_of("twins"), ENGINE, d.price_version(), place)


@of(RequestImages)
def _images(d: Draw) -> RequestImages:
    prompt = d.one("", "x" * 301, "a child", "é\u0300") if d.wrong() else "a lighthouse in fog"
    negative = PersonalText("rain") if d.wrong(0.2) else None
    begins = _source(d, 0.15)
    return RequestImages(
        engine=d.one("stable-diffusion-xl", "no engine") if d.wrong() else ENGINE,
        prompt=PersonalText(prompt),
        count=d.one(0, 9) if d.wrong() else d.one(1, 2, 3),
        price_version=d.price_version(),
        session_jurisdiction="DE" if d.wrong() else "XX",
        negative_prompt=negative,
        aspect_ratio="5:1" if d.wrong() else None,
        style="baroque" if d.wrong() else None,
        guidance_scale=d.one(nan, -1.0) if d.wrong() else None,
        seed=d.one(-1, 2**32) if d.wrong() else d.one(None, 7, 2**32 - 1),
        twin_id=None if begins or d.wrong(0.3) else d.id_of("twins"),
        **begins,
        source_strength=d.one(nan, 0.0) if d.wrong() else None,
        variation_of=d.id_of("assets") if d.wrong(0.1) else None,
        rating_cap=Rating.ADULT if d.wrong() else Rating.GENERAL,
    )


@of(RequestVideo)
def _video(d: Draw) -> RequestVideo:
    begins = _source(d, 0.4)
    return RequestVideo(
        engine=d.one("stable-diffusion-xl", "no engine") if d.wrong() else ENGINE,
        prompt=PersonalText("a lighthouse keeper in fog"),
        price_version=d.price_version(),
        session_jurisdiction="DE" if d.wrong() else "XX",
        count=d.one(0, 5) if d.wrong() else d.one(1, 2),
        aspect_ratio="16:9" if d.wrong() else None,
        motion="cartwheel" if d.wrong() else d.one(None, "nod"),
        duration_s=d.one(0, 6) if d.wrong() else d.one(3, 4, 5),
        twin_id=None if begins or d.wrong(0.3) else d.id_of("twins"),
        **begins,
        source_strength=nan if d.wrong() else None,
        rating_cap=Rating.ADULT if d.wrong() else Rating.GENERAL,
    )


@of(RetryJob)
def _retry(d: Draw) -> RetryJob:
    return RetryJob(d.id_of("jobs"), d.price_version(), "DE" if d.wrong() else "XX")


@of(StopJobsOfTwin)
def _stop(d: Draw) -> StopJobsOfTwin:
    return StopJobsOfTwin(d.id_of("twins"), tuple(d.own.jobs[-2:]))


def _job_id(d: Draw) -> UUID:
    job = d.job()
    return d.id_of("jobs") if job is None or d.wrong() else job.id


def _attempt(d: Draw) -> tuple[UUID, int, UUID]:
    """Job, attempt and claim, mostly as they stand."""
    job = d.job()
    if job is None or d.wrong():
        return d.id_of("jobs"), 1, d.uuid()
    claim = job.claim_id if job.claim_id and not d.wrong() else d.uuid()
    return job.id, d.number(job.attempt), claim


@of(AttemptWaits)
def _attempt_waits(d: Draw) -> AttemptWaits:
    job, attempt, _ = _attempt(d)
    return AttemptWaits(job, attempt)


@of(ScreeningWaits)
def _screening_waits(d: Draw) -> ScreeningWaits:
    job, attempt, _ = _attempt(d)
    return ScreeningWaits(job, attempt)


@of(RecordClaim)
def _claim(d: Draw) -> RecordClaim:
    job, attempt, claim = _attempt(d)
    return RecordClaim(job, attempt, claim if d.wrong(0.2) else d.uuid(), d.one("gpu-1", "gpu-2"))


@of(RecordRendered)
def _rendered(d: Draw) -> RecordRendered:
    job_id, attempt, claim = _attempt(d)
    job = d.load(Job, job_id)
    items = () if job is None else job.items
    length = None if job is None else job_kind(job.kind).clip_length(job.settings)
    frames = None if length is None else length.frames
    outputs = tuple(
        JobOutput(
            item.item, "elsewhere", SHA256, 9_000, 512, 512, "image/png", item.seed, frames=frames
        )
        for item in (items[1:] if d.wrong() else items)
    )
    trains = job is not None and job.submission_id is not None
    adapter = AdapterFile("elsewhere", SHA256, 400_000, 16, 120, 0.91)
    earlier = tuple(
        AdapterFile("elsewhere", SHA256, 400_000, 16, step, 0.8)
        for step in d.one((), (60,), (60, 90), (60, 60))
    )
    trained = trains is not d.wrong()
    return RecordRendered(
        job_id, attempt, claim, outputs, adapter if trained else None, earlier if trained else ()
    )


@of(RecordAttemptFailed)
def _attempt_failed(d: Draw) -> RecordAttemptFailed:
    job_id, attempt, claim = _attempt(d)
    job = d.load(Job, job_id)
    screening = 1 if job is None else d.number(job.screening)
    screened = job is not None and job.state is JobState.RENDERED and not d.wrong()
    reason = AttemptFailure.SCREENING_UNAVAILABLE if screened else d.one(*AttemptFailure)
    return RecordAttemptFailed(job_id, attempt, claim, reason, screening)


@of(OpenNextAttempt)
def _next_attempt(d: Draw) -> OpenNextAttempt:
    job, attempt, _ = _attempt(d)
    return OpenNextAttempt(job, attempt + 1)


def _screening(d: Draw) -> tuple[UUID, int, int]:
    job = d.job()
    if job is None or d.wrong():
        return d.id_of("jobs"), 1, 1
    return job.id, d.number(job.attempt), d.number(job.screening)


@of(OpenNextScreening)
def _next_screening(d: Draw) -> OpenNextScreening:
    job, attempt, screening = _screening(d)
    return OpenNextScreening(job, attempt, screening + 1)


@of(ClaimScreening)
def _claim_screening(d: Draw) -> ClaimScreening:
    job, attempt, _ = _attempt(d)
    return ClaimScreening(job, attempt, d.uuid())


@of(RecordScreening)
def _screened(d: Draw) -> RecordScreening:
    job_id, attempt, screening = _screening(d)
    job = d.load(Job, job_id)
    items = () if job is None else job.items
    without_twin = job is not None and job.twin_id is None
    outputs = tuple(
        ScreenedItem(item.item, checks(d, without_twin=without_twin), SHA256, 9_500, files(d, job))
        for item in (items[1:] if d.wrong() else items)
    )
    adapter_checks = (
        () if d.wrong() else (CheckVerdict("adapter_file", passed=True, model="safetensors"),)
    )
    trains = job is not None and job.submission_id is not None
    granted = d.own.screenings.get(job_id)
    claim = d.uuid() if granted is None or d.wrong() else granted[0]
    learnt = () if job is None or d.wrong() else job.checkpoints
    return RecordScreening(
        job_id,
        attempt,
        claim,
        outputs,
        adapter_checks if trains else (),
        screening,
        tuple(CheckedCheckpoint(one.step, adapter_checks) for one in learnt),
    )


@of(FailJob)
def _fail(d: Draw) -> FailJob:
    return FailJob(_job_id(d), d.one(*JobFailure))


@of(PublishPriceList)
def _prices(d: Draw) -> PublishPriceList:
    prices = d.prices()
    version = 1 if prices is None else prices.next_version
    return PublishPriceList(d.number(version), d.now + timedelta(hours=d.one(-1, 1)))


@of(PublishPolicy)
def _policy(d: Draw) -> PublishPolicy:
    policy = d.policy()
    version = 1 if policy is None else policy.policy_version + 1
    rows = () if d.wrong(0.1) else d.one(FIRST_ROWS, DEFAULT_ROWS, DEFAULT_ROWS)
    return PublishPolicy(d.number(version), (d.owner,), rows)
