"""Prompts of any length are read to their end, and words count as much as somebody says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gpu_consumers.engines.prompt_chunks import PromptChunk, chunks_of, weighted_parts
from gpu_consumers.engines.registry import LOADERS

if TYPE_CHECKING:
    import torch

    from gpu_consumers.engines.latent_diffusion import LatentDiffusion

pytestmark = pytest.mark.engine

PLACES = 16
"""Of the tiny text encoders, which have a begin and an end among them."""

SHORT = "a portrait of ada smiling in fog"
LONG = f"{SHORT}, a lighthouse in fog, a photo of grace, looking left, looking right, smiling"


@pytest.fixture(scope="module", params=["pocket", "stable-diffusion-1.5", "stable-diffusion-xl"])
def any_engine(request: pytest.FixtureRequest, weights_dir: Path) -> LatentDiffusion:
    return loaded(request.param, weights_dir)


@pytest.fixture(scope="module", params=["stable-diffusion-1.5", "stable-diffusion-xl"])
def diffusion(request: pytest.FixtureRequest, weights_dir: Path) -> LatentDiffusion:
    return loaded(request.param, weights_dir)


def loaded(engine: str, weights_dir: Path) -> LatentDiffusion:
    import torch

    from gpu_consumers.engines.model_loading import load_latent_diffusion

    torch.set_num_threads(1)
    return load_latent_diffusion(LOADERS[engine], weights_dir, "cpu")


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("", [("", 1.0)]),
        ("a lighthouse", [("a lighthouse", 1.0)]),
        ("a (red:1.2) top", [("a ", 1.0), ("red", 1.2), (" top", 1.0)]),
        ("(red:2)(top: 0.5)", [("red", 2.0), ("top", 0.5)]),
        ("at 10:30 (smiling)", [("at 10:30 (smiling)", 1.0)]),
    ],
)
def test_a_prompt_has_parts_with_a_weight_each(prompt: str, parts: list[tuple[str, float]]) -> None:
    assert list(weighted_parts(prompt)) == parts


def own(chunk: PromptChunk, tokenizer: Any) -> list[int]:
    """The tokens of a chunk without begin, end and padding."""
    special = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    return [token for token in chunk.tokens if token not in special]


def test_every_token_of_a_long_prompt_is_in_one_chunk_in_its_order(
    diffusion: LatentDiffusion,
) -> None:
    tokenizer = diffusion.model.pipeline.tokenizer
    chunks = chunks_of(LONG, tokenizer, weighs_words=True)
    assert len(chunks) > 1
    assert {len(chunk.tokens) for chunk in chunks} == {PLACES}
    read = [token for chunk in chunks for token in own(chunk, tokenizer)]
    assert read == tokenizer(LONG, add_special_tokens=False).input_ids


def test_a_weight_is_that_of_its_own_words_across_chunks(diffusion: LatentDiffusion) -> None:
    tokenizer = diffusion.model.pipeline.tokenizer
    chunks = chunks_of(f"{SHORT} ({SHORT}:1.5) fog", tokenizer, weighs_words=True)
    weights = [
        weight
        for chunk in chunks
        for token, weight in zip(chunk.tokens, chunk.weights, strict=True)
        if token in own(chunk, tokenizer)
    ]
    words = len(SHORT.split())
    assert weights == [1.0] * words + [1.5] * words + [1.0]


def test_an_engine_that_weighs_no_words_reads_what_is_written(any_engine: LatentDiffusion) -> None:
    tokenizer = any_engine.model.pipeline.tokenizer
    written = "a (smiling:1.5) portrait"
    [chunk] = chunks_of(written, tokenizer, weighs_words=False)
    assert set(chunk.weights) == {1.0}
    expected = tokenizer(
        written, padding="max_length", max_length=tokenizer.model_max_length
    ).input_ids
    assert list(chunk.tokens) == expected


@pytest.mark.parametrize("prompts", [(SHORT,), (SHORT, "", "a photo of grace")])
def test_what_fits_becomes_exactly_what_the_pipeline_makes_of_it(
    any_engine: LatentDiffusion, prompts: tuple[str, ...]
) -> None:
    import torch

    with torch.no_grad():
        hidden, _, *pooled = any_engine.model.pipeline.encode_prompt(
            prompt=list(prompts),
            device=any_engine.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=False,
        )
    found = any_engine.embed(prompts)
    assert torch.equal(found.hidden, hidden)
    assert found.mask is None
    if found.pooled is not None:
        assert torch.equal(found.pooled, pooled[0])


def test_the_begin_of_a_long_prompt_is_encoded_as_if_nothing_followed(
    diffusion: LatentDiffusion,
) -> None:
    words = LONG.replace(",", " ,").split()
    begin = " ".join(words[: PLACES - 2])
    found, alone = diffusion.embed([LONG]), diffusion.embed([begin])
    assert found.hidden.shape[1] % PLACES == 0
    assert found.hidden.shape[1] > PLACES
    assert distance(found.hidden[:, :PLACES], alone.hidden) < 1e-5
    if found.pooled is not None and alone.pooled is not None:
        assert distance(found.pooled, alone.pooled) < 1e-5


def test_a_word_behind_the_first_chunk_changes_the_picture(diffusion: LatentDiffusion) -> None:
    one, other = (latents(diffusion, f"{LONG} {word}") for word in ("zxq", "left"))
    assert distance(one, other) > 1e-4


def latents(
    diffusion: LatentDiffusion, *prompts: str, negative: str = "", guidance_scale: float = 4.0
) -> torch.Tensor:
    from gpu_consumers.engines.latent_diffusion import DrawSettings, Row

    rows = [Row(prompt, negative, 7, guidance_scale) for prompt in prompts]
    return diffusion.draw_latents(rows, DrawSettings(16, 16, 3), lambda _step: None)


@pytest.mark.parametrize("guidance_scale", [1.0, 4.0])
def test_a_picture_does_not_depend_on_how_long_its_mates_prompts_are(
    diffusion: LatentDiffusion, guidance_scale: float
) -> None:
    prompts = (SHORT, LONG, "fog")
    together = latents(diffusion, *prompts, guidance_scale=guidance_scale)
    for drawn, prompt in zip(together, prompts, strict=True):
        [alone] = latents(diffusion, prompt, guidance_scale=guidance_scale)
        assert distance(drawn, alone) < 1e-4
        [another] = latents(diffusion, "zxq", guidance_scale=guidance_scale)
        assert distance(drawn, another) > 1e-3


def test_a_long_negative_prompt_is_read_to_its_end(diffusion: LatentDiffusion) -> None:
    one, other = (latents(diffusion, SHORT, negative=f"{LONG} {word}") for word in ("zxq", "left"))
    assert distance(one, other) > 1e-4


def test_a_weight_of_one_changes_nothing(diffusion: LatentDiffusion) -> None:
    import torch

    weighted = diffusion.embed(["a portrait of (ada smiling:1.0) in fog"])
    assert torch.equal(weighted.hidden, diffusion.embed([SHORT]).hidden)


def test_a_heavier_word_says_more_and_a_lighter_one_less(diffusion: LatentDiffusion) -> None:
    plain = diffusion.embed([SHORT]).hidden
    nothing = diffusion.embed([""]).hidden
    place = 1 + SHORT.split().index("ada")
    for weight in (0.5, 1.5, 2.0):
        weighted = diffusion.embed([SHORT.replace("ada", f"(ada:{weight})")]).hidden
        said = weighted[0, place] - nothing[0, place]
        assert distance(said, weight * (plain[0, place] - nothing[0, place])) < 1e-4
        untouched = [number for number in range(PLACES) if number != place]
        assert distance(weighted[0, untouched], plain[0, untouched]) == 0


def test_a_weight_changes_the_picture(diffusion: LatentDiffusion) -> None:
    weighed = latents(diffusion, "a portrait of (ada:2.0) smiling in fog")
    assert distance(weighed, latents(diffusion, SHORT)) > 1e-4


def test_clips_read_one_chunk_since_their_network_takes_no_mask(weights_dir: Path) -> None:
    diffusion = loaded("pocket", weights_dir)
    long = " ".join(["smiling"] * 100)
    within, without = diffusion.embed_guided([long], [""], chunks_max=1)
    assert within.hidden.shape == without.hidden.shape
    assert without.then(within).mask is None
