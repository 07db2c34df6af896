"""What every identity provider promises: a hosted page, hints, a decision by id."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from starlette.testclient import TestClient

from adapters.identity.sandbox import SandboxIdentity
from adapters.identity.sandbox_pages import identity_pages
from adapters.identity.veriff import VeriffIdentity
from adapters.identity.veriff_api import SIGNATURE_HEADER as VERIFF_SIGNATURE_HEADER
from adapters.identity.veriff_api import VeriffApi
from adapters.identity.veriff_credentials import VeriffCredentials
from adapters.postgres.connect import open_pool
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.vault.identity_sessions import IdentitySessions
from adapters.webhooks.signature import SIGNATURE_HEADER, sign_webhook
from commands.ports.identity_provider import IdentityProvider, ProviderDecision
from commands.ports.webhooks import WebhookRefusal, WebhookRefused
from tests.adapters.veriff.veriff_server import (
    ADULT,
    KEY,
    MINOR,
    PASSPORT,
    VeriffServer,
    signature,
    veriff_server,
)
from tests.adapters.veriff.veriff_server import (
    SECRET as VERIFF_SECRET,
)
from tests.conftest import TEMPLATE

ADA = UUID("ada00000-0000-4000-8000-000000000001")
CHECK = UUID("c0000000-0000-4000-8000-000000000001")
SECRET = b"s" * 32
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STUDIO = "http://studio.test/verified"
Hook = tuple[bytes, dict[str, str]]
Vault = ConnectionPool[Connection[TupleRow]]


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


class Desk(Protocol):
    """A provider with somebody at its hosted page, whatever that looks like.

    `valid_until` and `country` are those of everybody's document.
    """

    country: str
    valid_until: datetime

    @property
    def provider(self) -> IdentityProvider: ...

    @property
    def received(self) -> list[Hook]:
        """The webhooks that came, oldest first."""

    def decides(self, choice: str) -> None:
        """Somebody went through the page: `approved`, `under-age`, `declined`, …"""

    def sends_again(self) -> None:
        """Every webhook comes once more."""

    def another_process(self) -> IdentityProvider:
        """The same provider, as another process of ours has it."""

    def signs(self, body: bytes) -> dict[str, str]:
        """The headers under which the provider would send this body."""

    def forges(self, body: bytes) -> list[dict[str, str]]:
        """Headers under which nobody should believe this body."""


@dataclass
class SandboxDesk:
    """The sandbox, with its own page and outbox."""

    provider: SandboxIdentity
    callback: Callback
    folder: Path
    country: str = "XX"
    valid_until: datetime = NOON + timedelta(days=365)

    @property
    def received(self) -> list[Hook]:
        return self.callback.received

    def decides(self, choice: str) -> None:
        assert press(self.provider, start(self.provider), choice) == (303, STUDIO)

    def sends_again(self) -> None:
        press(self.provider, start(self.provider), "replay")

    def another_process(self) -> IdentityProvider:
        return another_process(self.folder, self.callback)

    def signs(self, body: bytes) -> dict[str, str]:
        return sign_webhook(SECRET, body, NOON)

    def forges(self, body: bytes) -> list[dict[str, str]]:
        later = self.signs(body)[SIGNATURE_HEADER].replace("t=1", "t=2")
        return [{}, sign_webhook(b"x" * 32, body, NOON), {SIGNATURE_HEADER: later}]


VERIFFS = {
    "approved": ("approved", 9001, {"person": ADULT, "document": PASSPORT}),
    "under-age": ("approved", 9001, {"person": MINOR, "document": PASSPORT}),
    "declined": ("declined", 9102, {"person": ADULT, "document": PASSPORT}),
    "resubmission": ("resubmission_requested", 9103, {}),
    "expired": ("expired", 9104, {}),
    "unknown": ("a word of tomorrow", 9999, {"person": ADULT, "document": PASSPORT}),
}


@dataclass
class VeriffDesk:
    """Veriff's API as a server on this machine speaks it."""

    server: VeriffServer
    api: VeriffApi
    sessions: IdentitySessions
    country: str = "EE"
    valid_until: datetime = datetime(2030, 1, 2, tzinfo=UTC)
    received: list[Hook] = field(default_factory=list)

    @property
    def provider(self) -> VeriffIdentity:
        return VeriffIdentity(self.api, self.sessions, digest_key=SECRET, clock=lambda: NOON)

    def decides(self, choice: str) -> None:
        start(self.provider)
        status, code, more = VERIFFS[choice]
        session = self.server.session_of(str(CHECK))
        self.server.decide(session, status, code, **more)
        self.received.append(self.server.decision_webhook(session))

    def sends_again(self) -> None:
        self.received += self.received

    def another_process(self) -> IdentityProvider:
        return self.provider

    def signs(self, body: bytes) -> dict[str, str]:
        return {"x-auth-client": KEY, "x-hmac-signature": signature(body)}

    def forges(self, body: bytes) -> list[dict[str, str]]:
        name = VERIFF_SIGNATURE_HEADER
        other = signature(body, "another secret, of another one")
        ours = signature(body)
        wrong = [other, ours[:-1], ours[::-1], "", "ä" * 64, f"sha256={ours}"]
        return [{}, {"x-signature": ours}, *({name: one} for one in wrong)]


