"""How the pocket model loads, and how its world's settings reach the common engine code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gpu_consumers.engines.engine_loader import (
    EngineLoader,
    IdentityReader,
    MotionConstants,
    PictureEncoder,
    PipelineClass,
    Reframing,
    TwinConstants,
)
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.pocket import motion_settings, twin_settings
from gpu_consumers.engines.pocket.world.frame import FRAMES, SQUARE
from gpu_consumers.engines.pocket.world.vocabulary import DEFAULT_TRIGGER_WORD, HINTS
from topics.messages.progress import Phase

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser

ENGINE: Final = "pocket"
WEIGHTS_DIR: Final = Path(__file__).parent / "weights"
_PORTRAITS_FOR_PREVIEWS: Final = 48
_SEED: Final = 11
# View first: it decides where everything is, and is never left out of a caption.
_SCENE_CHOICES: Final = tuple(HINTS[row] for row in ("view", "background", "top", "expression"))


def class_prompts(count: int) -> Sequence[str]:
    """Captions of people drawn from the world at random: what a twin must not overwrite."""
    import numpy as np

    from gpu_consumers.engines.pocket.world.captions import full_caption
    from gpu_consumers.engines.pocket.world.identity import random_identity
    from gpu_consumers.engines.pocket.world.scene import random_scene
    from gpu_consumers.engines.pocket.world.styles import STYLES

    rng = np.random.default_rng(_SEED)
    styles = list(STYLES)
    return [
        full_caption(
            random_identity(rng),
            random_scene(rng),
            rng,
            style_name=styles[index % len(styles)],
            subject="a person",
        )
        for index in range(count)
    ]


def preview_factors(encoder: PictureEncoder) -> NDArray[np.float32]:
    """Latents to colours, fitted on portraits of the world."""
    import numpy as np

    from gpu_consumers.engines.latent_preview import fit_factors
    from gpu_consumers.engines.pocket.world.identity import random_identity
    from gpu_consumers.engines.pocket.world.portrait import render
    from gpu_consumers.engines.pocket.world.scene import random_scene

    rng = np.random.default_rng(_SEED)
    portraits = np.stack(
        [render(random_identity(rng), random_scene(rng)) for _ in range(_PORTRAITS_FOR_PREVIEWS)]
    )
    return fit_factors(encoder.encode_pictures(portraits), portraits)


def _in_style(name: str) -> Callable[[NDArray[np.uint8]], NDArray[np.uint8]]:
    def restyle(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        from gpu_consumers.engines.pocket.restyler import restyled

        return restyled(pictures, name, WEIGHTS_DIR)

    return restyle


def _reframing(ratio: str) -> Reframing:
    """Photos are square: their faces, as large and as high up as the world has them at `ratio`."""
    frame = FRAMES[ratio]
    side = round(SQUARE.width * frame.pixels_per_unit / SQUARE.pixels_per_unit)
    corner = ((frame.width - side) // 2, round(frame.head_y * frame.height - SQUARE.head_y * side))
    return Reframing((frame.width, frame.height), (side, side), corner)


_STYLE_WORDS: Final = {name: f"{name} style" for name in ("sketch", "neon", "watercolour", "film")}

_MOTION_WORDS: Final = {
    "blink": "blinking",
    "talk": "talking",
    "nod": "nodding",
    "turn": "turning around",
    "push": "zooming in",
}


class PocketIdentityReader:
    """The pocket face analyser's identity of the one face in a picture."""

    def __init__(self, analyser: PocketFaceAnalyser) -> None:
        self._analyser = analyser

    def identity(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """See `IdentityReader`."""
        import numpy as np

        report = self._analyser.analyse(picture)
        return np.asarray(report.identity, np.float32) if len(report.faces) == 1 else None


def identity_reader() -> IdentityReader:
    """Raises EngineAbsent where the analyser's weights are missing."""
    from gpu_consumers.engines.pocket.analyser import AnalyserWeightsMissing, PocketFaceAnalyser

    try:
        return PocketIdentityReader(PocketFaceAnalyser.load(WEIGHTS_DIR))
    except AnalyserWeightsMissing as error:
        raise EngineAbsent(ENGINE, WEIGHTS_DIR / "analyser") from error


LOADER: Final = EngineLoader(
    id=ENGINE,
    pipeline_class=PipelineClass.STABLE_DIFFUSION,
    folder=ENGINE,
    built_in_folder=WEIGHTS_DIR,
    twin=TwinConstants(
        sizes=((SQUARE.width, SQUARE.height),),
        batch_size=twin_settings.BATCH_SIZE,
        lora_targets=twin_settings.LORA_TARGET_MODULES,
        trigger_word=DEFAULT_TRIGGER_WORD,
        twin_caption="a portrait of {trigger}",
        class_prompts=class_prompts,
        class_pictures=48,
        scene_choices=_SCENE_CHOICES,
        prior_share=twin_settings.PRIOR_SHARE,
        caption_dropout=twin_settings.CAPTION_DROPOUT,
        phrase_dropout=twin_settings.PHRASE_DROPOUT,
        shifts=twin_settings.SHIFTS,
        mirrored_words={"left": "right", "right": "left"},
        reframings=tuple(_reframing(ratio) for ratio in twin_settings.REFRAMED_RATIOS),
        restyled={words: _in_style(name) for name, words in _STYLE_WORDS.items()},
        snr_cap=twin_settings.SNR_CAP,
        adam_betas=twin_settings.ADAM_BETAS,
        weight_decay=twin_settings.WEIGHT_DECAY,
        gradient_norm_max=twin_settings.GRADIENT_NORM_MAX,
        # Its twins were measured with the other one.
        fused_optimiser=False,
        warm_up_steps=twin_settings.WARM_UP_STEPS,
        final_rate_share=twin_settings.FINAL_LEARNING_RATE_SHARE,
        # Half-trained twins look right by luck now and then: three samples cannot tell.
        checkpoint_shares=(0.5, 0.75, 1.0),
        pictures_judged_each=2,
        sample_guidance_scale=twin_settings.GUIDANCE_SCALE,
    ),
    # A CPU that is shared with everything else may take twenty times as long as an idle one.
    phase_limits_s={
        Phase.LOAD: 300.0,
        Phase.ENCODE: 120.0,
        Phase.STEP: 60.0,
        Phase.DECODE: 60.0,
        Phase.UPLOAD: 60.0,
    },
    style_words=_STYLE_WORDS,
    motion_words=_MOTION_WORDS,
    delivery_scale=2,
    guidance_rescale=twin_settings.GUIDANCE_RESCALE,
    twin_share_unguided=twin_settings.UNGUIDED_SHARE,
    render_batch_max=8,
    rank_max=32,
    adapter_size_bytes_max=32 * 1024 * 1024,
    slots=9,
    preview_factors=preview_factors,
    identity_reader=identity_reader,
    motion=MotionConstants(
        folder=motion_settings.ADAPTER_FOLDER,
        shared_noise_share=motion_settings.SHARED_NOISE_SHARE,
        image_strength=motion_settings.IMAGE_STRENGTH,
        # Twice the longest side of the five aspect ratios, and forty frames of noise of it.
        delivered_side_max=704,
        upload_bytes_max=64 * 1024 * 1024,
    ),
)
