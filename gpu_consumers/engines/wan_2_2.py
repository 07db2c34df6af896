"""How Wan 2.2 TI2V-5B loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.engine_loader import (
    EngineLoader,
    MotionConstants,
    PipelineClass,
    TwinConstants,
)
from gpu_consumers.engines.stable_diffusion_15 import (
    ATTENTION_TARGETS,
    STYLE_WORDS,
    class_prompts,
)
from topics.messages.progress import Phase

MOTION_WORDS: Final = {
    "natural": "moving naturally",
    "talk": "talking to the camera",
    "nod": "nodding slowly",
    "turn": "turning the head",
    "push": "the camera moves closer",
}
# A step of a whole clip, and all of its frames, take minutes on a slow card.
PHASE_LIMITS_S: Final = {
    Phase.LOAD: 900.0,
    Phase.ENCODE: 300.0,
    Phase.STEP: 300.0,
    Phase.DECODE: 300.0,
    Phase.UPLOAD: 300.0,
}

LOADER: Final = EngineLoader(
    id="wan-2.2",
    pipeline_class=PipelineClass.WAN,
    folder="wan-2.2",
    twin=TwinConstants(
        sizes=((832, 832), (672, 864), (864, 672)),
        batch_size=1,
        lora_targets=(*ATTENTION_TARGETS, "ffn.net.0.proj", "ffn.net.2"),
        trigger_word="zxq",
        twin_caption="a photo of {trigger} person",
        class_prompts=class_prompts,
        class_pictures=32,
        sample_guidance_scale=5.0,
    ),
    phase_limits_s=PHASE_LIMITS_S,
    style_words=STYLE_WORDS,
    motion_words=MOTION_WORDS,
    render_batch_max=1,
    motion=MotionConstants(delivered_side_max=1280, upload_bytes_max=512 * 1024 * 1024),
)
