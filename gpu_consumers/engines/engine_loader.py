"""How an engine loads and what is constant about it: the GPU side of a catalogue entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from topics.messages.progress import Phase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]


class PipelineClass(StrEnum):
    """The diffusers pipelines that the latent diffusion engine drives."""

    STABLE_DIFFUSION = "StableDiffusionPipeline"
    STABLE_DIFFUSION_XL = "StableDiffusionXLPipeline"
    Z_IMAGE = "ZImagePipeline"
    FLUX2_KLEIN = "Flux2KleinPipeline"
    QWEN_IMAGE = "QwenImagePipeline"
    WAN = "WanPipeline"
    STABLE_VIDEO_DIFFUSION = "StableVideoDiffusionPipeline"

    @property
    def network_class(self) -> str:
        """Diffusers' class of the network that removes noise."""
        return {
            PipelineClass.STABLE_DIFFUSION: "UNet2DConditionModel",
            PipelineClass.STABLE_DIFFUSION_XL: "UNet2DConditionModel",
            PipelineClass.Z_IMAGE: "ZImageTransformer2DModel",
            PipelineClass.FLUX2_KLEIN: "Flux2Transformer2DModel",
            PipelineClass.QWEN_IMAGE: "QwenImageTransformer2DModel",
            PipelineClass.WAN: "WanTransformer3DModel",
            PipelineClass.STABLE_VIDEO_DIFFUSION: "UNetSpatioTemporalConditionModel",
        }[self]

    @property
    def component(self) -> str:
        """What the pipeline calls that network: a folder, and how keys of an adapter begin."""
        return "transformer" if "Transformer" in self.network_class else "unet"

    @property
    def reads_single_file(self) -> bool:
        """Whether diffusers can read that network from one file in its authors' layout."""
        return self is not PipelineClass.STABLE_VIDEO_DIFFUSION


class IdentityReader(Protocol):
    """Who a picture shows, as a vector whose direction is the person."""

    def identity(self, picture: Picture) -> NDArray[np.float32] | None:
        """picture: (height, width, 3) RGB. None where there is not exactly one readable face."""


class PictureEncoder(Protocol):
    """What an engine's preview factors are fitted with."""

    def encode_pictures(self, pictures: Picture) -> NDArray[np.float32]:
        """Pictures (n, height, width, 3) RGB to scaled latents (n, channels, h, w)."""


@dataclass(frozen=True)
class Reframing:
    """How a photo is shown in a size that creators ask for and photos do not have.

    `size` is that size, (width, height). The photo, shrunk to `photo_size`, has its left top corner
    at `corner` (x, y), which may lie outside. Around the photo its edge is repeated, and nothing is
    learnt there.
    """

    size: tuple[int, int]
    photo_size: tuple[int, int]
    corner: tuple[int, int]


@dataclass(frozen=True)
class TwinConstants:
    """What every twin training on this engine has in common; the rest comes with the job.

    `sizes` are the (width, height) buckets that photos are fitted to and encoded at, the first
    being that of samples; `shifts` in pixels of them, (x, y). `scene_choices`: what a photo's
    caption may say besides the name, one phrase of each row; the engine itself judges which fits.
    `checkpoint_shares`: after which shares of the steps there is a checkpoint, judged by
    `pictures_judged_each` pictures of every sample prompt, the first of which is its sample.
    `mirrored_words` change places in a mirrored photo's caption; None where photos are not
    mirrored. `restyled`: by the words of a style, how fitted photos (n, height, width, 3) look in
    it: one face is learnt in all of them, and in every one of the `reframings`, where it may be
    smaller. `fused_optimiser`: all of a step's arithmetic in one kernel, which differs in the last
    bits.
    """

    sizes: tuple[tuple[int, int], ...]
    batch_size: int
    lora_targets: tuple[str, ...]
    trigger_word: str
    twin_caption: str
    class_prompts: Callable[[int], Sequence[str]]
    class_pictures: int
    scene_choices: tuple[tuple[str, ...], ...] = ()
    prior_share: float = 0.25
    caption_dropout: float = 0.05
    phrase_dropout: float = 0.0
    shifts: tuple[tuple[int, int], ...] = ((0, 0),)
    mirrored_words: Mapping[str, str] | None = None
    restyled: Mapping[str, Callable[[Picture], Picture]] = field(default_factory=dict)
    reframings: tuple[Reframing, ...] = ()
    checkpoint_shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    pictures_judged_each: int = 1
    snr_cap: float = 5.0
    adam_betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 1e-2
    gradient_norm_max: float = 1.0
    fused_optimiser: bool = True
    warm_up_steps: int = 20
    final_rate_share: float = 0.05
    sample_steps: int = 25
    sample_guidance_scale: float = 5.0


