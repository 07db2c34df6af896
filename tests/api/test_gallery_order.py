"""A creator orders their gallery, and the feed says item by item what became of it."""

from typing import Any
from uuid import uuid4

import pytest

from api.ids import global_id
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Ada, who can draw without end."""
    creator = Creator(live, "Ada").verified().rich()
    creator.twin_id = creator.trained()  # type: ignore[attr-defined]
    return creator


@pytest.fixture
def pictures(ada: Creator) -> list[str]:
    """Two new ones, newest first."""
    before = {one["id"] for one in shown(ada)}
    ada.finished(ada.images(ada.twin_id, count=2))  # type: ignore[attr-defined]
    return [one["id"] for one in shown(ada) if one["id"] not in before]


def shown(ada: Creator, *, stacked: bool = False, **filter: Any) -> list[Any]:
    return ada.gallery(filter=filter, stacked=stacked)


def ids(items: list[Any]) -> set[str]:
    return {one["id"] for one in items}


def order(ada: Creator, **filter: Any) -> Any:
    return ada.run("GalleryOrder", filter=filter)


def changed(ada: Creator, change: str, **what: Any) -> Any:
    answer = ada.did("changeAssets", "position change items", change=change, **what)
    ada.live.settle()
    return answer


def test_items_are_found_by_their_tags_and_collections(ada: Creator, pictures: list[str]) -> None:
    tag = ada.did("createTag", "tag", name="Harbours")["tag"]
    collection = ada.did("createCollection", "collection", name="Winter")["collection"]
    changed(ada, "LABEL", assets=pictures, tag=tag)
    changed(ada, "LABEL", assets=pictures[:1], collection=collection)
    assert ids(shown(ada, tags=[tag])) == set(pictures)
    assert ids(shown(ada, tags=[tag], collection=collection)) == {pictures[0]}
    assert ids(shown(ada, collection=collection)) == {pictures[0]}
    [item] = shown(ada, collection=collection)
    assert (item["tags"], item["collections"]) == ([tag], [collection])
    ada.did("deleteTag", tag=tag)
    ada.live.settle()
    assert shown(ada, tags=[tag]) == []
    [item] = shown(ada, collection=collection)
    assert (item["tags"], item["collections"]) == ([], [collection])


def test_names_are_listed_and_refused_with_their_limit(ada: Creator) -> None:
    tag = ada.did("createTag", "tag", name="Café")["tag"]
    ada.did("renameTag", tag=tag, name="Cafés")
    ada.live.settle()
    assert {"id": tag, "name": "Cafés"} in order(ada)["tags"]
    answer = ada.mutate("createCollection", "LabelNameInvalid", "limit", name="f" * 61)
    assert (answer["code"], answer["limit"]) == ("LABEL_NAME_INVALID", 60)


def test_what_is_in_a_private_collection_is_seen_in_it_alone(
    ada: Creator, pictures: list[str]
) -> None:
    private, other = pictures
    secret = ada.did("createCollection", "collection", name="Secret", private=True)["collection"]
    changed(ada, "LABEL", assets=[private], collection=secret)
    in_months = sum(month["items"] for month in order(ada)["gallerySections"])
    assert in_months == len(shown(ada))
    for everywhere in ({}, {"text": "lighthouse"}, {"kinds": ["IMAGE"]}):
        assert private not in ids(shown(ada, **everywhere))
        assert other in ids(shown(ada, **everywhere))
    [item] = shown(ada, collection=secret)
    assert (item["id"], item["private"]) == (private, True)
    ada.did("setCollectionPrivacy", collection=secret, private=False)
    ada.live.settle()
    assert private in ids(shown(ada))
    assert sum(month["items"] for month in order(ada)["gallerySections"]) == in_months + 1


def test_the_trash_is_a_list_of_its_own(ada: Creator, pictures: list[str]) -> None:
    counted = order(ada)["gallerySections"]
    changed(ada, "TRASH", assets=pictures)
    assert not ids(shown(ada)) & set(pictures)
    assert ids(shown(ada, trashed=True)) == set(pictures)
    assert all(one["purgeAt"] and one["url"] for one in shown(ada, trashed=True))
    assert ada.mutate("requestDownload", asset=pictures[0])["code"] == "ASSET_NOT_AVAILABLE"
    assert order(ada)["gallerySections"] != counted
    changed(ada, "RESTORE", filter={"trashed": True})
    assert set(pictures) <= ids(shown(ada))
    assert order(ada)["gallerySections"] == counted


def test_all_that_a_filter_finds_is_changed_and_changed_back(
    ada: Creator, pictures: list[str]
) -> None:
    tag = ada.did("createTag", "tag", name="Fog")["tag"]
    position = changed(ada, "LABEL", assets=pictures, tag=tag)["position"]
    begun = changed(ada, "FAVOURITE", filter={"tags": [tag]}, minPosition=position)
    assert begun["items"] == 2
    assert ids(shown(ada, tags=[tag], favourite=True)) == set(pictures)
    progress = ada.run("BulkChange", id=begun["change"])["bulkChange"]
    assert (progress["changed"], progress["passedOver"], progress["done"]) == (2, 0, True)
    assert progress["undoUntil"] is not None
    ada.did("undoChange", "change items", change=begun["change"])
    ada.live.settle()
    assert shown(ada, tags=[tag], favourite=True) == []
    assert ada.run("BulkChange", id=begun["change"])["bulkChange"]["undone"]
    assert ada.mutate("undoChange", change=begun["change"])["code"] == "CHANGE_NOT_UNDOABLE"


def test_one_wish_is_one_change_whatever_its_filter_would_find_by_now(
    ada: Creator, pictures: list[str]
) -> None:
    wish: dict[str, Any] = {
        "change": "FAVOURITE",
        "filter": {"text": "lighthouse"},
        "idempotencyKey": str(uuid4()),
    }
    first = changed(ada, **wish)
    ada.finished(ada.images(ada.twin_id, count=1))  # type: ignore[attr-defined]
    assert changed(ada, **wish) == first
    other = {**wish, "filter": {"text": "fog"}}
    assert ada.mutate("changeAssets", **other)["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"change": "TRASH"}, "INPUT_INVALID"),
        ({"change": "TRASH", "assets": [], "filter": {}}, "INPUT_INVALID"),
        ({"change": "LABEL", "assets": [], "tag": "x", "collection": "y"}, "INPUT_INVALID"),
        ({"change": "TRASH", "assets": ["x"] * 101}, "TOO_MANY_ITEMS"),
        ({"change": "TRASH", "assets": ["x"]}, "NOT_FOUND"),
    ],
)
def test_a_change_that_says_too_little_or_too_much_is_refused(
    ada: Creator, wish: dict[str, Any], code: str
) -> None:
    assert ada.mutate("changeAssets", **wish)["code"] == code


def test_a_filter_of_many_tags_and_words_leaves_none_of_them_out(
    ada: Creator, pictures: list[str]
) -> None:
    tags = [ada.did("createTag", "tag", name=f"tag {number}")["tag"] for number in range(21)]
    for tag in tags[:-1]:
        changed(ada, "LABEL", assets=pictures, tag=tag)
    for too_much in ({"tags": tags}, {"text": " ".join(f"word{n}" for n in range(101))}):
        refused = ada.mutate("changeAssets", change="PURGE", filter=too_much)
        assert refused["code"] == "INPUT_INVALID"
    prompt = str(ada.gallery(filter={"tags": tags[:-1]})[0]["prompt"])
    parts = sorted(
        {prompt[at : at + 2] for at in range(len(prompt)) if " " not in prompt[at : at + 2]}
    )
    changed(ada, "PURGE", filter={"tags": [tags[0]] * 20 + [tags[-1]]})
    changed(ada, "PURGE", filter={"text": " ".join([*parts[:12], "q"])})
    assert ids(shown(ada, tags=tags[:-1])) == set(pictures)


def test_a_batch_is_one_tile_that_opens(ada: Creator, pictures: list[str]) -> None:
    [tile] = [one for one in shown(ada, stacked=True) if one["id"] in pictures]
    assert (tile["id"], tile["stackSize"]) == (pictures[0], 2)
    assert [one["id"] for one in shown(ada, stack=tile["stack"])] == pictures
    changed(ada, "TRASH", assets=[pictures[0]])
    [tile] = [one for one in shown(ada, stacked=True) if one["id"] in pictures]
    assert (tile["id"], tile["stackSize"]) == (pictures[1], 1)


def test_a_remix_and_a_variation_stand_in_the_stack_of_their_picture(
    ada: Creator, pictures: list[str]
) -> None:
    [tile] = [one for one in shown(ada, stacked=True) if one["id"] in pictures]
    ada.finished(ada.images(ada.twin_id, count=1, source=pictures[1]))  # type: ignore[attr-defined]
    [now] = [one for one in shown(ada, stacked=True) if one["stack"] == tile["stack"]]
    assert now["id"] not in pictures
    assert now["stackSize"] == 3


def test_an_id_of_nothing_filters_by_nothing(ada: Creator, pictures: list[str]) -> None:
    for filter in (
        {"tags": ["rubbish"]},
        {"collection": global_id("Collection", uuid4())},
        {"stack": "rubbish"},
        {"twin": "rubbish"},
    ):
        assert shown(ada, **filter) == []
        assert order(ada, **filter)["gallerySections"] == []
