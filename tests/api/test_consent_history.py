"""What somebody agreed to for a twin and took back, and what followed from that."""

from typing import Any

import psycopg

from adapters.postgres.migrate import MIGRATIONS_FOLDER
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio


def history(creator: Creator, twin: str) -> list[dict[str, Any]]:
    """Newest first."""
    creator.live.settle()
    edges = creator.run("ConsentHistory", twin=twin)["consentHistory"]["edges"]
    return [edge["node"] for edge in edges]


def test_every_decision_is_kept_with_its_text(ada: Creator) -> None:
    ada.verified()
    twin, consent = ada.twin(), ada.run("Catalogue")["consentText"]
    release = ada.run("Catalogue")["biometricReleaseText"]
    ada.did("takeBackConsentScopes", twin=twin, scopes=["clips"])
    agreed = {"twin": twin, "textSha256": consent["sha256"]}
    ada.did("addConsentScopes", scopes=["clips"], **agreed)
    ada.did("withdrawConsent", twin=twin)
    ada.did("grantConsent", scopes=["training"], **agreed)
    found = history(ada, twin)
    assert [(one["kind"], one["scopes"], one["textSha256"]) for one in found] == [
        ("GRANTED", ["training"], consent["sha256"]),
        ("WITHDRAWN", [], None),
        ("ADDED", ["clips"], consent["sha256"]),
        ("TAKEN_BACK", ["clips"], None),
        ("GRANTED", consent["scopes"], consent["sha256"]),
        ("RELEASED", [], release["sha256"]),
    ]
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    assert [one["receipt"] is not None for one in found] == [False, True, False, True, False, False]
    for text in (consent, release):
        said = ada.run("AgreedText", sha256=text["sha256"])
        assert said["text"] == text["text"]
    assert found[0]["textVersion"] == consent["version"]
    assert ada.run("AgreedText", sha256="0" * 64) is None


def test_a_withdrawal_keeps_its_receipt(ada: Creator) -> None:
    ada.verified()
    twin = ada.trained()
    ada.rich()
    ada.images(twin, count=2)
    ada.submitted(twin)
    ada.did("withdrawConsent", twin=twin)
    ada.live.project()
    before = history_as_it_stands(ada, twin)
    assert before["receipt"]["isDeleting"]
    [withdrawn, *_] = history(ada, twin)
    receipt = withdrawn["receipt"]
    assert receipt["jobsStopped"] == 1
    assert receipt["creditsReturned"] > 0
    assert receipt["filesDeleted"] >= 12
    assert receipt["deletedAt"] is not None
    assert not receipt["isDeleting"]
    # It stands there still when consent was given again.
    consent = ada.run("Catalogue")["consentText"]
    ada.did("grantConsent", twin=twin, textSha256=consent["sha256"], scopes=consent["scopes"])
    assert history(ada, twin)[1] == withdrawn


def history_as_it_stands(creator: Creator, twin: str) -> dict[str, Any]:
    """The newest decision, before anything that follows from it was done."""
    [newest, *_] = creator.run("ConsentHistory", twin=twin)["consentHistory"]["edges"]
    node = newest["node"]
    assert isinstance(node, dict)
    return node


def test_more_decisions_than_a_page_are_paged(ada: Creator) -> None:
    ada.verified()
    twin, consent = ada.twin(), ada.run("Catalogue")["consentText"]
    for _ in range(10):
        ada.did("takeBackConsentScopes", twin=twin, scopes=["clips"])
        ada.did("addConsentScopes", twin=twin, scopes=["clips"], textSha256=consent["sha256"])
    ada.live.settle()
    first = ada.run("ConsentHistory", twin=twin)["consentHistory"]
    assert (len(first["edges"]), first["pageInfo"]["hasNextPage"]) == (20, True)
    after = first["pageInfo"]["endCursor"]
    second = ada.run("ConsentHistory", twin=twin, after=after)["consentHistory"]
    assert [edge["node"]["kind"] for edge in second["edges"]] == ["GRANTED", "RELEASED"]
    assert not second["pageInfo"]["hasNextPage"]


def test_nobody_sees_the_history_of_somebody_else(ada: Creator, grace: Creator) -> None:
    twin = ada.verified().twin()
    assert history(ada, twin)
    assert history(grace, twin) == []
    assert history(grace, "nothing") == []


def test_what_was_decided_before_there_was_a_history_is_in_it(
    fresh: LiveStudio, admin_database: str
) -> None:
    ada = Creator(fresh).verified()
    twin = ada.trained()
    ada.rich()
    ada.images(twin)
    consent = ada.run("Catalogue")["consentText"]
    agreed = {"twin": twin, "textSha256": consent["sha256"]}
    ada.did("takeBackConsentScopes", twin=twin, scopes=["training", "clips"])
    ada.did("addConsentScopes", scopes=["training"], **agreed)
    ada.live.settle()
    ada.did("withdrawConsent", twin=twin)
    ada.did("grantConsent", scopes=["training"], **agreed)
    folded = history(ada, twin)
    assert len(folded) == 6
    text = (MIGRATIONS_FOLDER / "0041_account.sql").read_text()
    statement = text[text.index("WITH told AS") : text.index(";", text.index("WITH told AS"))]
    rows = "SELECT * FROM views.consent_decisions ORDER BY owner_id, twin_id, version"
    with psycopg.connect(admin_database) as admin:
        before = admin.execute(rows).fetchall()
        admin.execute("DELETE FROM views.consent_decisions")
        admin.execute(statement.encode())
        assert admin.execute(rows.encode()).fetchall() == before
