"""The closed vocabularies of the contract: the domain's and the topics' own words, under our names.

A word that is added there is added to the schema, which is generated and compared.
"""

from enum import Enum

import strawberry

from commands.catalogue import (
    AssetKind,
    GalleryChange,
    JobKind,
    JobState,
    PurchaseFailure,
    PurchaseState,
    Rating,
    RenditionRole,
)
from topics.messages.progress import Phase

for _vocabulary in (
    AssetKind,
    GalleryChange,
    JobKind,
    JobState,
    Phase,
    PurchaseFailure,
    PurchaseState,
    RenditionRole,
):
    strawberry.enum(_vocabulary)
strawberry.enum(Rating, name="ContentRating")


@strawberry.enum
class TwinStatus(Enum):
    CREATED = "created"
    CONSENTED = "consented"
    PHOTOS_JUDGING = "photos-submitted"
    PHOTOS_ACCEPTED = "photos-accepted"
    PHOTOS_REJECTED = "photos-rejected"
    TRAINING = "training"
    TRAINED = "trained"
    CONSENT_WITHDRAWN = "consent-withdrawn"


@strawberry.enum
class VerificationStatus(Enum):
    NONE = "none"
    PENDING = "pending"
    VERIFIED = "verified"
    DECLINED = "declined"
    EXPIRED = "expired"


@strawberry.enum(description="Why a person is not verified yet. `UNDER_AGE` is final: no new try.")
class VerificationReason(Enum):
    DECLINED = "declined"
    UNDER_AGE = "under-age"
    RESUBMISSION = "resubmission"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@strawberry.enum(description="The longest side of a thumbnail.")
class ThumbnailSize(Enum):
    PX_256 = RenditionRole.THUMBNAIL_256
    PX_512 = RenditionRole.THUMBNAIL_512


@strawberry.enum(description="How one gallery item was made from another.")
class Derivation(Enum):
    REMIX = "remix"
    VARIATION = "variation"
    ANIMATION = "animation"


__all__ = [
    "AssetKind",
    "Derivation",
    "GalleryChange",
    "JobKind",
    "JobState",
    "Phase",
    "PurchaseFailure",
    "PurchaseState",
    "Rating",
    "RenditionRole",
    "ThumbnailSize",
    "TwinStatus",
    "VerificationReason",
    "VerificationStatus",
]
