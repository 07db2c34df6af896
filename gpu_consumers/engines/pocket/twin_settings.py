"""How a twin is learnt on the pocket model: settings measured on two CPU cores.

A twin is a peft LoRA on the UNet. Photos are shrunk to the square bucket with area averaging,
encoded once with small shifts and mirrored copies, and captioned with the trigger word and the
scene only, so that the trigger word has to carry the face.
"""

from __future__ import annotations

from typing import Final

# What a job says, by the catalogue (`domain/engines/pocket.py`); a test holds the two together.
LORA_RANK: Final = 16
LEARNING_RATE: Final = 1.5e-3
STEPS_PER_PHOTO: Final = 16
SAMPLE_PROMPTS: Final = (
    "smiling, front view, red top, blue background",
    "frowning, looking left, green top, yellow background",
    "smiling, looking right, white top, purple background",
)
# Every layer type of the UNet: with attention alone the face's shape stays the base model's.
LORA_TARGET_MODULES: Final = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "ff.net.0.proj",
    "ff.net.2",
    "proj_in",
    "proj_out",
    "conv1",
    "conv2",
    "conv_in",
    "conv_out",
    "conv",
    "conv_shortcut",
    "time_emb_proj",
)
ADAM_BETAS: Final = (0.9, 0.99)
WEIGHT_DECAY: Final = 1e-3
GRADIENT_NORM_MAX: Final = 1.0
WARM_UP_STEPS: Final = 20
# The rate falls as a cosine to this share of its peak: constant rates leave ragged outlines.
FINAL_LEARNING_RATE_SHARE: Final = 0.05
BATCH_SIZE: Final = 16
# A share of every batch is the base model's own pictures, so that words keep their meaning.
PRIOR_SHARE: Final = 0.25
CAPTION_DROPOUT: Final = 0.08
# Pixels by which the 64-pixel photo is moved before encoding, (x, y).
SHIFTS: Final = ((0, 0), (-2, 0), (2, 0), (0, -1), (0, 1))
# Photos are square. In these a face is so much smaller that it has to be learnt there as well.
REFRAMED_RATIOS: Final = ("4:3", "9:16", "16:9")
# A scene phrase is left out of a training caption with this chance.
PHRASE_DROPOUT: Final = 0.25
# The loss weight at a timestep is min(SNR + 1, this) / (SNR + 1), for velocity prediction.
SNR_CAP: Final = 5.0
GUIDANCE_SCALE: Final = 3.0
GUIDANCE_RESCALE: Final = 0.7
# See `EngineLoader.twin_share_unguided`. Of three twins' pictures .73 are told from 49 look-alikes
# at 1, .94 at 0.7 and .90 at 0.5; the likeness of their sketches is .76, .82 and .85. At 0 too much
# of a face is drawn: one twin's .56 fell to .50.
UNGUIDED_SHARE: Final = 0.6
