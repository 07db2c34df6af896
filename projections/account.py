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
            SELECT owner_id, registered_at, position
              FROM json_populate_recordset(NULL::account, %(rows)s)
            """,
            {
                "owner_id": fact.owner_id,
                "registered_at": event.timestamp,
                "position": fact.position,
            },
        )
    ]


@account.on(Person.VerificationStarted)
def _verification_started(event: Person.VerificationStarted, fact: Fact) -> list[Change]:
    values = {
        "owner_id": fact.owner_id,
        "verification_id": event.verification_id,
        "provider": event.provider,
        "started_at": event.timestamp,
        "position": fact.position,
    }
    return [
        Change(
            """
            INSERT INTO verifications (owner_id, verification_id, provider, started_at, position)
            SELECT owner_id, verification_id, provider, started_at, position
              FROM json_populate_recordset(NULL::verifications, %(rows)s)
            """,
            values,
        ),
        # Whoever is verified stays so while a new check runs.
        Change(
            """
            UPDATE account AS a
               SET verification_id = c.verification_id,
                   verification = CASE a.verification WHEN 'verified' THEN 'verified'
                                  ELSE 'pending' END,
                   outcome = NULL, position = c.position
              FROM json_populate_recordset(NULL::account, %(rows)s) AS c
             WHERE a.owner_id = c.owner_id
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
        "decided_at": event.timestamp,
        "position": fact.position,
    }
    return [
        Change(
            """
            UPDATE verifications AS v
               SET state = 'verified', outcome = c.outcome, assurance = c.assurance,
                   country = c.country, valid_until = c.valid_until, decided_at = c.decided_at,
                   position = c.position
              FROM json_populate_recordset(NULL::verifications, %(rows)s) AS c
             WHERE v.owner_id = c.owner_id AND v.verification_id = c.verification_id
            """,
            values,
        ),
        Change(
            """
            UPDATE account AS a
               SET verification_id = c.verification_id, verification = 'verified',
                   outcome = c.outcome, assurance = c.assurance, country = c.country,
                   valid_until = c.valid_until, position = c.position
              FROM json_populate_recordset(NULL::account, %(rows)s) AS c
             WHERE a.owner_id = c.owner_id
            """,
            values,
        ),
    ]


@account.on(Person.VerificationDeclined)
def _verification_declined(event: Person.VerificationDeclined, fact: Fact) -> list[Change]:
    # Some outcomes leave the check open: another document is asked for, or nothing known yet.
    final = event.outcome in FINAL_OUTCOMES
    values = {
        "owner_id": fact.owner_id,
        "verification_id": event.verification_id,
        "outcome": event.outcome.value,
        "position": fact.position,
    }
    check = {
        "state": "declined" if final else "started",
        "decided_at": event.timestamp if final else None,
    }
    return [
        Change(
            """
            UPDATE verifications AS v
               SET state = c.state, outcome = c.outcome, decided_at = c.decided_at,
                   position = c.position
              FROM json_populate_recordset(NULL::verifications, %(rows)s) AS c
             WHERE v.owner_id = c.owner_id AND v.verification_id = c.verification_id
            """,
            {**values, **check},
        ),
        _found_under_age(values)
        if event.under_age
        else _proved_nothing(values, "declined" if final else "pending"),
    ]


def _proved_nothing(values: dict[str, Any], verification: str) -> Change:
    return Change(
        """
        UPDATE account AS a
           SET verification = CASE a.verification WHEN 'verified' THEN 'verified'
                              ELSE c.verification END,
               outcome = c.outcome, position = c.position
          FROM json_populate_recordset(NULL::account, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id AND a.verification_id = c.verification_id
        """,
        {**values, "verification": verification},
    )


def _found_under_age(values: dict[str, Any]) -> Change:
    """Whichever check found it out, and whatever was proved before."""
    return Change(
        """
        UPDATE account AS a
           SET verification_id = c.verification_id, verification = 'declined',
               outcome = c.outcome, assurance = NULL, country = NULL, valid_until = NULL,
               position = c.position
          FROM json_populate_recordset(NULL::account, %(rows)s) AS c
         WHERE a.owner_id = c.owner_id
        """,
        values,
    )
