"""Every command and every question, with what carries it out."""

from commands.account import (
    note_verification_hint,
    record_verification,
    register_person,
    start_verification,
)
from commands.gallery import (
    add_thumbnails,
    carry_out_chunk,
    change_assets,
    close_collection,
    create_label,
    delete_label,
    keep_asset,
    lacking_thumbnails,
    open_collection,
    purge_asset,
    purge_trashed,
    record_purged,
    rename_label,
    set_favourite,
    undo_change,
    unneeded_bytes,
    unset_favourite,
)
from commands.jobs import (
    cancel_job,
    claim_screening,
    end_without_source,
    expire_attempt,
    expire_screening,
    fail_job,
    move_job_up,
    open_next_attempt,
    open_next_screening,
    read_prompt,
    record_attempt_failed,
    record_claim,
    record_rendered,
    record_screening,
    request_images,
    request_video,
    retry_job,
    start_screening,
    start_twin_training,
    stop_jobs_of_twin,
    work_waits,
)
from commands.publishing import (
    claim_publish_pack,
    end_publish_pack,
    record_publish_pack,
    request_publish_pack,
)
from commands.quote import quote_clips, quote_images, quote_training
from commands.safety import publish_new_defaults, publish_policy, publish_price_list
from commands.source_photos import (
    claim_source_photo,
    delete_source_photo,
    forget_source_photo,
    forget_uncovered_sources,
    give_up_source_photo,
    plan_source_photo,
    read_source_plan,
    record_source_photo,
    submit_source_photo,
)
from commands.studio import Handler, Question, by_command
from commands.twin import (
    add_consent_scopes,
    choose_checkpoint,
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
    take_back_consent_scopes,
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
from domain.bulk_change import BulkChange, BulkChunk
from domain.gallery import Gallery
from domain.job import Job
from domain.person import Person
from domain.policy import Policy
from domain.price_list import PriceList
from domain.publish_pack import PublishPacks
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet

_DRAWING_REQUESTED = (
    Twin.GenerationAuthorised,
    Person.GenerationAuthorised,
    Wallet.Reserved,
    Job.Requested,
    Asset.Lent,
    SourcePhotos.Lent,
)
_ITEMS_CHANGED = (
    Asset.Favourited,
    Asset.Unfavourited,
    Asset.Labelled,
    Asset.Unlabelled,
    Asset.Trashed,
    Asset.Restored,
    Asset.Kept,
    Asset.PurgeRequested,
    BulkChunk.CarriedOut,
)
_CHANGE_BEGUN = (BulkChange.Requested, BulkChunk.Listed, *_ITEMS_CHANGED)
_SETTLED = (Wallet.Captured, Wallet.Released, Twin.JobEnded, Twin.PlacesGaveWay)


HANDLERS = by_command(
    Handler("register-person", register_person.handle, (Person.Registered, Wallet.Opened)),
    Handler("start-verification", start_verification.handle, (Person.VerificationStarted,)),
    Handler("note-verification-hint", note_verification_hint.handle, (Person.VerificationHinted,)),
    Handler(
        "record-verification",
        record_verification.handle,
        (
            Person.Verified,
            Person.VerificationDeclined,
            Twin.ConsentWithdrawn,
            Twin.DeletionRequested,
        ),
    ),
    Handler(
        "create-twin",
        create_twin.handle,
        (Person.TwinSetAside, Person.TwinOpened, Twin.Created),
    ),
    Handler(
        "sign-biometric-release", sign_biometric_release.handle, (Twin.BiometricReleaseSigned,)
    ),
    Handler(
        "grant-consent",
        grant_consent.handle,
        (Twin.ConsentGranted, Person.TwinSetAside, Person.TwinOpened),
    ),
    Handler("add-consent-scopes", add_consent_scopes.handle, (Twin.ConsentScopesAdded,)),
    Handler(
        "take-back-consent-scopes",
        take_back_consent_scopes.handle,
        (Twin.ConsentScopesTakenBack, Twin.ConsentWithdrawn, Twin.DeletionRequested),
    ),
    Handler("choose-checkpoint", choose_checkpoint.handle, (Twin.CheckpointChosen,)),
    Handler(
        "withdraw-consent", withdraw_consent.handle, (Twin.ConsentWithdrawn, Twin.DeletionRequested)
    ),
    Handler(
        "withdraw-all-consents",
        withdraw_all_consents.handle,
        (Twin.ConsentWithdrawn, Twin.DeletionRequested, Job.Cancelled, *_SETTLED),
    ),
    Handler("plan-photo-uploads", plan_photo_uploads.handle, (Twin.UploadsPlanned,)),
    Question(read_upload_plan.handle),
    Handler("forget-uploads", forget_uploads.handle, (Twin.UploadsForgotten,)),
    Handler("clear-first-uploads", clear_first_uploads.handle, (Twin.DeletionRequested,)),
    Handler("submit-photos", submit_photos.handle, (Twin.PhotosSubmitted,)),
    Question(claim_photo_set.handle),
    Handler(
        "record-photo-verdicts",
        record_photo_verdicts.handle,
        (Twin.PhotosAccepted, Twin.PhotosRejected, Twin.PlacesGaveWay),
    ),
    Handler("expire-photo-set", expire_photo_set.handle, (Twin.PhotosRejected,)),
    Handler("record-deletion", record_deletion.handle, (Twin.Deleted,)),
    Handler(
        "plan-source-photo",
        plan_source_photo.handle,
        (SourcePhotos.Opened, SourcePhotos.Planned),
    ),
    Question(read_source_plan.handle),
    Handler("submit-source-photo", submit_source_photo.handle, (SourcePhotos.Submitted,)),
    Question(claim_source_photo.handle),
    Handler(
        "record-source-photo",
        record_source_photo.handle,
        (SourcePhotos.Accepted, SourcePhotos.Refused),
    ),
    Handler("give-up-source-photo", give_up_source_photo.handle, (SourcePhotos.Refused,)),
    Handler("delete-source-photo", delete_source_photo.handle, (SourcePhotos.Deleted,)),
    Handler("forget-planned-source", forget_source_photo.planned, (SourcePhotos.Deleted,)),
    Handler("forget-unused-source", forget_source_photo.unused, (SourcePhotos.Deleted,)),
    Handler("forget-uncovered-sources", forget_uncovered_sources.handle, (SourcePhotos.Deleted,)),
    Handler("buy-credits", buy_credits.handle, (Wallet.PurchaseStarted,)),
    Handler("note-payment-hint", note_payment_hint.handle, (Wallet.PaymentHinted,)),
    Handler("confirm-payment", confirm_payment.handle, (Wallet.Credited,)),
    Handler("fail-purchase", fail_purchase.handle, (Wallet.PurchaseFailed,)),
    Handler("grant-promotion", grant_promotion.handle, (Wallet.Promoted,)),
    Handler("expire-promotion", expire_promotion.handle, (Wallet.PromotionExpired,)),
    Question(quote_training),
    Question(quote_images),
    Question(quote_clips),
    Handler(
        "start-twin-training",
        start_twin_training.handle,
        (Twin.TrainingAuthorised, Wallet.Reserved, Job.Requested),
    ),
    Handler("request-images", request_images.handle, _DRAWING_REQUESTED),
    Handler("request-video", request_video.handle, _DRAWING_REQUESTED),
    Handler(
        "retry-job",
        retry_job.handle,
        (Twin.TrainingAuthorised, *_DRAWING_REQUESTED, Job.Retried),
    ),
    Handler("cancel-job", cancel_job.handle, (Job.Cancelled, *_SETTLED)),
    Handler("move-job-up", move_job_up.handle, (Job.TurnTaken,)),
    Question(move_job_up.turn_of_job),
    Handler("stop-jobs-of-twin", stop_jobs_of_twin.handle, (Job.Cancelled, *_SETTLED)),
    Handler("record-claim", record_claim.handle, (Job.Started, Job.Failed, *_SETTLED)),
    Question(read_prompt.handle),
    Handler("record-rendered", record_rendered.handle, (Job.Rendered, Job.ResultDiscarded)),
    Handler(
        "record-attempt-failed",
        record_attempt_failed.handle,
        (Job.AttemptFailed, Job.ScreeningFailed, Job.ResultDiscarded),
    ),
    Handler("expire-attempt", expire_attempt.handle, (Job.AttemptFailed,)),
    Handler("open-next-attempt", open_next_attempt.handle, (Job.AttemptOpened,)),
    Question(claim_screening.handle),
    Question(work_waits.attempt_waits),
    Question(work_waits.screening_waits),
    Question(work_waits.photos_wait),
    Question(work_waits.source_photo_waits),
    Question(unneeded_bytes.of_job),
    Question(unneeded_bytes.of_asset),
    Question(unneeded_bytes.of_twin),
    Handler(
        "record-screening",
        record_screening.handle,
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
    Handler("start-screening", start_screening.handle, (Job.ScreeningStarted,)),
    Handler("expire-screening", expire_screening.handle, (Job.ScreeningFailed,)),
    Handler("open-next-screening", open_next_screening.handle, (Job.ScreeningOpened,)),
    Handler("end-without-source", end_without_source.handle, (Job.Failed, *_SETTLED)),
    Handler("fail-job", fail_job.handle, (Job.Failed, Wallet.Expired, *_SETTLED)),
    Question(lacking_thumbnails.handle),
    Handler("add-thumbnails", add_thumbnails.handle, (Asset.ThumbnailsAdded,)),
    Handler("set-favourite", set_favourite.handle, (Asset.Favourited,)),
    Handler("unset-favourite", unset_favourite.handle, (Asset.Unfavourited,)),
    Handler("keep-asset", keep_asset.handle, (Asset.Kept,)),
    Handler("purge-asset", purge_asset.handle, (Asset.PurgeRequested,)),
    Handler("record-purged", record_purged.handle, (Asset.Purged,)),
    Handler("purge-trashed", purge_trashed.handle, (Asset.PurgeRequested,)),
    Handler(
        "request-publish-pack",
        request_publish_pack.handle,
        (PublishPacks.Opened, PublishPacks.Requested),
    ),
    Question(claim_publish_pack.handle),
    Question(work_waits.publish_pack_waits),
    Handler(
        "record-publish-pack",
        record_publish_pack.handle,
        (PublishPacks.Made, PublishPacks.Failed),
    ),
    Handler("give-up-publish-pack", end_publish_pack.give_up, (PublishPacks.Failed,)),
    Handler("expire-publish-pack", end_publish_pack.expire, (PublishPacks.Expired,)),
    Handler("create-label", create_label.handle, (Gallery.Opened, Gallery.LabelCreated)),
    Handler("rename-label", rename_label.handle, (Gallery.LabelRenamed,)),
    Handler("delete-label", delete_label.handle, (Gallery.LabelDeleted,)),
    Handler("close-collection", close_collection.handle, (Gallery.CollectionClosed,)),
    Handler("open-collection", open_collection.handle, (Gallery.CollectionOpened,)),
    Handler("change-assets", change_assets.handle, _CHANGE_BEGUN),
    Handler("carry-out-chunk", carry_out_chunk.handle, _ITEMS_CHANGED),
    Handler("undo-change", undo_change.handle, (BulkChange.Undone, *_CHANGE_BEGUN)),
    Handler(
        "publish-price-list", publish_price_list.handle, (PriceList.Opened, PriceList.Published)
    ),
    Handler("publish-policy", publish_policy.handle, (Policy.Opened, Policy.Published)),
    Handler(
        "publish-new-defaults",
        publish_new_defaults.handle,
        (PriceList.Published, Policy.Published),
    ),
)
"""By the command's class. A command is executed once per key; a question is only previewed."""
