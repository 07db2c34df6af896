"""Every command and every question, with what carries it out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from commands.account import (
    note_verification_hint,
    record_verification,
    register_person,
    start_verification,
)
from commands.gallery import (
    keep_asset,
    purge_asset,
    record_purged,
    set_favourite,
    unset_favourite,
)
from commands.jobs import (
    cancel_job,
    claim_screening,
    expire_attempt,
    expire_screening,
    fail_job,
    open_next_attempt,
    open_next_screening,
    read_prompt,
    record_attempt_failed,
    record_claim,
    record_rendered,
    record_screening,
    request_images,
    retry_job,
    start_twin_training,
    stop_jobs_of_twin,
    work_waits,
)
from commands.jobs.claims import ClaimDenied
from commands.jobs.late import ReportLate, ReportTaken
from commands.jobs.opening import JobOpened
from commands.quote import QuoteImages, QuoteTraining, quote_images, quote_training
from commands.safety import publish_policy, publish_price_list
from commands.studio import Handler, Question
from commands.twin import (
    claim_photo_set,
    clear_first_uploads,
    create_twin,
    expire_photo_set,
    forget_uploads,
    grant_consent,
    plan_photo_uploads,
    read_upload_plan,
    record_deletion,
    record_photo_verdicts,
    sign_biometric_release,
    submit_photos,
    withdraw_all_consents,
    withdraw_consent,
)
from commands.wallet import (
    buy_credits,
    confirm_payment,
    expire_promotion,
    fail_purchase,
    grant_promotion,
    note_payment_hint,
)
from domain.asset import Asset
from domain.job import Job
from domain.person import Person
from domain.policy import Policy
from domain.price_list import PriceList
from domain.twin import Twin
from domain.wallet import Wallet

_IMAGES_REQUESTED = (
    Twin.GenerationAuthorised,
    Person.GenerationAuthorised,
    Wallet.Reserved,
    Job.Requested,
)
_SETTLED = (Wallet.Captured, Wallet.Released, Twin.JobEnded, Twin.PlacesGaveWay)


HANDLERS: Mapping[type[Any], Handler[Any] | Question[Any]] = MappingProxyType(
    {
        register_person.RegisterPerson: Handler(
            "register-person",
            register_person.handle,
            register_person.PersonRegistered,
            (Person.Registered, Wallet.Opened),
        ),
        start_verification.StartVerification: Handler(
            "start-verification",
            start_verification.handle,
            start_verification.VerificationStarted,
            (Person.VerificationStarted,),
        ),
        note_verification_hint.NoteVerificationHint: Handler(
            "note-verification-hint",
            note_verification_hint.handle,
            note_verification_hint.VerificationHintNoted,
            (Person.VerificationHinted,),
        ),
        record_verification.RecordVerification: Handler(
            "record-verification",
            record_verification.handle,
            record_verification.VerificationRecorded,
            (Person.Verified, Person.VerificationDeclined),
        ),
        create_twin.CreateTwin: Handler(
            "create-twin",
            create_twin.handle,
            create_twin.TwinCreated,
            (Person.TwinOpened, Twin.Created),
        ),
        sign_biometric_release.SignBiometricRelease: Handler(
            "sign-biometric-release",
            sign_biometric_release.handle,
            sign_biometric_release.BiometricReleaseSigned,
            (Twin.BiometricReleaseSigned,),
        ),
        grant_consent.GrantConsent: Handler(
            "grant-consent",
            grant_consent.handle,
            grant_consent.ConsentGranted,
            (Twin.ConsentGranted,),
        ),
        withdraw_consent.WithdrawConsent: Handler(
            "withdraw-consent",
            withdraw_consent.handle,
            withdraw_consent.ConsentWithdrawn,
            (Twin.ConsentWithdrawn, Twin.DeletionRequested),
        ),
        withdraw_all_consents.WithdrawAllConsents: Handler(
            "withdraw-all-consents",
            withdraw_all_consents.handle,
            withdraw_all_consents.ConsentsWithdrawn,
            (Twin.ConsentWithdrawn, Twin.DeletionRequested),
        ),
        plan_photo_uploads.PlanPhotoUploads: Handler(
            "plan-photo-uploads",
            plan_photo_uploads.handle,
            plan_photo_uploads.UploadsPlanned,
            (Twin.UploadsPlanned,),
        ),
        read_upload_plan.ReadUploadPlan: Question(read_upload_plan.handle),
        forget_uploads.ForgetUploads: Handler(
            "forget-uploads",
            forget_uploads.handle,
            forget_uploads.UploadsForgotten,
            (Twin.UploadsForgotten,),
        ),
        clear_first_uploads.ClearFirstUploads: Handler(
            "clear-first-uploads",
            clear_first_uploads.handle,
            clear_first_uploads.FirstUploadsCleared,
            (Twin.DeletionRequested,),
        ),
        submit_photos.SubmitPhotos: Handler(
            "submit-photos",
            submit_photos.handle,
            submit_photos.PhotosSubmitted,
            (Twin.PhotosSubmitted,),
        ),
        claim_photo_set.ClaimPhotoSet: Question(claim_photo_set.handle),
        record_photo_verdicts.RecordPhotoVerdicts: Handler(
            "record-photo-verdicts",
            record_photo_verdicts.handle,
            record_photo_verdicts.PhotoVerdictsRecorded | record_photo_verdicts.PhotoVerdictsLate,
            (Twin.PhotosAccepted, Twin.PhotosRejected, Twin.PlacesGaveWay),
        ),
        expire_photo_set.ExpirePhotoSet: Handler(
            "expire-photo-set",
            expire_photo_set.handle,
            expire_photo_set.PhotoSetExpired,
            (Twin.PhotosRejected,),
        ),
        record_deletion.RecordDeletion: Handler(
            "record-deletion",
            record_deletion.handle,
            record_deletion.DeletionRecorded,
            (Twin.Deleted,),
        ),
        buy_credits.BuyCredits: Handler(
            "buy-credits",
            buy_credits.handle,
            buy_credits.PurchaseStarted,
            (Wallet.PurchaseStarted,),
        ),
        note_payment_hint.NotePaymentHint: Handler(
            "note-payment-hint",
            note_payment_hint.handle,
            note_payment_hint.PaymentHintNoted,
            (Wallet.PaymentHinted,),
        ),
        confirm_payment.ConfirmPayment: Handler(
            "confirm-payment",
            confirm_payment.handle,
            confirm_payment.PaymentConfirmed,
            (Wallet.Credited,),
        ),
        fail_purchase.FailPurchase: Handler(
            "fail-purchase",
            fail_purchase.handle,
            fail_purchase.PurchaseFailed,
            (Wallet.PurchaseFailed,),
        ),
        grant_promotion.GrantPromotion: Handler(
            "grant-promotion",
            grant_promotion.handle,
            grant_promotion.PromotionGranted,
            (Wallet.Promoted,),
        ),
        expire_promotion.ExpirePromotion: Handler(
            "expire-promotion",
            expire_promotion.handle,
            expire_promotion.PromotionExpired,
            (Wallet.PromotionExpired,),
        ),
        QuoteTraining: Question(quote_training),
        QuoteImages: Question(quote_images),
        start_twin_training.StartTwinTraining: Handler(
            "start-twin-training",
            start_twin_training.handle,
            JobOpened,
            (Twin.TrainingAuthorised, Wallet.Reserved, Job.Requested),
        ),
        request_images.RequestImages: Handler(
            "request-images", request_images.handle, JobOpened, (*_IMAGES_REQUESTED,)
        ),
        retry_job.RetryJob: Handler(
            "retry-job",
            retry_job.handle,
            JobOpened,
            (Twin.TrainingAuthorised, *_IMAGES_REQUESTED, Job.Retried),
        ),
        cancel_job.CancelJob: Handler(
            "cancel-job", cancel_job.handle, cancel_job.JobCancelled, (Job.Cancelled, *_SETTLED)
        ),
        stop_jobs_of_twin.StopJobsOfTwin: Handler(
            "stop-jobs-of-twin",
            stop_jobs_of_twin.handle,
            stop_jobs_of_twin.JobsStopped,
            (Job.Cancelled, *_SETTLED),
        ),
        record_claim.RecordClaim: Handler(
            "record-claim",
            record_claim.handle,
            record_claim.ClaimGranted | ClaimDenied,
            (Job.Started,),
        ),
        read_prompt.ReadPrompt: Question(read_prompt.handle),
        record_rendered.RecordRendered: Handler(
            "record-rendered",
            record_rendered.handle,
            ReportTaken | ReportLate,
            (Job.Rendered, Job.ResultDiscarded),
        ),
        record_attempt_failed.RecordAttemptFailed: Handler(
            "record-attempt-failed",
            record_attempt_failed.handle,
            ReportTaken | ReportLate,
            (Job.AttemptFailed, Job.ScreeningFailed, Job.ResultDiscarded),
        ),
        expire_attempt.ExpireAttempt: Handler(
            "expire-attempt",
            expire_attempt.handle,
            expire_attempt.AttemptExpired,
            (Job.AttemptFailed,),
        ),
        open_next_attempt.OpenNextAttempt: Handler(
            "open-next-attempt",
            open_next_attempt.handle,
            open_next_attempt.AttemptOpened,
            (Job.AttemptOpened,),
        ),
        claim_screening.ClaimScreening: Question(claim_screening.handle),
        work_waits.AttemptWaits: Question(work_waits.attempt_waits),
        work_waits.ScreeningWaits: Question(work_waits.screening_waits),
        work_waits.PhotosWait: Question(work_waits.photos_wait),
        record_screening.RecordScreening: Handler(
            "record-screening",
            record_screening.handle,
            record_screening.ScreeningTaken | ReportLate,
            (
                Job.Screened,
                Job.Completed,
                Job.Failed,
                Job.ResultDiscarded,
                Asset.Released,
                Asset.Refused,
                Twin.AdapterDelivered,
                Twin.DeletionRequested,
                *_SETTLED,
            ),
        ),
        expire_screening.ExpireScreening: Handler(
            "expire-screening",
            expire_screening.handle,
            expire_screening.ScreeningExpired,
            (Job.ScreeningFailed,),
        ),
        open_next_screening.OpenNextScreening: Handler(
            "open-next-screening",
            open_next_screening.handle,
            open_next_screening.ScreeningOpened,
            (Job.ScreeningOpened,),
        ),
        fail_job.FailJob: Handler(
            "fail-job", fail_job.handle, fail_job.JobFailed, (Job.Failed, Wallet.Expired, *_SETTLED)
        ),
        set_favourite.SetFavourite: Handler(
            "set-favourite", set_favourite.handle, set_favourite.FavouriteSet, (Asset.Favourited,)
        ),
        unset_favourite.UnsetFavourite: Handler(
            "unset-favourite",
            unset_favourite.handle,
            unset_favourite.FavouriteUnset,
            (Asset.Unfavourited,),
        ),
        keep_asset.KeepAsset: Handler(
            "keep-asset", keep_asset.handle, keep_asset.AssetKept, (Asset.Kept,)
        ),
        purge_asset.PurgeAsset: Handler(
            "purge-asset", purge_asset.handle, purge_asset.PurgeRequested, (Asset.PurgeRequested,)
        ),
        record_purged.RecordPurged: Handler(
            "record-purged", record_purged.handle, record_purged.PurgeRecorded, (Asset.Purged,)
        ),
        publish_price_list.PublishPriceList: Handler(
            "publish-price-list",
            publish_price_list.handle,
            publish_price_list.PriceListPublished,
            (PriceList.Opened, PriceList.Published),
        ),
        publish_policy.PublishPolicy: Handler(
            "publish-policy",
            publish_policy.handle,
            publish_policy.PolicyPublished,
            (Policy.Opened, Policy.Published),
        ),
    }
)
"""By the command's class. A command is executed once per key; a question is only previewed."""
