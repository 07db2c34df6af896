"""Identity checks and payments: a webhook is a hint, and the provider is asked for the answer."""

from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from adapters.webhooks.outbox import Webhook
from adapters.webhooks.signature import sign_webhook
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import WEBHOOK_SECRET, LiveStudio

VERIFICATION = "{ viewer { ... on Viewer { verification { status assurance country reason } } } }"


def may_consent(ada: Creator) -> bool:
    """Whether the check lets Ada consent to anything with her face."""
    text = ada.run("Catalogue")["consentText"]
    twin = ada.did("createTwin", "twin", name="Ada at work")["twin"]
    asked = {"twin": twin, "textSha256": text["sha256"], "scopes": text["scopes"]}
    code: str = ada.mutate("grantConsent", **asked)["code"]
    return code != "NOT_VERIFIED"


def test_an_approved_adult_is_verified_with_the_assurance_of_the_sandbox(ada: Creator) -> None:
    assert ada.ask(VERIFICATION)["verification"]["status"] == "NONE"
    ada.verified()
    assert may_consent(ada)
    found = ada.ask(VERIFICATION)["verification"]
    assert found == {"status": "VERIFIED", "assurance": "sandbox", "country": "XX", "reason": None}


@pytest.mark.parametrize(
    ("choice", "status", "reason"),
    [
        (SandboxChoice.UNDER_AGE, "DECLINED", "UNDER_AGE"),
        (SandboxChoice.DECLINED, "DECLINED", "DECLINED"),
        (SandboxChoice.RESUBMISSION, "PENDING", "RESUBMISSION"),
        (SandboxChoice.EXPIRED, "DECLINED", "EXPIRED"),
        (SandboxChoice.UNKNOWN, "PENDING", "UNKNOWN"),
    ],
)
def test_nothing_but_an_approved_adult_verifies_and_it_is_said_why(
    ada: Creator, choice: SandboxChoice, status: str, reason: str
) -> None:
    ada.verified(choice)
    found = ada.ask(VERIFICATION)["verification"]
    assert (found["status"], found["reason"]) == (status, reason)
    assert not may_consent(ada)


def test_whoever_was_asked_for_the_document_again_may_be_verified_then(ada: Creator) -> None:
    ada.verified(SandboxChoice.RESUBMISSION).verified(SandboxChoice.APPROVED)
    assert ada.ask(VERIFICATION)["verification"]["status"] == "VERIFIED"


def test_whoever_was_found_under_age_is_not_verified_at_the_next_try(ada: Creator) -> None:
    ada.verified(SandboxChoice.UNDER_AGE)
    refused = ada.mutate("startVerification", returnUrl=ada.live.url)
    assert (refused["__typename"], refused["code"]) == ("UnderAge", "UNDER_AGE")
    assert ada.ask(VERIFICATION)["verification"]["status"] == "DECLINED"


def test_a_verification_runs_out(fresh: LiveStudio) -> None:
    ada = Creator(fresh).verified()
    fresh.clock.pass_by(days=366)
    ada.sign_in()
    assert ada.ask(VERIFICATION)["verification"]["status"] == "EXPIRED"
    assert not may_consent(ada)


def test_a_return_address_elsewhere_is_refused(ada: Creator) -> None:
    for url in ("https://elsewhere.example", f"{ada.live.url}.elsewhere.example/"):
        refused = ada.mutate("startVerification", returnUrl=url)
        assert (refused["code"], refused["path"]) == ("INPUT_INVALID", ["returnUrl"])
        assert ada.mutate("buyCredits", package="starter", returnUrl=url)["path"] == ["returnUrl"]


def test_a_payment_is_credited_once_however_often_its_webhook_comes(ada: Creator) -> None:
    live = ada.live
    url = ada.checkout()
    assert ada.wallet()["available"] == 0
    ada.pay(url)
    bought = ada.wallet()["available"]
    assert bought > 0
    hook = live.webhooks.sent[-1]
    for _ in range(3):
        answer = httpx.post(hook[0], verify=False, content=hook[1], headers=hook[2])
        assert answer.status_code == 200
        live.settle()
    assert ada.wallet()["available"] == bought
    assert live.event_types(ada.person).count("wallet.credited") == 1
    assert live.event_types(ada.person).count("wallet.payment-hinted") == 1


def newest_purchase(ada: Creator) -> dict[str, Any]:
    node: dict[str, Any] = ada.run("Purchases", first=1)["wallet"]["purchases"]["edges"][0]["node"]
    return node


