"""Every reaction there is, and which of them answer one event."""

from collections.abc import Iterator
from uuid import UUID

from commands.reactions import (
    accepted_photos_clear_uploads,
    cancelled_job_is_stopped,
    chunk_is_carried_out,
    deletion_is_carried_out,
    delivered_adapter_clears_other_copies,
    discarded_result_is_deleted,
    ended_job_clears_quarantine,
    failed_attempt_goes_on,
    failed_screening_goes_on,
    former_places_are_deleted,
    job_has_a_deadline,
    lent_asset_is_gone,
    payment_hint_is_followed,
    photo_set_is_bounded,
    planned_uploads_are_forgotten,
    promotion_expires,
    publish_pack_is_made,
    purchase_is_followed,
    purge_is_carried_out,
    refused_asset_is_deleted,
    rejected_photos_are_deleted,
    released_asset_clears_other_copies,
    screening_is_bounded,
    source_photo_is_bounded,
    source_photo_is_cleared,
    superseded_photos_are_deleted,
    trash_is_emptied,
    turn_is_announced,
    under_age_withdraws_consents,
    verification_hint_is_followed,
    verification_is_followed,
    withdrawal_is_heard_by_workers,
    withdrawal_stops_jobs,
    work_is_announced,
)
from commands.reactions.reaction import Answer, Reaction
from domain.asset import Asset
from domain.bulk_change import BulkChunk
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.person import Person
from domain.publish_pack import PublishPacks
from domain.source_photos import SourcePhotos
from domain.twin import Twin
from domain.wallet import Wallet

