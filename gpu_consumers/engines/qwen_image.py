"""How Qwen-Image loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass, TwinConstants
from gpu_consumers.engines.stable_diffusion_15 import STYLE_WORDS, class_prompts
from topics.messages.progress import Phase

# Words and picture have projections of their own.
LORA_TARGETS: Final = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "add_q_proj",
    "add_k_proj",
    "add_v_proj",
    "to_add_out",
    "img_mlp.net.0.proj",
    "img_mlp.net.2",
    "txt_mlp.net.0.proj",
    "txt_mlp.net.2",
)
PHASE_LIMITS_S: Final = {
    Phase.LOAD: 1_200.0,
    Phase.ENCODE: 120.0,
    Phase.STEP: 120.0,
    Phase.DECODE: 120.0,
    Phase.UPLOAD: 120.0,
}

LOADER: Final = EngineLoader(
    id="qwen-image",
    pipeline_class=PipelineClass.QWEN_IMAGE,
    folder="qwen-image",
    twin=TwinConstants(
        sizes=((1328, 1328), (1104, 1472), (1472, 1104)),
        batch_size=1,
        lora_targets=LORA_TARGETS,
        trigger_word="zxq",
        twin_caption="a photo of {trigger} person",
        class_prompts=class_prompts,
        class_pictures=32,
        sample_guidance_scale=4.0,
    ),
    phase_limits_s=PHASE_LIMITS_S,
    style_words=STYLE_WORDS,
    render_batch_max=1,
)
