"""Somebody else's twin, job or picture is, byte for byte, one that does not exist."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.ids import global_id
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio

KEY = str(UUID(int=7))
"""One key for both questions, so that nothing but the id differs. Refusals are not stored."""

QUERIES = {
    "node": (
        "query($id: ID!) { node(id: $id) { __typename id } }",
        "Twin Job Asset Purchase Tag Collection BulkChange SourcePhoto PublishPack Viewer",
    ),
    "twin": ("query($id: ID!) { viewer { ... on Viewer { twin(id: $id) { id } } } }", "Twin"),
    "job": ("query($id: ID!) { viewer { ... on Viewer { job(id: $id) { id } } } }", "Job"),
    "asset": ("query($id: ID!) { viewer { ... on Viewer { asset(id: $id) { id } } } }", "Asset"),
    "draft": ("query($id: ID!) { draft(asset: $id) { images { prompt } } }", "Asset"),
    "stack": (
        "query($id: ID!) { viewer { ... on Viewer { gallery(filter: {stack: $id}) "
        "{ edges { cursor } } } } }",
        "Stack",
    ),
    "collection": (
        "query($id: ID!) { viewer { ... on Viewer { gallery(filter: {collection: $id}) "
        "{ edges { cursor } } gallerySections(filter: {collection: $id}) { items } } } }",
        "Collection",
    ),
    "tag": (
        "query($id: ID!) { viewer { ... on Viewer { gallery(filter: {tags: [$id]}) "
        "{ edges { cursor } } gallerySections(filter: {tags: [$id]}) { items } } } }",
        "Tag",
    ),
    "bulkChange": (
        "query($id: ID!) { viewer { ... on Viewer { bulkChange(id: $id) { id } } } }",
        "BulkChange",
    ),
    "gallery": (
        "query($id: ID!) { viewer { ... on Viewer { gallery(twin: $id) { edges { cursor } } } } }",
        "Twin",
    ),
    "quote": (
        'query($id: ID!) { quote(training: {twin: $id, engine: "pocket"}) '
        "{ __typename ... on Refusal { code message } } }",
        "Twin",
    ),
    "checkout": (
        'query($id: ID!) { checkout(purchase: $id, returnUrl: "http://studio.test") '
        "{ __typename ... on Refusal { code message } } }",
        "Purchase",
    ),
}

MUTATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "signBiometricRelease": ("twin", {"textSha256": "0" * 64}),
    "grantConsent": ("twin", {"textSha256": "0" * 64, "scopes": ["training"]}),
    "addConsentScopes": ("twin", {"textSha256": "0" * 64, "scopes": ["clips"]}),
    "takeBackConsentScopes": ("twin", {"scopes": ["clips"]}),
    "withdrawConsent": ("twin", {}),
    "requestPhotoUploads": (
        "twin",
        {"files": [{"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}]},
    ),
    "forgetPhotoUploads": ("twin", {"submission": global_id("Submission", UUID(int=1))}),
    "requestSourcePhotoUpload": (
        "twin",
        {
            "engine": "pocket",
            "file": {"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64},
        },
    ),
    "submitSourcePhoto": ("photo", {}),
    "deleteSourcePhoto": ("photo", {}),
    "submitPhotos": (
        "twin",
        {
            "engine": "pocket",
            "submission": global_id("Submission", UUID(int=1)),
            "photos": [global_id("Photo", UUID(int=n)) for n in range(12)],
        },
    ),
    "startTwinTraining": ("twin", {"engine": "pocket", "priceVersion": 1}),
    "chooseCheckpoint": ("twin", {"engine": "pocket", "step": 60}),
    "requestImages": (
        "twin",
        {"engine": "pocket", "prompt": "a lighthouse in fog", "count": 1, "priceVersion": 1},
    ),
    "requestVideo": (
        "twin",
        {"engine": "pocket", "prompt": "a lighthouse in fog", "priceVersion": 1},
    ),
    "cancelJob": ("job", {}),
    "moveJobUp": ("job", {"aheadOf": global_id("Job", UUID(int=1))}),
    "retryJob": ("job", {"priceVersion": 1}),
    "setFavourite": ("asset", {"favourite": True}),
    "keepAsset": ("asset", {}),
    "purgeAsset": ("asset", {}),
    "requestDownload": ("asset", {}),
    "renameTag": ("tag", {"name": "Fog"}),
    "deleteTag": ("tag", {}),
    "renameCollection": ("collection", {"name": "Fog"}),
    "setCollectionPrivacy": ("collection", {"private": True}),
    "deleteCollection": ("collection", {}),
    "changeAssets": ("tag", {"change": "LABEL", "assets": []}),
    "undoChange": ("change", {}),
}


@dataclass
class TwoPeople:
    """Ada, who is verified and rich, and what belongs to Grace."""

    ada: Creator
    grace: Creator
    graces: dict[str, str]


@pytest.fixture(scope="module")
def two(live: LiveStudio) -> TwoPeople:
    """Grace has one of everything."""
    ada, grace = Creator(live, "Ada").verified().rich(), Creator(live, "Grace")
    twin = grace.trained()
    job = grace.images(twin)
    grace.finished(job)
    picture = grace.gallery()[0]
    tag = grace.did("createTag", "tag", name="Fog")["tag"]
    collection = grace.did("createCollection", "collection", name="Fog", private=True)
    change = grace.did("changeAssets", "change", change="LABEL", assets=[picture["id"]], tag=tag)[
        "change"
    ]
    photo = grace.source_photo(twin)
    pack = grace.did("requestPublishPack", "pack", assets=[picture["id"]], presets=["STORY"])
    grace.live.settle()
    # Who has labels of their own is told no more.
    ada.did("createTag", "tag", name="Fog")
    ada.live.settle()
    graces = {
        "Twin": twin,
        "Job": job,
        "Asset": picture["id"],
        "Tag": tag,
        "Collection": collection["collection"],
        "BulkChange": change,
        "SourcePhoto": photo,
        "PublishPack": pack["pack"],
        "Viewer": grace.run("Viewer")["id"],
        "Stack": picture["stack"],
        "Purchase": grace.run("Purchases", first=1)["wallet"]["purchases"]["edges"][0]["node"][
            "id"
        ],
    }
    return TwoPeople(ada, grace, graces)


def test_anothers_item_in_a_change_of_many_is_one_that_does_not_exist(two: TwoPeople) -> None:
    collection = two.graces["Collection"]
    asked: list[dict[str, Any]] = [
        {"change": "TRASH", "assets": [two.graces["Asset"]]},
        {"change": "TRASH", "assets": [global_id("Asset", uuid4())]},
        {"change": "TRASH", "assets": ["rubbish"]},
        {"change": "LABEL", "assets": [], "collection": collection},
        {"change": "LABEL", "filter": {}, "collection": collection},
        {"change": "LABEL", "filter": {}, "tag": collection},
        {"change": "LABEL", "filter": {}},
    ]
    answers = {str(two.ada.mutate("changeAssets", **one, idempotencyKey=KEY)) for one in asked}
    assert len(answers) == 1
    assert "NOT_FOUND" in answers.pop()


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_does_not_tell_anothers_from_absent(two: TwoPeople, name: str) -> None:
    document, kinds = QUERIES[name]
    for kind in kinds.split():
        others = two.ada.post(document, id=two.graces[kind]).response.content
        absent = two.ada.post(document, id=global_id(kind, uuid4())).response.content
        rubbish = two.ada.post(document, id="rubbish").response.content
        assert others == absent == rubbish
        assert b"errors" not in others


@pytest.mark.parametrize("field", MUTATIONS)
def test_a_mutation_does_not_tell_anothers_from_absent(two: TwoPeople, field: str) -> None:
    argument, values = MUTATIONS[field]
    named = {"change": "BulkChange", "photo": "SourcePhoto"}
    kind = named.get(argument, argument.capitalize())
    answers = {
        two_id: two.ada.mutate(
            field,
            **{argument: two_id, **values},
            **({} if field == "requestDownload" else {"idempotencyKey": KEY}),
        )
        for two_id in (two.graces[kind], global_id(kind, uuid4()), "rubbish", "x" * 5_000)
    }
    assert [answer["code"] for answer in answers.values()] == ["NOT_FOUND"] * 4
    assert len({str(answer) for answer in answers.values()}) == 1


@pytest.mark.parametrize(
    ("mutation", "argument"),
    [("requestVideo", "source"), ("requestImages", "source"), ("requestImages", "variationOf")],
)
def test_anothers_picture_to_begin_with_is_one_that_does_not_exist(
    two: TwoPeople, mutation: str, argument: str
) -> None:
    wish: dict[str, Any] = {
        "engine": "pocket",
        "prompt": "a lighthouse in fog",
        "count": 1,
        "priceVersion": 1,
    }
    source = {
        "own": two.graces["Asset"],
        "photo": two.graces["SourcePhoto"],
        "absent": global_id("Asset", uuid4()),
        "no photo": global_id("SourcePhoto", uuid4()),
        "no": "rubbish",
    }
    asked = {
        name: str(two.ada.mutate(mutation, **wish, **{argument: id}, idempotencyKey=KEY))
        for name, id in source.items()
    }
    assert len(set(asked.values())) == 1
    assert "NOT_FOUND" in asked["own"]
    for kind in ("video", "images"):
        question = {"engine": "pocket", "count": 1}
        quoted = {
            str(two.ada.run("Quote", **{kind: {**question, "source": id}}))
            for id in source.values()
        }
        assert len(quoted) == 1


def test_whatever_has_an_id_can_be_asked_for_by_it(two: TwoPeople) -> None:
    document, kinds = QUERIES["node"]
    possible = two.grace.ask('{ __type(name: "Node") { possibleTypes { name } } }')
    assert {kind["name"] for kind in possible["possibleTypes"]} == set(kinds.split())
    for kind in kinds.split():
        found = two.grace.ask(document, id=two.graces[kind])
        assert found == {"__typename": kind, "id": two.graces[kind]}


def test_an_id_of_another_kind_is_not_found(two: TwoPeople) -> None:
    twin = two.ada.did("createTwin", "twin", name="Ada")["twin"]
    assert two.ada.mutate("cancelJob", job=twin)["code"] == "NOT_FOUND"
    assert two.ada.mutate("purgeAsset", asset=twin)["code"] == "NOT_FOUND"


def test_every_mutation_that_takes_an_id_is_in_the_matrix(two: TwoPeople) -> None:
    fields = two.ada.ask(
        '{ __type(name: "Mutation") { fields { name args { type { ofType { inputFields '
        "{ type { name ofType { name } } } } } } } } }"
    )["fields"]
    takes_ids = {
        field["name"]
        for field in fields
        for argument in field["args"]
        for given in argument["type"]["ofType"]["inputFields"]
        if "ID" in (given["type"]["name"], (given["type"]["ofType"] or {}).get("name"))
    }
    # Another's session is over like one that never was: tests/api/test_sessions.py.
    assert takes_ids - {"endSession"} == set(MUTATIONS)
