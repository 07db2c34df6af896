"""Good photos of a refused set, and those of an accepted one, are offered for the next set."""

import hashlib
from collections.abc import Sequence
from typing import Any

from commands.twin.claim_photo_set import ClaimPhotoSet
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain.photo_set import PhotoFlaw, PhotoVerdict
from domain.time_limits import GOOD_PHOTOS_KEPT_MAX
from domain.twin import Twin
from tests.api.creator import PHOTO, Creator, uuid_of
from tests.api.live_studio import LiveStudio

FORMS = "submission uploads { photo url fields { name value } }"


def judged(somebody: Creator, twin: str, flawed: Sequence[int] = ()) -> None:
    """The gate has looked at the set that waits; these of it are blurred."""
    waiting = somebody.load(Twin, uuid_of(twin)).submitted
    assert waiting is not None
    verdicts = tuple(
        PhotoVerdict(photo, (PhotoFlaw.BLURRED,) if place in flawed else ())
        for place, photo in enumerate(waiting.photos)
    )
    somebody.live.does(
        RecordPhotoVerdicts(uuid_of(twin), waiting.submission_id, verdicts, (), "gate"),
        somebody.person,
    )
    somebody.live.settle()


def seen(somebody: Creator, twin: str) -> Any:
    """The twin, as its owner sees it."""
    somebody.live.settle()
    return next(
        edge["node"]
        for edge in somebody.run("Viewer")["twins"]["edges"]
        if edge["node"]["id"] == twin
    )


def asked(twin: str, reused: Sequence[str], files: int = 1) -> dict[str, Any]:
    file = {
        "sizeBytes": len(PHOTO),
        "mediaType": "image/png",
        "sha256": hashlib.sha256(PHOTO).hexdigest(),
    }
    return {"twin": twin, "files": [file] * files, "reused": list(reused)}


def blurred(live: LiveStudio, name: str = "Ada") -> tuple[Creator, str, list[str]]:
    """Somebody, their twin, and the eleven good photos of its refused set."""
    somebody = Creator(live, name).verified()
    twin = somebody.twin()
    somebody.submitted(twin)
    judged(somebody, twin, flawed=[11])
    return somebody, twin, list(seen(somebody, twin)["reusablePhotos"])


def test_only_the_flawed_photo_is_uploaded_again(fresh: LiveStudio) -> None:
    ada, twin, good = blurred(fresh)
    state = seen(ada, twin)
    assert good == [photo["id"] for photo in state["photos"] if photo["verdict"] == "GOOD"]
    assert len(good) == 11

    planned = ada.did("requestPhotoUploads", FORMS, **asked(twin, good))
    [upload] = planned["uploads"]
    form = {field["name"]: field["value"] for field in upload["fields"]}
    taken = ada.http.post(upload["url"], data=form, files={"file": ("photo.png", PHOTO)})
    assert taken.status_code == 204, taken.text
    ada.did(
        "submitPhotos",
        twin=twin,
        submission=planned["submission"],
        photos=[*good, upload["photo"]],
        engine="pocket",
    )
    # The gate finds every one of them where it lies.
    submission = uuid_of(planned["submission"])
    grant = fresh.asks(ClaimPhotoSet(uuid_of(twin), submission), ada.person)
    assert all(fresh.objects.head(photo.object_key) is not None for photo in grant.photos)

    judged(ada, twin)
    state = seen(ada, twin)
    assert state["status"] == "PHOTOS_ACCEPTED"
    assert state["reusablePhotos"] == [*good, upload["photo"]]
    # And the next one begins with these.
    ada.did("requestPhotoUploads", FORMS, **asked(twin, good, files=0))


def test_photos_of_another_are_refused_as_unknown(fresh: LiveStudio) -> None:
    _, _, good = blurred(fresh)
    grace, graces, _ = blurred(fresh, "Grace")
    refused = grace.mutate("requestPhotoUploads", **asked(graces, good))
    assert (refused["code"], refused["path"]) == ("UPLOADS_NOT_PLANNED", ["reused"])
    own = grace.did("requestPhotoUploads", FORMS, **asked(graces, [], files=1))
    smuggled = grace.mutate(
        "submitPhotos",
        twin=graces,
        submission=own["submission"],
        photos=[*good, own["uploads"][0]["photo"]],
        engine="pocket",
    )
    assert smuggled["code"] == "UPLOADS_NOT_PLANNED"
    unheard = grace.mutate("requestPhotoUploads", **asked(graces, [twin_like(good[0])]))
    assert unheard["code"] == "NOT_FOUND"


def twin_like(photo: str) -> str:
    """An id that is none of a photo."""
    return photo[:-4] + "AAAA"


def test_what_waited_too_long_is_offered_no_more(fresh: LiveStudio) -> None:
    ada, twin, good = blurred(fresh)
    fresh.clock.pass_by(seconds=GOOD_PHOTOS_KEPT_MAX.total_seconds() + 1)
    fresh.settle()
    ada.sign_in()
    assert seen(ada, twin)["reusablePhotos"] == []
    refused = ada.mutate("requestPhotoUploads", **asked(twin, good))
    assert refused["code"] == "UPLOADS_NOT_PLANNED"


def test_a_withdrawal_leaves_nothing_to_offer(fresh: LiveStudio) -> None:
    ada, twin, good = blurred(fresh)
    ada.did("withdrawConsent", twin=twin)
    assert seen(ada, twin)["reusablePhotos"] == []
    assert ada.mutate("requestPhotoUploads", **asked(twin, good))["code"] == "CONSENT_MISSING"
