"""Accounts and their identity checks."""

from collections.abc import Callable
from typing import Any

from domain.person import FINAL_OUTCOMES, Person, VerificationOutcome
from projections.feed import account_changed, sight_changed
from projections.read_model import Change, ReadModel, inserted, updated
from projections.tables import ACCOUNT, VERIFICATIONS, Row
from topics.messages.fact import Fact

account = ReadModel("account")


@account.on(Person.Registered)
def _registered(event: Person.Registered, fact: Fact) -> list[Change]:
    return [
        inserted(
            ACCOUNT,
            fact,
            registered_at=event.timestamp,
            verification_id=None,
            verification="none",
            outcome=None,
            assurance=None,
            country=None,
            valid_until=None,
            under_age=False,
        )
    ]


@account.on(Person.VerificationStarted)
def _verification_started(event: Person.VerificationStarted, fact: Fact) -> list[Change]:
    return [
        inserted(
            VERIFICATIONS,
            fact,
            verification_id=event.verification_id,
            provider=event.provider,
            state="started",
            outcome=None,
            assurance=None,
            country=None,
            valid_until=None,
            started_at=event.timestamp,
            decided_at=None,
        ),
        updated(
            ACCOUNT,
            fact,
            verification_id=event.verification_id,
            verification=_unless_verified("pending"),
            outcome=None,
        ),
        account_changed(fact),
    ]


@account.on(Person.Verified)
def _verified(event: Person.Verified, fact: Fact) -> list[Change]:
    proved: dict[str, Any] = {
        "outcome": VerificationOutcome.APPROVED.value,
        "assurance": event.assurance.value,
        "country": event.country,
        "valid_until": event.valid_until,
    }
    return [
        updated(
            VERIFICATIONS,
            fact,
            verification_id=event.verification_id,
            state="verified",
            decided_at=event.timestamp,
            **proved,
        ),
        updated(
            ACCOUNT,
            fact,
            verification_id=event.verification_id,
            verification="verified",
            **proved,
        ),
        account_changed(fact),
    ]


@account.on(Person.VerificationDeclined)
def _verification_declined(event: Person.VerificationDeclined, fact: Fact) -> list[Change]:
    # Some outcomes leave the check open: another document is asked for, or nothing known yet.
    final = event.outcome in FINAL_OUTCOMES
    check = updated(
        VERIFICATIONS,
        fact,
        verification_id=event.verification_id,
        state="declined" if final else "started",
        outcome=event.outcome.value,
        decided_at=event.timestamp if final else None,
    )
    if event.under_age:
        return [check, _found_under_age(event, fact), account_changed(fact), sight_changed(fact)]
    proved_nothing = updated(
        ACCOUNT,
        fact,
        where=lambda row: row["verification_id"] == event.verification_id,
        verification=_unless_verified("declined" if final else "pending"),
        outcome=event.outcome.value,
    )
    return [check, proved_nothing, account_changed(fact)]


def _found_under_age(event: Person.VerificationDeclined, fact: Fact) -> Change:
    """Whichever check found it out, and whatever was proved before."""
    return updated(
        ACCOUNT,
        fact,
        verification_id=event.verification_id,
        verification="declined",
        outcome=event.outcome.value,
        assurance=None,
        country=None,
        valid_until=None,
        under_age=True,
    )


def _unless_verified(verification: str) -> Callable[[Row], str]:
    """Whoever is verified stays so while a new check runs."""
    return lambda row: "verified" if row["verification"] == "verified" else verification
