"""How FLUX.2 klein 4B base loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from typing import Final

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass, TwinConstants
from gpu_consumers.engines.photograph_scenes import PHOTOGRAPH_SCENES, PHRASE_DROPOUT
from gpu_consumers.engines.stable_diffusion_15 import STYLE_WORDS, class_prompts
from topics.messages.progress import Phase

# In the first blocks words and picture have projections of their own, in the others one for both.
LORA_TARGETS: Final = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "add_q_proj",
    "add_k_proj",
    "add_v_proj",
    "to_add_out",
    "ff.linear_in",
    "ff.linear_out",
    "ff_context.linear_in",
    "ff_context.linear_out",
    # Both attention and what is fed forward.
    "to_qkv_mlp_proj",
)
PHASE_LIMITS_S: Final = {
    Phase.LOAD: 600.0,
    Phase.ENCODE: 120.0,
    Phase.STEP: 120.0,
    Phase.DECODE: 120.0,
    Phase.UPLOAD: 120.0,
}

LOADER: Final = EngineLoader(
    id="flux-2-klein",
    pipeline_class=PipelineClass.FLUX2_KLEIN,
    folder="flux-2-klein",
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
    render_batch_max=2,
)
