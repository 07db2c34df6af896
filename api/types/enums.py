"""The closed vocabularies of the contract. Names are ours; values are the stored words."""

from enum import Enum

import strawberry


@strawberry.enum
class JobKind(Enum):
    TRAINING = "training"
    IMAGES = "images"
    VIDEO = "video"


@strawberry.enum
class JobState(Enum):
    REQUESTED = "requested"
    STARTED = "started"
    RENDERED = "rendered"
    SCREENED = "screened"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@strawberry.enum
class AssetKind(Enum):
    IMAGE = "image"
    SAMPLE = "sample"
    VIDEO = "video"


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


@strawberry.enum
class ContentRating(Enum):
    GENERAL = "general"
    SUGGESTIVE = "suggestive"
    ADULT = "adult"


@strawberry.enum
class Phase(Enum):
    LOAD = "load"
    ENCODE = "encode"
    STEP = "step"
    DECODE = "decode"
    UPLOAD = "upload"
