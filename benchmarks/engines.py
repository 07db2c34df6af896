"""What the engine code costs beside plain diffusers and a bare training loop: five lines.

`python -m benchmarks.engines` takes tiny shapes on the CPU, with `--size sdxl --device cuda` SDXL's
own on a GPU. Weights are random; both sides have the same ones.
"""

import argparse
import io
import resource
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch
from uuid import UUID

import diffusers
import numpy as np
import torch
from PIL import Image

from benchmarks.engine_shapes import (
    RANK,
    SDXL,
    TINY,
    TWINS,
    Shape,
    engine_of,
    pipeline_of,
)
from benchmarks.engine_training import NOWHERE, TrainingSteps, Unwatched
from benchmarks.measure import alternating, report, seconds
from gpu_consumers.engines.adapter_file import Adapter, LayerPair, write_adapter
from gpu_consumers.engines.diffusion_engine import DiffusionEngine
from gpu_consumers.engines.loaded_engine import NotDrawn, Share
from gpu_consumers.worker.assignments import Delivered, Start
from gpu_consumers.worker.child import Workbench
from topics.messages.work import Download, ImageItem, ImageWork, Upload

PROMPT = "a lighthouse in fog"
GUIDANCE = 5.0
JOB = UUID(int=1)


class Memory:
    """An object store whose objects are there at once."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def download(self, download: Download) -> bytes:
        """See `Objects.download`."""
        return self.objects[download.url]

    def upload(self, upload: Upload, body: bytes) -> None:
        """See `Objects.upload`."""
        self.objects[upload.object_key] = body


class Bench:
    """Our engine and diffusers' pipeline of one shape, on one device."""

    def __init__(self, shape: Shape, device: torch.device, folder: Path, rounds: int) -> None:
        self.shape, self.device, self.folder, self.rounds = shape, device, folder, rounds
        self.engine: DiffusionEngine = engine_of(shape, device, folder)
        self.plain = pipeline_of(shape, device)
        self.twins = [self._twin(seed) for seed in range(TWINS)]
        for number, file in enumerate(self.twins):
            self._load_plain(file, str(number))

    def works(self, twin: bytes | None = None, *, people: Sequence[int] = (0,)) -> list[ImageWork]:
        """One picture for each of these people."""
        side = self.shape.side
        return [
            ImageWork(
                engine=self.engine.engine,
                prompt=PROMPT,
                negative_prompt="",
                style="plain",
                width=side,
                height=side,
                num_inference_steps=self.shape.steps,
                guidance_scale=GUIDANCE,
                twin_strength=1.0,
                items=(ImageItem(0, person, NOWHERE),),
                adapter=None if twin is None else Download("twin", sha256(twin).hexdigest()),
            )
            for person in people
        ]

    def drawn(self, people: Sequence[int], twins: Sequence[bytes | None]) -> list[Any]:
        """Our pictures as one batch: RGB arrays."""
        shares = [
            Share(work, work.items, twin, None, Unwatched(), 0, self.shape.steps)
            for work, twin in zip(self.works(people=people), twins, strict=True)
        ]
        outcomes = self.engine.render_together(shares)
        assert not any(isinstance(outcome, NotDrawn) for outcome in outcomes)
        return [_array(outcome[0].png) for outcome in outcomes if not isinstance(outcome, NotDrawn)]

    def drawn_plainly(self, person: int, twin: int | None) -> Any:
        """Diffusers' picture of the same: its prompt as our engine words it."""
        if twin is None:
            self.plain.disable_lora()
        else:
            self.plain.enable_lora()
            self.plain.set_adapters(str(twin), 1.0)
        said = self.engine._loader.prompt_for(PROMPT, "plain", names_twin=twin is not None)
        image = self.plain(
            prompt=said,
            negative_prompt="",
            width=self.shape.side,
            height=self.shape.side,
            num_inference_steps=self.shape.steps,
            guidance_scale=GUIDANCE,
            generator=torch.Generator("cpu").manual_seed(person),
            output_type="np",
        ).images[0]
        return (image * 255).round().astype(np.uint8)

    def mixed_twins(self) -> None:
        """Eight people's pictures with their eight twins."""
        people = range(TWINS)
        singles = [self.drawn([one], [self.twins[one]])[0] for one in people]
        taken = alternating(
            self.rounds,
            mixed=lambda: self._seconds(lambda: self.drawn(people, self.twins)),
            plain=lambda: self._seconds(lambda: [self.drawn_plainly(one, one) for one in people]),
        )
        self._report(
            "engines_mixed_twins",
            "plain diffusers, eight pictures one by one with set_adapters",
            pictures_a_minute=TWINS * 60 / taken["mixed"],
            baseline_pictures_a_minute=TWINS * 60 / taken["plain"],
            ratio=taken["plain"] / taken["mixed"],
            levels_from_alone=_levels(self.drawn(people, self.twins), singles),
        )

    def single_twin(self) -> None:
        """One picture of one twin."""
        taken = alternating(
            self.rounds,
            ours=lambda: self._seconds(lambda: self.drawn([0], self.twins[:1])),
            plain=lambda: self._seconds(lambda: self.drawn_plainly(0, 0)),
        )
        self._report(
            "engines_single_twin",
            "plain diffusers, one picture, its adapter set and seven others loaded",
            picture_s=taken["ours"],
            baseline_picture_s=taken["plain"],
            ratio=taken["plain"] / taken["ours"],
            levels_from_baseline=_levels(
                self.drawn([0], self.twins[:1]), [self.drawn_plainly(0, 0)]
            ),
            levels_from_baseline_without_twin=_levels(
                self.drawn([0], [None]), [self.drawn_plainly(0, None)]
            ),
        )

    def twin_switch(self) -> None:
        """A twin comes into a warm worker: checked, and in its slot."""
        file = self.twins[0]
        key = self.engine._hold(file)

        def ours() -> float:
            self.engine.forget(key)
            return self._seconds(lambda: self.engine._hold(file))

        def plainly() -> float:
            self.plain.delete_adapters("0")
            return self._seconds(lambda: self._load_plain(file, "0"))

        taken = alternating(self.rounds, ours=ours, plain=plainly)
        self._report(
            "engines_twin_switch",
            "plain diffusers, load_lora_weights of the same file",
            rank=float(RANK),
            size_mib=len(file) / 2**20,
            switch_ms=taken["ours"] * 1000,
            baseline_switch_ms=taken["plain"] * 1000,
            ratio=taken["plain"] / taken["ours"],
        )

    def drawing_over_job(self) -> None:
        """How much of a whole job is drawing: what else there is, nobody waits for gladly."""
        [work] = self.works(self.twins[0])
        store = Memory({"twin": self.twins[0]})
        bench = Workbench(lambda _: self.engine, store, self.folder)
        key = self.engine._hold(self.twins[0])
        draw, drawing_s = self.engine._diffusion.draw, [0.0]

        def timed(*asked: Any, **of: Any) -> Any:
            began_s = perf_counter()
            drawn = draw(*asked, **of)
            drawing_s[0] = perf_counter() - began_s
            return drawn

        def job() -> None:
            outcome = bench.do(Start(JOB, 1, work), Unwatched())
            assert isinstance(outcome, Delivered), outcome

        def warm() -> float:
            job_s = self._seconds(job)
            return drawing_s[0] / job_s

        def cold() -> float:
            self.engine.forget(key)
            return warm()

        # Of the same job, so that a busy machine slows both.
        with patch.object(self.engine._diffusion, "draw", timed):
            shares = alternating(self.rounds, warm=warm, cold=cold)
        self._report(
            "engines_drawing_over_job",
            "the whole job in the worker's child, its twin held",
            drawing_s=drawing_s[0],
            ratio=shares["warm"],
            ratio_with_new_twin=shares["cold"],
        )

    def training_step(self) -> None:
        """One step of a twin's training, without samples and checkpoint."""
        sides = TrainingSteps(self.engine, self.shape, self.device, self.folder)
        taken = alternating(self.rounds, ours=sides.ours_s, bare=sides.bare_s)
        ours, baseline = taken["ours"], taken["bare"]
        self._report(
            "engines_training_step",
            "a bare peft loop with fused AdamW, batch 1",
            step_s=ours,
            baseline_step_s=baseline,
            ratio=ours / baseline,
        )

    def _twin(self, seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        layers = {
            name: LayerPair(
                rng.normal(0, 0.05, (RANK, *shape.inputs)).astype(np.float32),
                rng.normal(0, 0.05, (shape.outputs, RANK)).astype(np.float32),
            )
            for name, shape in self.engine._diffusion.bank.targets.items()
        }
        return write_adapter(Adapter(RANK, layers), {})

    def _load_plain(self, file: bytes, name: str) -> None:
        folder = self.folder / "adapters"
        folder.mkdir(exist_ok=True)
        if not (folder / f"{name}.safetensors").exists():
            (folder / f"{name}.safetensors").write_bytes(file)
        self.plain.load_lora_weights(
            folder, weight_name=f"{name}.safetensors", adapter_name=name, local_files_only=True
        )

    def _seconds(self, do: Callable[[], object]) -> float:
        def done() -> None:
            do()
            self._wait()

        return seconds(done)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()

    def _report(self, name: str, baseline: str, **figures: float) -> None:
        card = torch.cuda.get_device_name() if self.device.type == "cuda" else "cpu"
        report(
            name, baseline, size=self.shape.name, device=card, peak_gib=self._peak_gib(), **figures
        )

    def _peak_gib(self) -> float:
        """Of the device since the last line; on the CPU of this whole process so far."""
        if self.device.type == "cuda":
            peak = torch.cuda.max_memory_allocated()
            torch.cuda.reset_peak_memory_stats()
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return peak / 2**30


def _array(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)))


def _levels(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    """The largest distance of two pictures' values, of 255."""
    pairs = zip(ours, theirs, strict=True)
    return float(max(np.abs(one.astype(int) - other.astype(int)).max() for one, other in pairs))


def main() -> None:
    """All lines, or those that are named."""
    lines = ("mixed_twins", "single_twin", "twin_switch", "drawing_over_job", "training_step")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="*", default=lines, metavar="LINE", help=", ".join(lines))
    parser.add_argument("--size", choices=(TINY.name, SDXL.name), default=TINY.name)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    shape = {TINY.name: TINY, SDXL.name: SDXL}[asked.size]
    diffusers.utils.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(shape, torch.device(asked.device), Path(folder), asked.rounds)
        for line in asked.lines:
            run: Callable[[], None] = partial(getattr(bench, line))
            run()


if __name__ == "__main__":
    main()
