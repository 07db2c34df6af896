"""What a person agrees to for their twin, what they add to it, and what they take back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from domain.consent_scopes import RATINGS, SCOPES_OF_WORK, scopes_offered
from domain.consent_text import BIOMETRIC_RELEASE, CONSENT, ConsentScope
from domain.object_keys import epoch_prefixes
from domain.person import Person
from domain.refusals import (
    AlreadyDecided,
    BiometricReleaseMissing,
    ConsentMissing,
    ConsentTextChanged,
    NotFound,
    RatingNotAllowed,
    TwinBusy,
)
from domain.twin_knowledge import TwinKnowledge

OFFERED_ANYWHERE = scopes_offered(())
"""What may be ticked whatever the policy says: everything but the ratings above `GENERAL`."""


_SCOPES_OF_DRAWING = SCOPES_OF_WORK - {ConsentScope.TRAINING}


class TwinConsent(TwinKnowledge):
    """The decisions of a `Twin` about its consent."""

    if TYPE_CHECKING:
        # The aggregate has it.
        def trigger_event(self, event_class: type[Any], **fields: Any) -> None: ...

    def sign_biometric_release(self, text_sha256: str, locale: str, *, at: datetime) -> None:
        """Allow the face to be measured. Raises `ConsentTextChanged`, `AlreadyDecided`."""
        if text_sha256 != BIOMETRIC_RELEASE.sha256:
            raise ConsentTextChanged(BIOMETRIC_RELEASE.sha256)
        if self._released_biometrics:
            raise AlreadyDecided()
        self.trigger_event(
            self.BiometricReleaseSigned, text_sha256=text_sha256, locale=locale, timestamp=at
        )

    def grant_consent(
        self,
        person: Person,
        text_sha256: str,
        scope: Sequence[ConsentScope],
        *,
        at: datetime,
        offered: Collection[ConsentScope] = OFFERED_ANYWHERE,
    ) -> None:
        """Consent to exactly the text in force, to every scope that was ticked and to no other.

        `offered` is what engines and policy leave to be ticked. Raises `NotFound` for anybody but
        the owner, `NotVerified`, `BiometricReleaseMissing`, `ConsentTextChanged`,
        `ConsentMissing` where nothing was ticked that covers any work, `RatingNotAllowed`,
        `AlreadyDecided` while a consent is in force: `add_consent_scopes` widens that.
        """
        self._require_agreement(person, text_sha256, at=at)
        if self.consented:
            raise AlreadyDecided()
        if not SCOPES_OF_WORK.intersection(scope):
            raise ConsentMissing()
        _require_offered(scope, offered)
        self.trigger_event(
            self.ConsentGranted,
            epoch=self._epoch,
            text_sha256=text_sha256,
            scope=tuple(one for one in ConsentScope if one in scope),
            timestamp=at,
        )

    def add_consent_scopes(
        self,
        person: Person,
        text_sha256: str,
        scope: Sequence[ConsentScope],
        *,
        at: datetime,
        offered: Collection[ConsentScope] = OFFERED_ANYWHERE,
    ) -> None:
        """Accept the text in force and tick these, too. Nothing stops, nothing is deleted.

        With nothing ticked it accepts a new text for what is ticked already. Raises as
        `grant_consent`, `ConsentMissing` where no consent is in force, and `AlreadyDecided` where
        nothing would be new.
        """
        self._require_agreement(person, text_sha256, at=at)
        if not self.consented:
            raise ConsentMissing()
        _require_offered(scope, offered)
        new = tuple(one for one in ConsentScope if one in scope and one not in self._scope)
        if not new and text_sha256 == self._consent_sha256:
            raise AlreadyDecided()
        self.trigger_event(
            self.ConsentScopesAdded,
            epoch=self._epoch,
            text_sha256=text_sha256,
            scope=new,
            timestamp=at,
        )

    def take_back_consent_scopes(self, scope: Sequence[ConsentScope], *, at: datetime) -> None:
        """End these and keep the others. With the last that covers any work, all of it ends.

        Whatever rests on one of them is void. Without training there is nothing to learn from:
        photos and uploads go, and what adapters are checked against stays. Raises `ConsentMissing`
        where none of them is in force.
        """
        taken = [one for one in self._scope if one in scope]
        if not taken:
            raise ConsentMissing(tuple(scope))
        if not SCOPES_OF_WORK.intersection(self._scope).difference(taken):
            self.withdraw_consent(at=at)
            return
        learnt_from = self._places_of_training() if ConsentScope.TRAINING in taken else ()
        places = tuple(learnt_from)
        self.trigger_event(
            self.ConsentScopesTakenBack,
            epoch=self._epoch,
            versions={one: self._scope_versions.get(one, 1) + 1 for one in taken},
            open_jobs=tuple(
                job_id
                for job_id, job in self._open_jobs.items()
                if not job.rests_on.keys().isdisjoint(taken)
            ),
            timestamp=at,
        )
        self.request_deletion(places, at=at)

    def withdraw_consent(self, *, at: datetime) -> None:
        """End the consent. Photos, adapters and what rests on the old epoch are void.

        The deletion of their bytes is requested in the same save. Raises `ConsentMissing`.
        """
        if not self.consented:
            raise ConsentMissing()
        covered = epoch_prefixes(self.owner_id, self.id, self._epoch)
        known = (*self._places_known(), *self._gave_way)
        elsewhere = [place for place in known if not place.startswith(covered)]
        self.trigger_event(
            self.ConsentWithdrawn, epoch=self._epoch + 1, open_jobs=self.open_jobs, timestamp=at
        )
        self.request_deletion(tuple(dict.fromkeys((*covered, *elsewhere))), at=at)

    def require_photo_consent(self, person: Person, *, at: datetime) -> None:
        """Whether photos may be taken in at all.

        Raises `NotFound`, `NotVerified`, `BiometricReleaseMissing`, `ConsentMissing`, and
        `TwinBusy` while a deletion of before waits that the new photos would go with.
        """
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        self._require_scope(ConsentScope.TRAINING)
        self._require_nothing_to_delete()

    def require_source_consent(self, person: Person, *, at: datetime) -> None:
        """Whether a photo to begin with may be taken in: a face is looked for in it.

        Raises as `require_photo_consent`; here any scope will do that covers what is drawn.
        """
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        if not _SCOPES_OF_DRAWING.intersection(self._scope):
            raise ConsentMissing(tuple(sorted(_SCOPES_OF_DRAWING)))
        self._require_nothing_to_delete()

    def covers_source(self, epoch: int) -> bool:
        """Whether a photo to begin with may stay that was taken in under this epoch.

        It is there for what is drawn: without a scope that covers any of that it is over, too.
        """
        return self.epoch_is_current(epoch) and not _SCOPES_OF_DRAWING.isdisjoint(self._scope)

    def request_deletion(self, places: Sequence[str], *, at: datetime) -> None:
        """Have everything at these places deleted, where nothing may be written again.

        One that already waits changes nothing.
        """
        new = tuple(place for place in places if place not in self._to_delete)
        if new:
            self.trigger_event(self.DeletionRequested, prefixes=new, for_good=True, timestamp=at)

    def _require_nothing_to_delete(self) -> None:
        new = epoch_prefixes(self.owner_id, self.id, self._epoch)
        if any(place.startswith(self._to_delete) for place in new):
            raise TwinBusy()

    def _require_subject(self, person: Person) -> None:
        if person.id != self.owner_id:
            raise NotFound()

    def _require_release(self) -> None:
        if not self._released_biometrics:
            raise BiometricReleaseMissing()

    def _require_scope(self, scope: ConsentScope) -> None:
        if scope not in self._scope:
            raise ConsentMissing((scope,))

    def _require_agreement(self, person: Person, text_sha256: str, *, at: datetime) -> None:
        self._require_subject(person)
        person.require_verified(at=at)
        self._require_release()
        if text_sha256 != CONSENT.sha256:
            raise ConsentTextChanged(CONSENT.sha256)


def _require_offered(scope: Sequence[ConsentScope], offered: Collection[ConsentScope]) -> None:
    for one in scope:
        if one not in offered:
            raise RatingNotAllowed(RATINGS[one])
