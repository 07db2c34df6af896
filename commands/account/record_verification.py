"""The provider's decision, fetched from the provider itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from commands.twin.withdraw_all_consents import withdrawn_twins
from commands.work import Work
from domain.person import Person, VerificationDecision, VerificationOutcome


@dataclass(frozen=True)
class RecordVerification:
    """`outcome` is the provider's own word; the domain decides whether it verifies."""

    verification_id: UUID
    outcome: str
    adult: bool | None = None
    country: str | None = None
    document_digest: str | None = None
    valid_until: datetime | None = None


def handle(command: RecordVerification, work: Work) -> None:
    """Record what the provider decided. A word nobody knows counts as `UNKNOWN`: not verified.

    Whoever is found to be under age loses every consent with it. Raises `NotFound`,
    `AlreadyDecided` after a final decision, and `UnderAge` after a decision that
    the person is no adult.
    """
    person = work.load(Person, work.owner_id)
    decision = VerificationDecision(
        outcome=_outcome(command.outcome),
        adult=command.adult,
        country=command.country,
        document_digest=command.document_digest,
        valid_until=command.valid_until,
    )
    person.record_decision(command.verification_id, decision, at=work.now)
    # In this save: whatever waits to be released when the age is known is released no more.
    void = withdrawn_twins(person, work) if person.under_age else ()
    work.save(person, *void)


def _outcome(word: str) -> VerificationOutcome:
    try:
        return VerificationOutcome(word)
    except ValueError:
        return VerificationOutcome.UNKNOWN
