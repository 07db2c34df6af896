"""The sampling loop alone, with networks of which is known what they lead to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import torch

    from gpu_consumers.engines.row_track import LoopRow
    from gpu_consumers.engines.sampling_loop import Predict, Sampled, SamplingStep

pytestmark = pytest.mark.engine

SHAPE = (4, 8, 8)
SCHEDULERS = ("DDIM", "EulerDiscrete", "DPMSolverMultistep", "UniPCMultistep")


def scheduler(name: str = "DDIM", prediction_type: str = "epsilon") -> Any:
    import diffusers

    arguments: dict[str, Any] = {"beta_schedule": "scaled_linear", "beta_end": 0.012}
    if name == "DDIM":
        arguments["clip_sample"] = False
    return getattr(diffusers, f"{name}Scheduler")(prediction_type=prediction_type, **arguments)


def normal(seed: int, *shape: int) -> torch.Tensor:
    import torch

    return torch.randn(*(shape or SHAPE), generator=torch.Generator().manual_seed(seed))


def row(seed: int, guidance_scale: float = 1.0, **more: Any) -> LoopRow:
    from gpu_consumers.engines.row_track import LoopRow

    return LoopRow(normal(seed), guidance_scale, **more)


class Compass:
    """A network that knows where every row is to go, and the unguided half somewhere else."""

    def __init__(self, goals: Sequence[torch.Tensor], model: Any) -> None:
        self._goals = goals
        self._alphas = model.alphas_cumprod
        self._predicts_velocity = model.config.prediction_type == "v_prediction"
        self.shown: list[tuple[tuple[int, ...], bool]] = []

    @contextmanager
    def showing(self, rows: Sequence[int], *, guided: bool) -> Iterator[Predict]:
        import torch

        self.shown.append((tuple(rows), guided))
        goals = torch.stack([self._goals[number] for number in rows])
        if guided:
            goals = torch.cat([goals + 1, goals])

        def predict(noisy: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
            kept = self._alphas[int(timestep)]
            noise: torch.Tensor = (noisy - kept.sqrt() * goals) / (1 - kept).sqrt()
            velocity: torch.Tensor = kept.sqrt() * noise - (1 - kept).sqrt() * goals
            return velocity if self._predicts_velocity else noise

        yield predict


def run(
    rows: Sequence[LoopRow],
    goals: Sequence[torch.Tensor],
    model: Any = None,
    on_step: Callable[[SamplingStep], Collection[int] | None] = lambda _step: None,
    steps: int = 10,
) -> tuple[Sampled, Compass]:
    from gpu_consumers.engines.sampling_loop import sample

    model = model or scheduler()
    compass = Compass(goals, model)
    sampled = sample(
        compass,
        model,
        rows,
        num_inference_steps=steps,
        guidance_rescale=0.0,
        on_step=on_step,
    )
    return sampled, compass


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("name", [name for name in SCHEDULERS if name != "EulerDiscrete"])
def test_every_step_says_what_the_rows_will_be(name: str, prediction_type: str) -> None:
    import torch

    goal, seen = normal(1), []
    run([row(2)], [goal], scheduler(name, prediction_type), lambda step: seen.append(step.clean()))
    assert len(seen) == 10
    assert all(torch.allclose(clean[0], goal, atol=1e-3) for clean in seen)


def test_a_row_that_stops_leaves_the_others_as_they_would_have_been() -> None:
    import torch

    goals = [normal(seed) for seed in range(3)]
    rows = [row(seed + 10) for seed in range(3)]
    for name in ("DDIM", "DPMSolverMultistep", "UniPCMultistep"):
        whole, _ = run(rows, goals, scheduler(name))
        sizes: list[int] = []

        def stop_the_second(step: SamplingStep, sizes: list[int] = sizes) -> Collection[int]:
            sizes.append(len(step.latents))
            return (1,) if step.done == 4 else ()

        left, compass = run(rows, goals, scheduler(name), stop_the_second)
        assert sizes == [3] * 4 + [2] * 6
        assert left.rows == (0, 2)
        assert [shown for shown, _ in compass.shown] == [(0, 1, 2), (0, 2)]
        assert torch.allclose(left.latents, whole.latents[[0, 2]], atol=1e-5)


def test_when_all_rows_have_stopped_nothing_is_drawn_any_more() -> None:
    told = []

    def stop(step: SamplingStep) -> Collection[int]:
        told.append(step.done)
        return step.rows

    left, _ = run([row(1), row(2)], [normal(3), normal(4)], on_step=stop)
    assert told == [1]
    assert left.rows == ()
    assert len(left.latents) == 0


def test_each_row_has_guidance_of_its_own() -> None:
    import torch

    goal = normal(1)
    scales = (1.0, 2.0, 4.0)
    together, compass = run([row(5, scale) for scale in scales], [goal] * 3)
    assert [guided for _, guided in compass.shown] == [True]
    for number, scale in enumerate(scales):
        (alone,) = run([row(5, scale)], [goal])[0].latents
        assert torch.allclose(together.latents[number], alone, atol=1e-4)
    # Away from the unguided goal, which lies one higher.
    assert together.latents.mean((1, 2, 3)).diff().lt(-0.5).all()


def test_without_guidance_the_network_is_asked_once_a_step() -> None:
    _, compass = run([row(1, 1.0), row(2, 0.5)], [normal(3)] * 2)
    assert compass.shown == [((0, 1), False)]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_rows_begin_as_late_as_their_strength_says(name: str) -> None:
    import torch

    goals, source = [normal(seed) for seed in range(3)], normal(9)
    strengths = (0.3, 0.7, 1.0)
    rows = [row(20 + n, source=source, strength=each) for n, each in enumerate(strengths)]
    told: list[tuple[int, ...]] = []
    together, _ = run(rows, goals, scheduler(name), lambda step: told.append(tuple(step.rows)))
    assert [len(seen) for seen in told] == [1] * 3 + [2] * 4 + [3] * 3
    for number in range(3):
        (alone,) = run([rows[number]], [goals[number]], scheduler(name))[0].latents
        assert torch.allclose(together.latents[number], alone, atol=1e-4)


def test_at_strength_nought_the_source_stays_as_it_is() -> None:
    told: list[int] = []
    source = normal(9)
    kept, _ = run(
        [row(1, source=source, strength=0.0)],
        [normal(2)],
        on_step=lambda step: told.append(step.done),
    )
    assert told == []
    assert (kept.latents[0] == source).all()


def test_at_full_strength_nothing_of_the_source_is_kept() -> None:
    begun, _ = run([row(1, source=normal(9), strength=1.0)], [normal(2)])
    words_alone, _ = run([row(1)], [normal(2)])
    assert (begun.latents == words_alone.latents).all()


def test_the_first_frame_stands_from_the_first_step_to_the_last() -> None:
    from gpu_consumers.engines.row_track import LoopRow

    first, seen = normal(1, 4, 1, 8, 8), []
    clip = LoopRow(normal(2, 4, 6, 8, 8), 3.0, first.expand(-1, 6, -1, -1), 0.9, first)

    def look(step: SamplingStep) -> None:
        seen.append((step.latents[0, :, :1] == first).all() and (step.clean()[0, :, :1] == first))

    moving, _ = run([clip], [normal(3, 4, 6, 8, 8)], on_step=look)
    assert len(seen) == 9
    assert all(each.all() for each in seen)
    assert (moving.latents[0, :, 1:] != first).any()


def test_contrast_that_guidance_added_is_taken_back_frame_by_frame() -> None:
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import rescale_noise_cfg

    from gpu_consumers.engines.sampling_loop import rescaled

    guided, within = normal(1, 2, 4, 3, 8, 8), normal(2, 2, 4, 3, 8, 8)
    found = rescaled(guided, within, 0.7)
    for frame in range(3):
        expected = rescale_noise_cfg(guided[:, :, frame], within[:, :, frame], 0.7)
        assert torch.allclose(found[:, :, frame], expected, atol=1e-6)


def test_the_scheduler_that_is_given_stays_as_it_was() -> None:
    model = scheduler("DPMSolverMultistep")
    before = {name: str(value) for name, value in vars(model).items()}
    run([row(1)], [normal(2)], model)
    assert {name: str(value) for name, value in vars(model).items()} == before
