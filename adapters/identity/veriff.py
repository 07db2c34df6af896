"""Identity by Veriff: a hosted flow, signed webhooks as hints, and a decision that is fetched.

Approved is who Veriff approved with a document whose date of birth, country and end it read. A
webhook is never more than a reason to ask: what it claims is not looked at.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from adapters.identity.veriff_api import (
    SessionUnknown,
    VeriffApi,
    VeriffDecision,
    VeriffDocument,
    signature_of,
)
from adapters.vault.identity_sessions import IdentitySession, IdentitySessions
from commands.ports.identity_provider import ProviderDecision, VerificationHint
from commands.ports.webhooks import ProviderUnavailable, WebhookRefusal, WebhookRefused

APPROVED_CODE: Final = 9001
ADULT_FROM_YEARS: Final = 18
WEBHOOK_BYTES_MAX: Final = 64 * 1024
PENDING: Final = "pending"
UNKNOWN: Final = "unknown"

_OUTCOMES: Final[Mapping[str, str]] = {
    "approved": "approved",
    "declined": "declined",
    "resubmission_requested": "resubmission",
    "expired": "expired",
    "abandoned": "expired",
    # Somebody at the operator's looks at it in Veriff's own pages: not decided yet.
    "review": PENDING,
}
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NO_COUNTRY: Final = "XX"

# Where the date is the earliest and where it is the latest, on the same instant.
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


class _Subject(msgspec.Struct, frozen=True):
    """A webhook of either kind names its session: in itself, or in its `verification`."""

    id: str | None = None
    verification: "_Subject | None" = None


class VeriffIdentity:
    """Implements `commands.ports.identity_provider.IdentityProvider`.

    `digest_key` keys the digests by which one document is recognised when it comes again.
    """

    name = "veriff"

    def __init__(
        self,
        api: VeriffApi,
        sessions: IdentitySessions,
        *,
        digest_key: bytes,
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._sessions = sessions
        self._digest_key = digest_key
        self._clock = clock

    def start(self, verification_id: UUID, *, owner_id: UUID, return_url: str) -> str:
        """See the port."""
        kept = self._sessions.of_check(verification_id)
        if kept is None:
            # Ours and no person's: ids that mean nothing to anybody else.
            begun = self._api.begin(str(verification_id), return_url=return_url)
            kept = self._sessions.keep(
                IdentitySession(verification_id, begun.id, owner_id, begun.url, self._clock())
            )
        return kept.address

    def decision(self, verification_id: UUID) -> ProviderDecision:
        """See the port."""
        kept = self._sessions.of_check(verification_id)
        if kept is None:
            return ProviderDecision(UNKNOWN)
        try:
            decided = self._api.decision(kept.session_id)
        except SessionUnknown:
            return ProviderDecision(UNKNOWN)
        if decided is None:
            return ProviderDecision(PENDING)
        if decided.vendor_data != str(verification_id):
            raise ProviderUnavailable("an answer about another check")
        return self._read(decided)

    def verify_webhook(
        self, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> VerificationHint:
        """See the port. Veriff's signatures have no age, and it sends for a week what nobody took:
        a repeated one has the same id, and leads to nothing but the same question.
        """
        if len(body) > WEBHOOK_BYTES_MAX or not self._api.is_signed(headers, body):
            raise WebhookRefused(WebhookRefusal.FORGED)
        try:
            said = msgspec.json.decode(body, type=_Subject)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # The message would quote the body, which is about a person.
            raise WebhookRefused(WebhookRefusal.MALFORMED) from None
        session_id = said.id if said.verification is None else said.verification.id
        if session_id is None:
            raise WebhookRefused(WebhookRefusal.MALFORMED)
        kept = self._sessions.of_session(session_id)
        if kept is None:
            raise WebhookRefused(WebhookRefusal.NOT_OURS)
        webhook_id = hashlib.sha256(signature_of(headers).encode()).hexdigest()
        return VerificationHint(webhook_id, kept.verification_id, kept.owner_id)

    def _read(self, decided: VeriffDecision) -> ProviderDecision:
        outcome = _OUTCOMES.get(decided.status, UNKNOWN)
        if outcome != "approved":
            return ProviderDecision(outcome)
        if decided.code != APPROVED_CODE:
            # Two words that do not agree are none that we know.
            return ProviderDecision(UNKNOWN)
        document = decided.document or VeriffDocument()
        born = None if decided.person is None else _day(decided.person.date_of_birth)
        return ProviderDecision(
            "approved",
            adult=_is_adult(born, _moment(decided.decision_time) or self._clock()),
            country=_country(document.country),
            document_digest=self._digest(document),
            valid_until=_midnight(_day(document.valid_until)),
        )

    def _digest(self, document: VeriffDocument) -> str | None:
        if not document.number or not document.country:
            return None
        number = re.sub(r"[^A-Z0-9]", "", document.number.upper())
        said = f"suite.document.v1:{document.country}:{document.type}:{number}"
        return hmac.new(self._digest_key, said.encode(), hashlib.sha256).hexdigest()


def _is_adult(born: date | None, at: datetime) -> bool | None:
    """True and False only where it is so everywhere on earth; None where nobody can say."""
    if born is None:
        return None
    of_age = _birthday(born, ADULT_FROM_YEARS)
    if (at + _WEST).date() >= of_age:
        return True
    return False if (at + _EAST).date() < of_age else None


def _birthday(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        # Born on a leap day: the first of March, the later of the two days it may be.
        return date(born.year + years, 3, 1)


def _country(said: str | None) -> str | None:
    return said if said and _COUNTRY.fullmatch(said) and said != _NO_COUNTRY else None


def _day(said: str | None) -> date | None:
    try:
        return None if said is None else date.fromisoformat(said)
    except ValueError:
        return None


def _midnight(day: date | None) -> datetime | None:
    """The beginning of a document's last day: it is never valid for longer than it says."""
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


def _moment(said: str | None) -> datetime | None:
    try:
        found = None if said is None else datetime.fromisoformat(said)
    except ValueError:
        return None
    return None if found is None or found.tzinfo is None else found.astimezone(UTC)
