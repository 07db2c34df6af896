"""Four small pictures while another process computes, over OpenMP's threads as they come.

As they come they spin while they wait for one another: `GOMP_SPINCOUNT=300000` is libgomp's own
value where nobody says how to wait, and stands over the policy that an engine chooses for itself.
"""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import alternating, report, seconds
from gpu_consumers.engines.loaded_engine import ShowPreview
from gpu_consumers.engines.registry import load_engine
from topics.messages.progress import Phase
from topics.messages.work import ImageItem, ImageWork, Upload

ROUNDS = 7
THREADS = 2
DRAW = "draw"
SPIN = "GOMP_SPINCOUNT"
AS_IT_COMES = "300000"
NOWHERE = Upload("", {}, "quarantine/0.png", "image/png", 1)
WORK = ImageWork(
    engine="pocket",
    prompt="a lighthouse in fog",
    negative_prompt="",
    style="plain",
    width=256,
    height=256,
    num_inference_steps=12,
    guidance_scale=4.0,
    twin_strength=1.0,
    items=tuple(ImageItem(item, item, NOWHERE) for item in range(4)),
)


class Unwatched:
    """Progress that nobody asks for."""

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        """See `Progress.report`."""


def draw_when_asked(pipe: Connection, folder: str) -> None:
    """The life of a process with an engine: a message in, the seconds of one batch out."""
    engine = load_engine("pocket", weights_dir=None, cache_dir=Path(folder), device_name="cpu")
    import torch

    torch.set_num_threads(THREADS)
    draw = partial(engine.render, WORK, None, None, Unwatched(), batch_size=len(WORK.items))
    draw()
    # Until the far end is closed.
    with suppress(EOFError):
        while pipe.recv() == DRAW:
            pipe.send(seconds(draw))


def compute() -> None:
    """The life of a neighbour: it never waits for anything."""
    while True:
        sum(range(1_000_000))


@contextmanager
def drawing(folder: str, **environment: str) -> Iterator[Connection]:
    """A process with an engine, started with these variables; the far end of its pipe."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=draw_when_asked, args=(theirs, folder), daemon=True)
    os.environ.update(environment)
    try:
        process.start()
    finally:
        for name in environment:
            del os.environ[name]
    # Ours must be the only open end, or its closing would never be noticed.
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join()


@contextmanager
def a_busy_neighbour() -> Iterator[None]:
    """One core is somebody else's inside the block."""
    process = multiprocessing.get_context("spawn").Process(target=compute, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def main() -> None:
    """Both alone, then both beside a neighbour, in turns."""

    def drawn(pipe: Connection) -> float:
        pipe.send(DRAW)
        taken_s: float = pipe.recv()
        return taken_s

    with (
        TemporaryDirectory(prefix="bench-") as folder,
        drawing(folder) as asleep,
        drawing(folder, **{SPIN: AS_IT_COMES}) as spinning,
    ):
        sides = {"asleep": partial(drawn, asleep), "spinning": partial(drawn, spinning)}
        alone = alternating(ROUNDS, **sides)
        with a_busy_neighbour():
            beside = alternating(ROUNDS, **sides)
    report(
        "busy_neighbour",
        "threads that spin while they wait, beside the same neighbour",
        pictures_s=beside["asleep"],
        baseline_pictures_s=beside["spinning"],
        ratio=beside["spinning"] / beside["asleep"],
        alone_s=alone["asleep"],
        baseline_alone_s=alone["spinning"],
    )


if __name__ == "__main__":
    main()
