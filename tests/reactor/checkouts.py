"""Buyers at the sandbox's pages."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from commands.account.start_verification import StartVerification
from commands.wallet.buy_credits import BuyCredits
from tests.commands.studio_spec import ADA
from tests.reactor.reactor_spec import ReactorSpec


class Checkout:
    """A purchase, and its page at the payment provider."""

    def __init__(self, spec: ReactorSpec, owner: UUID = ADA, package: str = "starter") -> None:
        self._spec = spec
        bought = spec.does(BuyCredits(package=package, provider="sandbox"), owner=owner)
        self.purchase_id: UUID = bought.purchase_id
        self.millicredits: int = bought.millicredits
        page = spec.payment.checkout(
            bought.purchase_id,
            owner_id=owner,
            amount_minor_units=bought.price_minor_units,
            currency=bought.currency,
            title="starter",
            return_url="http://studio.test/back",
        )
        self._token = _token_of(page)

    def ends(self, status: CheckoutStatus) -> None:
        """The page was left with this. Its webhook is lost."""
        checkout = self._spec.payment.find_checkout(self.purchase_id, self._token)
        assert checkout is not None
        self._spec.payment.close(checkout, status)


class Check:
    """An identity check, and its page at the provider."""

    def __init__(self, spec: ReactorSpec, owner: UUID = ADA) -> None:
        self._spec = spec
        started = spec.does(StartVerification(provider="sandbox"), owner=owner)
        self.verification_id: UUID = started.verification_id
        page = spec.identity.start(
            self.verification_id, owner_id=owner, return_url="http://studio.test/back"
        )
        self._token = _token_of(page)

    def ends(self, choice: SandboxChoice) -> None:
        """The page was left with this. Its webhook is lost."""
        verification = self._spec.identity.verification(self.verification_id, self._token)
        assert verification is not None
        self._spec.identity.decide(verification, choice)


def _token_of(page: str) -> str:
    [token] = parse_qs(urlsplit(page).query)["token"]
    return token
