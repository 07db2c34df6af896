"""Consent through the public API: what is offered, ticked, added and taken back."""

from typing import Any

from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio

CONSENT = (
    "query($id: ID!) { viewer { ... on Viewer { twin(id: $id) "
    "{ status consent { epoch granted textVersion scopes } } } } }"
)


def shown(ada: Creator, twin: str) -> Any:
    ada.live.settle()
    return ada.ask(CONSENT, id=twin)["twin"]


def test_the_catalogue_offers_every_scope_with_its_words_and_no_rating(live: LiveStudio) -> None:
    text = Creator(live).run("Catalogue")["consentText"]
    assert text["version"] == 2
    assert text["scopes"] == ["training", "general-images", "clips"]
    assert [one["scope"] for one in text["offered"]] == text["scopes"]
    assert all(one["words"] in text["text"] for one in text["offered"])


def test_a_scope_that_is_taken_back_stops_hides_and_is_ticked_again_later(
    live: LiveStudio,
) -> None:
    ada = Creator(live)
    twin = ada.trained()
    consent = ada.run("Catalogue")["consentText"]
    ada.finished(ada.images(twin))
    job = ada.images(twin)
    live.settle()
    taken = ada.did(
        "takeBackConsentScopes", "epoch scopes position", twin=twin, scopes=["general-images"]
    )
    assert (taken["epoch"], taken["scopes"]) == (1, ["training", "clips"])
    seen = shown(ada, twin)
    assert seen["status"] == "TRAINED"
    assert seen["consent"] == {
        "epoch": 1,
        "granted": True,
        "textVersion": 2,
        "scopes": ["training", "clips"],
    }
    assert ada.wallet()["reserved"] == 0
    found = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { state } } } }", id=job
    )
    assert found["job"]["state"] == "CANCELLED"
    assert ada.gallery() == []
    assert [picture["hidden"] for picture in ada.gallery(hidden=True)] == [True, True]
    wish = {"engine": "pocket", "prompt": "a lighthouse in fog", "count": 1, "priceVersion": 1}
    refused = ada.mutate("requestImages", "ConsentMissing", "scopes", twin=twin, **wish)
    assert (refused["code"], refused["scopes"]) == ("CONSENT_MISSING", ["general-images"])

    added = ada.did(
        "addConsentScopes",
        "epoch scopes position",
        twin=twin,
        textSha256=consent["sha256"],
        scopes=["general-images"],
    )
    assert (added["epoch"], added["scopes"]) == (1, consent["scopes"])
    # What rested on the tick of before stays hidden until its owner decides.
    live.settle()
    assert ada.gallery() == []
    ada.finished(ada.images(twin))
    assert len(ada.gallery()) == 2


def test_the_last_scope_that_is_taken_back_withdraws(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.verified().twin()
    everything = ada.run("Catalogue")["consentText"]["scopes"]
    taken = ada.did("takeBackConsentScopes", "epoch scopes", twin=twin, scopes=everything)
    assert taken == {"__typename": "TakeBackConsentScopesSuccess", "epoch": 2, "scopes": []}
    assert shown(ada, twin)["consent"]["granted"] is False
    again = ada.mutate("takeBackConsentScopes", twin=twin, scopes=["clips"])
    assert again["code"] == "CONSENT_MISSING"


def test_a_scope_is_refused_with_its_reason(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.verified().twin()
    text = ada.run("Catalogue")["consentText"]["sha256"]
    for scopes, code in (
        (["clips"], "ALREADY_DECIDED"),
        (["adult"], "RATING_NOT_ALLOWED"),
        (["everything"], "INPUT_INVALID"),
    ):
        answer = ada.mutate("addConsentScopes", twin=twin, textSha256=text, scopes=scopes)
        assert answer["code"] == code
    stale = ada.mutate("addConsentScopes", twin=twin, textSha256="0" * 64, scopes=["clips"])
    assert stale["code"] == "CONSENT_TEXT_CHANGED"
