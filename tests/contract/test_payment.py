"""What every payment provider promises: one checkout per purchase, one payment, hints about it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from adapters.payment.sandbox import SandboxPayment
from adapters.payment.sandbox_pages import payment_pages
from adapters.webhooks.signature import sign_webhook
from commands.ports.payment_provider import PaymentProvider, ProviderPayment
from commands.ports.webhooks import WebhookRefusal, WebhookRefused

ADA = UUID("ada00000-0000-4000-8000-000000000001")
PURCHASE = UUID("b0000000-0000-4000-8000-000000000001")
SECRET = b"s" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STUDIO = "http://studio.test/credits"


class Callback:
    """The studio's end of the webhooks."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, dict[str, str]]] = []
        self.status = 204

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.received.append((body, dict(headers)))
        return self.status


@pytest.fixture
def callback() -> Callback:
    return Callback()


@pytest.fixture
def provider(tmp_path: Path, callback: Callback) -> SandboxPayment:
    return SandboxPayment(
        tmp_path,
        public_url="http://provider.test",
        callback_url="http://studio.test/webhooks",
        webhook_secret=SECRET,
        clock=lambda: NOON,
        post=callback,
    )


def check_out(provider: PaymentProvider, *, title: str = "100 credits") -> str:
    return provider.checkout(
        PURCHASE,
        owner_id=ADA,
        amount_minor_units=1_250,
        currency="EUR",
        title=title,
        return_url=STUDIO,
    )


def press(provider: SandboxPayment, url: str, choice: str) -> tuple[int, str | None]:
    parts = urlsplit(url)
    with TestClient(payment_pages(provider), follow_redirects=False) as client:
        answer = client.post(f"{parts.path}?{parts.query}", data={"choice": choice})
    return answer.status_code, answer.headers.get("location")


def test_an_open_checkout_is_not_paid(provider: SandboxPayment) -> None:
    check_out(provider)
    assert provider.payment(PURCHASE) == ProviderPayment("open", None, 1_250, "EUR")


def test_a_purchase_the_provider_does_not_know_is_unknown(provider: SandboxPayment) -> None:
    payment = provider.payment(PURCHASE)
    assert (payment.status, payment.amount_minor_units) == ("unknown", 0)


def test_checking_out_again_answers_the_same_checkout(provider: SandboxPayment) -> None:
    assert check_out(provider) == check_out(provider)


def test_a_paid_checkout_names_its_payment_for_ever(provider: SandboxPayment) -> None:
    url = check_out(provider)
    assert press(provider, url, "pay") == (303, STUDIO)
    paid = provider.payment(PURCHASE)
    assert (paid.status, paid.amount_minor_units, paid.currency) == ("paid", 1_250, "EUR")
    assert paid.payment_reference
    press(provider, url, "pay")
    assert provider.payment(PURCHASE) == paid


@pytest.mark.parametrize(("choice", "status"), [("decline", "failed"), ("abandon", "expired")])
def test_a_checkout_that_ended_unpaid_stays_unpaid(
    provider: SandboxPayment, choice: str, status: str
) -> None:
    url = check_out(provider)
    assert press(provider, url, choice) == (303, STUDIO)
    press(provider, url, "pay")
    assert provider.payment(PURCHASE) == ProviderPayment(status, None, 1_250, "EUR")


def test_pressing_pay_many_times_at_once_is_one_payment_and_one_webhook(
    provider: SandboxPayment, callback: Callback
) -> None:
    parts = urlsplit(check_out(provider))
    token = parts.query.removeprefix("token=")
    checkout = provider.find_checkout(PURCHASE, token)
    assert checkout is not None
    status = type(checkout.status).PAID
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: provider.close(checkout, status), range(20)))
    assert provider.deliver_webhooks() == 1
    assert len(callback.received) == 1


def test_a_payment_is_hinted_at_by_a_signed_webhook(
    provider: SandboxPayment, callback: Callback
) -> None:
    press(provider, check_out(provider), "pay")
    ((body, headers),) = callback.received
    hint = provider.verify_webhook(headers, body, NOON)
    assert (hint.purchase_id, hint.owner_id) == (PURCHASE, ADA)
    assert b"1250" not in body


def test_a_webhook_can_be_replayed_and_is_recognised(
    provider: SandboxPayment, callback: Callback
) -> None:
    url = check_out(provider)
    press(provider, url, "pay")
    press(provider, url, "replay")
    hints = {provider.verify_webhook(headers, body, NOON) for body, headers in callback.received}
    assert len(callback.received) == 2
    assert len(hints) == 1


def test_a_webhook_the_studio_refused_is_sent_again(
    provider: SandboxPayment, callback: Callback
) -> None:
    callback.status = 503
    press(provider, check_out(provider), "pay")
    callback.status = 204
    assert provider.deliver_webhooks() == 1
    first, second = callback.received
    assert first[0] == second[0]


@pytest.mark.parametrize(
    ("secret", "sent_at", "body", "reason"),
    [
        (b"x" * 32, NOON, b"{}", WebhookRefusal.FORGED),
        (SECRET, NOON - timedelta(seconds=301), b"{}", WebhookRefusal.STALE),
        (SECRET, NOON, b"{}", WebhookRefusal.MALFORMED),
        (SECRET, NOON, b"x" * 20_000, WebhookRefusal.FORGED),
        # Signature first: a stranger never learns whether the rest was right.
        (b"x" * 32, NOON - timedelta(days=1), b"{", WebhookRefusal.FORGED),
    ],
)
def test_a_webhook_that_does_not_hold_is_refused_by_its_reason(
    provider: SandboxPayment,
    secret: bytes,
    sent_at: datetime,
    body: bytes,
    reason: WebhookRefusal,
) -> None:
    with pytest.raises(WebhookRefused) as refused:
        provider.verify_webhook(sign_webhook(secret, body, sent_at), body, NOON)
    assert refused.value.reason == reason


def test_a_wrong_token_looks_like_a_wrong_id(provider: SandboxPayment) -> None:
    url = check_out(provider)
    assert press(provider, url[:-1], "pay") == (404, None)
    assert press(provider, url.replace(str(PURCHASE), str(ADA)), "pay") == (404, None)
    assert provider.payment(PURCHASE).status == "open"


def test_a_title_is_shown_as_text(provider: SandboxPayment) -> None:
    parts = urlsplit(check_out(provider, title="<script>fog</script>"))
    with TestClient(payment_pages(provider)) as client:
        answer = client.get(f"{parts.path}?{parts.query}")
    assert "<script>" not in answer.text
    assert "12.50 EUR" in answer.text
