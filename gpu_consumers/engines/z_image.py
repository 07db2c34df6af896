"""How Z-Image loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass, TwinConstants
from gpu_consumers.engines.photograph_scenes import PHOTOGRAPH_SCENES, PHRASE_DROPOUT
from gpu_consumers.engines.stable_diffusion_15 import (
    ATTENTION_TARGETS,
    STYLE_WORDS,
    class_prompts,
)
from topics.messages.progress import Phase

LORA_TARGETS: Final = (
    *ATTENTION_TARGETS,
    "feed_forward.w1",
    "feed_forward.w2",
    "feed_forward.w3",
)
PHASE_LIMITS_S: Final = {
    Phase.LOAD: 600.0,
    Phase.ENCODE: 120.0,
    Phase.STEP: 120.0,
    Phase.DECODE: 120.0,
    Phase.UPLOAD: 120.0,
}

LOADER: Final = EngineLoader(
    id="z-image",
    pipeline_class=PipelineClass.Z_IMAGE,
    folder="z-image",
    twin=TwinConstants(
        sizes=((1024, 1024), (896, 1152), (1152, 896)),
        batch_size=1,
        lora_targets=LORA_TARGETS,
        trigger_word="zxq",
        twin_caption="a photo of {trigger} person",
        class_prompts=class_prompts,
        scene_choices=PHOTOGRAPH_SCENES,
        phrase_dropout=PHRASE_DROPOUT,
        class_pictures=32,
        sample_guidance_scale=4.0,
    ),
    phase_limits_s=PHASE_LIMITS_S,
    style_words=STYLE_WORDS,
    guidance_free_at=0.0,
    render_batch_max=2,
)
