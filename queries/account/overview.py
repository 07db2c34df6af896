"""Who am I here: registration and the state of my identity check."""

from datetime import datetime
from uuid import UUID

import msgspec

from queries.viewer import View


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person. `verification` is none, pending, verified or declined as last decided.

    `checks_started` counts all identity checks there ever were, the last at `check_started_at`.
    """

    owner_id: UUID
    registered_at: datetime
    verification_id: UUID | None
    verification: str
    outcome: str | None
    assurance: str | None
    country: str | None
    valid_until: datetime | None
    under_age: bool
    position: int
    checks_started: int
    check_started_at: datetime | None

    def verification_at(self, at: datetime) -> str:
        """As `verification`, or expired where the document's validity ended before `at`."""
        if self.verification == "verified" and self.valid_until and self.valid_until <= at:
            return "expired"
        return self.verification

    @property
    def reason(self) -> str | None:
        """Why nobody is verified yet: under-age, which is final, or the last check's outcome."""
        if self.under_age:
            return "under-age"
        return None if self.verification == "verified" else self.outcome


def account(view: View) -> Account | None:
    """The viewer's account, None until their registration was projected."""
    return view.one(
        Account,
        """
        SELECT a.*, coalesce(checks.started, 0)::int AS checks_started,
               checks.started_at AS check_started_at
          FROM views.account a
          LEFT JOIN LATERAL (
               SELECT count(*) AS started, max(v.started_at) AS started_at
                 FROM views.verifications v WHERE v.owner_id = a.owner_id
               ) AS checks ON true
         WHERE a.owner_id = %(viewer)s
        """,
        {"viewer": view.viewer_id},
    )
