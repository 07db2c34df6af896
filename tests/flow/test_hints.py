"""A webhook is a hint: what counts is what the provider says when it is asked again."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from commands.account.note_verification_hint import NoteVerificationHint
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.wallet.buy_credits import BuyCredits
from commands.wallet.note_payment_hint import NotePaymentHint
from domain.kernel.identity import wallet_id
from domain.person import Person
from processes.wiring.clock import system_clock
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio


def verification_begun(studio: LivingStudio) -> tuple[UUID, UUID, str]:
    """A person who is on the provider's page: the person, the check, the page's token."""
    owner = uuid4()
    studio.does(RegisterPerson(), owner)
    check: UUID = studio.does(StartVerification(provider="sandbox"), owner).verification_id
    page = studio.identity.start(check, owner_id=owner, return_url="http://studio.test/back")
    return owner, check, token_of(page)


def token_of(page: str) -> str:
    [token] = parse_qs(urlsplit(page).query)["token"]
    return token


def choose(studio: LivingStudio, check: UUID, token: str, choice: SandboxChoice) -> None:
    verification = studio.identity.verification(check, token)
    assert verification is not None
    studio.identity.decide(verification, choice)


def is_adult(studio: LivingStudio, owner: UUID) -> bool:
    adult: bool = studio.load(Person, owner, owner).verified_adult(at=system_clock())
    return adult


def every_hint_is_followed(studio: LivingStudio) -> None:
    """Wait until the reactor is behind everything that was said so far."""
    position = studio.events.position()
    until(lambda: studio.reactor_is_at(position), "the reactor has seen it")


def test_an_approved_adult_is_verified_once_however_often_the_hint_comes(
    studio: LivingStudio,
) -> None:
    owner, check, token = verification_begun(studio)
    choose(studio, check, token, SandboxChoice.APPROVED)
    for _ in range(3):
        studio.does(NoteVerificationHint(check), owner)
    every_hint_is_followed(studio)
    assert is_adult(studio, owner)
    assert studio.types_of(owner).count("person.verified") == 1


@pytest.mark.parametrize("choice", [c for c in SandboxChoice if c is not SandboxChoice.APPROVED])
def test_whatever_else_the_provider_decides_verifies_nobody(
    studio: LivingStudio, choice: SandboxChoice
) -> None:
    owner, check, token = verification_begun(studio)
    choose(studio, check, token, choice)
    studio.does(NoteVerificationHint(check), owner)
    every_hint_is_followed(studio)
    assert not is_adult(studio, owner)
    assert "person.verified" not in studio.types_of(owner)


def test_a_hint_that_comes_before_the_decision_decides_nothing(studio: LivingStudio) -> None:
    owner, check, token = verification_begun(studio)
    studio.does(NoteVerificationHint(check), owner)
    every_hint_is_followed(studio)
    assert not is_adult(studio, owner)
    choose(studio, check, token, SandboxChoice.APPROVED)
    studio.does(NoteVerificationHint(check), owner)
    until(lambda: is_adult(studio, owner), "the second hint is followed")


def test_a_payment_is_credited_once_however_often_the_hint_comes(studio: LivingStudio) -> None:
    owner = studio.creator()
    before = studio.wallet(owner)[0]
    bought = studio.does(BuyCredits(package="starter", provider="sandbox"), owner)
    page = studio.payment.checkout(
        bought.purchase_id,
        owner_id=owner,
        amount_minor_units=bought.price_minor_units,
        currency=bought.currency,
        title="starter",
        return_url="http://studio.test/back",
    )
    # Forged or early: nobody has paid yet.
    studio.does(NotePaymentHint(bought.purchase_id), owner)
    every_hint_is_followed(studio)
    assert studio.wallet(owner)[0] == before

    checkout = studio.payment.find_checkout(bought.purchase_id, token_of(page))
    assert checkout is not None
    studio.payment.close(checkout, CheckoutStatus.PAID)
    for _ in range(3):
        studio.does(NotePaymentHint(bought.purchase_id), owner)
    until(lambda: studio.wallet(owner)[0] == before + bought.millicredits, "credited")
    every_hint_is_followed(studio)
    assert studio.types_of(wallet_id(owner)).count("wallet.credited") == 2
    assert studio.wallet(owner)[0] == before + bought.millicredits
