"""What somebody agreed to for a twin and took back, and the text of it."""

from datetime import datetime
from enum import Enum

import strawberry

from api.refusals import INT_MAX
from api.scalars import Millicredits
from commands.catalogue import agreed_text
from queries.twins.consent_decisions import ConsentDecision as DecisionRow


@strawberry.enum(description="How a consent changed.")
class ConsentDecisionKind(Enum):
    RELEASED = "released"
    GRANTED = "granted"
    ADDED = "added"
    TAKEN_BACK = "taken-back"
    WITHDRAWN = "withdrawn"


@strawberry.type(description="A text that somebody agreed to, word for word.")
class AgreedText:
    version: int
    locale: str
    sha256: str
    text: str


@strawberry.type(description="What followed from taking consent back.")
class WithdrawalReceipt:
    jobs_stopped: int
    credits_returned: Millicredits
    files_deleted: int = strawberry.field(
        description="Photos, measurements, trained twins, and whatever else was there."
    )
    deleted_at: datetime | None
    is_deleting: bool = strawberry.field(description="Whether some files still wait for it.")


@strawberry.type(description="One decision about a twin's consent.")
class ConsentDecision:
    kind: ConsentDecisionKind
    at: datetime
    text_sha256: str | None = strawberry.field(description="Null where it is taken back.")
    text_version: int | None
    scopes: list[str] = strawberry.field(
        description="Ticked, or taken back. Empty where all of it was, and for a release."
    )
    receipt: WithdrawalReceipt | None = strawberry.field(
        description="Where something was taken back."
    )


def consent_decision(row: DecisionRow) -> ConsentDecision:
    """The decision of a row."""
    kind = ConsentDecisionKind(row.kind)
    text = agreed_text(row.text_sha256)
    took_back = kind in (ConsentDecisionKind.TAKEN_BACK, ConsentDecisionKind.WITHDRAWN)
    return ConsentDecision(
        kind=kind,
        at=row.decided_at,
        text_sha256=row.text_sha256,
        text_version=None if text is None else text.version,
        scopes=list(row.scopes),
        receipt=_receipt(row) if took_back else None,
    )


def agreed(sha256: str) -> AgreedText | None:
    """The text of this digest, None where no release had it."""
    found = agreed_text(sha256)
    if found is None:
        return None
    return AgreedText(
        version=found.version, locale=found.locale, sha256=found.sha256, text=found.text
    )


def _receipt(row: DecisionRow) -> WithdrawalReceipt:
    return WithdrawalReceipt(
        jobs_stopped=row.stopped,
        credits_returned=Millicredits(row.returned_millicredits),
        files_deleted=min(row.deleted_objects, INT_MAX),
        deleted_at=row.deleted_at,
        is_deleting=row.is_deleting,
    )
