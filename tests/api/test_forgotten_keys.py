"""A key that made something, once its row was swept: said in the words of the field."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest

from commands.publishing.end_publish_pack import GiveUpPublishPack
from domain.person import TWINS_MAX
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import LiveStudio

FILE = {"sizeBytes": 9, "mediaType": "image/png", "sha256": "0" * 64}
WISH = {"engine": "pocket", "prompt": "a lighthouse in fog", "count": 1, "priceVersion": 1}


@pytest.fixture
def ada(fresh: LiveStudio) -> Creator:
    """Verified and with credits."""
    return Creator(fresh, "Ada").verified().rich()


def asked_again(creator: Creator, admin: str, field: str, **values: Any) -> str:
    """The type of the answer to a mutation that was done under the same key ninety days before."""
    values["idempotencyKey"] = str(uuid4())
    creator.did(field, **values)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DELETE FROM events.commands")
    return str(creator.mutate(field, "AlreadyDecided", **values)["__typename"])


def test_a_key_that_made_a_twin_uploads_pictures_or_a_training_makes_no_other(
    ada: Creator, admin_database: str
) -> None:
    assert asked_again(ada, admin_database, "createTwin", name="Me") == "AlreadyDecided"
    twin = ada.ready_to_train()
    planned = {"twin": twin, "files": [FILE]}
    assert asked_again(ada, admin_database, "requestPhotoUploads", **planned) == "AlreadyDecided"
    assert asked_again(ada, admin_database, "requestImages", **WISH) == "AlreadyDecided"
    training = {"twin": twin, "engine": "pocket", "priceVersion": 1}
    assert asked_again(ada, admin_database, "startTwinTraining", **training) == "AlreadyDecided"


def test_a_twin_too_many_is_refused_with_how_many_there_may_be(ada: Creator) -> None:
    for number in range(TWINS_MAX):
        ada.did("createTwin", name=f"Ada {number}")
    refused = ada.mutate("createTwin", "TooManyTwins", "maximum", name="Ada")
    assert (refused["__typename"], refused["maximum"]) == ("TooManyTwins", TWINS_MAX)


def test_a_pack_that_nobody_made_is_asked_for_again_under_its_key(
    ada: Creator, admin_database: str
) -> None:
    ada.finished(ada.images(count=1))
    wish: dict[str, Any] = {
        "assets": [ada.gallery()[0]["id"]],
        "presets": ["SQUARE"],
        "idempotencyKey": str(uuid4()),
    }
    pack = ada.did("requestPublishPack", "pack", **wish)["pack"]
    ada.live.does(GiveUpPublishPack(uuid_of(pack)), ada.person)
    ada.live.settle()
    with psycopg.connect(admin_database, autocommit=True) as connection:
        connection.execute("DELETE FROM events.commands")
    ada.did("requestPublishPack", "pack", **wish)
    ada.live.settle()
    # It is another pack: what came of the first is not undone.
    assert [one["state"] for one in ada.run("PublishPacks", first=20)["publishPacks"]] == [
        "REQUESTED",
        "FAILED",
    ]
