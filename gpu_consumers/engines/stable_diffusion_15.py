"""How Stable Diffusion 1.5 loads: its diffusers directory is the operator's to bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gpu_consumers.engines.engine_loader import EngineLoader, PipelineClass, TwinConstants
from gpu_consumers.engines.photograph_scenes import PHOTOGRAPH_SCENES, PHRASE_DROPOUT
from topics.messages.progress import Phase


def class_prompts(count: int) -> Sequence[str]:
    """What the base model draws as its idea of a person."""
    people = ("a woman", "a man", "a person")
    return [f"a photo of {people[index % len(people)]}" for index in range(count)]


# Attention with its projections tells where a face is; the feed-forward layers, what is in it.
ATTENTION_TARGETS: Final = ("to_q", "to_k", "to_v", "to_out.0")
LORA_TARGETS: Final = (*ATTENTION_TARGETS, "ff.net.0.proj", "ff.net.2")
STYLE_WORDS: Final = {
    "cinematic": "cinematic film still, shallow depth of field",
    "watercolour": "watercolour painting, soft washes, paper texture",
    "neon": "neon lights, dark background, glowing colours",
    "film": "35mm film photograph, grain, muted colours",
}
PHASE_LIMITS_S: Final = {
    Phase.LOAD: 300.0,
    Phase.ENCODE: 120.0,
    Phase.STEP: 60.0,
    Phase.DECODE: 120.0,
    Phase.UPLOAD: 120.0,
}

LOADER: Final = EngineLoader(
    id="stable-diffusion-1.5",
    pipeline_class=PipelineClass.STABLE_DIFFUSION,
    folder="stable-diffusion-1.5",
    twin=TwinConstants(
        sizes=((512, 512), (448, 576), (576, 448)),
        batch_size=2,
        lora_targets=LORA_TARGETS,
        trigger_word="zxq",
        twin_caption="a photo of {trigger} person",
        class_prompts=class_prompts,
        scene_choices=PHOTOGRAPH_SCENES,
        phrase_dropout=PHRASE_DROPOUT,
        class_pictures=48,
        adam_betas=(0.9, 0.999),
        sample_guidance_scale=7.0,
    ),
    phase_limits_s=PHASE_LIMITS_S,
    style_words=STYLE_WORDS,
    weighs_words=True,
    render_batch_max=4,
)