REACTIONS: tuple[Reaction, ...] = (
    Reaction("withdrawal-stops-jobs", Twin.ConsentWithdrawn, withdrawal_stops_jobs.react),
    Reaction(
        "scope-taken-back-stops-jobs", Twin.ConsentScopesTakenBack, withdrawal_stops_jobs.react
    ),
    Reaction("deletion-is-carried-out", Twin.DeletionRequested, deletion_is_carried_out.react),
    Reaction(
        "accepted-photos-clear-uploads",
        Twin.PhotosAccepted,
        accepted_photos_clear_uploads.react,
    ),
    Reaction("rejected-photos-are-deleted", Twin.PhotosRejected, rejected_photos_are_deleted.react),
    Reaction("requested-job-is-announced", Job.Requested, work_is_announced.first_attempt),
    Reaction("opened-attempt-is-announced", Job.AttemptOpened, work_is_announced.next_attempt),
    Reaction("rendered-outputs-are-announced", Job.Rendered, work_is_announced.screening),
    Reaction("opened-screening-is-announced", Job.ScreeningOpened, work_is_announced.screening),
    Reaction("submitted-photos-are-announced", Twin.PhotosSubmitted, work_is_announced.photos),
    Reaction("taken-turn-is-announced", Job.TurnTaken, turn_is_announced.react),
    Reaction("cancelled-job-is-stopped", Job.Cancelled, cancelled_job_is_stopped.react),
    Reaction("failed-job-is-stopped", Job.Failed, cancelled_job_is_stopped.after_failure),
    Reaction("failed-attempt-goes-on", Job.AttemptFailed, failed_attempt_goes_on.react),
    Reaction(
        "completed-job-clears-quarantine",
        Job.Completed,
        ended_job_clears_quarantine.after_completion,
    ),
    Reaction(
        "failed-job-clears-quarantine", Job.Failed, ended_job_clears_quarantine.after_no_result
    ),
    Reaction(
        "cancelled-job-clears-quarantine",
        Job.Cancelled,
        ended_job_clears_quarantine.after_no_result,
    ),
    Reaction("discarded-result-is-deleted", Job.ResultDiscarded, discarded_result_is_deleted.react),
    Reaction("refused-asset-is-deleted", Asset.Refused, refused_asset_is_deleted.react),
    Reaction("purge-is-carried-out", Asset.PurgeRequested, purge_is_carried_out.react),
    Reaction(
        "verification-hint-is-followed",
        Person.VerificationHinted,
        verification_hint_is_followed.react,
    ),
    Reaction("payment-hint-is-followed", Wallet.PaymentHinted, payment_hint_is_followed.react),
    Reaction("job-has-a-deadline", Job.Requested, job_has_a_deadline.react),
    Reaction(
        "verification-is-followed", Person.VerificationStarted, verification_is_followed.react
    ),
    Reaction("purchase-is-followed", Wallet.PurchaseStarted, purchase_is_followed.react),
    Reaction(
        "expired-purchase-is-looked-at", Wallet.PurchaseFailed, purchase_is_followed.after_expiry
    ),
    Reaction("promotion-expires", Wallet.Promoted, promotion_expires.react),
    Reaction("released-promotion-expires", Wallet.Released, promotion_expires.after_return),
    Reaction("returned-promotion-expires", Wallet.Expired, promotion_expires.after_return),
    Reaction("begun-screening-is-bounded", Job.ScreeningStarted, screening_is_bounded.react),
    Reaction("failed-screening-goes-on", Job.ScreeningFailed, failed_screening_goes_on.react),
    Reaction(
        "under-age-withdraws-consents",
        Person.VerificationDeclined,
        under_age_withdraws_consents.react,
    ),
    Reaction(
        "released-asset-clears-other-copies",
        Asset.Released,
        released_asset_clears_other_copies.react,
    ),
    Reaction(
        "delivered-adapter-clears-other-copies",
        Twin.AdapterDelivered,
        delivered_adapter_clears_other_copies.react,
    ),
    Reaction(
        "planned-uploads-are-forgotten",
        Twin.UploadsPlanned,
        planned_uploads_are_forgotten.after_planning,
    ),
    Reaction(
        "forgotten-uploads-are-deleted",
        Twin.UploadsForgotten,
        planned_uploads_are_forgotten.after_forgetting,
    ),
    Reaction(
        "superseded-photos-are-deleted",
        Twin.PhotosSubmitted,
        superseded_photos_are_deleted.react,
    ),
    Reaction("photo-set-is-bounded", Twin.PhotosSubmitted, photo_set_is_bounded.react),
    Reaction("former-places-are-deleted", Twin.PlacesGaveWay, former_places_are_deleted.react),
    Reaction("purged-source-ends-jobs", Asset.PurgeRequested, lent_asset_is_gone.react),
    Reaction("hidden-source-ends-jobs", Asset.Hidden, lent_asset_is_gone.react),
    Reaction("trash-is-emptied", Asset.Trashed, trash_is_emptied.react),
    Reaction("chunk-is-carried-out", BulkChunk.Listed, chunk_is_carried_out.react),
    Reaction("requested-pack-is-announced", PublishPacks.Requested, publish_pack_is_made.announced),
    Reaction("requested-pack-is-bounded", PublishPacks.Requested, publish_pack_is_made.bounded),
    Reaction("made-pack-expires", PublishPacks.Made, publish_pack_is_made.expires),
    Reaction("made-pack-clears-others", PublishPacks.Made, publish_pack_is_made.clears_others),
    Reaction("failed-pack-is-deleted", PublishPacks.Failed, publish_pack_is_made.deleted),
    Reaction("expired-pack-is-deleted", PublishPacks.Expired, publish_pack_is_made.deleted),
    Reaction(
        "planned-source-is-forgotten", SourcePhotos.Planned, source_photo_is_bounded.after_planning
    ),
    Reaction(
        "submitted-source-is-announced", SourcePhotos.Submitted, work_is_announced.source_photo
    ),
    Reaction(
        "submitted-source-is-bounded",
        SourcePhotos.Submitted,
        source_photo_is_bounded.after_submission,
    ),
    Reaction(
        "accepted-source-clears-copies",
        SourcePhotos.Accepted,
        source_photo_is_cleared.after_acceptance,
    ),
    Reaction(
        "accepted-source-is-forgotten", SourcePhotos.Accepted, source_photo_is_bounded.after_use
    ),
    Reaction("used-source-is-forgotten", SourcePhotos.Lent, source_photo_is_bounded.after_use),
    Reaction(
        "refused-source-is-deleted", SourcePhotos.Refused, source_photo_is_cleared.after_refusal
    ),
    Reaction(
        "forgotten-source-is-deleted", SourcePhotos.Deleted, source_photo_is_cleared.after_deletion
    ),
    Reaction("deleted-source-ends-jobs", SourcePhotos.Deleted, source_photo_is_cleared.jobs_end),
    Reaction(
        "withdrawal-forgets-sources",
        Twin.ConsentWithdrawn,
        source_photo_is_bounded.after_withdrawal,
    ),
    Reaction(
        "withdrawal-is-heard-by-workers",
        Twin.ConsentWithdrawn,
        withdrawal_is_heard_by_workers.react,
    ),
    Reaction(
        "scope-taken-back-forgets-sources",
        Twin.ConsentScopesTakenBack,
        source_photo_is_bounded.after_withdrawal,
    ),
)
"""In the order in which the answers to one event are carried out."""


def answers_to(event: Aggregate.Event, owner_id: UUID) -> Iterator[Answer]:
    """What one event asks for, each with its idempotency key. Nothing for most events."""
    for reaction in REACTIONS:
        if reaction.event_class is type(event):
            yield from reaction.answers(event, owner_id)
