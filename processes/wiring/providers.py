"""The providers of this installation: sandboxes that behave like real ones, or real ones."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from adapters.identity.sandbox import SandboxIdentity
from adapters.identity.veriff import VeriffIdentity
from adapters.identity.veriff_api import VeriffApi
from adapters.identity.veriff_credentials import VeriffCredentials, read_credentials
from adapters.payment.sandbox import SandboxPayment
from adapters.postgres.connect import open_pool
from adapters.vault.identity_sessions import IdentitySessions
from processes.secrets import Secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock

IDENTITY_PATH = "/sandbox/identity"
PAYMENT_PATH = "/sandbox/payment"
IDENTITY_CONNECTIONS_MAX = 4


class IdentityUnset(Exception):
    """A provider was chosen, and something that it needs was not said."""


@contextmanager
def open_identity(
    settings: Settings, secrets: Secrets, application: str
) -> Iterator[SandboxIdentity | VeriffIdentity]:
    """The identity provider that was chosen, until the block ends. Raises `IdentityUnset`."""
    if settings.identity_provider == "sandbox":
        yield sandbox_identity(settings, secrets)
        return
    credentials = veriff_credentials(settings)
    url, size_max = settings.require_database_url(), IDENTITY_CONNECTIONS_MAX
    with (
        open_pool(url, "vault", size_max=size_max, application=application) as vault,
        closing(VeriffApi(credentials)) as api,
    ):
        yield VeriffIdentity(
            api,
            IdentitySessions(vault, VeriffIdentity.name),
            digest_key=secrets.identity_webhooks,
            clock=system_clock,
        )


def veriff_credentials(settings: Settings) -> VeriffCredentials:
    """Raises `IdentityUnset`, `VeriffCredentialsUnreadable`."""
    if settings.veriff_credentials is None:
        raise IdentityUnset("SUITE_VERIFF_CREDENTIALS names no file")
    if not settings.address.startswith("https://"):
        raise IdentityUnset("SUITE_PUBLIC_URL has to be https: Veriff sends nobody back elsewhere")
    return read_credentials(settings.veriff_credentials)


def sandbox_identity(settings: Settings, secrets: Secrets) -> SandboxIdentity:
    """The sandbox of this installation."""
    return SandboxIdentity(
        settings.home / "sandbox",
        public_url=settings.address + IDENTITY_PATH,
        callback_url=settings.address + "/webhooks/identity",
        webhook_secret=secrets.identity_webhooks,
        clock=system_clock,
    )


def open_payment(settings: Settings, secrets: Secrets) -> SandboxPayment:
    """The payment provider."""
    return SandboxPayment(
        settings.home / "sandbox",
        public_url=settings.address + PAYMENT_PATH,
        callback_url=settings.address + "/webhooks/payment",
        webhook_secret=secrets.payment_webhooks,
        clock=system_clock,
    )
