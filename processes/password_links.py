"""A link that sets a new password, made at the machine: for studios without post."""

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.password_links import PostgresPasswordLinks
from adapters.vault.subject_keys import SubjectKeys
from commands.account.password_link import new_link
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock


def password_link(settings: Settings, email: str) -> str | None:
    """The address at which the account's owner sets a password. None where there is no account."""
    secrets = load_secrets(settings.secrets)
    with open_pool(settings.require_database_url(), "vault", size_max=1) as vault:
        keys = SubjectKeys(vault, secrets.key_encryption)
        account = PostgresAccounts(vault, keys, secrets.email_lookup).find_by_email(email)
        if account is None:
            return None
        return new_link(
            PostgresPasswordLinks(vault),
            account.person_id,
            public_url=settings.address,
            at=system_clock(),
        )
