"""What the demo finds out of the files that it downloads, and what it does not accept."""

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening.credentials import Credentials, Generation
from gpu_consumers.screening.released_files import animated_webp, mp4
from processes.demo.client import DemoRefused
from processes.demo.released_files import Film, film, require_credentials, spread_frames
from tests.gpu_consumers.screening.clips import FRAME_RATE, portrait_clip

ASSET = Generation(UUID("d0000000-0000-4000-8000-000000000002"))
ANOTHER = Generation(UUID("d0000000-0000-4000-8000-000000000003"))
OF_ANOTHER = Generation(ASSET.id, source_id=ANOTHER.id)
FILM = mp4(portrait_clip(24, "push"), FRAME_RATE).data


def with_its_index_last(data: bytes) -> bytes:
    """The same film, as one that is written without a second pass."""
    start = data.index(b"moov") - 4
    end = start + int.from_bytes(data[start : start + 4])
    return data[:start] + data[end:] + data[start:end]


def test_a_film_that_every_browser_plays_is_told_of(tmp_path: Path) -> None:
    signed = Credentials(FileSigner(tmp_path)).sign(FILM, ASSET, media_type="video/mp4")
    assert film(signed, 3_000) == Film("h264", "yuv420p", 24, 3.0)


def test_a_film_of_another_length_is_not_accepted() -> None:
    with pytest.raises(DemoRefused, match="not 4000 ms"):
        film(FILM, 4_000)


def test_a_film_whose_index_comes_last_is_not_accepted() -> None:
    with pytest.raises(DemoRefused, match="last byte"):
        film(with_its_index_last(FILM), 3_000)


def test_the_frames_that_are_shown_are_the_first_and_the_last_and_some_between() -> None:
    assert len(spread_frames(FILM, 12)) == 12
    first, last = spread_frames(FILM, 2)
    assert first != last


def test_credentials_have_to_be_there_and_of_this_generation(tmp_path: Path) -> None:
    credentials = Credentials(FileSigner(tmp_path))
    plain = animated_webp(np.zeros((8, 64, 64, 3), np.uint8), FRAME_RATE).data
    signed = credentials.sign(plain, ASSET, media_type="image/webp")
    require_credentials(credentials, signed, ASSET, "image/webp")
    for data, generation in ((plain, ASSET), (signed, ANOTHER), (signed, OF_ANOTHER)):
        with pytest.raises(DemoRefused):
            require_credentials(credentials, data, generation, "image/webp")
