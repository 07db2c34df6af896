"""Identity checks at a real provider. Its server is on this machine; everything else is ours."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapters.identity.veriff import VeriffIdentity
from adapters.identity.veriff_api import RETRY_DELAYS_S, VeriffApi
from adapters.identity.veriff_credentials import VeriffCredentials
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.vault.identity_sessions import IdentitySessions
from tests.adapters.veriff.veriff_server import (
    ADULT,
    KEY,
    MINOR,
    PASSPORT,
    SECRET,
    Session,
    VeriffServer,
    signed,
    veriff_server,
)
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE

VERIFICATION = "{ viewer { ... on Viewer { verification { status assurance country reason } } } }"
ENGINES = "{ catalogue { engines { id lacks } } }"
Hook = tuple[bytes, dict[str, str]]


@pytest.fixture(scope="module")
def server() -> Iterator[VeriffServer]:
    with veriff_server() as listening:
        yield listening


@pytest.fixture(scope="module")
def studio(
    postgres_server: EmbeddedPostgres,
    tmp_path_factory: pytest.TempPathFactory,
    server: VeriffServer,
) -> Iterator[LiveStudio]:
    """One for all: what is one person's no other can see."""
    postgres_server.create_database("veriff_studio", template=TEMPLATE)
    credentials = VeriffCredentials(server.url, KEY, (SECRET,))
    with (
        closing(VeriffApi(credentials, wait=lambda seconds: None)) as api,
        live_studio(
            postgres_server.url("veriff_studio"),
            tmp_path_factory.mktemp("veriff"),
            identity_of=lambda vault, clock: VeriffIdentity(
                api, IdentitySessions(vault, "veriff"), digest_key=b"d" * 32, clock=clock
            ),
        ) as live,
    ):
        yield live


@pytest.fixture
def ada(studio: LiveStudio) -> Creator:
    return Creator(studio, "Ada")


def begun(ada: Creator, server: VeriffServer) -> Session:
    """Ada goes to the provider."""
    started = ada.did("startVerification", "redirectUrl", returnUrl=ada.live.url)
    ada.live.settle()
    [session] = [
        one for one in server.sessions.values() if server.address(one.id) == started["redirectUrl"]
    ]
    return session


def sent(ada: Creator, hook: Hook) -> int:
    """The status that the provider is answered; whatever follows from it has been done."""
    body, headers = hook
    answer = httpx.post(f"{ada.live.url}/webhooks/identity", content=body, headers=headers)
    ada.live.settle()
    return answer.status_code


def checked(ada: Creator) -> dict[str, Any]:
    found: dict[str, Any] = ada.ask(VERIFICATION)["verification"]
    return found


def hints(ada: Creator) -> int:
    return ada.live.event_types(ada.person).count("person.verification-hinted")


def test_whoever_showed_a_document_is_verified_by_a_document(
    ada: Creator, server: VeriffServer
) -> None:
    session = begun(ada, server)
    server.decide(session, "approved", 9001, person=ADULT, document=PASSPORT)
    assert checked(ada)["status"] == "PENDING"
    assert sent(ada, server.decision_webhook(session)) == 200
    assert checked(ada) == {
        "status": "VERIFIED",
        "assurance": "document",
        "country": "EE",
        "reason": None,
    }


def test_a_minors_document_is_declined_for_good(ada: Creator, server: VeriffServer) -> None:
    session = begun(ada, server)
    server.decide(session, "approved", 9001, person=MINOR, document=PASSPORT)
    assert sent(ada, server.decision_webhook(session)) == 200
    assert (checked(ada)["status"], checked(ada)["reason"]) == ("DECLINED", "UNDER_AGE")
    assert ada.mutate("startVerification", returnUrl=ada.live.url)["code"] == "UNDER_AGE"


def test_what_a_webhook_claims_is_not_believed(ada: Creator, server: VeriffServer) -> None:
    session = begun(ada, server)
    claim = {"id": session.id, "status": "approved", "code": 9001}
    claimed = {"status": "success", "verification": claim | {"person": ADULT}}
    assert sent(ada, signed(claimed)) == 200
    assert checked(ada)["status"] == "PENDING"