@dataclass(frozen=True)
class MotionConstants:
    """What every clip of an engine has in common.

    `folder`: the motion adapter's, within the pipeline directory; None where the network itself
    draws what moves. `shared_noise_share`: how much of the noise's variance all frames share, no
    less than the adapter was trained with. `image_strength`: the share of the steps that a clip is
    given which begins with a picture. `buckets`: by the name of a motion, how much moves, where the
    network is told a number. `source_noise`: how much noise is put over a picture to begin with, so
    that it can move. `frames_at_once`: how many frames the network has to have places for; 0 where
    it takes any number. `delivered_side_max`: the longest side in pixels of a delivered clip;
    `upload_bytes_max`: the size of its frames as they are uploaded, without loss. What is larger is
    not even decoded.
    """

    folder: str | None = None
    shared_noise_share: float = 0.0
    image_strength: float = 1.0
    buckets: Mapping[str, int] = field(default_factory=dict)
    source_noise: float = 0.0
    frames_at_once: int = 0
    delivered_side_max: int = 1280
    upload_bytes_max: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class EngineLoader:
    """One engine. `folder` is looked for in the weights directory, or in `built_in_folder`.

    A picture is delivered `delivery_scale` times the size it is drawn at. `phase_limits_s`: how
    long the child may stay in a phase without a step; STEP is the limit of one step.
    `weighs_words`: `(word:1.2)` in a prompt is a weight, and not words. `guidance_free_at`: the
    scale up to which guidance, and a negative prompt with it, has no effect.
    `style_words` and `motion_words` come into the prompt by the name of a style or a motion.
    `preview_factors` turn latents into RGB (see `latent_preview.fit_factors`); None where the
    engine shows no live previews. `motion` is None where the engine draws no clips.
    `twin_share_unguided`: a twin's strength in the half of guidance that pictures are led away
    from, as a share of that in the other half; below 1 they are led towards the face as well as
    the words, away from a weaker likeness (autoguidance, Karras et al. 2024, arXiv 2406.02507).
    """

    id: str
    pipeline_class: PipelineClass
    folder: str
    twin: TwinConstants
    phase_limits_s: Mapping[Phase, float]
    style_words: Mapping[str, str] = field(default_factory=dict)
    motion_words: Mapping[str, str] = field(default_factory=dict)
    built_in_folder: Path | None = None
    delivery_scale: int = 1
    guidance_free_at: float = 1.0
    guidance_rescale: float = 0.0
    twin_share_unguided: float = 1.0
    weighs_words: bool = False
    render_batch_max: int = 4
    rank_max: int = 64
    adapter_size_bytes_max: int = 512 * 1024 * 1024
    slots: int = 5
    preview_factors: Callable[[PictureEncoder], NDArray[np.float32]] | None = None
    identity_reader: Callable[[], IdentityReader] | None = None
    motion: MotionConstants | None = None

    @property
    def twins_max(self) -> int:
        """How many different twins one batch may show: a slot is nobody's."""
        return self.slots - 1

    def weights_dir(self, directory: Path | None) -> Path:
        """Where the pipeline directory is expected; it need not exist."""
        if directory is not None:
            chosen = directory / self.folder
            if chosen.is_dir() or self.built_in_folder is None:
                return chosen
        if self.built_in_folder is not None:
            return self.built_in_folder
        return Path("weights") / self.folder

    def prompt_for(self, prompt: str, style: str, *, names_twin: bool, motion: str = "") -> str:
        """The prompt as the engine reads it: the twin's name, the style, the motion, the words.

        Of a prompt that is too long the end is not read: what was chosen besides stands before it.
        """
        parts = []
        # First of all, as in every caption it was learnt from: text encoders read forwards, and
        # behind a style the name draws a face that is less the twin's.
        if names_twin:
            parts.append(self.twin.twin_caption.format(trigger=self.twin.trigger_word))
        chosen = (self.style_words.get(style), self.motion_words.get(motion))
        parts += [words for words in chosen if words and words not in prompt]
        return ", ".join([*parts, prompt] if prompt else parts)
