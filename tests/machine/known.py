"""What the people and processes around a studio know: the ids and grants they were answered."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from commands.account.start_verification import VerificationStarted
from commands.gallery.beginning import ChangeBegun
from commands.gallery.create_label import LabelCreated
from commands.jobs.claim_screening import ScreeningGranted
from commands.jobs.opening import JobOpened
from commands.jobs.record_claim import ClaimGranted
from commands.jobs.record_screening import ScreeningTaken
from commands.publishing.claim_publish_pack import PublishPackGranted
from commands.publishing.request_publish_pack import PackRequested
from commands.source_photos.claim_source_photo import SourcePhotoGranted
from commands.twin.claim_photo_set import PhotoSetGranted
from commands.twin.create_twin import TwinCreated
from commands.twin.plan_photo_uploads import PlannedUpload, UploadsPlanned
from commands.wallet.buy_credits import PurchaseStarted
from commands.wallet.grant_promotion import PromotionGranted
from tests.machine.steps import Do


@dataclass
class KnownOwner:
    """What one owner, and whoever works for them, was answered so far; oldest first."""

    verifications: list[UUID] = field(default_factory=list)
    purchases: dict[UUID, PurchaseStarted] = field(default_factory=dict)
    promotions: list[UUID] = field(default_factory=list)
    twins: list[UUID] = field(default_factory=list)
    plans: dict[UUID, tuple[UUID, UploadsPlanned]] = field(default_factory=dict)
    photo_sets: dict[UUID, PhotoSetGranted] = field(default_factory=dict)
    source_photos: dict[UUID, PlannedUpload] = field(default_factory=dict)
    source_grants: dict[UUID, tuple[UUID, SourcePhotoGranted]] = field(default_factory=dict)
    packs: list[UUID] = field(default_factory=list)
    pack_grants: dict[UUID, tuple[UUID, PublishPackGranted]] = field(default_factory=dict)
    jobs: list[UUID] = field(default_factory=list)
    claims: dict[UUID, ClaimGranted] = field(default_factory=dict)
    screenings: dict[UUID, tuple[UUID, ScreeningGranted]] = field(default_factory=dict)
    screened_since: dict[UUID, datetime] = field(default_factory=dict)
    assets: list[UUID] = field(default_factory=list)
    labels: list[UUID] = field(default_factory=list)
    changes: list[UUID] = field(default_factory=list)


class Known:
    """By owner. Ids are added whenever a `Do` was answered."""

    def __init__(self) -> None:
        self.of: defaultdict[UUID, KnownOwner] = defaultdict(KnownOwner)
        self.answered: list[Do] = []

    def learn(self, done: Do, result: Any, *, now: datetime) -> None:
        """Remember what a command or question answered."""
        owner = self.of[done.owner]
        self.answered.append(done)
        match result:
            case VerificationStarted():
                _add(owner.verifications, result.verification_id)
            case PurchaseStarted():
                owner.purchases[result.purchase_id] = result
            case PromotionGranted():
                _add(owner.promotions, result.grant_id)
            case TwinCreated():
                _add(owner.twins, result.twin_id)
            case UploadsPlanned():
                owner.plans[result.submission_id] = done.command.twin_id, result
            case PhotoSetGranted():
                owner.photo_sets[result.submission_id] = result
            case PlannedUpload():
                owner.source_photos[result.photo_id] = result
            case PackRequested():
                _add(owner.packs, result.pack_id)
            case PublishPackGranted():
                owner.pack_grants[result.pack_id] = done.command.claim_id, result
                owner.screened_since[result.pack_id] = now
            case SourcePhotoGranted():
                owner.source_grants[result.photo_id] = done.command.claim_id, result
                owner.screened_since[result.photo_id] = now
            case JobOpened():
                _add(owner.jobs, result.job_id)
            case ClaimGranted():
                owner.claims[result.job_id] = result
            case ScreeningGranted():
                owner.screenings[result.job_id] = done.command.claim_id, result
                owner.screened_since[result.job_id] = now
            case ScreeningTaken():
                for asset in (*result.released, *result.refused):
                    _add(owner.assets, asset)
            case LabelCreated():
                _add(owner.labels, result.label_id)
            case ChangeBegun():
                _add(owner.changes, result.change_id)
            case _:
                pass


def _add(ids: list[UUID], new: UUID) -> None:
    if new not in ids:
        ids.append(new)
