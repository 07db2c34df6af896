"""What is known of who the viewer is."""

from datetime import datetime

import strawberry

from api.types.enums import VerificationReason, VerificationStatus
from commands.catalogue import VERIFICATIONS_MAX
from queries.account.overview import Account


@strawberry.type(description="What is known of the viewer's identity and age.")
class Verification:
    status: VerificationStatus
    assurance: str | None
    country: str | None
    valid_until: datetime | None
    reason: VerificationReason | None = strawberry.field(
        description="What the last check came to. Null where none has said anything, and for "
        "whoever is verified or was."
    )
    started_at: datetime | None = strawberry.field(
        description="When the last check was begun. Null where there was none."
    )
    tries_left: int = strawberry.field(description="How many more checks may be begun.")


def verification(found: Account | None, *, at: datetime) -> Verification:
    """The verification of an account, which is None until it was projected."""
    if found is None:
        return Verification(
            status=VerificationStatus.NONE,
            assurance=None,
            country=None,
            valid_until=None,
            reason=None,
            started_at=None,
            tries_left=VERIFICATIONS_MAX,
        )
    left = 0 if found.under_age else max(0, VERIFICATIONS_MAX - found.checks_started)
    return Verification(
        status=VerificationStatus(found.verification_at(at)),
        assurance=found.assurance,
        country=found.country,
        valid_until=found.valid_until,
        reason=VerificationReason(found.reason) if found.reason else None,
        started_at=found.check_started_at,
        tries_left=left,
    )
