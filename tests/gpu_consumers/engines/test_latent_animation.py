"""Clips through the common engine code: the shipped pocket model with a motion adapter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gpu_consumers.engines.adapter_file import Adapter, LayerPair
from gpu_consumers.engines.loaded_engine import EngineAbsent
from gpu_consumers.engines.pocket.loading import LOADER, WEIGHTS_DIR
from gpu_consumers.engines.pocket.motion_settings import ADAPTER_FOLDER, FRAMES_MAX
from gpu_consumers.engines.pocket.world.frame import DRAWN_SCALE, SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import Scene
from gpu_consumers.engines.slot_bank import RowTwin

if TYPE_CHECKING:
    from gpu_consumers.engines.clip_drawing import ClipSettings
    from gpu_consumers.engines.latent_animation import LatentAnimation
    from gpu_consumers.engines.sampling_loop import SamplingStep

pytestmark = pytest.mark.engine

FRAMES = 6
PROMPT = "a portrait of a person, talking, short red hair, smiling, front view, blue background"
SHIPPED = pytest.mark.skipif(
    not (WEIGHTS_DIR / ADAPTER_FOLDER).is_dir(), reason="no motion adapter has been trained yet"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped pipeline beside a motion adapter that moves: random, never trained."""
    import torch

    from gpu_consumers.engines.pocket.recipe.motion_training import make_motion_adapter

    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("weights") / "pocket"
    shutil.copytree(WEIGHTS_DIR, folder, ignore=shutil.ignore_patterns(ADAPTER_FOLDER, "analyser"))
    adapter = make_motion_adapter()
    for name, parameter in adapter.named_parameters():
        if ".proj_out." in name:
            torch.nn.init.normal_(parameter, std=0.05)
    adapter.save_pretrained(folder / ADAPTER_FOLDER, safe_serialization=True)
    return folder.parent


@pytest.fixture(scope="module")
def animation(weights: Path) -> LatentAnimation:
    from gpu_consumers.engines.latent_animation import load_latent_animation

    return load_latent_animation(LOADER, weights, "cpu")


@pytest.fixture
def unmoved(animation: LatentAnimation) -> Iterator[LatentAnimation]:
    """The same, while its temporal layers have no effect."""
    import torch

    state = {name: value.clone() for name, value in animation.unet.state_dict().items()}
    for name, parameter in animation.unet.named_parameters():
        if ".motion_modules." in name and ".proj_out." in name:
            torch.nn.init.zeros_(parameter)
    yield animation
    animation.unet.load_state_dict(state)


def settings(**changes: Any) -> ClipSettings:
    from gpu_consumers.engines.clip_drawing import ClipSettings

    return replace(ClipSettings(256, 256, FRAMES, 2, 3.0, 8), **changes)


def draw(
    animation: LatentAnimation,
    *,
    seed: int = 7,
    twin: RowTwin | None = None,
    first_frame: Any = None,
    **changes: Any,
) -> np.ndarray:
    from gpu_consumers.engines.clip_drawing import Clip

    clip = Clip(PROMPT, "", seed, twin, first_frame)
    pictures: np.ndarray = animation.draw(clip, settings(**changes), lambda _step: None)
    return pictures


def portrait() -> np.ndarray:
    """Ada, as somebody would upload her."""
    ada = random_identity(np.random.default_rng(5000))
    return render(ada, Scene("left", "smile", "red", "blue"), frame=SQUARE.scaled(DRAWN_SCALE))


def a_twin(animation: LatentAnimation) -> Adapter:
    """A LoRA on the first layers of its kind that a twin may change."""
    rng = np.random.default_rng(2)
    layers = {
        name: LayerPair(
            rng.normal(0, 0.2, (4, *shape.inputs)).astype(np.float32),
            rng.normal(0, 0.2, (shape.outputs, 4)).astype(np.float32),
        )
        for name, shape in list(animation.bank.targets.items())[::9]
    }
    return Adapter(4, layers)


def test_a_clip_is_drawn_the_same_for_the_same_seed(animation: LatentAnimation) -> None:
    clip = draw(animation)
    assert clip.shape == (FRAMES, 256, 256, 3)
    assert clip.dtype == np.uint8
    assert (clip == draw(animation)).all()
    assert (clip != draw(animation, seed=8)).any()


