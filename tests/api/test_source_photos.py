"""A photo of one's own through the API: uploaded, judged, begun with, looked at, deleted."""

from typing import Any

from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from domain.source_photo import SourceFlaw
from tests.api.creator import PHOTO, Creator, uuid_of
from tests.api.live_studio import LiveStudio
from tests.api.streams import sse


def photos(ada: Creator) -> list[Any]:
    return list(ada.run("SourcePhotos", first=50)["sourcePhotos"])


def made(ada: Creator, job: str) -> Any:
    """The one picture of a job, with everything that is told of it."""
    ada.finished(job)
    return ada.run("Asset", id=ada.gallery()[0]["id"])["asset"]


def test_a_photo_is_uploaded_judged_and_begun_with(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    photo = ada.source_photo(twin)
    [shown] = photos(ada)
    assert (shown["id"], shown["state"], shown["flaws"]) == (photo, "ACCEPTED", [])
    assert (shown["width"], shown["height"]) == (512, 512)
    picture = made(ada, ada.images(None, count=1, source=photo, sourceStrength=0.5))
    assert (picture["ownPhoto"], picture["source"], picture["twin"]) == (photo, None, twin)
    asked = ada.run("Draft", asset=picture["id"])["images"]
    assert (asked["source"], asked["sourceStrength"]) == (photo, 0.5)
    clip = made(ada, ada.clips(source=photo))
    assert clip["ownPhoto"] == photo

    ada.did("deleteSourcePhoto", photo=photo)
    live.settle()
    assert photos(ada) == []
    # What was made from it stays, and says so.
    assert ada.run("Asset", id=picture["id"])["asset"]["ownPhoto"] == photo
    again = ada.mutate(
        "requestImages",
        engine="pocket",
        prompt="a lighthouse in fog",
        count=1,
        priceVersion=1,
        source=photo,
    )
    assert again["code"] == "NOT_FOUND"


def test_its_owner_alone_looks_at_it(live: LiveStudio) -> None:
    ada, grace = Creator(live), Creator(live, "Grace")
    photo = ada.source_photo(ada.trained())
    [shown] = photos(ada)
    seen = ada.http.get(shown["url"], headers=ada.headers)
    assert (seen.status_code, seen.content) == (200, PHOTO)
    assert seen.headers["cache-control"] == "private, no-cache"
    unseen = grace.http.get(shown["url"], headers=grace.headers)
    assert unseen.status_code == 404
    assert grace.http.get(shown["url"]).content == unseen.content
    ada.did("deleteSourcePhoto", photo=photo)
    live.settle()
    assert ada.http.get(shown["url"], headers=ada.headers).status_code == 404


def test_a_photo_that_waits_has_no_picture_and_begins_nothing(live: LiveStudio) -> None:
    ada = Creator(live)
    photo = ada.source_photo(ada.trained(), judged=False)
    [shown] = photos(ada)
    assert (shown["state"], shown["url"]) == ("SUBMITTED", None)
    quoted = ada.run("Quote", images={"engine": "pocket", "count": 1, "source": photo})
    assert quoted["code"] == "SOURCE_PHOTO_NOT_READY"


def test_a_withdrawal_takes_it_out_of_sight_at_once(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.source_photo(twin)
    [shown] = photos(ada)
    ada.did("withdrawConsent", twin=twin)
    live.project()
    assert photos(ada) == []
    assert ada.http.get(shown["url"], headers=ada.headers).status_code == 404


def test_without_a_scope_that_anything_is_drawn_by_it_is_out_of_sight_at_once(
    live: LiveStudio,
) -> None:
    ada = Creator(live)
    twin = ada.trained()
    ada.source_photo(twin)
    [shown] = photos(ada)
    ada.did("takeBackConsentScopes", twin=twin, scopes=["general-images", "clips"])
    live.project()
    assert photos(ada) == []
    assert ada.http.get(shown["url"], headers=ada.headers).status_code == 404


def test_photos_that_were_refused_hide_none_that_is_there(live: LiveStudio) -> None:
    """Nobody limits how many are refused in a day, and the list has one page."""
    ada = Creator(live)
    twin = ada.trained()
    there, refused = ada.source_photo(twin), ada.source_photo(twin, judged=False)
    live.does(GiveUpSourcePhoto(uuid_of(refused)), ada.person)
    live.settle()
    assert [photo["id"] for photo in photos(ada)] == [there, refused]
    [first] = ada.run("SourcePhotos", first=1)["sourcePhotos"]
    assert (first["id"], first["state"]) == (there, "ACCEPTED")


def test_a_file_that_cannot_be_taken_is_refused_by_its_field(live: LiveStudio) -> None:
    ada = Creator(live)
    refused = ada.mutate(
        "requestSourcePhotoUpload",
        twin=ada.trained(),
        engine="pocket",
        file={"sizeBytes": 9, "mediaType": "text/html", "sha256": "0" * 64},
    )
    assert (refused["code"], refused["path"]) == ("UNSUPPORTED_MEDIA_TYPE", ["file"])


def test_every_flaw_is_told_of_in_the_contract() -> None:
    from api.types.source_photo import SourcePhoto

    (told,) = [
        field.description
        for field in SourcePhoto.__strawberry_definition__.fields  # type: ignore[attr-defined]
        if field.python_name == "flaws"
    ]
    assert all(flaw.value in told for flaw in SourceFlaw)


GALLERY = """
subscription { gallery { __typename
  ... on GallerySnapshot { position }
  ... on SourcePhotoChanged { id photo { state flaws } } } }
"""


def test_whoever_follows_their_gallery_hears_what_came_of_it(live: LiveStudio) -> None:
    ada = Creator(live)
    twin = ada.trained()
    with sse(ada, GALLERY) as feed:
        feed.next()
        photo = ada.source_photo(twin)
        told = [feed.value() for _ in range(3)]
        # Every change shows what is there now.
        assert {one["id"] for one in told} == {photo}
        assert told[-1]["photo"] == {"state": "ACCEPTED", "flaws": []}
        ada.did("deleteSourcePhoto", photo=photo)
        live.settle()
        gone = feed.value()
    assert (gone["id"], gone["photo"]) == (photo, None)
