"""What every identity provider promises: a hosted page, hints, a decision by id."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from adapters.identity.sandbox import SandboxIdentity
from adapters.identity.sandbox_pages import identity_pages
from adapters.webhooks.signature import SIGNATURE_HEADER, sign_webhook
from commands.ports.identity_provider import IdentityProvider, ProviderDecision
from commands.ports.webhooks import WebhookRefusal, WebhookRefused

ADA = UUID("ada00000-0000-4000-8000-000000000001")
CHECK = UUID("c0000000-0000-4000-8000-000000000001")
SECRET = b"s" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STUDIO = "http://studio.test/verified"


class Callback:
    """The studio's end of the webhooks. It can be down."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, dict[str, str]]] = []
        self.is_up = True

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        if not self.is_up:
            raise ConnectionRefusedError
        self.received.append((body, dict(headers)))
        return 204


@pytest.fixture
def callback() -> Callback:
    return Callback()


@pytest.fixture
def provider(tmp_path: Path, callback: Callback) -> SandboxIdentity:
    return another_process(tmp_path, callback)


def another_process(folder: Path, callback: Callback) -> SandboxIdentity:
    return SandboxIdentity(
        folder,
        public_url="http://provider.test",
        callback_url="http://studio.test/webhooks",
        webhook_secret=SECRET,
        clock=lambda: NOON,
        post=callback,
    )


def press(provider: SandboxIdentity, url: str, choice: str) -> tuple[int, str | None]:
    parts = urlsplit(url)
    with TestClient(identity_pages(provider), follow_redirects=False) as client:
        answer = client.post(f"{parts.path}?{parts.query}", data={"choice": choice})
    return answer.status_code, answer.headers.get("location")


def start(provider: IdentityProvider) -> str:
    return provider.start(CHECK, owner_id=ADA, return_url=STUDIO)


def test_before_anyone_decided_the_decision_is_pending(provider: SandboxIdentity) -> None:
    start(provider)
    assert provider.decision(CHECK) == ProviderDecision("pending")


def test_an_id_the_provider_does_not_know_is_unknown(provider: SandboxIdentity) -> None:
    assert provider.decision(CHECK) == ProviderDecision("unknown")


def test_starting_again_answers_the_same_check(provider: SandboxIdentity) -> None:
    assert start(provider) == start(provider)


def test_an_approved_adult_is_said_to_be_one(provider: SandboxIdentity) -> None:
    assert press(provider, start(provider), "approved") == (303, STUDIO)
    decision = provider.decision(CHECK)
    assert decision.outcome == "approved"
    assert decision.adult is True
    assert decision.country == "XX"
    assert decision.document_digest
    assert decision.valid_until == NOON + timedelta(days=365)


def test_an_approved_document_of_a_minor_is_said_to_be_one(provider: SandboxIdentity) -> None:
    press(provider, start(provider), "under-age")
    decision = provider.decision(CHECK)
    assert decision.outcome == "approved"
    assert decision.adult is False


@pytest.mark.parametrize("choice", ["declined", "resubmission", "expired", "unknown"])
def test_every_other_outcome_says_nothing_about_age(provider: SandboxIdentity, choice: str) -> None:
    press(provider, start(provider), choice)
    assert provider.decision(CHECK) == ProviderDecision(choice)


def test_a_decision_is_hinted_at_by_a_signed_webhook(
    provider: SandboxIdentity, callback: Callback
) -> None:
    press(provider, start(provider), "approved")
    ((body, headers),) = callback.received
    hint = provider.verify_webhook(headers, body, NOON)
    assert (hint.verification_id, hint.owner_id) == (CHECK, ADA)
    assert b"approved" not in body


def test_header_names_are_compared_without_case(
    provider: SandboxIdentity, callback: Callback
) -> None:
    press(provider, start(provider), "approved")
    ((body, headers),) = callback.received
    lowered = {name.lower(): value for name, value in headers.items()}
    assert provider.verify_webhook(lowered, body, NOON).verification_id == CHECK


