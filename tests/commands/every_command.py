"""One of every command that is recorded, by its stored name, with every field of its time set.

An entry stays as it is, also where its command gets a new field: its digest is a promise.

`python -m tests.commands.every_command` adds to the golden file what is not in it yet.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from commands.account.note_verification_hint import NoteVerificationHint
from commands.account.record_verification import RecordVerification
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.digest import canonical
from commands.gallery.add_thumbnails import AddThumbnails
from commands.gallery.carry_out_chunk import CarryOutChunk
from commands.gallery.change_assets import ChangeAssets
from commands.gallery.close_collection import CloseCollection
from commands.gallery.create_label import CreateLabel
from commands.gallery.delete_label import DeleteLabel
from commands.gallery.keep_asset import KeepAsset
from commands.gallery.open_collection import OpenCollection
from commands.gallery.purge_asset import PurgeAsset
from commands.gallery.purge_trashed import PurgeTrashed
from commands.gallery.record_purged import RecordPurged
from commands.gallery.rename_label import RenameLabel
from commands.gallery.set_favourite import SetFavourite
from commands.gallery.undo_change import UndoChange
from commands.gallery.unset_favourite import UnsetFavourite
from commands.jobs.cancel_job import CancelJob
from commands.jobs.end_without_source import EndWithoutSource
from commands.jobs.expire_attempt import ExpireAttempt
from commands.jobs.expire_screening import ExpireScreening
from commands.jobs.fail_job import FailJob
from commands.jobs.move_job_up import MoveJobUp
from commands.jobs.open_next_attempt import OpenNextAttempt
from commands.jobs.open_next_screening import OpenNextScreening
from commands.jobs.record_attempt_failed import RecordAttemptFailed
from commands.jobs.record_claim import RecordClaim
from commands.jobs.record_rendered import RecordRendered
from commands.jobs.record_screening import RecordScreening, ScreenedItem, WrittenFile
from commands.jobs.request_images import RequestImages
from commands.jobs.request_video import RequestVideo
from commands.jobs.retry_job import RetryJob
from commands.jobs.start_screening import StartScreening
from commands.jobs.start_twin_training import StartTwinTraining
from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from commands.publishing.end_publish_pack import ExpirePublishPack, GiveUpPublishPack
from commands.publishing.record_publish_pack import RecordPublishPack, WrittenPackFile
from commands.publishing.request_publish_pack import RequestPublishPack
from commands.safety.publish_new_defaults import PublishNewDefaults
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.forget_source_photo import ForgetPlannedSource, ForgetUnusedSource
from commands.source_photos.forget_uncovered_sources import ForgetUncoveredSources
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.source_photos.plan_source_photo import PlanSourcePhoto
from commands.source_photos.record_source_photo import RecordSourcePhoto, WrittenCopy
from commands.source_photos.submit_source_photo import SubmitSourcePhoto
from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.choose_checkpoint import ChooseCheckpoint
from commands.twin.clear_first_uploads import ClearFirstUploads
from commands.twin.create_twin import CreateTwin
from commands.twin.expire_photo_set import ExpirePhotoSet
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.grant_consent import GrantConsent
from commands.twin.plan_photo_uploads import PhotoFile, PlanPhotoUploads
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
from domain.bulk_change import GalleryChange
from domain.checks import CheckVerdict
from domain.consent_text import ConsentScope
from domain.gallery import LabelKind
from domain.job_kind import JobKind
from domain.job_state import AdapterFile, AttemptFailure, JobFailure, JobOutput
from domain.kernel.identity import SYSTEM
from domain.kernel.personal_text import PersonalText
from domain.photo_set import PhotoFlaw, PhotoVerdict, SetFlaw
from domain.policy import PolicyRow
from domain.price_list import Package, PriceEntry
from domain.publish_preset import PublishPreset
from domain.rating import Rating
from domain.rendition import RenditionRole
from domain.screening_profile import ScreeningProfile
from domain.source_photo import SourceFlaw
from domain.wallet_state import PurchaseFailure

GOLDEN = Path(__file__).parent / "golden" / "commands.json"
AT = datetime(2026, 3, 2, 9, 0, 0, 250, tzinfo=UTC)
SHA256 = "5e" * 32


def named(name: str) -> UUID:
    """The id that stands for `name`."""
    return uuid5(SYSTEM, name)


JOB, CLAIM, TWIN, ASSET = named("job"), named("claim"), named("twin"), named("asset")
SUBMISSION, PURCHASE, PHOTO = named("submission"), named("purchase"), named("photo")
VERDICT = CheckVerdict("identity", passed=True, model="identity-1", score=0.93)

EVERY_COMMAND: Mapping[str, Any] = {
    "register-person": RegisterPerson(),
    "start-verification": StartVerification(provider="sandbox"),
    "note-verification-hint": NoteVerificationHint(named("verification")),
    "record-verification": RecordVerification(
        named("verification"),
        "approved",
        adult=True,
        country="XX",
        document_digest=SHA256,
        valid_until=AT,
    ),
    "create-twin": CreateTwin(PersonalText("Ada in colour")),
    "sign-biometric-release": SignBiometricRelease(TWIN, SHA256, locale="de"),
    "grant-consent": GrantConsent(TWIN, SHA256, (ConsentScope.TRAINING, ConsentScope.PICTURES)),
    "add-consent-scopes": AddConsentScopes(TWIN, SHA256, (ConsentScope.CLIPS,)),
    "take-back-consent-scopes": TakeBackConsentScopes(TWIN, (ConsentScope.PICTURES,)),
    "choose-checkpoint": ChooseCheckpoint(TWIN, "pocket", 96),
    "withdraw-consent": WithdrawConsent(TWIN),
    "withdraw-all-consents": WithdrawAllConsents(),
    "plan-photo-uploads": PlanPhotoUploads(TWIN, (PhotoFile("image/png", 20_000, SHA256),)),
    "clear-first-uploads": ClearFirstUploads(TWIN, SUBMISSION),
    "expire-photo-set": ExpirePhotoSet(TWIN, SUBMISSION),
    "forget-uploads": ForgetUploads(TWIN, SUBMISSION),
    "submit-photos": SubmitPhotos(TWIN, SUBMISSION, "pocket", (PHOTO,)),
    "record-photo-verdicts": RecordPhotoVerdicts(
        TWIN,
        SUBMISSION,
        (PhotoVerdict(PHOTO, (PhotoFlaw.BLURRED,)),),
        (SetFlaw.NOT_ONE_PERSON,),
        "pocket-analyser",
    ),
    "plan-source-photo": PlanSourcePhoto(TWIN, "pocket", PhotoFile("image/png", 20_000, SHA256)),
    "submit-source-photo": SubmitSourcePhoto(PHOTO),
    "record-source-photo": RecordSourcePhoto(
        PHOTO, CLAIM, SourceFlaw.TRUNCATED, (VERDICT,), WrittenCopy(SHA256, 9_500, 512, 512)
    ),
    "give-up-source-photo": GiveUpSourcePhoto(PHOTO),
    "delete-source-photo": DeleteSourcePhoto(PHOTO),
    "forget-planned-source": ForgetPlannedSource(PHOTO),
    "forget-unused-source": ForgetUnusedSource(PHOTO),
    "forget-uncovered-sources": ForgetUncoveredSources(TWIN),
    "record-deletion": RecordDeletion(TWIN, ("photos/a/",), 12),
    "buy-credits": BuyCredits("starter", "sandbox"),
    "note-payment-hint": NotePaymentHint(PURCHASE),
    "confirm-payment": ConfirmPayment(PURCHASE, "reference", 900, "EUR"),
    "fail-purchase": FailPurchase(PURCHASE, PurchaseFailure.DECLINED),
    "grant-promotion": GrantPromotion(300, AT),
    "expire-promotion": ExpirePromotion(named("grant")),
    "start-twin-training": StartTwinTraining(TWIN, "pocket", 1, "XX"),
    "request-video": RequestVideo(
        engine="pocket",
        prompt=PersonalText("a lighthouse keeper in fog"),
        price_version=1,
        session_jurisdiction="XX",
        count=2,
        negative_prompt=PersonalText("rain"),
        seed=7,
        twin_id=TWIN,
        source_asset_id=ASSET,
        source_strength=0.5,
        rating_cap=Rating.SUGGESTIVE,
        aspect_ratio="1:1",
        style="plain",
        motion="nod",
        duration_s=4,
        num_inference_steps=25,
        guidance_scale=4.0,
        twin_strength=1.0,
    ),
    "end-without-source": EndWithoutSource(JOB),
    "request-images": RequestImages(
        engine="pocket",
        prompt=PersonalText("a lighthouse in fog"),
        count=2,
        price_version=1,
        session_jurisdiction="XX",
        negative_prompt=PersonalText("rain"),
        aspect_ratio="1:1",
        style="plain",
        num_inference_steps=25,
        guidance_scale=4.0,
        seed=7,
        twin_id=TWIN,
        twin_strength=0.5,
        rating_cap=Rating.SUGGESTIVE,
    ),
    "retry-job": RetryJob(JOB, 1, "XX"),
    "cancel-job": CancelJob(JOB),
    "move-job-up": MoveJobUp(JOB, named("other job")),
    "stop-jobs-of-twin": StopJobsOfTwin(TWIN, (JOB,)),
    "record-claim": RecordClaim(JOB, 1, CLAIM, "gpu-1"),
    "record-rendered": RecordRendered(
        JOB,
        1,
        CLAIM,
        (JobOutput(0, "quarantine/0.png", SHA256, 9_000, 64, 64, "image/png", 7),),
        AdapterFile("quarantine/a", SHA256, 400_000, 16, 120, 0.91),
    ),
    "record-attempt-failed": RecordAttemptFailed(JOB, 1, CLAIM, AttemptFailure.OUT_OF_MEMORY),
    "expire-attempt": ExpireAttempt(JOB, 1, CLAIM),
    "open-next-attempt": OpenNextAttempt(JOB, 2),
    "expire-screening": ExpireScreening(JOB, 1, 2),
    "start-screening": StartScreening(JOB, 1, 2),
    "open-next-screening": OpenNextScreening(JOB, 1, 2),
    "record-screening": RecordScreening(
        JOB, 1, CLAIM, (ScreenedItem(0, (VERDICT,), SHA256, 9_500),), (VERDICT,)
    ),
    "fail-job": FailJob(JOB, JobFailure.DEADLINE_PASSED),
    "add-thumbnails": AddThumbnails(
        ASSET,
        CLAIM,
        (WrittenFile(RenditionRole.THUMBNAIL_256, SHA256, 9_500, "image/webp", 256, 144),),
        PersonalText("1QcSHQRnh493V4dIh4eXh1h4kJUI"),
    ),
    "set-favourite": SetFavourite(ASSET),
    "unset-favourite": UnsetFavourite(ASSET),
    "keep-asset": KeepAsset(ASSET),
    "purge-asset": PurgeAsset(ASSET),
    "record-purged": RecordPurged(ASSET),
    "purge-trashed": PurgeTrashed(ASSET, AT),
    "request-publish-pack": RequestPublishPack(
        (ASSET,), (PublishPreset.SQUARE, PublishPreset.STORY)
    ),
    "record-publish-pack": RecordPublishPack(
        named("pack"),
        CLAIM,
        (WrittenPackFile(ASSET, PublishPreset.SQUARE, SHA256, 9_500, "image/jpeg", 1080, 1080),),
    ),
    "give-up-publish-pack": GiveUpPublishPack(named("pack")),
    "expire-publish-pack": ExpirePublishPack(named("pack")),
    "create-label": CreateLabel(LabelKind.COLLECTION, PersonalText("Fog"), private=True),
    "rename-label": RenameLabel(named("label"), PersonalText("Harbours")),
    "delete-label": DeleteLabel(named("label")),
    "close-collection": CloseCollection(named("label")),
    "open-collection": OpenCollection(named("label")),
    "change-assets": ChangeAssets(
        GalleryChange.LABEL, named("label"), (ASSET,), PersonalText('{"text":"fog"}')
    ),
    "carry-out-chunk": CarryOutChunk(named("chunk"), named("change")),
    "undo-change": UndoChange(named("change")),
    "publish-price-list": PublishPriceList(
        2,
        AT,
        (PriceEntry("pocket", JobKind.IMAGES, 50, 2, 250),),
        (Package("starter", 10_000, 900, "EUR"),),
    ),
    "publish-policy": PublishPolicy(
        2, (named("Grace"),), (PolicyRow("pocket", Rating.GENERAL, ("identity",), ("XX",), 60),)
    ),
    "publish-new-defaults": PublishNewDefaults(
        (PriceEntry("pocket", JobKind.VIDEO, 0, 0, 250, megapixel_second=800),),
        (PolicyRow("pocket", Rating.GENERAL, ("identity",), ("XX",), 60, ScreeningProfile.CLIPS),),
    ),
}
"""Whoever adds a command adds one of it here."""

SPARE_COMMANDS: Mapping[str, Any] = {
    "create-label": CreateLabel(LabelKind.TAG, PersonalText("Fog")),
    "change-assets": ChangeAssets(GalleryChange.TRASH),
    "record-verification": RecordVerification(named("verification"), "declined"),
    "sign-biometric-release": SignBiometricRelease(TWIN, SHA256),
    "record-photo-verdicts": RecordPhotoVerdicts(
        TWIN, SUBMISSION, (PhotoVerdict(PHOTO),), (), "pocket-analyser"
    ),
    "request-images": RequestImages(
        engine="pocket",
        prompt=PersonalText("a lighthouse in fog"),
        count=2,
        price_version=1,
        session_jurisdiction="XX",
    ),
    "request-video": RequestVideo(
        engine="pocket",
        prompt=PersonalText("a lighthouse keeper in fog"),
        price_version=1,
        session_jurisdiction="XX",
    ),
    "record-rendered": RecordRendered(JOB, 1, CLAIM, ()),
    "record-screening": RecordScreening(
        JOB, 1, CLAIM, (ScreenedItem(0, (CheckVerdict("minor_veto", None, "absent"),)),)
    ),
}
"""Commands whose every optional field is at its default, by their stored names."""


def write_new() -> None:
    """Add what is not there yet. What is there is a promise and stays."""
    released = msgspec.json.decode(GOLDEN.read_bytes()) if GOLDEN.exists() else {}
    for which, commands in (("every", EVERY_COMMAND), ("spare", SPARE_COMMANDS)):
        kept = released.setdefault(which, {})
        for name, command in commands.items():
            kept.setdefault(name, canonical(command).decode())
    GOLDEN.write_bytes(msgspec.json.format(msgspec.json.encode(released), indent=1) + b"\n")


if __name__ == "__main__":
    write_new()
