"""Publishing a policy from a file, with approvers who have accounts here."""

from pathlib import Path
from uuid import uuid5

import msgspec

from adapters.postgres.connect import open_pool
from adapters.vault.accounts import PostgresAccounts
from commands.safety.publish_policy import PublishPolicy
from domain.kernel.identity import SYSTEM
from domain.kernel.refusal import Refusal
from domain.policy import PolicyRow
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.wiring.studio import open_studio
from topics.messages.work import RequiredChecks


class PolicyFileInvalid(Exception):
    """The file, the version or the approvers do not make a policy. Nothing was published."""


def publish_policy_file(
    settings: Settings, path: Path, version: int, approver_emails: list[str]
) -> None:
    """Publish the rows of a JSON file as the next version. Raises `PolicyFileInvalid`."""
    try:
        rows = msgspec.json.decode(path.read_bytes(), type=tuple[PolicyRow, ...])
        for row in rows:
            # They travel in grants and come back with verdicts: other names nobody could read.
            msgspec.convert(row.checks, RequiredChecks)
    except (OSError, msgspec.DecodeError) as error:
        raise PolicyFileInvalid(f"{path.name}: {error}") from error
    secrets = load_secrets(settings.secrets)
    url = settings.require_database_url()
    with (
        open_studio(settings, secrets, "policy") as writing,
        open_pool(url, "vault", size_max=2, application="policy") as vault,
    ):
        accounts = PostgresAccounts(vault, writing.keys, secrets.email_lookup)
        found = [accounts.find_by_email(email) for email in approver_emails]
        if None in found:
            raise PolicyFileInvalid("an approver has no account here")
        approvers = tuple(account.person_id for account in found if account is not None)
        try:
            writing.studio.execute(
                PublishPolicy(version=version, approvers=approvers, rows=rows),
                owner_id=SYSTEM,
                key=uuid5(SYSTEM, f"policy {version}"),
            )
        except Refusal as refusal:
            raise PolicyFileInvalid(refusal.message) from refusal
