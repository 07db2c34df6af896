"""What may be made where, and which checks every output has to pass first."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.assurance import SANDBOX_COUNTRY
from domain.checks import Check
from domain.engines import ENGINES
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import POLICY_ID
from domain.rating import Rating
from domain.refusals import (
    ApprovalMissing,
    JurisdictionNotAllowed,
    PolicyIncomplete,
    RatingNotAllowed,
    VersionNotNext,
)
from domain.screening_profile import ScreeningProfile

ADULT_APPROVERS_MIN = 2
"""No single person can switch ADULT on."""

DENIED_JURISDICTIONS = frozenset({"US-MN"})
"""Denied whatever a row says."""

HASH_LIST_AGE_MAX_S = 24 * 60 * 60
"""A list of known hashes older than a day has missed a day of reports."""

INDISPENSABLE_CHECKS = (
    Check.KNOWN_HASH,
    Check.FACE_COUNT,
    Check.IDENTITY,
    Check.MINOR_VETO,
    Check.PROVENANCE,
)
"""Checks that no row may leave out."""


def draws_photographs(engine: str) -> bool:
    """Whether what an engine draws may be taken for a photograph. One that is unknown does."""
    entry = ENGINES.get(engine)
    return entry is None or entry.photorealistic


class PolicyRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one engine may make at one rating, of what is looked at in one way.

    `checks` is what an output of a twin has to pass. `jurisdictions` are ISO 3166 codes, a country
    ("DE") or a part of one ("US-CA"). A row that says nothing of `screening` is about pictures, as
    all were before there were clips.
    """

    engine: str
    rating: Rating
    checks: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    hash_list_age_max_s: int
    screening: ScreeningProfile = ScreeningProfile.PICTURES

    def governs(self, engine: str, rating: Rating, screening: ScreeningProfile) -> bool:
        """Whether this row is about outputs of this engine and rating, looked at in this way."""
        about = (self.engine, self.rating, self.screening)
        return about == (engine, rating, screening)

    def checks_for(self, twin_id: UUID | None) -> tuple[str, ...]:
        """The checks an output has to pass. Without a twin its faces must match nobody enrolled.

        A photograph shows no more than its rating allows, also where a row does not say so.
        """
        checks = self.checks
        if draws_photographs(self.engine) and Check.CONTENT_RATING not in checks:
            checks = (*checks, Check.CONTENT_RATING.value)
        if twin_id is not None:
            return checks
        swapped = {Check.IDENTITY.value: Check.NO_ENROLLED_MATCH.value}
        return tuple(swapped.get(check, check) for check in checks)


DEFAULT_ROWS: tuple[PolicyRow, ...] = tuple(
    PolicyRow(
        engine="pocket",
        rating=Rating.GENERAL,
        checks=(
            Check.KNOWN_HASH,
            Check.FACE_COUNT,
            Check.IDENTITY,
            Check.IN_WORLD,
            Check.MINOR_VETO,
            Check.PROVENANCE,
        ),
        jurisdictions=(SANDBOX_COUNTRY,),
        hash_list_age_max_s=HASH_LIST_AGE_MAX_S,
        screening=screening,
    )
    for screening in (ScreeningProfile.PICTURES, ScreeningProfile.CLIPS)
)
"""All that ships. A photorealistic engine gets its row from an operator whose gates have models."""

FIRST_ROWS = tuple(row for row in DEFAULT_ROWS if row.screening is ScreeningProfile.PICTURES)
"""All that shipped before there were clips."""


class Policy(Aggregate):
    """The policy, version after version. What no row names is denied."""

    TOPIC = "policy"

    class Opened(Aggregate.Created):
        """There is a policy. It allows nothing yet."""

        TOPIC = "policy.opened"

    class Published(Aggregate.Event):
        """New rows took the place of the old ones."""

        TOPIC = "policy.published"
        version: int
        rows: tuple[PolicyRow, ...]
        approvers: tuple[UUID, ...]

        def apply(self, policy: "Policy") -> None:
            policy._policy_version = self.version
            policy._rows = self.rows

    @classmethod
    def open(cls, id: UUID = POLICY_ID, *, at: datetime) -> "Policy":
        """A policy without rows."""
        return cls._create(cls.Opened, id=id, timestamp=at)

    def __init__(self) -> None:
        self._policy_version = 0
        self._rows: tuple[PolicyRow, ...] = ()

    @property
    def policy_version(self) -> int:
        """The version in force; 0 before the first."""
        return self._policy_version

    @property
    def rows(self) -> tuple[PolicyRow, ...]:
        """The rows in force."""
        return self._rows

    def publish(
        self,
        version: int,
        rows: tuple[PolicyRow, ...],
        approvers: tuple[UUID, ...],
        *,
        at: datetime,
    ) -> None:
        """Put new rows in force.

        Raises `VersionNotNext`, `PolicyIncomplete`, and `ApprovalMissing` where a row allows ADULT
        and fewer than `ADULT_APPROVERS_MIN` different people approved.
        """
        if version != self._policy_version + 1:
            raise VersionNotNext(self._policy_version + 1)
        for row in rows:
            missing = [check for check in INDISPENSABLE_CHECKS if check not in row.checks]
            if missing:
                raise PolicyIncomplete(missing)
        adult = any(row.rating is Rating.ADULT for row in rows)
        if adult and len(set(approvers)) < ADULT_APPROVERS_MIN:
            raise ApprovalMissing(ADULT_APPROVERS_MIN)
        self.trigger_event(
            Policy.Published, version=version, rows=rows, approvers=approvers, timestamp=at
        )

    def row(self, engine: str, rating: Rating, screening: ScreeningProfile) -> PolicyRow:
        """The row that governs these outputs. Raises `RatingNotAllowed` where there is none."""
        for row in self._rows:
            if row.governs(engine, rating, screening):
                return row
        raise RatingNotAllowed(rating)

    def permit(
        self,
        engine: str,
        rating: Rating,
        screening: ScreeningProfile,
        *,
        document_country: str | None,
        session_country: str | None,
    ) -> PolicyRow:
        """The row, where both the verified document's country and the session's are allowed.

        Raises `RatingNotAllowed`, `JurisdictionNotAllowed`; an unknown place is not allowed. The
        sandbox's country is a place for cartoons only: of a photograph it says nothing.
        """
        row = self.row(engine, rating, screening)
        nowhere = {SANDBOX_COUNTRY} if draws_photographs(engine) else set()
        for place in (document_country, session_country):
            if place is None or place in nowhere or not _allows(row.jurisdictions, place):
                raise JurisdictionNotAllowed()
        if any(denied.startswith(f"{session_country}-") for denied in DENIED_JURISDICTIONS):
            # Somewhere in a country of which a part is denied: it may be that part.
            raise JurisdictionNotAllowed()
        return row


def _allows(jurisdictions: tuple[str, ...], place: str) -> bool:
    country = place.partition("-")[0]
    if place in DENIED_JURISDICTIONS:
        return False
    return place in jurisdictions or country in jurisdictions
