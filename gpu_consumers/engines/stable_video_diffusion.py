"""How Stable Video Diffusion XT loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.engine_loader import (
    EngineLoader,
    MotionConstants,
    PipelineClass,
    TwinConstants,
)
from gpu_consumers.engines.stable_diffusion_15 import class_prompts
from topics.messages.progress import Phase

PHASE_LIMITS_S: Final = {
    Phase.LOAD: 600.0,
    Phase.ENCODE: 120.0,
    Phase.STEP: 300.0,
    Phase.DECODE: 300.0,
    Phase.UPLOAD: 120.0,
}

LOADER: Final = EngineLoader(
    id="stable-video-diffusion",
    pipeline_class=PipelineClass.STABLE_VIDEO_DIFFUSION,
    folder="stable-video-diffusion",
    # No layer of it is anybody's to change: there is no file that it would read.
    twin=TwinConstants(
        sizes=((768, 768),),
        batch_size=1,
        lora_targets=(),
        trigger_word="",
        twin_caption="",
        class_prompts=class_prompts,
        class_pictures=0,
    ),
    phase_limits_s=PHASE_LIMITS_S,
    render_batch_max=1,
    motion=MotionConstants(
        buckets={"natural": 127, "calm": 60, "lively": 180},
        source_noise=0.02,
        frames_at_once=24,
        delivered_side_max=1024,
        upload_bytes_max=128 * 1024 * 1024,
    ),
)
