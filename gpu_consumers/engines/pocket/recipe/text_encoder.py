"""How words become vectors: a tiny CLIP text model, taught to tell attributes, then frozen.

Trained together with the denoiser it learns "left" and "right" far too late; told first, at once.
A vocabulary that has grown since adds words without changing what the others mean, so a denoiser
that has heard them for hours need not learn them again.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel

from gpu_consumers.engines.pocket.recipe.attributes import LABELS, labels_of
from gpu_consumers.engines.pocket.recipe.gate import pass_gate
from gpu_consumers.engines.pocket.recipe.pace import Pace, set_learning_rate
from gpu_consumers.engines.pocket.recipe.tokenizer import make_tokenizer
from gpu_consumers.engines.pocket.recipe.work_dir import WorkDir
from gpu_consumers.engines.pocket.world.captions import (
    Phrase,
    join,
    loose_phrases,
    motion_phrase,
    opening,
)
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.motion import MOTIONS
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.engines.pocket.world.vocabulary import BOS, EOS, PAD, TOKENS_MAX, VOCABULARY

WIDTH: Final = 128
CAPTIONS: Final = 36_000
BATCH: Final = 192
PEAK_LEARNING_RATE: Final = 2e-3
HELD_OUT: Final = 2_000
ACCURACY_MIN: Final = 0.99
# Each attribute has one more class, "not said"; glasses also have "some glasses".
_CLASSES: Final = {
    name: len(classes) + (2 if name == "glasses" else 1) for name, classes in LABELS.items()
}
_CLASSES["motion"] = len(MOTIONS) + 1
_SOME_GLASSES: Final = len(LABELS["glasses"])
_MOTION_SAID_SHARE: Final = 0.35


def make_text_encoder() -> Any:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(VOCABULARY),
            hidden_size=WIDTH,
            intermediate_size=WIDTH * 3,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=TOKENS_MAX,
            bos_token_id=VOCABULARY[BOS],
            eos_token_id=VOCABULARY[EOS],
            pad_token_id=VOCABULARY[PAD],
            projection_dim=WIDTH,
        )
    )


class _Heads(nn.Module):
    """Two classifiers an attribute: one attends to tokens as a denoiser would, one averages."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(len(_CLASSES), WIDTH) * 0.1)
        self.attending = nn.ModuleList(nn.Linear(WIDTH, n) for n in _CLASSES.values())
        self.averaging = nn.ModuleList(nn.Linear(WIDTH, n) for n in _CLASSES.values())

    def forward(self, states: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        weights = (states @ self.queries.t() / WIDTH**0.5 * 3).softmax(1)
        pooled = torch.einsum("blk,bld->bkd", weights, states)
        mean = states.mean(1)
        attended = [head(pooled[:, i]) for i, head in enumerate(self.attending)]
        return attended, [head(mean) for head in self.averaging]


def train_text_encoder(work_dir: WorkDir, device: str, *, minutes: float) -> dict[str, Any]:
    """Gate: every attribute read from held-out captions, the worst of them."""
    torch.manual_seed(0)
    tokens, truth = _captions(np.random.default_rng(55))
    tokens, truth = tokens.to(device), truth.to(device)
    encoder, heads = make_text_encoder().to(device), _Heads().to(device)
    known = _take_over(encoder, work_dir)
    embedding = encoder.get_input_embeddings().weight
    if known:
        encoder.requires_grad_(requires_grad=False)
        embedding.requires_grad_(requires_grad=True)
    # Eager attention: the fused kernel's backward pass is slower on a CPU at this size.
    encoder.set_attn_implementation("eager")
    trained = [p for p in (*encoder.parameters(), *heads.parameters()) if p.requires_grad]
    decay = 0.0 if known else 0.01
    optimizer = torch.optim.AdamW(
        trained, lr=PEAK_LEARNING_RATE, weight_decay=decay, betas=(0.9, 0.98)
    )
    pace, step = Pace(minutes * 60), 0
    encoder.train()
    while not pace.is_over:
        rate = pace.learning_rate(PEAK_LEARNING_RATE, step, warm_up_steps=40, flat=0.0)
        set_learning_rate(optimizer, rate)
        picked = torch.randint(0, len(tokens) - HELD_OUT, (BATCH,), device=device)
        with torch.autocast(device, torch.bfloat16):
            states = encoder(tokens[picked]).last_hidden_state
        attended, averaged = heads(states.float())
        loss = torch.stack(
            [
                functional.cross_entropy(attended[i], truth[picked, i])
                + 0.5 * functional.cross_entropy(averaged[i], truth[picked, i])
                for i in range(len(_CLASSES))
            ]
        ).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        embedding.grad[:known] = 0
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        step += 1
    encoder.eval()
    with torch.no_grad():
        attended, _ = heads(encoder(tokens[-HELD_OUT:]).last_hidden_state)
    figures = {
        name: float((attended[i].argmax(1) == truth[-HELD_OUT:, i]).float().mean())
        for i, name in enumerate(_CLASSES)
    }
    print("text encoder", step, "steps", figures, flush=True)
    pass_gate("attributes read from captions, worst", min(figures.values()), ACCURACY_MIN)
    encoder.save_pretrained(work_dir.path("text_encoder"))
    return {"steps": step, "words_taken_over": known, **figures}


def _take_over(encoder: Any, work_dir: WorkDir) -> int:
    """Start from an encoder of fewer words, if there is one; returns how many words it knew."""
    folder = work_dir.path("text_encoder")
    if not folder.exists():
        return 0
    before = CLIPTextModel.from_pretrained(folder).state_dict()
    words = next(name for name in before if name.endswith("token_embedding.weight"))
    known = len(before[words])
    if known >= len(VOCABULARY):
        return 0
    strangers = encoder.state_dict()[words][known:]
    before[words] = torch.cat([before[words], strangers.to(before[words])])
    encoder.load_state_dict(before)
    return known


def load_text_encoder(work_dir: WorkDir, device: str) -> Any:
    encoder = CLIPTextModel.from_pretrained(work_dir.path("text_encoder"))
    encoder.set_attn_implementation("eager")
    return encoder.to(device).eval().requires_grad_(requires_grad=False)


def _captions(rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids (CAPTIONS, TOKENS_MAX) and what each caption says (CAPTIONS, attributes)."""
    styles = list(STYLES)
    texts, said = [], np.zeros((CAPTIONS, len(_CLASSES)), np.int64)
    for row in range(CAPTIONS):
        identity, scene = random_identity(rng), random_scene(rng)
        style = styles[int(rng.integers(len(styles)))]
        phrases = loose_phrases(identity, scene, rng, style_name=style)
        phrases, motion = _with_motion(phrases, rng)
        truth = {**labels_of(identity, scene, style), "motion": motion}
        for column, name in enumerate(_CLASSES):
            said[row, column] = _class_said(name, truth, phrases)
        if rng.random() < 0.25:
            phrases = _with_unknown_words(phrases, rng)
        texts.append(join(phrases, opening(rng) if rng.random() < 0.75 else ""))
    ids = make_tokenizer()(
        texts, padding="max_length", truncation=True, max_length=TOKENS_MAX, return_tensors="pt"
    ).input_ids
    return ids, torch.from_numpy(said)


def _class_said(name: str, truth: dict[str, int], phrases: list[Phrase]) -> int:
    unsaid = _CLASSES[name] - 1
    source = {"hair_style": "hair", "hair_colour": "hair", "eye_colour": "eyes"}.get(name, name)
    phrase = next((each for each in phrases if each.attribute == source), None)
    if phrase is None:
        return unsaid
    if name == "hair_colour" and LABELS["hair_style"][truth["hair_style"]] == "bald":
        return unsaid
    if name == "glasses" and phrase.text in ("glasses", "wearing glasses"):
        return _SOME_GLASSES
    return truth[name]


def _with_motion(phrases: list[Phrase], rng: np.random.Generator) -> tuple[list[Phrase], int]:
    """The phrases with one motion put anywhere, or with none; and which it is."""
    if rng.random() >= _MOTION_SAID_SHARE:
        return phrases, len(MOTIONS)
    motion, place = int(rng.integers(len(MOTIONS))), int(rng.integers(len(phrases) + 1))
    return [*phrases[:place], motion_phrase(MOTIONS[motion], rng), *phrases[place:]], motion


def _with_unknown_words(phrases: list[Phrase], rng: np.random.Generator) -> list[Phrase]:
    """Words that the model does not know, put anywhere: they must not disturb the others."""
    stranger = Phrase("", " ".join(["unheardof"] * int(rng.integers(1, 4))))
    place = int(rng.integers(len(phrases) + 1))
    return [*phrases[:place], stranger, *phrases[place:]]