def refusal(
    provider: SandboxIdentity, headers: Mapping[str, str], body: bytes, now: datetime = NOON
) -> WebhookRefusal:
    with pytest.raises(WebhookRefused) as refused:
        provider.verify_webhook(headers, body, now)
    return refused.value.reason


def test_a_webhook_without_our_signature_is_forged(
    provider: SandboxIdentity, callback: Callback
) -> None:
    press(provider, start(provider), "approved")
    ((body, headers),) = callback.received
    assert refusal(provider, {}, body) == WebhookRefusal.FORGED
    assert refusal(provider, headers, body + b" ") == WebhookRefusal.FORGED
    assert refusal(provider, sign_webhook(b"x" * 32, body, NOON), body) == WebhookRefusal.FORGED
    later = headers[SIGNATURE_HEADER].replace("t=1", "t=2")
    assert refusal(provider, {SIGNATURE_HEADER: later}, body) == WebhookRefusal.FORGED


@pytest.mark.parametrize("apart_s", [301, -301])
def test_a_webhook_from_another_time_is_stale(
    provider: SandboxIdentity, callback: Callback, apart_s: int
) -> None:
    press(provider, start(provider), "approved")
    ((body, headers),) = callback.received
    assert provider.verify_webhook(headers, body, NOON + timedelta(seconds=300))
    now = NOON + timedelta(seconds=apart_s)
    assert refusal(provider, headers, body, now) == WebhookRefusal.STALE


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"webhook_id": 7}', b"\xff"])
def test_a_signed_webhook_of_another_form_is_malformed(
    provider: SandboxIdentity, body: bytes
) -> None:
    headers = sign_webhook(SECRET, body, NOON)
    assert refusal(provider, headers, body) == WebhookRefusal.MALFORMED


def test_a_replayed_webhook_is_the_same_webhook(
    provider: SandboxIdentity, callback: Callback
) -> None:
    url = start(provider)
    press(provider, url, "approved")
    press(provider, url, "replay")
    hints = [provider.verify_webhook(headers, body, NOON) for body, headers in callback.received]
    assert len(hints) == 2
    assert hints[0] == hints[1]
    assert callback.received[0] == callback.received[1]


def test_a_webhook_nobody_took_is_sent_again(provider: SandboxIdentity, callback: Callback) -> None:
    callback.is_up = False
    assert press(provider, start(provider), "approved") == (303, STUDIO)
    assert callback.received == []
    callback.is_up = True
    assert provider.deliver_webhooks() == 1
    assert provider.deliver_webhooks() == 0
    assert len(callback.received) == 1


def test_another_process_is_the_same_provider(
    provider: SandboxIdentity, callback: Callback, tmp_path: Path
) -> None:
    press(provider, start(provider), "approved")
    other = another_process(tmp_path, callback)
    assert other.decision(CHECK) == provider.decision(CHECK)
    assert start(other) == start(provider)


def test_a_wrong_token_looks_like_a_wrong_id(provider: SandboxIdentity) -> None:
    url = start(provider)
    assert press(provider, url + "x", "approved") == (404, None)
    other = url.replace(str(CHECK), str(ADA))
    assert press(provider, other, "approved") == (404, None)
    assert provider.decision(CHECK).outcome == "pending"


def test_a_button_that_is_not_there_decides_nothing(provider: SandboxIdentity) -> None:
    assert press(provider, start(provider), "superuser") == (200, None)
    assert provider.decision(CHECK).outcome == "pending"


def test_the_page_shows_its_buttons_and_loads_nothing(provider: SandboxIdentity) -> None:
    parts = urlsplit(start(provider))
    with TestClient(identity_pages(provider)) as client:
        answer = client.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200
    assert 'value="approved"' in answer.text
    assert "sandbox" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_short_webhook_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="secret"):
        SandboxIdentity(
            tmp_path,
            public_url="http://provider.test",
            callback_url="http://studio.test",
            webhook_secret=b"short",
            clock=lambda: NOON,
        )
