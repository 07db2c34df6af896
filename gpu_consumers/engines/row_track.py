"""Rows that begin at the same step, with a scheduler of their own: what it remembers is theirs."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import torch

from gpu_consumers.engines.step_count import steps_made

# At the first step of some schedules there is none, and nothing to be told from it.
_SIGNAL_MIN: Final = 1e-3

# Gives a scheduler so many steps, for rows that begin with noise like this.
SetTimes: TypeAlias = Callable[[Any, int, torch.Tensor], None]


def evenly(scheduler: Any, num_inference_steps: int, noise: torch.Tensor) -> None:
    """The steps that the scheduler makes by itself, whatever the size is."""
    del noise
    scheduler.set_timesteps(num_inference_steps, device="cpu")


@dataclass(frozen=True)
class LoopRow:
    """One picture or clip of a batch.

    noise: standard normal, (channels, h, w) or (channels, frames, h, w), on the device. With a
    `source`, scaled latents of that shape, the last `strength` of the steps are made; at 1 nothing
    of it is kept. `first_frame`, (channels, 1, h, w), stands in a clip from its first step to the
    last. A scheduler that adds noise takes it from `generator`.
    """

    noise: torch.Tensor
    guidance_scale: float
    source: torch.Tensor | None = None
    strength: float = 1.0
    first_frame: torch.Tensor | None = None
    generator: torch.Generator | None = None


class RowTrack:
    """`rows` by their number in the batch; latents (rows, channels, ...). Not thread-safe."""

    def __init__(
        self, rows: Sequence[LoopRow], numbers: Sequence[int], scheduler: Any, begin: int
    ) -> None:
        self.begin = begin
        self.rows = list(numbers)
        self._scheduler = scheduler
        self._of = [rows[number] for number in numbers]
        self._takes_generators = "generator" in inspect.signature(scheduler.step).parameters
        self._last: tuple[torch.Tensor, torch.Tensor, torch.Tensor, Any] | None = None
        self.latents = self._begun()

    @property
    def end(self) -> int:
        """How many steps there are, for a row that makes all of them."""
        return len(self._scheduler.timesteps)

    def timestep(self, index: int) -> torch.Tensor:
        """The time of a step, a scalar on the CPU: to read it never waits for the device."""
        timestep: torch.Tensor = self._scheduler.timesteps[index]
        return timestep

    def model_input(self, timestep: torch.Tensor) -> torch.Tensor:
        """The latents as the network wants them at this time."""
        if not hasattr(self._scheduler, "scale_model_input"):
            return self.latents
        scaled: torch.Tensor = self._scheduler.scale_model_input(self.latents, timestep)
        return scaled

    def advance(self, guess: torch.Tensor, timestep: torch.Tensor) -> None:
        """Make one step with the network's guess (rows, channels, ...)."""
        before = self.latents
        arguments: dict[str, Any] = {}
        if self._takes_generators and all(row.generator is not None for row in self._of):
            arguments["generator"] = [row.generator for row in self._of]
        stepped = self._scheduler.step(guess, timestep, before, **arguments)
        self.latents = self._with_first_frames(stepped.prev_sample)
        self._last = (guess, timestep, before, stepped)

    def clean(self) -> torch.Tensor:
        """What the last step takes the rows to be without their noise."""
        if self._last is None:
            return self.latents
        guess, timestep, before, stepped = self._last
        found: torch.Tensor | None = getattr(stepped, "pred_original_sample", None)
        if found is None:
            found = _without_noise(self._scheduler, guess, timestep, before)
        return self._with_first_frames(found)

    def drop(self, stopped: Collection[int]) -> None:
        """These rows go no further; others are as they would have been."""
        left = [place for place, row in enumerate(self.rows) if row not in stopped]
        if len(left) == len(self.rows):
            return
        _keep(self._scheduler, left, rows=len(self.rows), of=self.latents)
        self.latents = self.latents[left]
        self._of = [self._of[place] for place in left]
        self.rows = [self.rows[place] for place in left]
        self._last = None

    def _begun(self) -> torch.Tensor:
        noise = torch.stack([row.noise for row in self._of])
        sources = [row.source for row in self._of]
        if self.begin == 0 or any(source is None for source in sources):
            # Flows begin with noise as it is, and say nothing of it.
            latents: torch.Tensor = noise * getattr(self._scheduler, "init_noise_sigma", 1.0)
        else:
            latents = torch.stack([source for source in sources if source is not None]).to(noise)
            if self.begin < self.end:
                if hasattr(self._scheduler, "set_begin_index"):
                    self._scheduler.set_begin_index(self.begin)
                times = self._scheduler.timesteps[self.begin : self.begin + 1]
                latents = _mixed(self._scheduler, latents, noise, times)
        return self._with_first_frames(latents)

    def _with_first_frames(self, latents: torch.Tensor) -> torch.Tensor:
        if all(row.first_frame is None for row in self._of):
            return latents
        latents = latents.clone()
        for place, row in enumerate(self._of):
            if row.first_frame is not None:
                latents[place, :, :1] = row.first_frame
        return latents


