"""A captioning model that the operator has put beside the engines' weights, as BLIP is published.

Read offline, safetensors only, and without any code of the folder's own. It is loaded for one
training's captions and let go of: training needs the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from gpu_consumers.training.captioner import Scene

FOLDER: Final = "captioner"
_CAPTIONS_EACH: Final = 3
_TOKENS_MAX: Final = 40
_CHARACTERS_MAX: Final = 200


class OperatorsCaptioner:
    """See `Captioner`: several whole captions of each photo, the likeliest ones."""

    def __init__(self, processor: Any, model: Any) -> None:
        self._processor, self._model = processor, model

    @torch.no_grad()
    def tell(
        self, photos: NDArray[np.uint8], after_each: Callable[[], None]
    ) -> list[tuple[Scene, ...]]:
        """See `Captioner.tell`."""
        return [self._told(photo, after_each) for photo in photos]

    def _told(self, photo: NDArray[np.uint8], after_each: Callable[[], None]) -> tuple[Scene, ...]:
        after_each()
        inputs = self._processor(images=photo, return_tensors="pt").to(self._model.device)
        # Beams and no chance: the same photos have the same captions at every attempt.
        tokens = self._model.generate(
            **inputs,
            num_beams=_CAPTIONS_EACH,
            num_return_sequences=_CAPTIONS_EACH,
            do_sample=False,
            max_new_tokens=_TOKENS_MAX,
        )
        said = self._processor.batch_decode(tokens, skip_special_tokens=True)
        # Written down once each, and as one line that fits beside the name.
        captions = dict.fromkeys(" ".join(each.split())[:_CHARACTERS_MAX] for each in said)
        return tuple((caption,) for caption in captions if caption) or ((),)


def operators_captioner(
    weights_dir: Path | None, device: torch.device
) -> OperatorsCaptioner | None:
    """The model of `captioner` in the weights directory; None where there is no such folder.

    Raises what transformers raises for a folder that holds no captioning model.
    """
    if weights_dir is None or not (weights_dir / FOLDER / "config.json").is_file():
        return None
    from transformers import AutoModelForImageTextToText, AutoProcessor

    folder = weights_dir / FOLDER
    model = AutoModelForImageTextToText.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, trust_remote_code=False
    )
    processor = AutoProcessor.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    return OperatorsCaptioner(processor, model.to(device).eval())
