"""From sign-up to a downloaded picture, through the public API only."""

import httpx

from api.ids import global_id
from tests.api.creator import PHOTO, Creator
from tests.api.live_studio import LiveStudio


def test_photos_become_a_twin_and_a_prompt_becomes_pictures(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    job = ada.images(twin)
    ada.finished(job)

    [first, second] = ada.gallery(twin=twin, text="LIGHTHOUSE")
    assert first["prompt"] == second["prompt"] == "a lighthouse in fog"
    downloaded = ada.did("requestDownload", "url fileName", asset=first["id"])
    answer = httpx.get(downloaded["url"])
    assert answer.content == PHOTO
    assert downloaded["fileName"] in answer.headers["content-disposition"]
    assert ada.http.get(first["url"], headers=ada.headers).content == PHOTO

    shown = ada.run("Asset", id=first["id"])
    assert shown is not None


def test_a_picture_becomes_a_clip_that_can_be_watched_and_downloaded(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin, count=1))
    [picture] = ada.gallery()
    quoted = ada.run("Quote", video={"engine": "pocket", "durationS": 4, "source": picture["id"]})
    job = ada.clips(durationS=4, source=picture["id"], sourceStrength=0.5)
    live.settle()
    asked = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { kind source twin quoted "
        "settings { motion durationMs sourceStrength } } } } }",
        id=job,
    )["job"]
    assert asked == {
        "kind": "VIDEO",
        "source": picture["id"],
        "twin": twin,
        "quoted": quoted["millicredits"],
        "settings": {"motion": "nod", "durationMs": 4_000, "sourceStrength": 0.5},
    }
    ada.finished(job)
    clip = ada.run("Asset", id=ada.gallery(twin=twin)[0]["id"])["asset"]
    assert (clip["kind"], clip["durationMs"], clip["motion"]) == ("VIDEO", 4_000, "nod")
    assert clip["source"] == {"kind": "ANIMATION", "asset": picture["id"]}
    assert clip["mediaType"] == "video/mp4"
    assert [file["role"] for file in clip["renditions"]] == ["MASTER", "PREVIEW", "GIF", "POSTER"]
    for file in clip["renditions"]:
        assert ada.http.get(file["url"], headers=ada.headers).content == PHOTO
    for role, suffix in (("MASTER", ".mp4"), ("PREVIEW", ".webp"), ("GIF", ".gif")):
        got = ada.did("requestDownload", "url fileName", asset=clip["id"], rendition=role)
        assert got["fileName"].endswith(suffix)
        assert httpx.get(got["url"]).content == PHOTO
    refused = ada.mutate("requestDownload", asset=clip["id"], rendition="POSTER")
    assert refused["code"] == "ASSET_NOT_AVAILABLE"


def test_a_purged_picture_returns_the_credits_of_whatever_was_to_begin_with_it(
    live: LiveStudio,
) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin, count=1))
    [picture] = ada.gallery()
    before = ada.wallet()["available"]
    job = ada.clips(source=picture["id"])
    ada.did("purgeAsset", asset=picture["id"])
    live.settle()
    ended = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { state failure } } } }", id=job
    )["job"]
    assert ended == {"state": "FAILED", "failure": "source-gone"}
    assert ada.wallet()["available"] == before
    refused = ada.mutate(
        "requestVideo", engine="pocket", prompt="fog", priceVersion=1, source=picture["id"]
    )
    assert refused["code"] == "ASSET_NOT_AVAILABLE"


def test_the_wallet_tells_where_every_credit_went(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.images(twin)
    live.project()
    wallet = ada.wallet()
    statement = ada.run("Statement", first=50)["wallet"]["statement"]["edges"]
    newest = statement[0]["node"]
    assert newest["kind"] == "wallet.reserved"
    assert newest["reserved"] == wallet["reserved"] > 0
    assert newest["available"] == wallet["available"]
    assert statement[-1]["node"]["kind"] == "wallet.credited"
    # In words: what was asked for, and which package was bought.
    assert newest["asked"]["kind"] == "IMAGES"
    assert newest["asked"]["count"] >= 1
    shown = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { prompt engine } } } }",
        id=newest["job"],
    )["job"]
    assert shown["prompt"]
    assert {name: newest["asked"][name] for name in shown} == shown
    assert newest["asked"]["twinName"]
    assert newest["package"] is None
    assert statement[-1]["node"]["package"] == "starter"
    assert statement[-1]["node"]["asked"] is None


