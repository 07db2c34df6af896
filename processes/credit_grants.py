"""Credits that an operator gives away: promotions, which are spent first and expire."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.subject_keys import SubjectKeys
from commands.wallet.grant_promotion import GrantPromotion, PromotionGranted
from domain.kernel.refusal import Refusal
from processes.secrets import Secrets, load_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.studio import open_studio


class NothingGranted(Exception):
    """No credits were given. Says why, in a sentence for the operator."""


def grant_credits(
    settings: Settings, email: str, millicredits: int, *, until: date, key: str
) -> UUID:
    """Give an account credits that can be spent until the end of a day, in UTC.

    The same `key` for the same account again gives nothing more, and answers the same grant.
    Raises `NothingGranted`.
    """
    secrets = load_secrets(settings.secrets)
    person = _person(settings, secrets, email)
    if until == date.max:
        raise NothingGranted("There is no day after that one.")
    expires_at = datetime.combine(until + timedelta(days=1), time(tzinfo=UTC))
    if expires_at <= system_clock():
        raise NothingGranted("That day is over.")
    command = GrantPromotion(millicredits=millicredits, expires_at=expires_at)
    with open_studio(settings, secrets, "credits") as writing:
        try:
            accepted = writing.studio.execute(
                command, owner_id=person, key=uuid5(person, f"operator-grant:{key}")
            )
        except Refusal as refusal:
            raise NothingGranted(refusal.message) from refusal
    granted: PromotionGranted = accepted.result
    return granted.grant_id


def _person(settings: Settings, secrets: Secrets, email: str) -> UUID:
    with open_pool(settings.require_database_url(), "vault", size_max=1) as vault:
        keys = SubjectKeys(vault, secrets.key_encryption)
        account = PostgresAccounts(vault, keys, secrets.email_lookup).find_by_email(email)
    if account is None:
        raise NothingGranted("There is no such account.")
    return account.person_id