def tracks_of(
    rows: Sequence[LoopRow],
    scheduler: Any,
    num_inference_steps: int,
    set_times: SetTimes = evenly,
) -> list[RowTrack]:
    """One track for every step at which some rows begin, each with a copy of the scheduler."""
    begun: dict[int, list[int]] = {}
    scheduler = copy.deepcopy(scheduler)
    set_times(scheduler, num_inference_steps, rows[0].noise)
    for number, row in enumerate(rows):
        begin = 0 if row.source is None else _begin(row, scheduler, num_inference_steps)
        begun.setdefault(begin, []).append(number)
    return [
        RowTrack(rows, numbers, copy.deepcopy(scheduler), begin) for begin, numbers in begun.items()
    ]


def _begin(row: LoopRow, scheduler: Any, num_inference_steps: int) -> int:
    made = steps_made(num_inference_steps, row.strength)
    if made == 0:
        return len(scheduler.timesteps)
    return int((num_inference_steps - made) * scheduler.order)


def _mixed(
    scheduler: Any, latents: torch.Tensor, noise: torch.Tensor, times: torch.Tensor
) -> torch.Tensor:
    """Latents with the noise that they have at these times."""
    if hasattr(scheduler, "scale_noise"):
        mixed: torch.Tensor = scheduler.scale_noise(latents, times, noise)
    else:
        mixed = scheduler.add_noise(latents, noise, times)
    return mixed


def _without_noise(
    scheduler: Any, guess: torch.Tensor, timestep: torch.Tensor, noisy: torch.Tensor
) -> torch.Tensor:
    """For schedulers that do not say it themselves: flows, and those whose variance stays 1."""
    if _is_flow(scheduler):
        # A flow goes straight from the noise to the picture, and its guess is the way.
        return noisy - _noise_share(scheduler, timestep) * guess
    kept = float(scheduler.alphas_cumprod[int(timestep)])
    signal, noise = kept**0.5, (1 - kept) ** 0.5
    match scheduler.config.prediction_type:
        case "v_prediction":
            found: torch.Tensor = signal * noisy - noise * guess
        case "sample":
            found = guess
        case _:
            found = (noisy - noise * guess) / max(signal, _SIGNAL_MIN)
    return found


def _is_flow(scheduler: Any) -> bool:
    """Schedulers for many kinds of networks have the variances of all of them, and say which."""
    is_for_flows = not hasattr(scheduler, "alphas_cumprod")
    return is_for_flows or scheduler.config.get("prediction_type") == "flow_prediction"


def _noise_share(scheduler: Any, timestep: torch.Tensor) -> float:
    """How much of a flow's latents is noise at this time: some schedulers round their times."""
    steps = (scheduler.timesteps == timestep).nonzero()
    return float(scheduler.sigmas[int(steps[0])])


def _keep(scheduler: Any, left: Sequence[int], *, rows: int, of: torch.Tensor) -> None:
    """What a multistep scheduler remembers of earlier steps shrinks with the batch."""

    def kept(value: Any) -> Any:
        if isinstance(value, list):
            return [kept(each) for each in value]
        is_of_rows = (
            isinstance(value, torch.Tensor) and value.ndim == of.ndim and len(value) == rows
        )
        return value[list(left)] if is_of_rows else value

    for name, value in list(vars(scheduler).items()):
        if isinstance(value, list | torch.Tensor):
            setattr(scheduler, name, kept(value))
