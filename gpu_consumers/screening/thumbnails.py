"""What a tile of a page shows of an output, made from judged pixels and from nothing else."""

import io
from typing import Final

from PIL import Image

from gpu_consumers.screening.picture_measures import Rgb
from gpu_consumers.screening.released_files import WEBP, EncodedFile
from topics.messages.work import ThumbnailRole

SIDES_MAX: Final = {ThumbnailRole.SMALL: 256, ThumbnailRole.LARGE: 512}
"""The longest side, in pixels."""

SIZE_BYTES_MAX: Final = 20_000
_QUALITIES: Final = (80, 65, 50, 35, 20)
"""The first that is small enough is taken: nearly always the first there is."""

_SHRUNK: Final = 0.8


def thumbnail(rgb: Rgb, role: ThumbnailRole) -> EncodedFile:
    """A WebP of these pixels, uint8 RGB (height, width, 3), that keeps their ratio.

    Never larger than they are, nor than SIZE_BYTES_MAX. The same pixels give the same bytes.
    """
    side_max = SIDES_MAX[role]
    while True:
        picture = Image.fromarray(rgb)
        picture.thumbnail((side_max, side_max), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            data = _webp(picture, quality)
            if len(data) <= SIZE_BYTES_MAX:
                return EncodedFile(data, WEBP, picture.width, picture.height)
        # All noise: it looks no worse with fewer pixels.
        side_max = int(max(picture.size) * _SHRUNK)


def _webp(picture: Image.Image, quality: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=quality, method=4)
    return target.getvalue()
