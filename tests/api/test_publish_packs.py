"""Packs through the API: asked for, followed, downloaded by their owner, over after a day."""

import hashlib
from typing import Any
from uuid import UUID, uuid5

from api.ids import global_id
from commands.publishing.claim_publish_pack import ClaimPublishPack
from commands.publishing.end_publish_pack import ExpirePublishPack
from commands.publishing.record_publish_pack import RecordPublishPack, WrittenPackFile
from tests.api.creator import PHOTO, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse

GALLERY = """
subscription { gallery { __typename
  ... on GallerySnapshot { position }
  ... on PublishPackChanged { id pack { state files { preset } } } } }
"""


def picture(ada: Creator, twin: str | None = None) -> str:
    ada.finished(ada.images(twin, count=1))
    return str(ada.gallery()[0]["id"])


def requested(ada: Creator, *assets: str) -> str:
    found = ada.did("requestPublishPack", "pack", assets=list(assets), presets=["SQUARE", "STORY"])
    ada.live.settle()
    return str(found["pack"])


def made(ada: Creator, pack: str) -> None:
    """The screener has made everything that was granted."""
    own = uuid_of(pack)
    claim = uuid5(own, "claim")
    granted = ada.live.asks(ClaimPublishPack(own, claim), ada.person)
    digest = hashlib.sha256(PHOTO).hexdigest()
    files = []
    for item in granted.items:
        for file in item.files:
            ada.live.objects.put(file.object_key, PHOTO, media_type="image/jpeg")
            files.append(
                WrittenPackFile(
                    item.asset_id, file.preset, digest, len(PHOTO), "image/jpeg", 1080, 1080
                )
            )
    ada.live.does(RecordPublishPack(own, claim, tuple(files)), ada.person)
    ada.live.settle()


def packs(ada: Creator) -> list[Any]:
    return list(ada.run("PublishPacks", first=20)["publishPacks"])


def test_a_pack_is_asked_for_made_and_downloaded(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    asset = picture(ada, twin)
    with sse(ada, GALLERY) as feed:
        feed.next()
        pack = requested(ada, asset)
        assert feed.value() == {
            "__typename": "PublishPackChanged",
            "id": pack,
            "pack": {"state": "REQUESTED", "files": []},
        }
        made(ada, pack)
        assert feed.value()["pack"]["files"] == [{"preset": "SQUARE"}, {"preset": "STORY"}]
    [shown] = packs(ada)
    assert (shown["id"], shown["state"], shown["assets"]) == (pack, "MADE", [asset])
    assert "twin of me" in shown["caption"]
    assert "#AIgenerated" in shown["caption"]
    [file, _] = shown["files"]
    sent = ada.http.get(file["url"], headers=ada.headers)
    assert (sent.status_code, sent.content) == (200, PHOTO)
    assert sent.headers["cache-control"] == "no-store"
    assert sent.headers["content-disposition"].startswith('attachment; filename="square-image-')
    assert sent.headers["content-disposition"].endswith('.jpg"')


def test_nobody_else_and_nobody_afterwards_has_it(live: LiveStudio) -> None:
    ada, grace = Creator(live), Creator(live, "Grace")
    pack = requested(ada, picture(ada.verified().rich()))
    made(ada, pack)
    [file, _] = packs(ada)[0]["files"]
    absent = ada.http.get(f"/media/packs/{UUID(int=1)}/{UUID(int=2)}/square", headers=ada.headers)
    assert absent.status_code == 404
    for other in (
        ada.http.get(file["url"] + "%00", headers=ada.headers),
        ada.http.get(
            file["url"].upper().replace("/MEDIA/PACKS", "/media/packs"), headers=ada.headers
        ),
        grace.http.get(file["url"], headers=grace.headers),
        grace.http.get(file["url"]),
        ada.http.get(file["url"].replace("square", "landscape"), headers=ada.headers),
    ):
        assert (other.status_code, other.content) == (404, absent.content)
    assert packs(grace) == []
    address = file["url"]
    ada.sign_out()
    assert ada.http.get(address, headers=ada.headers).status_code == 404


def test_what_is_withdrawn_or_purged_is_out_of_it_at_once(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    kept, gone = picture(ada, twin), picture(ada, twin)
    pack = requested(ada, kept, gone)
    made(ada, pack)
    before = packs(ada)[0]["files"]
    assert len(before) == 4
    ada.did("purgeAsset", asset=gone)
    live.settle()
    assert {file["asset"] for file in packs(ada)[0]["files"]} == {kept}
    lost = next(file for file in before if file["asset"] == gone)
    assert ada.http.get(lost["url"], headers=ada.headers).status_code == 404
    ada.did("withdrawConsent", twin=twin)
    live.project()
    assert packs(ada)[0]["files"] == []
    assert ada.http.get(before[0]["url"], headers=ada.headers).status_code == 404


def test_a_pack_whose_day_is_over_is_gone_with_its_bytes(live: LiveStudio) -> None:
    ada = Creator(live)
    asset = picture(ada.verified().rich())
    pack = requested(ada, asset)
    made(ada, pack)
    [file, _] = packs(ada)[0]["files"]
    assert list(live.objects.keys(f"packs/{uuid_of(asset)}/"))
    live.does(ExpirePublishPack(uuid_of(pack)), ada.person)
    live.settle()
    assert packs(ada) == []
    assert ada.http.get(file["url"], headers=ada.headers).status_code == 404
    assert not list(live.objects.keys(f"packs/{uuid_of(asset)}/"))


def test_somebody_elses_item_in_a_pack_is_one_that_does_not_exist(live: LiveStudio) -> None:
    ada, grace = Creator(live), Creator(live, "Grace")
    hers = picture(grace.verified().rich())
    ada.verified().rich()
    answers = {
        str(ada.mutate("requestPublishPack", assets=[one], presets=["SQUARE"]))
        for one in (hers, global_id("Asset", UUID(int=9)), "rubbish")
    }
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()


def test_a_pack_of_too_much_is_refused(live: LiveStudio) -> None:
    ada = Creator(live)
    asset = picture(ada.verified().rich())
    for assets in ([], [asset] * 13):
        refused = ada.mutate("requestPublishPack", assets=assets, presets=["SQUARE"])
        assert refused["code"] == "PACK_TOO_LARGE"