def test_every_step_is_told_with_the_latents_of_all_frames(animation: LatentAnimation) -> None:
    from gpu_consumers.engines.clip_drawing import Clip

    told: list[tuple[int, tuple[int, ...]]] = []
    animation.draw(
        Clip(PROMPT, "", 7),
        settings(width=224, height=288),
        lambda step: told.append((step.done, tuple(step.latents.shape))),
    )
    assert told == [(step, (1, 4, FRAMES, 18, 14)) for step in (1, 2)]


def test_who_watches_may_end_it_at_any_step(animation: LatentAnimation) -> None:
    from gpu_consumers.engines.clip_drawing import Clip

    def enough(step: SamplingStep) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        animation.draw(Clip(PROMPT, "", 7), settings(), enough)


def test_a_twin_changes_every_frame_and_only_while_it_is_asked_for(
    animation: LatentAnimation,
) -> None:
    before = draw(animation)
    animation.bank.put("grace", a_twin(animation))
    shown = draw(animation, twin=RowTwin("grace", 1.0))
    assert (np.abs(shown.astype(int) - before).mean((1, 2, 3)) > 1).all()
    assert (draw(animation) == before).all()


def test_guidance_leads_a_clip_away_from_a_weaker_twin(
    animation: LatentAnimation, weights: Path
) -> None:
    from gpu_consumers.engines.latent_animation import load_latent_animation

    whole = load_latent_animation(replace(LOADER, twin_share_unguided=1.0), weights, "cpu")
    for each in (animation, whole):
        each.bank.put("grace", a_twin(animation))
    shown, as_before = (draw(each, twin=RowTwin("grace", 1.0)) for each in (animation, whole))
    assert (np.abs(shown.astype(int) - as_before).mean((1, 2, 3)) > 1).all()
    assert (draw(animation) == draw(whole)).all()


def test_a_twin_fits_the_picture_unet_and_the_motion_unet_alike(
    animation: LatentAnimation,
) -> None:
    from gpu_consumers.engines.model_loading import load_latent_diffusion

    assert load_latent_diffusion(LOADER, None, "cpu").bank.targets == animation.bank.targets


def test_a_given_picture_is_the_first_frame(animation: LatentAnimation) -> None:
    picture = portrait()
    clip = draw(animation, first_frame=picture)
    encoded = animation._diffusion.encode_drawn(picture[None])
    (kept,) = animation._diffusion.decode(encoded)
    assert np.abs(clip[0].astype(int) - kept).max() <= 1
    assert np.abs(clip[0].astype(int) - picture).mean() < 8


def test_who_watches_is_told_of_decoded_frames_and_may_end_it_there(
    animation: LatentAnimation,
) -> None:
    from gpu_consumers.engines.clip_drawing import Clip

    told: list[int] = []

    def enough(frames: int) -> None:
        told.append(frames)
        if frames == 20:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        animation.draw(Clip(PROMPT, "", 7), settings(frames=20), lambda _step: None, enough)
    assert told == [16, 20]


def test_at_full_strength_the_frames_after_the_given_one_keep_nothing_of_it(
    animation: LatentAnimation,
) -> None:
    from gpu_consumers.engines.clip_drawing import Clip

    steps: dict[float | None, int] = {}
    for strength in (None, 1.0, 0.5):
        clip = Clip(PROMPT, "", 7, first_frame=portrait(), strength=strength)
        told: list[int] = []
        animation.draw(
            clip,
            settings(num_inference_steps=10),
            lambda step, told=told: told.append(step.done),  # type: ignore[misc]
        )
        steps[strength] = len(told)
    # What the engine chooses itself lies between.
    assert steps == {None: 9, 1.0: 10, 0.5: 5}


def test_a_picture_of_another_size_is_refused(animation: LatentAnimation) -> None:
    from gpu_consumers.engines.clip_drawing import FirstFrameMisfit

    with pytest.raises(FirstFrameMisfit):
        draw(animation, first_frame=portrait(), width=224, height=288)