@pytest.fixture(scope="module")
def vault(postgres_server: EmbeddedPostgres) -> Iterator[Vault]:
    postgres_server.create_database("identity", template=TEMPLATE)
    with open_pool(postgres_server.url("identity"), "vault", size_max=2) as pool:
        yield pool
    postgres_server.drop_database("identity")


@pytest.fixture(params=["sandbox", "veriff"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    if request.param == "sandbox":
        callback = Callback()
        yield SandboxDesk(another_process(tmp_path, callback), callback, tmp_path)
        return
    vault: Vault = request.getfixturevalue("vault")
    with vault.connection() as connection:
        connection.execute("DELETE FROM vault.identity_sessions")
    with (
        veriff_server() as server,
        closing(VeriffApi(VeriffCredentials(server.url, KEY, (VERIFF_SECRET,)))) as api,
    ):
        yield VeriffDesk(server, api, IdentitySessions(vault, "veriff"))


def test_before_anyone_decided_the_decision_is_pending(desk: Desk) -> None:
    start(desk.provider)
    assert desk.provider.decision(CHECK) == ProviderDecision("pending")


def test_an_id_the_provider_does_not_know_is_unknown(desk: Desk) -> None:
    assert desk.provider.decision(CHECK) == ProviderDecision("unknown")


def test_starting_again_answers_the_same_check(desk: Desk) -> None:
    assert start(desk.provider) == start(desk.provider)


def test_an_approved_adult_is_said_to_be_one(desk: Desk) -> None:
    desk.decides("approved")
    decision = desk.provider.decision(CHECK)
    assert decision.outcome == "approved"
    assert decision.adult is True
    assert decision.country == desk.country
    assert decision.document_digest
    assert decision.valid_until == desk.valid_until


def test_an_approved_document_of_a_minor_is_said_to_be_one(desk: Desk) -> None:
    desk.decides("under-age")
    decision = desk.provider.decision(CHECK)
    assert decision.outcome == "approved"
    assert decision.adult is False


@pytest.mark.parametrize("choice", ["declined", "resubmission", "expired", "unknown"])
def test_every_other_outcome_says_nothing_about_age(desk: Desk, choice: str) -> None:
    desk.decides(choice)
    assert desk.provider.decision(CHECK) == ProviderDecision(choice)


def test_a_decision_is_hinted_at_by_a_signed_webhook(desk: Desk) -> None:
    desk.decides("approved")
    ((body, headers),) = desk.received
    hint = desk.provider.verify_webhook(headers, body, NOON)
    assert (hint.verification_id, hint.owner_id) == (CHECK, ADA)


def test_the_webhook_of_the_sandbox_says_nothing_of_the_decision(
    provider: SandboxIdentity, callback: Callback
) -> None:
    press(provider, start(provider), "approved")
    ((body, _),) = callback.received
    assert b"approved" not in body


def test_header_names_are_compared_without_case(desk: Desk) -> None:
    desk.decides("approved")
    ((body, headers),) = desk.received
    for written in (str.lower, str.upper):
        spelt = {written(name): value for name, value in headers.items()}
        assert desk.provider.verify_webhook(spelt, body, NOON).verification_id == CHECK


def refusal(
    provider: IdentityProvider, headers: Mapping[str, str], body: bytes, now: datetime = NOON
) -> WebhookRefusal:
    with pytest.raises(WebhookRefused) as refused:
        provider.verify_webhook(headers, body, now)
    return refused.value.reason


def test_a_webhook_without_our_signature_is_forged(desk: Desk) -> None:
    desk.decides("approved")
    ((body, headers),) = desk.received
    assert refusal(desk.provider, headers, body + b" ") == WebhookRefusal.FORGED
    for forged in desk.forges(body):
        assert refusal(desk.provider, forged, body) == WebhookRefusal.FORGED


@pytest.mark.parametrize("apart_s", [301, -301])
def test_a_webhook_from_another_time_is_stale(
    provider: SandboxIdentity, callback: Callback, apart_s: int
) -> None:
    press(provider, start(provider), "approved")
    ((body, headers),) = callback.received
    assert provider.verify_webhook(headers, body, NOON + timedelta(seconds=300))
    now = NOON + timedelta(seconds=apart_s)
    assert refusal(provider, headers, body, now) == WebhookRefusal.STALE


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"webhook_id": 7}', b"\xff", b"{}"])
def test_a_signed_webhook_of_another_form_is_malformed(desk: Desk, body: bytes) -> None:
    assert refusal(desk.provider, desk.signs(body), body) == WebhookRefusal.MALFORMED


def test_a_replayed_webhook_is_the_same_webhook(desk: Desk) -> None:
    desk.decides("approved")
    desk.sends_again()
    hints = [desk.provider.verify_webhook(headers, body, NOON) for body, headers in desk.received]
    assert len(hints) == 2
    assert hints[0] == hints[1]
    assert desk.received[0] == desk.received[1]


def test_a_webhook_nobody_took_is_sent_again(provider: SandboxIdentity, callback: Callback) -> None:
    callback.is_up = False
    assert press(provider, start(provider), "approved") == (303, STUDIO)
    assert callback.received == []
    callback.is_up = True
    assert provider.deliver_webhooks() == 1
    assert provider.deliver_webhooks() == 0
    assert len(callback.received) == 1


def test_another_process_is_the_same_provider(desk: Desk) -> None:
    desk.decides("approved")
    other = desk.another_process()
    assert other.decision(CHECK) == desk.provider.decision(CHECK)
    assert start(other) == start(desk.provider)


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
