"""Who is an auditor or an operator: set at the machine, never over the network."""

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from adapters.vault.subject_keys import SubjectKeys
from domain.kernel.role import Role
from processes.secrets import load_secrets
from processes.settings import Settings


def set_role(settings: Settings, email: str, role: str) -> bool:
    """Give an account a role. False where there is no such account or role."""
    if role not in {known.value for known in Role}:
        return False
    secrets = load_secrets(settings.secrets)
    with open_pool(settings.require_database_url(), "vault", size_max=2) as vault:
        keys = SubjectKeys(vault, secrets.key_encryption)
        accounts = PostgresAccounts(vault, keys, secrets.email_lookup)
        account = accounts.find_by_email(email)
        if account is None:
            return False
        accounts.set_role(account.person_id, Role(role))
    return True
