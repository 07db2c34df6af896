"""What is trained beside a network's layers: the LoRA that peft trains, number for number."""

from __future__ import annotations

import copy
from typing import Any

import pytest

pytestmark = pytest.mark.engine

# Linear layers, and convolutions: one with a stride, one of a single cell.
TARGETS = ["to_q", "to_out.0", "ff.net.2", "proj_in", "conv1", "conv", "time_emb_proj"]
RANK, SEED = 4, 5


@pytest.fixture
def unet() -> Any:
    import torch
    from diffusers import UNet2DConditionModel

    torch.set_num_threads(1)
    torch.manual_seed(1)
    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        cross_attention_dim=32,
        norm_num_groups=8,
    ).requires_grad_(requires_grad=False)


def names_of(unet: Any) -> list[str]:
    from gpu_consumers.engines.slot_bank import SlotBank

    return list(SlotBank(unet, TARGETS, slots=2, rank_max=RANK).targets)


def learnt(unet: Any, trained: list[Any], steps: int = 3) -> list[float]:
    """A few steps on noise that is always the same, as a training computes: their losses."""
    import torch

    optimizer = torch.optim.AdamW(trained, lr=1e-2)
    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(2, 4, 8, 8, generator=generator)
    words = torch.randn(2, 6, 32, generator=generator)
    losses = []
    for _ in range(steps):
        with torch.autocast("cpu", torch.bfloat16):
            guess = unet(latents, 500, encoder_hidden_states=words).sample
        loss = ((guess.float() - latents) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def answer(unet: Any) -> Any:
    import torch

    generator = torch.Generator().manual_seed(4)
    latents = torch.randn(1, 4, 8, 8, generator=generator)
    with torch.no_grad():
        return unet(
            latents, 500, encoder_hidden_states=torch.randn(1, 6, 32, generator=generator)
        ).sample


def test_it_learns_what_peft_learns_to_the_last_bit(unet: Any) -> None:
    import torch
    from peft import LoraConfig, get_peft_model_state_dict

    from gpu_consumers.training.twin_layers import TwinLayers, rounded_once

    peft_unet = copy.deepcopy(unet)
    torch.manual_seed(SEED)
    peft_unet.add_adapter(
        LoraConfig(r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=TARGETS),
        adapter_name="twin",
    )
    theirs = learnt(peft_unet, [each for each in peft_unet.parameters() if each.requires_grad])
    layers = TwinLayers(unet, names_of(unet), rank=RANK, seed=SEED)
    with rounded_once(unet, torch.device("cpu")):
        ours = learnt(unet, layers.trained)
    assert ours == theirs
    assert ours[-1] < ours[0]
    state = get_peft_model_state_dict(peft_unet, adapter_name="twin")
    found = layers.state()
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], state[name]) for name in state)


def test_taken_off_the_network_is_as_it_was(unet: Any) -> None:
    import torch

    from gpu_consumers.training.twin_layers import TwinLayers, rounded_once

    plain = answer(unet)
    before = {name: weight.clone() for name, weight in unet.state_dict().items()}
    layers = TwinLayers(unet, names_of(unet), rank=RANK, seed=SEED)
    with rounded_once(unet, torch.device("cpu")):
        learnt(unet, layers.trained)
        assert unet.conv_in.weight.dtype == torch.bfloat16
    assert not torch.equal(answer(unet), plain)
    layers.off()
    layers.off()
    assert torch.equal(answer(unet), plain)
    after = unet.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_what_was_learnt_is_continued_elsewhere(unet: Any) -> None:
    import torch

    from gpu_consumers.training.twin_layers import TwinLayers

    layers = TwinLayers(unet, names_of(unet), rank=RANK, seed=SEED)
    learnt(unet, layers.trained)
    state = {name: each.clone() for name, each in layers.state().items()}
    layers.off()
    other = TwinLayers(unet, names_of(unet), rank=RANK, seed=SEED + 1)
    other.restore(state)
    assert all(torch.equal(each, state[name]) for name, each in other.state().items())
