"""Presigned downloads and uploads against a store that answers as the test says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx
import pytest

from gpu_consumers.presigned_objects import InputUnavailable, PresignedObjects, UploadRefused
from topics.messages.work import Download, Upload

SECRET = "X-Signature=5ec4e7"
PHOTO = Download(f"http://store/photo?{SECRET}", hashlib.sha256(b"face").hexdigest())
PLACE = Upload(
    "http://store/upload", {"key": "quarantine/0.png", "policy": "p"}, "quarantine/0.png",
    "image/png", 10,
)  # fmt: skip


def objects(
    answer: Callable[[httpx.Request], httpx.Response],
) -> tuple[PresignedObjects, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        request.read()
        asked.append(request)
        return answer(request)

    client = httpx.Client(transport=httpx.MockTransport(handle))
    return PresignedObjects(client, wait=lambda _: None), asked


def test_a_download_is_what_the_grant_named() -> None:
    door, _ = objects(lambda _: httpx.Response(200, content=b"face"))
    assert door.download(PHOTO) == b"face"


def test_other_bytes_than_the_grant_named_are_not_used() -> None:
    door, _ = objects(lambda _: httpx.Response(200, content=b"another face"))
    with pytest.raises(InputUnavailable):
        door.download(PHOTO)


def test_a_refused_download_is_asked_for_once_and_its_url_is_not_repeated() -> None:
    door, asked = objects(lambda _: httpx.Response(403))
    with pytest.raises(InputUnavailable) as refused:
        door.download(PHOTO)
    assert len(asked) == 1
    assert SECRET not in str(refused.value)


def test_a_store_that_stumbles_is_asked_again() -> None:
    answers = iter([503, 500, 200])
    door, asked = objects(lambda _: httpx.Response(next(answers), content=b"face"))
    assert door.download(PHOTO) == b"face"
    assert len(asked) == 3


def test_a_store_that_cannot_be_reached_is_waited_for_and_given_up_after_six_waits() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    door, asked = objects(unreachable)
    with pytest.raises(InputUnavailable):
        door.download(PHOTO)
    assert len(asked) == 7


def test_a_store_that_is_busy_is_waited_for_as_one_that_is_away() -> None:
    answers = iter([503, 502, 504, 503, 503, 503, 204])
    door, asked = objects(lambda _: httpx.Response(next(answers)))
    door.upload(PLACE, b"png")
    assert len(asked) == 7
    door, asked = objects(lambda _: httpx.Response(503))
    with pytest.raises(UploadRefused, match="503"):
        door.upload(PLACE, b"png")
    assert len(asked) == 7


def test_an_upload_carries_the_fields_before_the_file() -> None:
    door, asked = objects(lambda _: httpx.Response(204))
    door.upload(PLACE, b"png")
    body = asked[0].content
    assert body.index(b'name="policy"') < body.index(b'name="file"')
    assert b"Content-Type: image/png" in body


def test_an_upload_larger_than_its_place_is_never_sent() -> None:
    door, asked = objects(lambda _: httpx.Response(204))
    with pytest.raises(UploadRefused):
        door.upload(PLACE, b"x" * 11)
    assert asked == []


def test_a_refused_upload_is_not_repeated() -> None:
    door, asked = objects(lambda _: httpx.Response(400))
    with pytest.raises(UploadRefused):
        door.upload(PLACE, b"png")
    assert len(asked) == 1
