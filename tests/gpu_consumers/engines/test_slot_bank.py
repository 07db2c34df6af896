"""Several twins in one UNet at once, compared with peft doing them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from gpu_consumers.engines.adapter_file import Adapter, LayerPair

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.engine

# Linear layers, convolutions of both kinds, one with a stride, and the time embedding's.
TARGETS = ["to_q", "to_out.0", "ff.net.2", "proj_in", "conv1", "conv", "time_emb_proj"]
RANK = 4


@pytest.fixture(scope="module")
def unet() -> Any:
    import torch
    from diffusers import UNet2DConditionModel

    torch.set_num_threads(1)
    torch.manual_seed(1)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        cross_attention_dim=32,
        norm_num_groups=8,
    ).requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def bank(unet: Any) -> Any:
    from gpu_consumers.engines.slot_bank import SlotBank

    return SlotBank(unet, TARGETS, slots=3, rank_max=8)


def twin(bank: Any, seed: int, rank: int = RANK) -> Adapter:
    rng = np.random.default_rng(seed)
    layers = {
        name: LayerPair(
            rng.normal(0, 0.2, (rank, *shape.inputs)).astype(np.float32),
            rng.normal(0, 0.2, (shape.outputs, rank)).astype(np.float32),
        )
        for name, shape in bank.targets.items()
    }
    return Adapter(rank, layers)


def batch(rows: int) -> tuple[torch.Tensor, int, torch.Tensor]:
    import torch

    generator = torch.Generator().manual_seed(3)
    latents = torch.randn(rows, 4, 8, 8, generator=generator)
    return latents, 500, torch.randn(rows, 6, 32, generator=generator)


def run(unet: Any) -> torch.Tensor:
    import torch

    latents, timestep, words = batch(4)
    with torch.no_grad():
        output: torch.Tensor = unet(latents, timestep, encoder_hidden_states=words).sample
    return output


def run_with_peft(unet: Any, adapter: Adapter, strength: float) -> torch.Tensor:
    """The same batch through a copy of the UNet that wears the adapter as peft applies it."""
    import copy

    import torch
    from peft import LoraConfig, set_peft_model_state_dict

    wearing = copy.deepcopy(unet)
    for module in wearing.modules():
        module._forward_hooks.clear()
    config = LoraConfig(r=adapter.rank, lora_alpha=adapter.rank, target_modules=TARGETS)
    wearing.add_adapter(config, adapter_name="twin")
    state = {}
    for name, pair in adapter.layers.items():
        up = pair.up.reshape(*pair.up.shape, *([1, 1] if pair.down.ndim == 4 else []))
        state[f"{name}.lora_A.weight"] = torch.from_numpy(pair.down)
        state[f"{name}.lora_B.weight"] = torch.from_numpy(up * strength)
    set_peft_model_state_dict(wearing, state, adapter_name="twin")
    return run(wearing)


def nearly(one: torch.Tensor, other: torch.Tensor) -> bool:
    return float((one - other).abs().max()) < 2e-5


def test_one_twin_for_the_whole_batch_equals_peft(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    ada = twin(bank, 1)
    bank.put("ada", ada)
    with bank.rows([RowTwin("ada", 0.8)] * 4):
        banked = run(unet)
    assert nearly(banked, run_with_peft(unet, ada, 0.8))
    assert not nearly(banked, run(unet))


def test_every_row_of_a_mixed_batch_equals_its_own_single_run(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    ada, grace = twin(bank, 1), twin(bank, 2, rank=7)
    bank.put("ada", ada)
    bank.put("grace", grace)
    rows = [RowTwin("ada", 1.0), None, RowTwin("grace", 0.5), RowTwin("ada", 0.3)]
    with bank.rows(rows):
        mixed = run(unet)
    assert nearly(mixed[0], run_with_peft(unet, ada, 1.0)[0])
    assert nearly(mixed[1], run(unet)[1])
    assert nearly(mixed[2], run_with_peft(unet, grace, 0.5)[2])
    assert nearly(mixed[3], run_with_peft(unet, ada, 0.3)[3])


def test_a_batch_that_guidance_doubled_repeats_its_rows(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    ada = twin(bank, 1)
    bank.put("ada", ada)
    with bank.rows([RowTwin("ada", 1.0), None]):
        doubled = run(unet)
    worn = run_with_peft(unet, ada, 1.0)
    assert nearly(doubled[0], worn[0])
    assert nearly(doubled[2], worn[2])
    assert nearly(doubled[3], run(unet)[3])


@pytest.mark.parametrize("second", ["ada", "grace"])
def test_what_guidance_leads_away_from_has_only_a_share_of_the_twin(unet: Any, second: str) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    bank = SlotBank(unet, TARGETS, slots=3, rank_max=8, unguided_share=0.5)
    twins = {"ada": twin(bank, 1), "grace": twin(bank, 2)}
    for name, adapter in twins.items():
        bank.put(name, adapter)
    with bank.rows([RowTwin("ada", 0.8), RowTwin(second, 0.8)]):
        doubled = run(unet)
    for row, name, strength in (
        (0, "ada", 0.4),
        (1, second, 0.4),
        (2, "ada", 0.8),
        (3, second, 0.8),
    ):
        assert nearly(doubled[row], run_with_peft(unet, twins[name], strength)[row])


def test_a_batch_that_guidance_left_alone_has_the_whole_twin(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    bank = SlotBank(unet, TARGETS, slots=3, rank_max=8, unguided_share=0.5)
    ada = twin(bank, 1)
    bank.put("ada", ada)
    with bank.rows([RowTwin("ada", 0.8)] * 4):
        alone = run(unet)
    assert nearly(alone, run_with_peft(unet, ada, 0.8))


def test_outside_the_rows_the_network_is_exactly_the_base_model(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    before = run(unet)
    bank.put("ada", twin(bank, 1))
    with bank.rows([RowTwin("ada", 1.0)] * 4):
        run(unet)
    assert bool((run(unet) == before).all())


def test_the_twin_used_longest_ago_makes_room(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    bank = SlotBank(unet, TARGETS, slots=3, rank_max=8)
    bank.put("ada", twin(bank, 1))
    bank.put("grace", twin(bank, 2))
    with bank.rows([RowTwin("ada", 1.0)]):
        pass
    bank.put("mary", twin(bank, 3))
    assert [bank.holds(name) for name in ("ada", "grace", "mary")] == [True, False, True]


def test_a_twin_that_finds_no_memory_takes_nobodys_slot(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import SlotBank

    class Full:
        """As the stage of a card whose memory is used up."""

        def placed(self, adapter: Any) -> Any:
            raise MemoryError

    bank = SlotBank(unet, TARGETS, slots=2, rank_max=8)
    bank.put("ada", twin(bank, 1))
    stage, bank._stage = bank._stage, cast(Any, Full())
    for key in ("ada", "grace"):
        with pytest.raises(MemoryError):
            bank.put(key, twin(bank, 2))
    assert bank.holds("ada")
    assert bank.twins_max == 1
    bank._stage = stage
    bank.put("grace", twin(bank, 2))
    assert [bank.holds(name) for name in ("ada", "grace")] == [False, True]


def test_a_slot_holds_nothing_of_the_twin_before(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    bank = SlotBank(unet, TARGETS, slots=2, rank_max=8)
    bank.put("grace", twin(bank, 2, rank=8))
    ada = twin(bank, 1, rank=2)
    bank.put("ada", ada)
    with bank.rows([RowTwin("ada", 1.0)] * 4):
        assert nearly(run(unet), run_with_peft(unet, ada, 1.0))


def test_a_twin_that_is_asked_for_outlasts_one_that_is_not(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import SlotBank

    bank = SlotBank(unet, TARGETS, slots=3, rank_max=8)
    assert bank.twins_max == 2
    bank.put("ada", twin(bank, 1))
    bank.put("grace", twin(bank, 2))
    assert bank.holds("ada")
    bank.put("mary", twin(bank, 3))
    assert [bank.holds(name) for name in ("ada", "grace", "mary")] == [True, False, True]
    assert bank.twins_max == 2


def test_a_row_of_a_twin_that_made_room_is_refused(unet: Any) -> None:
    from gpu_consumers.engines.loaded_engine import TwinNotHeld
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    bank = SlotBank(unet, TARGETS, slots=2, rank_max=8)
    bank.put("ada", twin(bank, 1))
    bank.put("grace", twin(bank, 2))
    before = run(unet)
    with pytest.raises(TwinNotHeld), bank.rows([RowTwin("grace", 1.0), RowTwin("ada", 1.0)]):
        pass
    assert bool((run(unet) == before).all())


def test_a_forgotten_twin_leaves_nothing_in_its_slot(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    plain = run(unet)
    ada, grace = twin(bank, 1), twin(bank, 2)
    bank.put("ada", ada)
    bank.put("grace", grace)
    with bank.rows([RowTwin("grace", 1.0)] * 4):
        of_grace = run(unet)
    bank.forget("ada")
    bank.forget("ada")
    assert not bank.holds("ada")
    with bank.rows([RowTwin("grace", 1.0)] * 4):
        assert nearly(run(unet), of_grace), "whoever has not withdrawn stays"
    bank.forget("grace")
    for layer in bank._layers.values():
        assert not layer._down.any()
        assert not layer._up.any()
    assert nearly(run(unet), plain)


def test_a_twin_that_is_forgotten_in_the_middle_of_a_mixed_batch_is_gone_at_once(
    unet: Any, bank: Any
) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    plain = run(unet)
    ada, grace = twin(bank, 1), twin(bank, 2, rank=7)
    bank.put("ada", ada)
    bank.put("grace", grace)
    with bank.rows([RowTwin("ada", 1.0), RowTwin("grace", 1.0)]):
        before = run(unet)
        again = run(unet)
        bank.forget("ada")
        after = run(unet)
    assert bool((again == before).all())
    assert not nearly(before[0], plain[0])
    assert nearly(after[0], plain[0])
    assert nearly(after[1], before[1])


def test_a_slot_that_was_forgotten_is_free_again(unet: Any, bank: Any) -> None:
    names = [f"twin {number}" for number in range(len(bank._free) + len(bank._held))]
    for number, name in enumerate(names):
        bank.put(name, twin(bank, number))
    bank.forget(names[1])
    bank.put("another", twin(bank, 40))
    assert [name for name in names if bank.holds(name)] == [names[0], *names[2:]]


def weights_of(unet: Any) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in unet.state_dict().items()}


def is_untouched(unet: Any, weights: dict[str, torch.Tensor]) -> bool:
    return all(bool((weight == weights[name]).all()) for name, weight in unet.state_dict().items())


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_batch_of_one_twin_may_have_it_in_the_weights(unet: Any, bank: Any, count: int) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    plain, weights = run(unet), weights_of(unet)
    ada = twin(bank, 1, rank=7)
    bank.put("ada", ada)
    rows = [RowTwin("ada", 0.8)] * count
    with bank.merged(rows, is_guided=True):
        assert not is_untouched(unet, weights)
        with bank.rows(rows):
            merged = run(unet)
    assert nearly(merged, run_with_peft(unet, ada, 0.8))
    # Not computed back: the same numbers.
    assert is_untouched(unet, weights)
    assert bool((run(unet) == plain).all())


def test_rows_that_differ_are_not_merged(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    weights = weights_of(unet)
    for seed, name in enumerate(("ada", "grace")):
        bank.put(name, twin(bank, seed))
    ada, weaker, grace = RowTwin("ada", 1.0), RowTwin("ada", 0.5), RowTwin("grace", 1.0)
    for rows in ([ada, grace], [ada, weaker], [ada, None], [None, None], [RowTwin("ada", 0.0)], []):
        with bank.merged(rows, is_guided=True):
            assert is_untouched(unet, weights)


def test_where_guidance_asks_for_less_of_the_twin_nothing_is_merged(unet: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin, SlotBank

    weights = weights_of(unet)
    bank = SlotBank(unet, TARGETS, slots=3, rank_max=8, unguided_share=0.5)
    bank.put("ada", twin(bank, 1))
    with bank.merged([RowTwin("ada", 1.0)], is_guided=True):
        assert is_untouched(unet, weights)
    with bank.merged([RowTwin("ada", 1.0)], is_guided=False):
        assert not is_untouched(unet, weights)
    assert is_untouched(unet, weights)


def test_a_twin_that_is_forgotten_while_it_is_in_the_weights_is_gone_at_once(
    unet: Any, bank: Any
) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    plain, weights = run(unet), weights_of(unet)
    bank.put("ada", twin(bank, 1))
    rows = [RowTwin("ada", 1.0)]
    with bank.merged(rows, is_guided=True), bank.rows(rows):
        assert not nearly(run(unet), plain)
        bank.forget("ada")
        assert is_untouched(unet, weights)
        assert bool((run(unet) == plain).all())


def test_other_rows_than_the_merged_ones_show_what_they_should(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    plain, grace = run(unet), twin(bank, 2)
    bank.put("ada", twin(bank, 1))
    bank.put("grace", grace)
    with bank.merged([RowTwin("ada", 1.0)], is_guided=True):
        with bank.rows([RowTwin("grace", 0.5)]):
            assert nearly(run(unet), run_with_peft(unet, grace, 0.5))
        with bank.rows([None]):
            assert bool((run(unet) == plain).all())


def test_a_batch_that_fails_leaves_the_weights_as_they_were(unet: Any, bank: Any) -> None:
    from gpu_consumers.engines.loaded_engine import TwinNotHeld
    from gpu_consumers.engines.slot_bank import RowTwin

    weights = weights_of(unet)
    bank.put("ada", twin(bank, 1))
    with pytest.raises(KeyError), bank.merged([RowTwin("ada", 1.0)], is_guided=True):
        raise KeyError
    with pytest.raises(TwinNotHeld), bank.merged([RowTwin("nobody", 1.0)], is_guided=True):
        pass
    assert is_untouched(unet, weights)


@pytest.mark.parametrize("count", [1, 2])
def test_layers_that_a_twin_was_not_learnt_with_are_as_they_were(
    unet: Any, bank: Any, count: int
) -> None:
    from gpu_consumers.engines.slot_bank import RowTwin

    ada, grace = twin(bank, 1), twin(bank, 2)
    few = {name: pair for name, pair in ada.layers.items() if name.endswith("to_q")}
    rest = {name: LayerPair(0 * pair.down, 0 * pair.up) for name, pair in ada.layers.items()}
    bank.put("ada", Adapter(RANK, few))
    bank.put("grace", grace)
    rows = [RowTwin("ada", 1.0), RowTwin("grace", 1.0)][:count]
    with bank.rows(rows):
        shown = run(unet)
    assert nearly(shown[0], run_with_peft(unet, Adapter(RANK, rest | few), 1.0)[0])
    if count == 2:
        assert nearly(shown[1], run_with_peft(unet, grace, 1.0)[1])
