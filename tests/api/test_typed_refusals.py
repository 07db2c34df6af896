"""Every "no" that a client can meet is a member of the result, with its facts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from adapters.identity.sandbox import SandboxChoice
from api import refusals as api_refusals
from api.answering import answering
from api.refusals import OtherRefusal, as_graphql, result_union
from commands.wallet.grant_promotion import GrantPromotion
from domain import refusals
from domain.engines import engine
from domain.refusals import StaleResult
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio

WISH: dict[str, Any] = {
    "engine": "pocket",
    "prompt": "a lighthouse in fog",
    "count": 1,
    "priceVersion": 1,
}
POCKET = engine("pocket")


@pytest.fixture(scope="module")
def rich(live: LiveStudio) -> Creator:
    """Ada, verified and with credits. Nothing that is refused changes her."""
    return Creator(live, "Ada").verified().rich()


def facts(answer: dict[str, Any]) -> dict[str, Any]:
    """The fields of a refusal's own."""
    assert answer["message"]
    return {
        name: value
        for name, value in answer.items()
        if name not in ("__typename", "code", "message", "path")
    }


@pytest.mark.parametrize(
    ("refusal", "fields", "changed", "expected"),
    [
        ("PromptTooLong", "limit", {"prompt": "fog " * 500}, {"limit": POCKET.prompt_length_max}),
        (
            "PromptHasTooManyWords",
            "used allowed",
            {"prompt": "fog " * 37, "style": "film"},
            {"used": 39, "allowed": 38},
        ),
        ("PromptWeightsUnsupported", "code", {"prompt": "(fog:1.2)"}, {}),
        ("PromptEmpty", "code", {"prompt": "  "}, {}),
        ("PromptNotAllowed", "code", {"prompt": "a child on the beach"}, {}),
        (
            "UnknownStyle",
            "style known",
            {"style": "oil"},
            {"style": "oil", "known": list(POCKET.styles)},
        ),
        (
            "AspectRatioUnsupported",
            "given supported",
            {"aspectRatio": "2:1"},
            {"given": "2:1", "supported": list(POCKET.aspect_ratios)},
        ),
        (
            "SettingOutOfRange",
            "setting minimum maximum",
            {"numInferenceSteps": 51},
            {"setting": "numInferenceSteps", "minimum": 1.0, "maximum": 50.0},
        ),
        (
            "SettingOutOfRange",
            "setting minimum maximum",
            {"seed": 2**32},
            {"setting": "seed", "minimum": 0.0, "maximum": float(2**32 - 1)},
        ),
        ("CountOutOfRange", "minimum maximum", {"count": 9}, {"minimum": 1, "maximum": 8}),
        ("CountOutOfRange", "minimum maximum", {"count": 0}, {"minimum": 1, "maximum": 8}),
        ("UnknownEngine", "engine", {"engine": "dall-e"}, {"engine": "dall-e"}),
        ("EngineUnavailable", "engine", {"engine": "stable-diffusion-xl"}, None),
        ("RatingNotAllowed", "rating", {"rating": "ADULT"}, {"rating": "adult"}),
        ("PriceListOutdated", "current", {"priceVersion": 7}, {"current": 1}),
        (
            "NegativePromptUnsupported",
            "engine",
            {"negativePrompt": "rain", "guidanceScale": 1.0},
            {"engine": "pocket"},
        ),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_with_its_facts(
    rich: Creator,
    refusal: str,
    fields: str,
    changed: dict[str, Any],
    expected: dict[str, Any] | None,
) -> None:
    before = rich.live.event_types(rich.person)
    answer = rich.mutate("requestImages", refusal, fields, **{**WISH, **changed})
    assert answer["__typename"] == refusal
    assert expected is None or facts(answer) == expected
    assert rich.live.event_types(rich.person) == before


@pytest.mark.parametrize(
    ("refusal", "fields", "changed", "expected"),
    [
        (
            "DurationUnsupported",
            "askedS durationsS",
            {"durationS": 9},
            {"askedS": 9, "durationsS": [3, 4, 5]},
        ),
        ("UnknownMotion", "motion known", {"motion": "cartwheel"}, {"motion": "cartwheel"}),
        (
            "TooManySeconds",
            "askedS limitS",
            {"durationS": 5, "count": 3},
            {"askedS": 15, "limitS": 12},
        ),
        ("CountOutOfRange", "minimum maximum", {"count": 5}, {"minimum": 1, "maximum": 4}),
        ("EngineUnavailable", "engine", {"engine": "stable-diffusion-xl"}, {}),
        ("AspectRatioUnsupported", "given", {"aspectRatio": "2:1"}, {"given": "2:1"}),
        ("PriceListOutdated", "current", {"priceVersion": 7}, {"current": 1}),
    ],
)
def test_a_clip_that_cannot_be_made_is_refused_with_its_facts(
    rich: Creator, refusal: str, fields: str, changed: dict[str, Any], expected: dict[str, Any]
) -> None:
    before = rich.live.event_types(rich.person)
    wish = {"engine": "pocket", "prompt": "a lighthouse in fog", "priceVersion": 1}
    answer = rich.mutate("requestVideo", refusal, fields, **{**wish, **changed})
    assert answer["__typename"] == refusal
    assert {**facts(answer), **expected} == facts(answer)
    assert rich.live.event_types(rich.person) == before
    if "priceVersion" not in changed:
        video = {"engine": "pocket", **changed}
        assert rich.run("Quote", video=video)["code"] == answer["code"]


def test_a_quote_is_refused_like_the_wish(rich: Creator) -> None:
    for changed, code in (
        ({"count": 9}, "COUNT_OUT_OF_RANGE"),
        ({"engine": "dall-e"}, "UNKNOWN_ENGINE"),
        ({"style": "oil"}, "UNKNOWN_STYLE"),
        ({"aspectRatio": "2:1"}, "ASPECT_RATIO_UNSUPPORTED"),
        ({"guidanceScale": 99.0}, "SETTING_OUT_OF_RANGE"),
    ):
        answer = rich.run("Quote", images={"engine": "pocket", "count": 1, **changed})
        assert answer["code"] == code
    assert rich.run("Quote")["code"] == "INPUT_INVALID"


def test_a_quote_says_how_the_engine_would_read_the_prompt(rich: Creator) -> None:
    wish = {"engine": "pocket", "count": 1, "style": "film"}
    read = rich.run("Quote", images={**wish, "prompt": "a castle, (red:1.2) top, " + "fog " * 40})
    assert read["prompt"] == {
        "wordsUsed": 48,
        "wordsAllowed": 38,
        "unknownWords": ["castle", "1", "2", "fog"],
        "weighted": ["(red:1.2)"],
        "honoured": [],
        "isRead": True,
    }
    assert read["negativePrompt"] is None
    assert read["millicredits"] == rich.run("Quote", images=wish)["millicredits"]


def test_letters_are_composed_before_they_are_stored(rich: Creator) -> None:
    decomposed, composed = (
        "cafe\N{COMBINING ACUTE ACCENT}",
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    )
    job = rich.did("requestImages", "job", **{**WISH, "prompt": decomposed, "count": 1})["job"]
    rich.finished(job)
    [picture] = rich.gallery()
    assert picture["prompt"] == composed


def test_a_balance_short_by_one_millicredit_is_short(ada: Creator) -> None:
    ada.verified()
    price = ada.run("Quote", images={"engine": "pocket", "count": 1})["millicredits"]
    soon = ada.live.clock().replace(year=ada.live.clock().year + 1)
    ada.live.does(GrantPromotion(price - 1, soon), ada.person)
    answer = ada.mutate("requestImages", "InsufficientCredits", "needed available", **WISH)
    assert facts(answer) == {"needed": price, "available": price - 1}
    ada.live.does(GrantPromotion(1, soon), ada.person)
    assert ada.did("requestImages", "millicredits", **WISH) == {
        "__typename": "RequestImagesSuccess",
        "millicredits": price,
    }


def test_nothing_is_made_for_whoever_is_not_verified(ada: Creator) -> None:
    assert ada.mutate("requestImages", **WISH)["code"] == "NOT_VERIFIED"
    ada.verified(SandboxChoice.UNDER_AGE)
    assert ada.mutate("requestImages", **WISH)["code"] == "NOT_VERIFIED"


def test_a_twin_asks_for_its_papers_one_by_one(rich: Creator) -> None:
    catalogue = rich.run("Catalogue")
    release, consent = catalogue["biometricReleaseText"], catalogue["consentText"]
    twin = rich.did("createTwin", "twin", name="Ada at sea")["twin"]
    agreed: dict[str, Any] = {
        "twin": twin,
        "textSha256": consent["sha256"],
        "scopes": consent["scopes"],
    }
    assert rich.mutate("grantConsent", **agreed)["code"] == "BIOMETRIC_RELEASE_MISSING"
    changed = rich.mutate(
        "signBiometricRelease",
        "ConsentTextChanged",
        "expectedSha256",
        twin=twin,
        textSha256="0" * 64,
    )
    assert facts(changed) == {"expectedSha256": release["sha256"]}
    signed = {"twin": twin, "textSha256": release["sha256"]}
    bad = rich.mutate("signBiometricRelease", **signed, locale="e" * 99)
    assert (bad["code"], bad["path"]) == ("INPUT_INVALID", ["locale"])
    rich.did("signBiometricRelease", **signed)
    assert rich.mutate("signBiometricRelease", **signed)["code"] == "ALREADY_DECIDED"
    assert rich.mutate("grantConsent", **{**agreed, "scopes": []})["code"] == "CONSENT_MISSING"
    scopes = rich.mutate("grantConsent", **{**agreed, "scopes": ["everything"]})
    assert scopes["path"] == ["scopes"]
    files = [{"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}]
    asked: dict[str, Any] = {"twin": twin, "files": files}
    assert rich.mutate("requestPhotoUploads", **asked)["code"] == "CONSENT_MISSING"
    rich.did("grantConsent", **agreed)
    assert rich.mutate("grantConsent", **agreed)["code"] == "ALREADY_DECIDED"
    assert rich.mutate("requestImages", **WISH, twin=twin)["code"] == "TWIN_NOT_TRAINED"
    training: dict[str, Any] = {"twin": twin, "engine": "pocket", "priceVersion": 1}
    assert rich.mutate("startTwinTraining", **training)["code"] == "PHOTOS_NOT_ACCEPTED"
    rich.did("withdrawConsent", twin=twin)
    assert rich.mutate("withdrawConsent", twin=twin)["code"] == "CONSENT_MISSING"


def test_uploads_are_refused_file_by_file(rich: Creator) -> None:
    twin = rich.twin()
    good = {"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}

    def refused(on: str, fields: str, *files: dict[str, Any]) -> dict[str, Any]:
        answer = rich.mutate("requestPhotoUploads", on, fields, twin=twin, files=list(files))
        assert answer["__typename"] == on
        return facts(answer)

    count = {"minimum": 10, "maximum": 20}
    counted = "minimum maximum given"
    assert refused("PhotoCountOutOfRange", counted, *[good] * 21) == {**count, "given": 21}
    assert refused("PhotoCountOutOfRange", counted) == {**count, "given": 0}
    text = {**good, "mediaType": "text/plain"}
    assert refused("UnsupportedMediaType", "mediaType", text) == {"mediaType": "text/plain"}
    huge = {**good, "sizeBytes": 2**31 - 1}
    assert refused("UploadTooLarge", "limitBytes", huge) == {"limitBytes": 12 * 1024 * 1024}
    assert "empty" in refused("PhotoUploadInvalid", "reason", {**good, "sizeBytes": 0})["reason"]
    assert "SHA" in refused("PhotoUploadInvalid", "reason", {**good, "sha256": "x"})["reason"]

    planned = rich.planned(twin, photos=12)
    photos = [upload["photo"] for upload in planned["uploads"]]
    for some in (photos[:9], [*photos[:11], photos[0]]):
        answer = rich.mutate(
            "submitPhotos",
            "PhotoCountOutOfRange",
            counted,
            twin=twin,
            engine="pocket",
            submission=planned["submission"],
            photos=some,
        )
        assert facts(answer) == {**count, "given": len(set(some))}


def test_three_sets_are_uploaded_at_once_and_given_up_one_by_one(rich: Creator) -> None:
    twin = rich.twin()
    plans = [rich.planned(twin) for _ in range(3)]
    files = [{"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}]
    full = rich.mutate(
        "requestPhotoUploads", "TooManyUploads", "limit retryAfterS", twin=twin, files=files
    )
    assert facts(full)["limit"] == 3
    assert 3_500 < facts(full)["retryAfterS"] <= 3_600
    assert open_uploads(rich, twin) == [plan["submission"] for plan in plans]
    given_up = {"twin": twin, "submission": plans[0]["submission"]}
    rich.did("forgetPhotoUploads", **given_up)
    assert open_uploads(rich, twin) == [plan["submission"] for plan in plans[1:]]
    assert rich.mutate("forgetPhotoUploads", **given_up)["code"] == "UPLOADS_NOT_PLANNED"
    photos = [upload["photo"] for upload in plans[0]["uploads"]]
    submitted = rich.mutate("submitPhotos", photos=photos, engine="pocket", **given_up)
    assert submitted["code"] == "UPLOADS_NOT_PLANNED"
    rich.did("requestPhotoUploads", twin=twin, files=files)


def open_uploads(creator: Creator, twin: str) -> list[str]:
    """The sets that the page would offer to give up; each is open for about an hour."""
    creator.live.settle()
    nodes = [edge["node"] for edge in creator.run("Viewer")["twins"]["edges"]]
    [found] = [node["openUploads"] for node in nodes if node["id"] == twin]
    for plan in found:
        left = datetime.fromisoformat(plan["until"]) - datetime.now(UTC)
        assert timedelta(minutes=50) < left <= timedelta(hours=1)
    return [plan["submission"] for plan in found]


def test_a_key_gets_its_forms_again_until_the_plan_is_over(rich: Creator) -> None:
    twin = rich.twin()
    files = [{"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}]
    asked: dict[str, Any] = {"twin": twin, "files": files, "idempotencyKey": str(uuid4())}
    first = rich.did("requestPhotoUploads", "submission uploads { photo }", **asked)
    assert rich.did("requestPhotoUploads", "submission uploads { photo }", **asked) == first
    rich.did("forgetPhotoUploads", twin=twin, submission=first["submission"])
    assert rich.mutate("requestPhotoUploads", **asked)["code"] == "UPLOADS_NOT_PLANNED"


def test_an_ended_job_and_a_purged_picture_stay_as_they_are(rich: Creator) -> None:
    job = rich.images(count=1)
    assert rich.mutate("retryJob", job=job, priceVersion=1)["code"] == "JOB_NOT_RETRYABLE"
    rich.finished(job)
    ended = rich.mutate("cancelJob", "JobEnded", "state", job=job)
    assert facts(ended) == {"state": "completed"}
    asset = rich.gallery()[0]["id"]
    rich.did("purgeAsset", asset=asset)
    rich.live.settle()
    for field in ("keepAsset", "purgeAsset", "requestDownload"):
        assert rich.mutate(field, asset=asset)["code"] == "ASSET_NOT_AVAILABLE"
    hidden = rich.mutate("setFavourite", asset=asset, favourite=True)
    assert hidden["code"] == "ASSET_NOT_AVAILABLE"
    assert uuid_of(asset) not in {uuid_of(found["id"]) for found in rich.gallery()}


def test_an_unknown_package_names_the_known_ones(rich: Creator) -> None:
    answer = rich.mutate(
        "buyCredits", "UnknownPackage", "package known", package="all", returnUrl=rich.live.url
    )
    known = [package["id"] for package in rich.run("Catalogue")["packages"]]
    assert facts(answer) == {"package": "all", "known": known}


@pytest.mark.parametrize("name", ["", "   ", "A" * 81])
def test_a_name_is_neither_empty_nor_endless(rich: Creator, name: str) -> None:
    answer = rich.mutate("createTwin", name=name)
    assert (answer["code"], answer["path"]) == ("INPUT_INVALID", ["name"])


async def test_a_refusal_that_a_field_does_not_name_is_no_fault_either() -> None:
    union = result_union("SomeResult", api_refusals.REFUSAL_TYPES[refusals.EmailTaken])

    @answering(union)
    async def resolver() -> Any:
        raise StaleResult()

    answer = await resolver()
    assert isinstance(answer, OtherRefusal)
    assert answer.code == "STALE_RESULT"
    assert as_graphql(refusals.NotFound(), union).code == "NOT_FOUND"


def test_a_refusal_says_where_in_the_words_of_the_contract(rich: Creator) -> None:
    def path(field: str, **values: Any) -> list[str]:
        refused = rich.mutate(field, **values)
        assert "code" in refused, refused
        found = refused["path"]
        assert isinstance(found, list)
        return found

    good = {"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}
    twin = rich.twin()
    for bad in (
        {"mediaType": "text/plain"},
        {"sizeBytes": 0},
        {"sizeBytes": 2**30},
        {"sha256": ""},
    ):
        files = [*[good] * 6, {**good, **bad}]
        assert path("requestPhotoUploads", twin=twin, files=files) == ["files", "6"]
    assert path("requestPhotoUploads", twin=twin, files=[]) == ["files"]
    planned = rich.planned(twin)
    submitted = {"twin": twin, "submission": planned["submission"], "engine": "pocket"}
    assert path("submitPhotos", photos=[], **submitted) == ["photos"]
    asked = {**WISH, "count": 1}
    for name, value in (
        ("prompt", " "),
        ("prompt", "x" * 9_000),
        ("negativePrompt", "an adult"),
        ("negativePrompt", "x" * 9_000),
        ("engine", "nothing"),
        ("style", "nothing"),
        ("aspectRatio", "9:1"),
        ("numInferenceSteps", 10_000),
        ("guidanceScale", -1.0),
        ("seed", -1),
        ("count", 10_000),
        ("priceVersion", 99),
    ):
        assert path("requestImages", **{**asked, name: value}) == [name], name
    key = str(uuid4())
    rich.did("createTwin", name="one", idempotencyKey=key)
    assert path("createTwin", name="two", idempotencyKey=key) == ["idempotencyKey"]
    assert path("signUp", email=rich.email, password="another good password") == ["email"]
    assert path("signBiometricRelease", twin=twin, textSha256="0" * 64) == ["textSha256"]
    assert path("createTwin", name="") == ["name"]
