"""What a clip is, and what draws one, whatever its network is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.sampling_loop import OnStep
from gpu_consumers.engines.slot_bank import RowTwin


class ClipTooLong(ValueError):
    """More frames than the network has positions for."""


class FirstFrameMisfit(ValueError):
    """The picture to be animated has another size than the clip, or there is none."""


@dataclass(frozen=True)
class Clip:
    """What is to be drawn. `first_frame`: uint8 RGB (height, width, 3), or None for words alone.

    With one, the last `strength` of the steps are made; None leaves that to the engine. `motion` is
    the name of one, for networks that are told it apart from the words.
    """

    prompt: str
    negative_prompt: str
    seed: int
    twin: RowTwin | None = None
    first_frame: Picture | None = None
    strength: float | None = None
    motion: str = ""


@dataclass(frozen=True)
class ClipSettings:
    """Width and height in pixels, as drawn. `frame_rate` in frames a second: some networks draw
    what moves faster where there are fewer.
    """

    width: int
    height: int
    frames: int
    num_inference_steps: int
    guidance_scale: float
    frame_rate: int


class ClipDrawer(Protocol):
    """A loaded network that draws clips. Not thread-safe: one clip at a time."""

    def draw(
        self,
        clip: Clip,
        settings: ClipSettings,
        on_step: OnStep,
        on_decoded: Callable[[int], None] | None = None,
    ) -> Picture:
        """Draw a clip. Returns RGB (frames, height, width, 3); the same for the same seed.

        `on_step` is told of one row, latents (1, channels, frames, h, w), and `on_decoded` how many
        frames are; either may raise to stop. With a first frame, that picture is the clip's first
        one, as far as the autoencoder keeps it. Raises ClipTooLong, FirstFrameMisfit, or what it is
        told to.
        """


def require_size(picture: Picture, settings: ClipSettings) -> None:
    """Raises FirstFrameMisfit for a picture (height, width, 3) that is not as large as the clip."""
    if picture.shape[:2] != (settings.height, settings.width):
        raise FirstFrameMisfit(
            f"{picture.shape[1]}x{picture.shape[0]}, not {settings.width}x{settings.height}"
        )
