"""How a dozen photos become training examples: fitted, shifted, mirrored, captioned."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gpu_consumers.engines.engine_loader import Reframing, TwinConstants

_VARIANTS_OF_A_CAPTION: Final = 4
_PIXELS_MAX: Final = 64_000_000

Picture = NDArray[np.uint8]


class PhotoUnreadable(Exception):
    """A photo of an accepted set is not a picture. Nothing was learnt."""


@dataclass(frozen=True)
class Example:
    """One picture as it is trained on, RGB at bucket size, and captions to choose from."""

    picture: Picture
    captions: tuple[str, ...]


def read_photo(png: bytes) -> Picture:
    """Decode to RGB (height, width, 3). Raises PhotoUnreadable."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            if image.width * image.height > _PIXELS_MAX:
                raise PhotoUnreadable("too many pixels")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise PhotoUnreadable("not a PNG") from error


def make_examples(
    photo: Picture,
    scenes: Sequence[Sequence[str]],
    constants: TwinConstants,
    rng: np.random.Generator,
) -> list[Example]:
    """All examples of one fitted photo that these scenes tell, phrase by phrase.

    Shifted and mirrored, and each with the captions of all scenes.
    """
    captions = _captions(scenes, constants, rng)
    sides = [(photo, captions)]
    if constants.mirrored_words is not None:
        words = constants.mirrored_words
        mirrored = tuple(swap_words(caption, words) for caption in captions)
        sides.append((np.ascontiguousarray(photo[:, ::-1]), mirrored))
    return [
        Example(_shifted(picture, shift), said)
        for picture, said in sides
        for shift in constants.shifts
    ]


def make_styled_examples(
    photo: Picture,
    scenes: Sequence[Sequence[str]],
    style_words: str,
    constants: TwinConstants,
    rng: np.random.Generator,
) -> list[Example]:
    """The example of one fitted photo in another style, whose words every caption says."""
    caption = f"{constants.twin_caption}, {style_words}"
    # Neither shifted nor mirrored: the plain photos teach that, and should outnumber these.
    once = replace(constants, twin_caption=caption, mirrored_words=None, shifts=((0, 0),))
    return make_examples(photo, scenes, once, rng)


def make_reframed_examples(
    photo: Picture,
    scenes: Sequence[Sequence[str]],
    reframing: Reframing,
    constants: TwinConstants,
    rng: np.random.Generator,
) -> list[Example]:
    """The examples of one photo in another size: mirrored, but not shifted."""
    still = replace(constants, shifts=((0, 0),))
    return make_examples(reframe(photo, reframing), scenes, still, rng)


def reframe(photo: Picture, reframing: Reframing) -> Picture:
    """The photo as `Reframing` says, its edge repeated where it does not reach."""
    (width, height), (left, top) = reframing.size, reframing.corner
    placed = fit(photo, reframing.photo_size)
    rows = np.clip(np.arange(height) - top, 0, placed.shape[0] - 1)
    columns = np.clip(np.arange(width) - left, 0, placed.shape[1] - 1)
    return np.ascontiguousarray(placed[rows][:, columns])


def reframed_region(reframing: Reframing) -> NDArray[np.bool_]:
    """(height, width): where a reframed photo is itself and not its repeated edge."""
    width, height = reframing.size
    left, top = reframing.corner
    photo_width, photo_height = reframing.photo_size
    region = np.zeros((height, width), np.bool_)
    region[max(0, top) : top + photo_height, max(0, left) : left + photo_width] = True
    return region


def nearest_size(photo: Picture, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The bucket whose aspect ratio is nearest to the photo's."""
    ratio = photo.shape[1] / photo.shape[0]
    return min(sizes, key=lambda size: abs(np.log(size[0] / size[1] / ratio)))


def fit(
    photo: Picture, size: tuple[int, int], centre: tuple[float, float] | None = None
) -> Picture:
    """Shrink or enlarge to cover (width, height), then cut the middle out.

    `centre`: what is to be in the middle instead, as far as the photo reaches; (x, y), 0..1 of it.
    """
    width, height = size
    scale = max(width / photo.shape[1], height / photo.shape[0])
    covering = (
        max(width, round(photo.shape[1] * scale)),
        max(height, round(photo.shape[0] * scale)),
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(photo, covering, interpolation=method), np.uint8)
    left, top = (covering[0] - width) // 2, (covering[1] - height) // 2
    if centre is not None:
        left = min(max(0, round(centre[0] * covering[0] - width / 2)), covering[0] - width)
        top = min(max(0, round(centre[1] * covering[1] - height / 2)), covering[1] - height)
    return np.ascontiguousarray(resized[top : top + height, left : left + width])


def swap_words(caption: str, words: Mapping[str, str]) -> str:
    """Replace every whole word by its counterpart: "looking left" becomes "looking right"."""
    return " ".join(_swapped(word, words) for word in caption.split(" "))


def _swapped(word: str, words: Mapping[str, str]) -> str:
    bare = word.rstrip(",.")
    return words.get(bare, bare) + word[len(bare) :]


def _captions(
    scenes: Sequence[Sequence[str]], constants: TwinConstants, rng: np.random.Generator
) -> tuple[str, ...]:
    start = constants.twin_caption.format(trigger=constants.trigger_word)
    captions = []
    for phrases in scenes:
        # The first phrase matters most to where things are, and is always said.
        drops = bool(phrases) and constants.phrase_dropout > 0.0
        for _ in range(_VARIANTS_OF_A_CAPTION if drops else 1):
            kept = [
                phrase
                for index, phrase in enumerate(phrases)
                if index == 0 or rng.random() >= constants.phrase_dropout
            ]
            captions.append(", ".join([start, *kept]))
    return tuple(captions)


def _shifted(picture: Picture, shift: tuple[int, int]) -> Picture:
    """Moved by (x, y) pixels, the edge repeated into the gap."""
    x, y = shift
    if x == 0 and y == 0:
        return picture
    margin = max(abs(x), abs(y))
    padded = np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    height, width = picture.shape[:2]
    top, left = margin - y, margin - x
    return np.ascontiguousarray(padded[top : top + height, left : left + width])
