"""A person: who they are, how well that is known, and what they were allowed to ask for."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from domain.assurance import SANDBOX_COUNTRY, Assurance, assurance_of
from domain.engines import EngineEntry
from domain.kernel.aggregate import Aggregate
from domain.rating import Rating
from domain.refusals import (
    AlreadyDecided,
    AssuranceTooLow,
    NotFound,
    NotVerified,
    RatingNotAllowed,
    TooManyTwins,
    UnderAge,
)

VERIFICATIONS_MAX = 50
"""Identity checks one person may start. Providers charge for each."""

TWINS_MAX = 8
"""Twins of one person that count: enough for every hair colour, and a bound on templates that are
kept. One that is over counts no more, until it is consented to again."""


class VerificationOutcome(StrEnum):
    """What a provider decided. Only `APPROVED` can verify anyone."""

    APPROVED = "approved"
    DECLINED = "declined"
    RESUBMISSION = "resubmission"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


FINAL_OUTCOMES = frozenset(
    {VerificationOutcome.APPROVED, VerificationOutcome.DECLINED, VerificationOutcome.EXPIRED}
)


class VerificationDecision(msgspec.Struct, frozen=True):
    """A decision as it was fetched from the provider, never as a webhook claimed it.

    `adult` is None where the document shows no date of birth. `country` is ISO 3166-1 alpha-2.
    `document_digest` lets an operator find one document behind two accounts; no event stores it.
    """

    outcome: VerificationOutcome
    adult: bool | None = None
    country: str | None = None
    document_digest: str | None = None
    valid_until: datetime | None = None


class Person(Aggregate):
    """Owner and only possible subject of their twins."""

    TOPIC = "person"

    class Registered(Aggregate.Created):
        """Somebody signed up. Who it is stands in the vault."""

        TOPIC = "person.registered"

    class VerificationStarted(Aggregate.Event):
        """The person went to an identity provider."""

        TOPIC = "person.verification-started"
        verification_id: UUID
        provider: str

        def apply(self, person: "Person") -> None:
            person._providers[self.verification_id] = self.provider

    class VerificationHinted(Aggregate.Event):
        """Somebody says that a decision was made: ask the provider."""

        TOPIC = "person.verification-hinted"
        verification_id: UUID

    class Verified(Aggregate.Event):
        """An identity and an adult's age were proved."""

        TOPIC = "person.verified"
        verification_id: UUID
        assurance: Assurance
        country: str
        valid_until: datetime

        def apply(self, person: "Person") -> None:
            person._outcomes[self.verification_id] = VerificationOutcome.APPROVED
            person._assurance = self.assurance
            person._country = self.country
            person._valid_until = self.valid_until

    class VerificationDeclined(Aggregate.Event):
        """A check proved nothing, or that the person is `under_age`: then none counts any more."""

        TOPIC = "person.verification-declined"
        verification_id: UUID
        outcome: VerificationOutcome
        under_age: bool = False

        def apply(self, person: "Person") -> None:
            person._outcomes[self.verification_id] = self.outcome
            person._under_age = person._under_age or self.under_age
            person._assurance = None if self.under_age else person._assurance
            person._country = None if self.under_age else person._country
            person._valid_until = None if self.under_age else person._valid_until

    class GenerationAuthorised(Aggregate.Event):
        """A job without a twin may run."""

        TOPIC = "person.generation-authorised"
        job_id: UUID
        engine: str
        rating: Rating
        jurisdiction: str
        policy_version: int

    class TwinOpened(Aggregate.Event):
        """The person has one more twin of themselves."""

        TOPIC = "person.twin-opened"
        twin_id: UUID

        def apply(self, person: "Person") -> None:
            person._aside = person._aside - {self.twin_id}
            if self.twin_id not in person._twins:
                person._twins = (*person._twins, self.twin_id)

    class TwinSetAside(Aggregate.Event):
        """A twin whose consent was withdrawn, and of which nothing is left, made room for another.

        It can be consented to again, and counts again then.
        """

        TOPIC = "person.twin-set-aside"
        twin_id: UUID

        def apply(self, person: "Person") -> None:
            person._aside = person._aside | {self.twin_id}

    @classmethod
    def register(cls, id: UUID, *, at: datetime) -> "Person":
        """Someone who is not verified yet."""
        return cls._create(cls.Registered, id=id, timestamp=at)

    def __init__(self) -> None:
        self._providers: dict[UUID, str] = {}
        self._outcomes: dict[UUID, VerificationOutcome] = {}
        self._assurance: Assurance | None = None
        self._country: str | None = None
        self._valid_until: datetime | None = None
        self._under_age = False
        self._twins: tuple[UUID, ...] = ()
        self._aside: frozenset[UUID] = frozenset()

    @property
    def assurance(self) -> Assurance | None:
        """What the last successful check proved."""
        return self._assurance

    @property
    def under_age(self) -> bool:
        """Whether a check has found that this person is no adult. Nothing later undoes that."""
        return self._under_age

    @property
    def country(self) -> str | None:
        """Country of the verified document; the sandbox's own where there is none."""
        return self._country

    @property
    def twins(self) -> tuple[UUID, ...]:
        """Every twin that was opened, oldest first."""
        return self._twins

    @property
    def counted_twins(self) -> tuple[UUID, ...]:
        """Those that take one of the places of `TWINS_MAX`, oldest first."""
        return tuple(twin for twin in self._twins if twin not in self._aside)

    def has_room_for(self, twin_id: UUID) -> bool:
        """Whether the twin counts already, or one more may."""
        counted = self.counted_twins
        return twin_id in counted or len(counted) < TWINS_MAX

    def verified_adult(self, *, at: datetime) -> bool:
        """Whether identity and age are proved and the proof has not run out."""
        return self._valid_until is not None and at < self._valid_until

    def require_verified(self, *, at: datetime) -> None:
        """Raises `NotVerified`."""
        if not self.verified_adult(at=at):
            raise NotVerified()

    def require_not_under_age(self) -> None:
        """Raises `UnderAge`."""
        if self._under_age:
            raise UnderAge()

    def require_assurance(self, entry: EngineEntry, *, at: datetime) -> None:
        """A photorealistic engine needs a document. Raises `NotVerified`, `AssuranceTooLow`."""
        self.require_verified(at=at)
        if entry.photorealistic and self._assurance is not Assurance.DOCUMENT:
            raise AssuranceTooLow(entry.id)

    def start_verification(self, verification_id: UUID, provider: str, *, at: datetime) -> None:
        """Go to `provider`.

        Raises `UnderAge`, and `AlreadyDecided` for a known id or past `VERIFICATIONS_MAX`.
        """
        self.require_not_under_age()
        if verification_id in self._providers or len(self._providers) >= VERIFICATIONS_MAX:
            raise AlreadyDecided()
        self.trigger_event(
            Person.VerificationStarted,
            verification_id=verification_id,
            provider=provider,
            timestamp=at,
        )

    def note_verification_hint(self, verification_id: UUID, *, at: datetime) -> None:
        """A webhook came: have the provider asked. Nothing to do after a final decision.

        Raises `NotFound`.
        """
        if not self._is_final(verification_id) and not self._under_age:
            self.trigger_event(
                Person.VerificationHinted, verification_id=verification_id, timestamp=at
            )

    def record_decision(
        self, verification_id: UUID, decision: VerificationDecision, *, at: datetime
    ) -> None:
        """Take what the provider decided. An outcome that leaves things open may come again.

        Verified is who was approved, is an adult for certain, and holds a document that is valid
        now. Whoever is found to be under age is not verified any more, and never again, whatever
        was decided before. Raises `NotFound`, `AlreadyDecided` after a final decision, `UnderAge`.
        """
        is_final = self._is_final(verification_id)
        if decision.adult is False and not self._under_age:
            self.trigger_event(
                Person.VerificationDeclined,
                verification_id=verification_id,
                outcome=VerificationOutcome.DECLINED,
                under_age=True,
                timestamp=at,
            )
            return
        if is_final:
            raise AlreadyDecided()
        self.require_not_under_age()
        assurance = assurance_of(self._providers[verification_id])
        country = SANDBOX_COUNTRY if assurance is Assurance.SANDBOX else decision.country
        until = decision.valid_until
        approved = decision.outcome is VerificationOutcome.APPROVED and decision.adult is True
        if approved and country and until is not None and until > at:
            self.trigger_event(
                Person.Verified,
                verification_id=verification_id,
                assurance=assurance,
                country=country,
                valid_until=until,
                timestamp=at,
            )
            return
        outcome = decision.outcome
        if outcome is VerificationOutcome.APPROVED:
            # Approved, but not as an adult with a valid document: this check proves nothing.
            outcome = VerificationOutcome.DECLINED
        if self._outcomes.get(verification_id) is not outcome:
            self.trigger_event(
                Person.VerificationDeclined,
                verification_id=verification_id,
                outcome=outcome,
                under_age=False,
                timestamp=at,
            )

    def authorise_generation(
        self,
        job_id: UUID,
        *,
        entry: EngineEntry,
        rating: Rating,
        jurisdiction: str,
        policy_version: int,
        at: datetime,
    ) -> None:
        """Allow a job without a twin. What the policy says of the jurisdiction is asked before.

        Raises `NotVerified`, `AssuranceTooLow`, `RatingNotAllowed`.
        """
        self.require_assurance(entry, at=at)
        if rating not in entry.ratings:
            raise RatingNotAllowed(rating)
        self.trigger_event(
            Person.GenerationAuthorised,
            job_id=job_id,
            engine=entry.id,
            rating=rating,
            jurisdiction=jurisdiction,
            policy_version=policy_version,
            timestamp=at,
        )

    def _is_final(self, verification_id: UUID) -> bool:
        if verification_id not in self._providers:
            raise NotFound()
        return self._outcomes.get(verification_id) in FINAL_OUTCOMES

    def open_twin(self, twin_id: UUID, *, at: datetime) -> None:
        """Count a twin. Raises `TooManyTwins`; the same twin again counts once."""
        if twin_id in self.counted_twins:
            return
        if not self.has_room_for(twin_id):
            raise TooManyTwins(TWINS_MAX)
        self.trigger_event(Person.TwinOpened, twin_id=twin_id, timestamp=at)

    def set_twin_aside(self, twin_id: UUID, *, at: datetime) -> None:
        """Count a twin no more that is over; see `Twin.is_over`. One that does not count stays."""
        if twin_id in self.counted_twins:
            self.trigger_event(Person.TwinSetAside, twin_id=twin_id, timestamp=at)
