"""Thumbnails a second: both of them and the blur, as a screener makes them of judged pixels.

Over bare Pillow that shrinks the same pictures to the same sizes and saves them as WebP once.
"""

import io

import numpy as np
from PIL import Image

from benchmarks.measure import alternating, report, seconds
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.thumbhash import placeholder
from gpu_consumers.screening.thumbnails import SIDES_MAX, SIZE_BYTES_MAX, thumbnail
from topics.messages.work import ThumbnailRole

PICTURES = 24
ROUNDS = 7
SIDE = 1_024


def main() -> None:
    """Make those of a few cartoons, several times."""
    pictures = [_picture(number) for number in range(PICTURES)]
    sizes = [len(thumbnail(rgb, role).data) for rgb in pictures for role in ThumbnailRole]
    assert max(sizes) <= SIZE_BYTES_MAX

    def made() -> None:
        for rgb in pictures:
            for role in ThumbnailRole:
                thumbnail(rgb, role)
            placeholder(rgb)

    def bare() -> None:
        for rgb in pictures:
            for side_max in SIDES_MAX.values():
                picture = Image.fromarray(rgb)
                picture.thumbnail((side_max, side_max), Image.Resampling.LANCZOS)
                picture.save(io.BytesIO(), "WEBP", quality=80, method=4)

    taken = alternating(ROUNDS, made=lambda: seconds(made), bare=lambda: seconds(bare))
    thumbnails = PICTURES * len(ThumbnailRole)
    report(
        "thumbnails",
        "bare Pillow: the same pictures shrunk and saved as WebP, without a limit and a blur",
        thumbnails_a_second=thumbnails / taken["made"],
        baseline_thumbnails_a_second=thumbnails / taken["bare"],
        ratio=taken["bare"] / taken["made"],
        largest_bytes=max(sizes),
        mean_bytes=sum(sizes) / len(sizes),
    )


def _picture(number: int) -> Rgb:
    """A cartoon, 1024 pixels a side."""
    rng = np.random.default_rng(number)
    drawn = Image.fromarray(np.asarray(render(random_identity(rng), random_scene(rng))))
    return np.asarray(drawn.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


if __name__ == "__main__":
    main()