def test_webhooks_that_come_again_or_out_of_order_change_nothing(
    ada: Creator, server: VeriffServer
) -> None:
    session = begun(ada, server)
    early = server.event_webhook(session)
    server.decide(session, "resubmission_requested", 9103)
    again = server.decision_webhook(session)
    server.decide(session, "approved", 9001, person=ADULT, document=PASSPORT)
    decided = server.decision_webhook(session)
    for hook in (decided, decided, again, early, decided):
        assert sent(ada, hook) == 200
    assert checked(ada)["status"] == "VERIFIED"
    types = ada.live.event_types(ada.person)
    assert types.count("person.verified") == 1
    assert "person.verification-declined" not in types
    # After the decision nobody has to be asked again.
    assert hints(ada) == 1


def test_a_forged_webhook_does_nothing(ada: Creator, server: VeriffServer) -> None:
    session = begun(ada, server)
    server.decide(session, "approved", 9001, person=ADULT, document=PASSPORT)
    body, headers = server.decision_webhook(session)
    for forged in ({}, headers | {"x-hmac-signature": "0" * 64}):
        assert sent(ada, (body, forged)) == 400
    assert sent(ada, (body + b" ", headers)) == 400
    assert (hints(ada), checked(ada)["status"]) == (0, "PENDING")


def test_a_webhook_of_another_session_does_nothing_and_is_not_sent_again(
    ada: Creator, server: VeriffServer
) -> None:
    session = begun(ada, server)
    server.decide(session, "approved", 9001, person=ADULT, document=PASSPORT)
    foreign = Session(str(uuid4()), session.vendor_data, ada.live.url)
    assert sent(ada, server.event_webhook(foreign)) == 200
    assert (hints(ada), checked(ada)["status"]) == (0, "PENDING")


def test_two_people_are_not_taken_for_each_other(ada: Creator, server: VeriffServer) -> None:
    grace = Creator(ada.live, "Grace")
    of_ada, of_grace = begun(ada, server), begun(grace, server)
    server.decide(of_ada, "approved", 9001, person=ADULT, document=PASSPORT)
    assert sent(ada, server.decision_webhook(of_ada)) == 200
    assert sent(ada, server.event_webhook(of_grace)) == 200
    assert (checked(ada)["status"], checked(grace)["status"]) == ("VERIFIED", "PENDING")


def test_while_the_provider_is_away_one_is_told_to_try_again_and_can(
    ada: Creator, server: VeriffServer
) -> None:
    key = uuid4()
    server.failures = [503] * (len(RETRY_DELAYS_S) + 1)
    asked = {"returnUrl": ada.live.url, "idempotencyKey": str(key)}
    refused = ada.mutate("startVerification", **asked)
    assert (refused["__typename"], refused["code"]) == ("TryAgain", "TRY_AGAIN")
    urls = {ada.did("startVerification", "redirectUrl", **asked)["redirectUrl"] for _ in range(2)}
    assert len(urls) == 1
    assert ada.live.event_types(ada.person).count("person.verification-started") == 1


def test_a_hint_outlives_a_provider_that_is_away(ada: Creator, server: VeriffServer) -> None:
    session = begun(ada, server)
    server.decide(session, "approved", 9001, person=ADULT, document=PASSPORT)
    server.failures = [500] * 3
    assert sent(ada, server.decision_webhook(session)) == 200
    assert checked(ada)["status"] == "PENDING"
    server.failures = []
    ada.live.clock.pass_by(minutes=10)
    ada.live.settle()
    assert checked(ada)["status"] == "VERIFIED"


def test_photographs_no_longer_lack_somebody_who_looks_at_documents(
    ada: Creator, live: LiveStudio
) -> None:
    def lacks(one: Creator) -> set[str]:
        return {
            lack
            for engine in one.ask(ENGINES)["engines"]
            if engine["id"] == "stable-diffusion-xl"
            for lack in engine["lacks"]
        }

    assert lacks(Creator(live, "Ada")) - lacks(ada) == {"document-identity"}
