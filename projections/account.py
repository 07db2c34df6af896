"""Accounts and their identity checks."""

from typing import Any

from domain.person import FINAL_OUTCOMES, Person, VerificationOutcome
from projections.read_model import Change, ReadModel
from topics.messages.fact import Fact

account = ReadModel("account")


@account.on(Person.Registered)
def _registered(event: Person.Registered, fact: Fact) -> list[Change]:
    return [
        Change(
            """
            INSERT INTO account (owner_id, registered_at, position)
            VALUES (%(owner_id)s, %(at)s, %(position)s)
            """,
            {"owner_id": fact.owner_id, "at": event.timestamp, "position": fact.position},
        )
    ]


@account.on(Person.VerificationStarted)
def _verification_started(event: Person.VerificationStarted, fact: Fact) -> list[Change]:
    values = {
        "owner_id": fact.owner_id,
        "verification_id": event.verification_id,
        "provider": event.provider,
        "at": event.timestamp,
        "position": fact.position,
    }
    return [
        Change(
            """
            INSERT INTO verifications (owner_id, verification_id, provider, started_at, position)
            VALUES (%(owner_id)s, %(verification_id)s, %(provider)s, %(at)s, %(position)s)
            """,
            values,
        ),
        # Whoever is verified stays so while a new check runs.
        Change(
            """
            UPDATE account SET verification_id = %(verification_id)s,
                               verification = CASE verification WHEN 'verified' THEN 'verified'
                                              ELSE 'pending' END,
                               outcome = NULL, position = %(position)s
             WHERE owner_id = %(owner_id)s
            """,
            values,
        ),
    ]


@account.on(Person.Verified)
def _verified(event: Person.Verified, fact: Fact) -> list[Change]:
    values = {
        "owner_id": fact.owner_id,
        "verification_id": event.verification_id,
        "outcome": VerificationOutcome.APPROVED.value,
        "assurance": event.assurance.value,
        "country": event.country,
        "valid_until": event.valid_until,
        "at": event.timestamp,
        "position": fact.position,
    }
    return [
        Change(
            """
            UPDATE verifications
               SET state = 'verified', outcome = %(outcome)s, assurance = %(assurance)s,
                   country = %(country)s, valid_until = %(valid_until)s, decided_at = %(at)s,
                   position = %(position)s
             WHERE owner_id = %(owner_id)s AND verification_id = %(verification_id)s
            """,
            values,
        ),
        Change(
            """
            UPDATE account
               SET verification_id = %(verification_id)s, verification = 'verified',
                   outcome = %(outcome)s, assurance = %(assurance)s, country = %(country)s,
                   valid_until = %(valid_until)s, position = %(position)s
             WHERE owner_id = %(owner_id)s
            """,
            values,
        ),
    ]


@account.on(Person.VerificationDeclined)
def _verification_declined(event: Person.VerificationDeclined, fact: Fact) -> list[Change]:
    # Some outcomes leave the check open: another document is asked for, or nothing known yet.
    final = event.outcome in FINAL_OUTCOMES
    values: dict[str, Any] = {
        "owner_id": fact.owner_id,
        "verification_id": event.verification_id,
        "outcome": event.outcome.value,
        "check_state": "declined" if final else "started",
        "account_state": "declined" if final else "pending",
        "decided_at": event.timestamp if final else None,
        "position": fact.position,
    }
    return [
        Change(
            """
            UPDATE verifications
               SET state = %(check_state)s, outcome = %(outcome)s, decided_at = %(decided_at)s,
                   position = %(position)s
             WHERE owner_id = %(owner_id)s AND verification_id = %(verification_id)s
            """,
            values,
        ),
        Change(
            """
            UPDATE account
               SET verification = CASE verification WHEN 'verified' THEN 'verified'
                                  ELSE %(account_state)s END,
                   outcome = %(outcome)s, position = %(position)s
             WHERE owner_id = %(owner_id)s AND verification_id = %(verification_id)s
            """,
            values,
        ),
    ]
