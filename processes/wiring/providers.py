"""The providers of this installation: sandboxes that behave like real ones."""

from adapters.identity.sandbox import SandboxIdentity
from adapters.payment.sandbox import SandboxPayment
from processes.secrets import Secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock

IDENTITY_PATH = "/sandbox/identity"
PAYMENT_PATH = "/sandbox/payment"


def open_identity(settings: Settings, secrets: Secrets) -> SandboxIdentity:
    """The identity provider."""
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
