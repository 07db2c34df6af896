"""What the page asks of the studio when photos do not get there."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

MODULE = Path("web/studio/core/uploads.js").resolve()
PAGE = Path(__file__).with_name("photo_upload.mjs")
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node to run the page's module")


def uploaded(*refused: str) -> dict[str, Any]:
    """What happens to two photos where the studio refuses these documents and addresses."""
    assert NODE is not None
    ran = subprocess.run(
        [NODE, str(PAGE), MODULE.as_uri(), *refused],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_photos_that_arrive_are_handed_in() -> None:
    assert uploaded() == {
        "asked": ["RequestPhotoUploads", "post", "post", "SubmitPhotos"],
        "position": 2,
    }


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ("/objects/1", "Photo 2 was not accepted (507)."),
        ("SubmitPhotos", "SubmitPhotos refused"),
    ],
)
def test_a_set_that_does_not_get_there_is_given_up(refused: str, said: str) -> None:
    found = uploaded(refused)
    assert found["asked"][-1] == "ForgetPhotoUploads"
    assert found["error"] == said


def test_what_went_wrong_is_said_also_where_giving_up_fails() -> None:
    found = uploaded("/objects/0", "ForgetPhotoUploads")
    assert found["error"] == "Photo 1 was not accepted (507)."


def test_a_set_that_was_never_planned_is_not_given_up() -> None:
    found = uploaded("RequestPhotoUploads")
    assert found == {"asked": ["RequestPhotoUploads"], "error": "RequestPhotoUploads refused"}
