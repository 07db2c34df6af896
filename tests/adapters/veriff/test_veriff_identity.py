"""Veriff, as bad as a real provider can be: away, slow to agree, out of order, or somebody else."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from adapters.identity.veriff import VeriffIdentity
from adapters.identity.veriff_api import ANSWER_BYTES_MAX, RETRY_DELAYS_S, VeriffApi
from adapters.identity.veriff_credentials import (
    VeriffCredentials,
    VeriffCredentialsUnreadable,
    read_credentials,
)
from adapters.postgres.connect import open_pool
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.vault.identity_sessions import IdentitySessions
from commands.ports.identity_provider import ProviderDecision
from commands.ports.webhooks import ProviderUnavailable, WebhookRefusal, WebhookRefused
from tests.adapters.veriff.veriff_server import (
    ADULT,
    KEY,
    PASSPORT,
    SECRET,
    Session,
    VeriffServer,
    signed,
    veriff_server,
)
from tests.conftest import TEMPLATE

Vault = ConnectionPool[Connection[TupleRow]]
ADA = UUID("ada00000-0000-4000-8000-000000000001")
CHECK = UUID("c0000000-0000-4000-8000-000000000001")
OTHER_CHECK = UUID("c0000000-0000-4000-8000-000000000002")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STUDIO = "https://studio.example/verified"
TRIES = len(RETRY_DELAYS_S) + 1


@pytest.fixture(scope="module")
def one_server() -> Iterator[VeriffServer]:
    with veriff_server() as server:
        yield server


@pytest.fixture
def server(one_server: VeriffServer) -> VeriffServer:
    """As it was at first, at the same address."""
    one_server.__dict__.update(VeriffServer(one_server.url).__dict__)
    return one_server


class Here:
    """Our side: a provider, and how long it waited between its tries."""

    def __init__(self, api: VeriffApi, sessions: IdentitySessions, server: VeriffServer) -> None:
        self.api, self.sessions, self.server = api, sessions, server
        self.provider = VeriffIdentity(api, sessions, digest_key=b"d" * 32, clock=lambda: NOON)

    def start(self, check: UUID = CHECK) -> str:
        return self.provider.start(check, owner_id=ADA, return_url=STUDIO)

    def session(self, check: UUID = CHECK) -> Session:
        self.start(check)
        return self.server.session_of(str(check))

    def approved(self, **more: Any) -> ProviderDecision:
        said = {"person": ADULT, "document": PASSPORT} | more
        self.server.decide(self.session(), "approved", 9001, **said)
        return self.provider.decision(CHECK)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture(scope="module")
def one_vault(postgres_server: EmbeddedPostgres) -> Iterator[Vault]:
    postgres_server.create_database("veriff", template=TEMPLATE)
    with open_pool(postgres_server.url("veriff"), "vault", size_max=2) as pool:
        yield pool
    postgres_server.drop_database("veriff")


@pytest.fixture
def sessions(one_vault: Vault) -> IdentitySessions:
    """Empty."""
    with one_vault.connection() as connection:
        connection.execute("DELETE FROM vault.identity_sessions")
    return IdentitySessions(one_vault, "veriff")


@pytest.fixture
def here(server: VeriffServer, sessions: IdentitySessions, waits: list[float]) -> Iterator[Here]:
    credentials = VeriffCredentials(server.url, KEY, (SECRET, "the secret that comes after it"))
    with closing(VeriffApi(credentials, wait=waits.append, timeout_s=5.0)) as api:
        yield Here(api, sessions, server)


def test_a_session_is_begun_with_nothing_of_a_person(here: Here) -> None:
    address = here.start()
    session = here.server.session_of(str(CHECK))
    assert (session.vendor_data, session.callback) == (str(CHECK), STUDIO)
    assert address == here.server.address(session.id)
    assert str(ADA) not in repr(here.server.sessions)


def test_a_check_that_is_started_again_has_one_session(here: Here) -> None:
    assert here.start() == here.start()
    assert here.server.asked == [("POST", "/v1/sessions")]


def test_of_two_sessions_that_were_begun_at_once_the_first_is_kept(here: Here) -> None:
    first = here.start()
    # As another process would, that had looked before this one kept anything.
    begun = here.api.begin(str(CHECK), return_url=STUDIO)
    kept = here.sessions.of_check(CHECK)
    assert kept is not None
    again = here.sessions.keep(type(kept)(CHECK, begun.id, ADA, begun.url, kept.started_at))
    assert (again, again.address) == (kept, first)
    assert here.sessions.of_session(begun.id) is None


@pytest.mark.parametrize("failures", [[503], [429, 503]])
def test_a_provider_that_is_back_in_a_moment_is_waited_for(
    here: Here, waits: list[float], failures: list[int]
) -> None:
    here.server.failures = list(failures)
    assert here.start().startswith("https://")
    assert waits == list(RETRY_DELAYS_S[: len(failures)])


@pytest.mark.parametrize("status", [429, 503])
def test_a_provider_that_stays_away_is_unavailable(here: Here, status: int) -> None:
    here.server.failures = [status] * TRIES
    with pytest.raises(ProviderUnavailable):
        here.start()
    assert len(here.server.asked) == TRIES
    assert here.sessions.of_check(CHECK) is None
    assert here.start().startswith("https://")


@pytest.mark.parametrize("status", [400, 401, 403, 500, 302])
def test_a_refusal_is_not_asked_for_again(here: Here, status: int) -> None:
    here.server.failures = [status]
    with pytest.raises(ProviderUnavailable):
        here.start()
    assert len(here.server.asked) == 1


def test_nobody_there_is_unavailable(sessions: IdentitySessions, waits: list[float]) -> None:
    # Nothing listens at the first port.
    credentials = VeriffCredentials("http://127.0.0.1:1", KEY, (SECRET,))
    with closing(VeriffApi(credentials, wait=waits.append)) as api:
        provider = VeriffIdentity(api, sessions, digest_key=b"d" * 32, clock=lambda: NOON)
        with pytest.raises(ProviderUnavailable):
            provider.start(CHECK, owner_id=ADA, return_url=STUDIO)
    assert waits == list(RETRY_DELAYS_S)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_decision_is_asked_for_once_since_whoever_asks_comes_again(
    here: Here, waits: list[float], status: int
) -> None:
    here.session()
    here.server.failures = [status]
    with pytest.raises(ProviderUnavailable):
        here.provider.decision(CHECK)
    assert waits == []
    assert here.provider.decision(CHECK) == ProviderDecision("pending")


def test_a_session_that_the_provider_has_forgotten_is_unknown(here: Here) -> None:
    here.server.sessions.pop(here.session().id)
    assert here.provider.decision(CHECK) == ProviderDecision("unknown")


def another_session(body: bytes) -> bytes:
    told = json.loads(body)
    return json.dumps(told | {"verification": told["verification"] | {"id": str(uuid4())}}).encode()


def another_check(body: bytes) -> bytes:
    told = json.loads(body)
    changed = told["verification"] | {"vendorData": str(OTHER_CHECK)}
    return json.dumps(told | {"verification": changed}).encode()


@pytest.mark.parametrize(
    "answers",
    [
        another_session,
        another_check,
        lambda body: b"",
        lambda body: b"{",
        lambda body: b"[]",
        lambda body: b'{"status": "success", "verification": {"status": "approved"}}',
        lambda body: body + b" " * ANSWER_BYTES_MAX,
    ],
)
def test_an_answer_of_another_form_or_about_others_decides_nothing(
    here: Here, answers: Callable[[bytes], bytes]
) -> None:
    assert here.approved().adult is True
    here.server.answers = answers
    with pytest.raises(ProviderUnavailable):
        here.provider.decision(CHECK)


def test_an_answer_that_somebody_else_signed_decides_nothing(here: Here) -> None:
    here.session()
    here.server.signs_with = "somebody else's secret"
    with pytest.raises(ProviderUnavailable):
        here.provider.decision(CHECK)


def test_an_answer_may_be_signed_with_the_secret_that_comes_next(here: Here) -> None:
    here.session()
    here.server.signs_with = "the secret that comes after it"
    assert here.provider.decision(CHECK) == ProviderDecision("pending")


@pytest.mark.parametrize("address", ["http://elsewhere.example", "ftp://h/x", "javascript:1", ""])
def test_nobody_is_sent_to_an_address_that_is_none(here: Here, address: str) -> None:
    here.server.address = lambda id: address
    # Plain http is a loopback provider's own, and this one is such a one: others are refused.
    if address.startswith("http:"):
        here.api._may_be_plain = False
    with pytest.raises(ProviderUnavailable):
        here.start()


BORN_AND_DECIDED = [
    # Eighteen everywhere on earth, at noon in the east it had been so for long.
    ("2008-11-22", "2026-11-23T12:00:00Z", True),
    # Eighteen today, and in the far west today has only begun.
    ("2008-11-23", "2026-11-23T12:00:00Z", True),
    ("2008-11-23", "2026-11-23T11:59:59Z", None),
    ("2008-11-24", "2026-11-23T12:00:00Z", None),
    ("2008-11-25", "2026-11-23T12:00:00Z", False),
    ("2008-02-29", "2026-02-28T18:00:00Z", None),
    ("2008-02-29", "2026-03-02T00:00:00Z", True),
    ("2008-02-30", "2026-11-23T12:00:00Z", None),
    ("23.11.1990", "2026-11-23T12:00:00Z", None),
    (None, "2026-11-23T12:00:00Z", None),
]


@pytest.mark.parametrize(("born", "decided", "adult"), BORN_AND_DECIDED)
def test_an_adult_is_who_is_one_everywhere_on_earth(
    here: Here,
    born: str | None,
    decided: str,
    adult: bool | None,  # noqa: FBT001
) -> None:
    decision = here.approved(person={"dateOfBirth": born}, decisionTime=decided)
    assert (decision.outcome, decision.adult) == ("approved", adult)


@pytest.mark.parametrize("missing", ["dateOfBirth", "country", "validUntil"])
def test_what_a_document_does_not_show_is_not_said(here: Here, missing: str) -> None:
    person = {name: value for name, value in ADULT.items() if name != missing}
    document = {name: value for name, value in PASSPORT.items() if name != missing}
    decision = here.approved(person=person, document=document)
    assert (decision.adult, decision.country, decision.valid_until).count(None) == 1


@pytest.mark.parametrize("part", ["person", "document"])
def test_an_approval_without_a_document_proves_nothing(here: Here, part: str) -> None:
    decision = here.approved(**{part: None})
    assert None in (decision.adult, decision.country)


@pytest.mark.parametrize("country", ["XX", "ee", "EST", ""])
def test_a_country_is_an_iso_code_of_a_country(here: Here, country: str) -> None:
    assert here.approved(document=PASSPORT | {"country": country}).country is None


@pytest.mark.parametrize("code", [9102, 9103, None])
def test_an_approval_with_another_code_is_none(here: Here, code: int | None) -> None:
    said = {"person": ADULT, "document": PASSPORT}
    here.server.decide(here.session(), "approved", code, **said)  # type: ignore[arg-type]
    assert here.provider.decision(CHECK) == ProviderDecision("unknown")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("abandoned", "expired"), ("review", "pending"), ("APPROVED", "unknown")],
)
def test_other_words_mean_what_they_say(here: Here, status: str, outcome: str) -> None:
    here.server.decide(here.session(), status, 9104, person=ADULT, document=PASSPORT)
    assert here.provider.decision(CHECK) == ProviderDecision(outcome)


def test_one_document_is_recognised_and_another_is_not(here: Here) -> None:
    first = here.approved().document_digest
    spelt = here.approved(document=PASSPORT | {"number": "kx-123 4567"}).document_digest
    other = here.approved(document=PASSPORT | {"number": "KX 1234568"}).document_digest
    assert first == spelt != other
    assert first is not None
    assert first != hashlib.sha256(PASSPORT["number"].encode()).hexdigest()
    assert here.approved(document=PASSPORT | {"number": None}).document_digest is None


def refusal(here: Here, hook: tuple[bytes, dict[str, str]]) -> WebhookRefusal:
    with pytest.raises(WebhookRefused) as refused:
        here.provider.verify_webhook(hook[1], hook[0], NOON)
    return refused.value.reason


def test_both_kinds_of_webhooks_hint_at_their_check(here: Here) -> None:
    here.approved()
    session = here.session()
    hooks = [here.server.event_webhook(session), here.server.decision_webhook(session)]
    hints = [here.provider.verify_webhook(headers, body, NOON) for body, headers in hooks]
    assert {(hint.verification_id, hint.owner_id) for hint in hints} == {(CHECK, ADA)}
    assert hints[0].webhook_id != hints[1].webhook_id


def test_a_webhook_of_a_session_that_is_not_ours_is_not_ours(here: Here) -> None:
    here.session()
    foreign = Session(str(uuid4()), str(CHECK), STUDIO)
    here.server.decide(foreign, "approved", 9001, person=ADULT, document=PASSPORT)
    assert refusal(here, here.server.decision_webhook(foreign)) == WebhookRefusal.NOT_OURS
    assert refusal(here, here.server.event_webhook(foreign)) == WebhookRefusal.NOT_OURS


def test_a_webhook_may_be_signed_with_the_secret_that_comes_next(here: Here) -> None:
    said = {"id": here.session().id}
    body, headers = signed(said, "the secret that comes after it")
    assert here.provider.verify_webhook(headers, body, NOON).verification_id == CHECK
    assert refusal(here, signed(said, "neither of the two secrets")) == WebhookRefusal.FORGED


def test_a_webhook_that_is_too_long_is_not_read(here: Here) -> None:
    said = {"id": here.session().id, "more": "m" * 70_000}
    assert refusal(here, signed(said)) == WebhookRefusal.FORGED


def test_nothing_of_a_person_is_logged_or_raised(here: Here) -> None:
    here.approved()
    here.server.failures = [400, 500, *[503] * TRIES]
    raised: list[str] = []
    with structlog.testing.capture_logs() as told:
        for ask in (
            lambda: here.start(OTHER_CHECK),
            lambda: here.provider.decision(CHECK),
            lambda: here.start(OTHER_CHECK),
        ):
            with pytest.raises(ProviderUnavailable) as unavailable:
                ask()
            raised.append(repr(unavailable.value))
        here.server.answers = lambda body: body.replace(b'"approved"', b"7")
        with pytest.raises(ProviderUnavailable) as unavailable:
            here.provider.decision(CHECK)
        raised.append(repr(unavailable.value))
    said = repr(told) + "".join(raised)
    assert "refused" in said
    for secret in ("LEORPA", "1234567", "1990", SECRET, KEY, str(CHECK), here.session().id):
        assert secret not in said


GOOD = {"base_url": "https://api.example", "api_key": KEY, "shared_secrets": [SECRET]}


def written(folder: Path, said: Any) -> Path:
    file = folder / "veriff.json"
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    file.chmod(0o600)
    return file


def test_credentials_are_read_and_not_shown(tmp_path: Path) -> None:
    read = read_credentials(written(tmp_path, GOOD))
    assert (read.api_key, read.shared_secrets) == (KEY, (SECRET,))
    assert KEY not in repr(read)
    assert SECRET not in repr(read)


@pytest.mark.parametrize(
    "said",
    [
        "{",
        GOOD | {"base_url": "http://api.example"},
        GOOD | {"base_url": "https://api.example/v1"},
        GOOD | {"base_url": "https://api.example@elsewhere.example"},
        GOOD | {"shared_secrets": []},
        GOOD | {"shared_secrets": ["short"]},
        GOOD | {"api_key": ""},
        GOOD | {"signatures": False},
        {},
    ],
)
def test_credentials_that_say_something_else_are_refused_without_a_quote(
    tmp_path: Path, said: Any
) -> None:
    with pytest.raises(VeriffCredentialsUnreadable) as refused:
        read_credentials(written(tmp_path, said))
    assert SECRET not in str(refused.value)


def test_credentials_that_others_can_read_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    file.chmod(0o644)
    with pytest.raises(VeriffCredentialsUnreadable, match="chmod"):
        read_credentials(file)
    with pytest.raises(VeriffCredentialsUnreadable):
        read_credentials(tmp_path / "absent.json")