def test_a_purchase_is_pending_until_it_is_paid(ada: Creator) -> None:
    url = ada.checkout()
    ada.live.settle()
    pending = newest_purchase(ada)
    assert (pending["state"], pending["failure"], pending["endedAt"]) == ("STARTED", None, None)
    assert pending["package"] == "starter"
    ada.pay(url)
    paid = newest_purchase(ada)
    assert (paid["id"], paid["state"], paid["failure"]) == (pending["id"], "CREDITED", None)
    assert paid["credits"] == ada.wallet()["available"]
    assert paid["endedAt"] is not None


def test_an_open_purchase_leads_to_its_own_checkout_again(ada: Creator) -> None:
    url = ada.checkout()
    ada.live.settle()
    open_one = newest_purchase(ada)["id"]
    for back in (ada.live.url, f"{ada.live.url}/#/credits"):
        again = ada.run("Checkout", purchase=open_one, returnUrl=back)
        assert again["checkoutUrl"] == url
    elsewhere = ada.run("Checkout", purchase=open_one, returnUrl="https://elsewhere.example")
    assert elsewhere["path"] == ["returnUrl"]
    ada.pay(url)
    paid = ada.run("Checkout", purchase=open_one, returnUrl=ada.live.url)
    assert paid["code"] == "ALREADY_DECIDED"


def test_whoever_was_found_under_age_is_led_to_no_checkout_any_more(ada: Creator) -> None:
    ada.checkout()
    ada.live.settle()
    open_one = newest_purchase(ada)["id"]
    ada.verified(SandboxChoice.UNDER_AGE)
    refused = ada.run("Checkout", purchase=open_one, returnUrl=ada.live.url)
    assert refused["code"] == "UNDER_AGE"


@pytest.mark.parametrize(
    ("status", "failure"),
    [(CheckoutStatus.FAILED, "DECLINED"), (CheckoutStatus.EXPIRED, "EXPIRED")],
)
def test_a_payment_that_did_not_come_about_credits_nothing_and_says_why(
    ada: Creator, status: CheckoutStatus, failure: str
) -> None:
    ada.pay(ada.checkout(), status)
    unpaid = newest_purchase(ada)
    assert (unpaid["state"], unpaid["failure"]) == ("FAILED", failure)
    assert ada.wallet()["available"] == 0
    assert "wallet.purchase-failed" in ada.live.event_types(ada.person)


def test_a_hint_before_the_payment_credits_nothing_yet(ada: Creator) -> None:
    """Out of order: the webhook overtakes what it tells of."""
    live = ada.live
    url = ada.checkout()
    purchase = url.rsplit("/", 1)[1].split("?")[0]
    early = msgspec.json.encode(
        {"webhook_id": purchase, "subject_id": purchase, "owner_id": str(ada.person)}
    )
    headers = sign_webhook(WEBHOOK_SECRET, early, live.clock())
    assert httpx.post(f"{live.url}/webhooks/payment", content=early, headers=headers).is_success
    live.settle()
    assert ada.wallet()["available"] == 0
    ada.pay(url)
    assert ada.wallet()["available"] > 0
    assert live.event_types(ada.person).count("wallet.credited") == 1


@pytest.mark.parametrize("provider", ["identity", "payment"])
def test_a_forged_stale_or_malformed_webhook_is_not_believed(ada: Creator, provider: str) -> None:
    live = ada.live
    before = live.event_types(ada.person)
    hook = Webhook(ada.person, ada.person, ada.person)
    body = msgspec.json.encode(hook)
    url = f"{live.url}/webhooks/{provider}"
    now = live.clock()

    def answered(content: bytes, headers: dict[str, str]) -> tuple[int, str]:
        answer = httpx.post(url, verify=False, content=content, headers=headers)
        return answer.status_code, answer.text

    signed = sign_webhook(WEBHOOK_SECRET, body, now)
    assert answered(body, {}) == (400, "forged")
    assert answered(body, sign_webhook(b"x" * 32, body, now)) == (400, "forged")
    assert answered(body + b" ", signed) == (400, "forged")
    old = sign_webhook(WEBHOOK_SECRET, body, now.replace(year=now.year - 1))
    assert answered(body, old) == (400, "stale")
    assert answered(b"{}", sign_webhook(WEBHOOK_SECRET, b"{}", now)) == (400, "malformed")
    assert answered(b"x" * 70_000, signed)[0] == 413
    # Well signed, about nothing of ours: taken, so that it is not sent again, and without effect.
    assert answered(body, signed) == (200, "")
    assert live.event_types(ada.person) == before


def test_the_same_purchase_again_has_the_same_checkout(ada: Creator) -> None:
    asked = {
        "idempotencyKey": str(uuid4()),
        "package": "starter",
        "returnUrl": f"{ada.live.url}/wallet",
    }
    first = ada.did("buyCredits", "purchase checkoutUrl position", **asked)
    assert ada.did("buyCredits", "purchase checkoutUrl position", **asked) == first
    assert uuid_of(first["purchase"]) != ada.person