def test_withdrawing_consent_stops_the_job_returns_its_credits_and_hides_the_pictures(
    live: LiveStudio,
) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.finished(ada.images(twin))
    job = ada.images(twin)
    live.settle()
    assert ada.wallet()["reserved"] > 0
    ada.did("withdrawConsent", "epoch position", twin=twin)
    live.settle()
    assert ada.wallet()["reserved"] == 0
    shown = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { state } } } }", id=job
    )
    assert shown["job"]["state"] == "CANCELLED"
    assert ada.gallery() == []
    pictures = ada.gallery(hidden=True)
    assert [picture["hidden"] for picture in pictures] == [True, True]
    assert [picture["url"] for picture in pictures] == [None, None]
    refused = ada.mutate("requestDownload", asset=pictures[0]["id"])
    assert refused["code"] == "ASSET_NOT_AVAILABLE"
    kept = ada.did("keepAsset", asset=pictures[0]["id"])
    ada.did("purgeAsset", asset=pictures[1]["id"])
    live.settle()
    [left] = ada.gallery()
    assert left["id"] == pictures[0]["id"]
    assert not left["hidden"]
    assert left["url"]
    assert ada.gallery(hidden=True) == []
    assert int(kept["position"]) > 0


def test_a_cancelled_job_gives_the_reservation_back(live: LiveStudio) -> None:
    ada = Creator(live).verified().rich()
    live.project()
    before = ada.wallet()["available"]
    job = ada.images()
    ada.did("cancelJob", job=job)
    live.settle()
    assert ada.wallet()["available"] == before
    retried = ada.did("retryJob", "job millicredits position", job=job, priceVersion=1)
    live.settle()
    found = ada.ask(
        "query($id: ID!) { viewer { ... on Viewer { job(id: $id) { retriedFrom } } } }",
        id=retried["job"],
    )
    assert found["job"]["retriedFrom"] == job


def test_favourites_are_found_again(live: LiveStudio) -> None:
    ada = Creator(live).verified().rich()
    [first, _] = ada.finished(ada.images())
    del first
    [newest, _] = ada.gallery()
    ada.did("setFavourite", asset=newest["id"], favourite=True)
    live.project()
    assert [found["id"] for found in ada.gallery(favourite=True)] == [newest["id"]]
    ada.did("setFavourite", asset=newest["id"], favourite=False)
    live.project()
    assert ada.gallery(favourite=True) == []


def test_a_quote_is_what_the_job_then_costs(ada: Creator) -> None:
    ada.verified().rich()
    quoted = ada.run("Quote", images={"engine": "pocket", "count": 3, "numInferenceSteps": 20})
    asked = ada.did(
        "requestImages",
        "millicredits",
        engine="pocket",
        prompt="a lighthouse in fog",
        count=3,
        numInferenceSteps=20,
        priceVersion=quoted["priceVersion"],
    )
    assert asked["millicredits"] == quoted["millicredits"] > 0


def test_a_node_is_found_by_its_id_alone(ada: Creator) -> None:
    ada.verified().rich()
    twin = ada.twin()
    job = ada.images()
    ada.finished(job)
    asset = ada.gallery()[0]["id"]
    for wanted in (twin, job, asset):
        found = ada.ask("query($id: ID!) { node(id: $id) { __typename id } }", id=wanted)
        assert found["id"] == wanted
    assert (
        ada.ask("query($id: ID!) { node(id: $id) { id } }", id=global_id("Twin", ada.person))
        is None
    )