def test_more_frames_than_the_adapter_has_positions_for_are_refused(
    animation: LatentAnimation,
) -> None:
    from gpu_consumers.engines.clip_drawing import ClipTooLong

    with pytest.raises(ClipTooLong):
        draw(animation, frames=FRAMES_MAX + 1)


def test_frames_see_each_other_through_the_adapter(animation: LatentAnimation) -> None:
    """Another last frame's noise changes the first frame's prediction."""
    import torch

    both = torch.randn(1, 4, FRAMES, 16, 16, generator=torch.Generator().manual_seed(1))
    other = both.clone()
    other[:, :, -1] += 1
    words = torch.zeros(FRAMES, 40, 128)
    with torch.no_grad():
        one, another = (
            animation.unet(noisy, 500, encoder_hidden_states=words).sample
            for noisy in (both, other)
        )
    assert not torch.allclose(one[:, :, 0], another[:, :, 0], atol=1e-4)


def test_an_adapter_without_effect_leaves_the_picture_unet_frame_by_frame(
    unmoved: LatentAnimation,
) -> None:
    import torch

    from gpu_consumers.engines.model_loading import load_latent_diffusion

    pictures = load_latent_diffusion(LOADER, None, "cpu")
    generator = torch.Generator().manual_seed(1)
    noisy = torch.randn(FRAMES, 4, 16, 16, generator=generator)
    words = pictures.embed([PROMPT]).hidden.repeat(FRAMES, 1, 1)
    with torch.no_grad():
        still = pictures.network(noisy, 500, encoder_hidden_states=words).sample
        moved = unmoved.unet(noisy.transpose(0, 1)[None], 500, encoder_hidden_states=words).sample
    assert torch.allclose(moved[0].transpose(0, 1), still, atol=1e-4)


def test_frames_share_the_stated_part_of_their_noise() -> None:
    import torch

    from gpu_consumers.engines.frame_noise import frame_noise

    noise = frame_noise(
        6, (4, 40, 40), shared_share=0.7, generator=torch.Generator().manual_seed(3)
    ).flatten(1)
    alike = torch.corrcoef(noise)
    assert torch.allclose(noise.std(1), torch.ones(6), atol=0.05)
    assert torch.allclose(alike[~torch.eye(6, dtype=torch.bool)], torch.tensor(0.7), atol=0.05)


def test_an_engine_without_its_motion_adapter_is_absent(weights: Path, tmp_path: Path) -> None:
    from gpu_consumers.engines.latent_animation import load_latent_animation

    shutil.copytree(
        weights / "pocket", tmp_path / "pocket", ignore=shutil.ignore_patterns(ADAPTER_FOLDER)
    )
    with pytest.raises(EngineAbsent, match=ADAPTER_FOLDER):
        load_latent_animation(LOADER, tmp_path, "cpu")
    with pytest.raises(EngineAbsent):
        load_latent_animation(replace(LOADER, motion=None), weights, "cpu")


@SHIPPED
def test_the_shipped_adapter_moves_a_face_as_asked_and_it_stays_who_it_is() -> None:
    """Against frames that know nothing of each other: they flicker, and vary in who they show."""
    from gpu_consumers.engines.clip_drawing import Clip
    from gpu_consumers.engines.latent_animation import load_latent_animation
    from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
    from gpu_consumers.engines.pocket.recipe.motion_measures import (
        flicker,
        identity_jitter,
        visible_motion,
    )
    from gpu_consumers.engines.pocket.recipe.motion_trial import without_motion

    animation = load_latent_animation(LOADER, None, "cpu")
    analyser = PocketFaceAnalyser.load(WEIGHTS_DIR)

    def drawn(motion: str) -> np.ndarray:
        words = f"a portrait of a person, {motion}, short red hair, no glasses, smiling, front view"
        size = settings(frames=16, num_inference_steps=8)
        return animation.draw(Clip(words, "", 7), size, lambda _step: None)

    nod, talk = drawn("nodding"), drawn("talking")
    without_motion(animation)
    unlinked_nod, unlinked_talk = drawn("nodding"), drawn("talking")
    assert visible_motion(nod) > 2 * max(visible_motion(talk), visible_motion(unlinked_nod))
    assert identity_jitter(analyser, talk) < identity_jitter(analyser, unlinked_talk)
    assert flicker(talk) < flicker(unlinked_talk)
