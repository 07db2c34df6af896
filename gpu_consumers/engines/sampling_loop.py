"""How noise becomes latents, step by step: the one loop behind pictures, clips and remixes.

It computes what diffusers' pipelines compute with the same scheduler and noise, to the last bit,
and gives what they do not: what a row will look like, rows that stop alone, and guidance, strength
and source of each row's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import torch

from gpu_consumers.engines.guidance import FROM_UNGUIDED, Guidance
from gpu_consumers.engines.row_track import LoopRow, RowTrack, SetTimes, evenly, tracks_of

# Noisy latents (rows, channels, ...), or twice as many with the unguided half first, and the time.
Predict: TypeAlias = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class SamplingStep:
    """`done` of `total` steps are made. `rows` are those that were, by their number in the batch.

    `latents`: (rows, channels, ...). `clean()`: what they will be as far as this step can tell,
    of the same shape; computed when it is called, which has to be before the next step.
    """

    done: int
    total: int
    rows: tuple[int, ...]
    latents: torch.Tensor
    clean: Callable[[], torch.Tensor]


# Told after every step; answers with the rows that are to stop, and raises to stop all at once.
OnStep: TypeAlias = Callable[[SamplingStep], Collection[int] | None]


class Denoiser(Protocol):
    """A network with the words and twins of every row."""

    def showing(self, rows: Sequence[int], *, guided: bool) -> AbstractContextManager[Predict]:
        """Inside, the network predicts for these rows of the batch, in this order."""


@dataclass(frozen=True)
class Sampled:
    """Scaled latents (rows, channels, ...) of the rows that were not stopped, in their order."""

    rows: tuple[int, ...]
    latents: torch.Tensor


@torch.no_grad()
def sample(
    denoiser: Denoiser,
    scheduler: Any,
    rows: Sequence[LoopRow],
    *,
    num_inference_steps: int,
    guidance_rescale: float,
    on_step: OnStep,
    guidance: Guidance = FROM_UNGUIDED,
    set_times: SetTimes = evenly,
) -> Sampled:
    """Denoise all rows together. `scheduler` is copied, never changed. Raises what `on_step` does.

    What comes of a row depends on the row alone, but for the last bits of floating point.
    """
    tracks = tracks_of(rows, scheduler, num_inference_steps, set_times)
    begin, end = min(track.begin for track in tracks), tracks[0].end
    with ExitStack() as stack:
        shown: _Shown | None = None
        for index in range(begin, end):
            active = [track for track in tracks if track.begin <= index and track.rows]
            numbers = tuple(row for track in active for row in track.rows)
            if not numbers:
                continue
            if shown is None or shown.rows != numbers:
                # The tensors have shrunk or grown: the network needs other words and twins.
                stack.close()
                shown = _shown(denoiser, stack, rows, numbers, guidance)
            timestep = active[0].timestep(index)
            noisy = _joined([track.model_input(timestep) for track in active])
            guess = shown.guess(noisy, timestep, guidance_rescale)
            for track in active:
                track.advance(guess[: len(track.rows)], timestep)
                guess = guess[len(track.rows) :]
            stopped = on_step(_step(index - begin + 1, end - begin, numbers, active))
            for track in tracks:
                track.drop(stopped or ())
    return _finished(tracks)


@dataclass(frozen=True)
class _Shown:
    """The network as it is for these rows. scale: a number, or (rows, 1, ...) where rows differ."""

    rows: tuple[int, ...]
    predict: Predict
    guidance: Guidance
    scale: float | torch.Tensor | None

    def guess(self, noisy: torch.Tensor, timestep: torch.Tensor, rescale: float) -> torch.Tensor:
        """The prediction, led away from the unguided one where the rows are guided."""
        if self.scale is None:
            return self.predict(noisy, timestep).to(noisy.dtype)
        both = self.predict(torch.cat([noisy, noisy]), timestep).to(noisy.dtype)
        without, within = both.chunk(2)
        guided = self.guidance.lead(without, within, self.scale)
        return rescaled(guided, within, rescale) if rescale > 0.0 else guided


def _shown(
    denoiser: Denoiser,
    stack: ExitStack,
    rows: Sequence[LoopRow],
    numbers: tuple[int, ...],
    guidance: Guidance,
) -> _Shown:
    scales = [guidance.scale(rows[number].guidance_scale) for number in numbers]
    is_guided = max(scales) > guidance.free_at
    predict = stack.enter_context(denoiser.showing(numbers, guided=is_guided))
    if not is_guided:
        return _Shown(numbers, predict, guidance, None)
    if len(set(scales)) == 1:
        return _Shown(numbers, predict, guidance, scales[0])
    noise = rows[numbers[0]].noise
    each = torch.tensor(scales, device=noise.device, dtype=noise.dtype)
    return _Shown(numbers, predict, guidance, each.reshape(-1, *[1] * noise.ndim))


def rescaled(guided: torch.Tensor, within: torch.Tensor, share: float) -> torch.Tensor:
    """Guidance makes contrasts harder; `share` of that is taken back (arXiv 2305.08891, 3.4).

    Picture by picture, and frame by frame: of (rows, channels, frames, h, w), frames are alone.
    """
    over = (1, -2, -1)
    softened = guided * (within.std(over, keepdim=True) / guided.std(over, keepdim=True))
    return share * softened + (1 - share) * guided


def _step(
    done: int, total: int, numbers: tuple[int, ...], active: Sequence[RowTrack]
) -> SamplingStep:
    return SamplingStep(
        done,
        total,
        numbers,
        _joined([track.latents for track in active]),
        lambda: _joined([track.clean() for track in active]),
    )


def _finished(tracks: Sequence[RowTrack]) -> Sampled:
    numbers = [row for track in tracks for row in track.rows]
    latents = torch.cat([track.latents for track in tracks])
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return Sampled(tuple(sorted(numbers)), latents[order])


def _joined(parts: Sequence[torch.Tensor]) -> torch.Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(list(parts))
