"""A consent that is over: nothing of the likeness stays in a worker's memory or on its disk."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import numpy as np
import pytest
from safetensors.numpy import save

from gpu_consumers.engines.loaded_engine import ShowPreview
from gpu_consumers.training.training_places import forget_trainings, training_place
from gpu_consumers.worker.assignments import Broke, Delivered, Forget, Report, Start, Stop
from gpu_consumers.worker.child import Workbench
from tests.gpu_consumers.engines.test_diffusion_engine import photo, tiny
from tests.gpu_consumers.worker.test_workbench import (
    Calm,
    Cupboard,
    Pencil,
    images,
    training,
    upload_to,
)
from tests.gpu_consumers.worker.test_worker import ADA, LIGHTHOUSE, Bench
from topics.messages.control import ForgetTwin, StopJob, StopReason
from topics.messages.progress import Phase
from topics.messages.results import FailureReason, JobFailed
from topics.messages.work import Download, ImageItem, ImageWork, Work
from topics.registry import CONTROL

TWIN, OTHER = uuid5(ADA, "twin"), uuid5(ADA, "another twin")
A, B = "aa" * 32, "bb" * 32


def adapter(digest: str) -> Download:
    return Download(f"adapter/{digest}", digest)


def start(work: Work, twin: UUID | None = TWIN, epoch: int = 1, job: UUID = LIGHTHOUSE) -> Start:
    return Start(job, 1, work, twin, epoch)


def bench_with(engine: Any, folder: Path, **held: bytes) -> Workbench:
    cupboard = Cupboard({f"adapter/{digest}": b"lora" for digest in (A, B)})
    cupboard.held.update(held)
    return Workbench(lambda _: engine, cupboard, folder)


def test_what_was_drawn_under_an_earlier_consent_is_forgotten_and_nothing_else(
    tmp_path: Path,
) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path)
    bench.do(start(images(adapter=adapter(A))), Calm())
    bench.do(start(images(adapter=adapter(B)), twin=OTHER), Calm())
    bench.forget(Forget(UUID(int=99), epoch=5))
    bench.forget(Forget(TWIN, epoch=1))
    assert pencil.forgotten == []
    bench.forget(Forget(TWIN, epoch=2))
    bench.forget(Forget(TWIN, epoch=2))
    assert pencil.forgotten == [A]


def test_what_a_later_consent_rests_on_stays(tmp_path: Path) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path)
    bench.do(start(images(adapter=adapter(A)), epoch=1), Calm())
    bench.do(start(images(adapter=adapter(B)), epoch=2), Calm())
    bench.forget(Forget(TWIN, epoch=2))
    assert pencil.forgotten == [A]


def test_what_a_training_left_is_forgotten_too(tmp_path: Path) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path, **{"photo-of-ada": b"photo"})
    bench.do(start(training()), Calm())
    bench.forget(Forget(TWIN, epoch=2))
    assert pencil.forgotten == [""]


class InTheMiddle(Calm):
    """Progress that is told of a withdrawal in the middle of the work."""

    def __init__(self, bench: Workbench, pencil: Pencil, withdrawn: UUID) -> None:
        self._bench, self._pencil, self._withdrawn = bench, pencil, withdrawn
        self.forgotten_by_then: list[str] = []

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if phase is Phase.STEP:
            self._bench.forget(Forget(self._withdrawn, epoch=2))
            self.forgotten_by_then = list(self._pencil.forgotten)


def test_nobody_waits_for_somebody_elses_work_to_be_forgotten(tmp_path: Path) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path)
    bench.do(start(images(adapter=adapter(A))), Calm())
    middle = InTheMiddle(bench, pencil, withdrawn=TWIN)
    done = bench.do(start(images(adapter=adapter(B)), twin=OTHER), middle)
    assert isinstance(done, Delivered)
    assert middle.forgotten_by_then == [A]


def test_whoever_is_drawn_is_forgotten_once_that_has_ended(tmp_path: Path) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path)
    middle = InTheMiddle(bench, pencil, withdrawn=TWIN)
    bench.do(start(images(adapter=adapter(A))), middle)
    assert middle.forgotten_by_then == []
    assert pencil.forgotten == [A]


def test_of_several_who_are_drawn_together_one_is_forgotten_at_the_end(tmp_path: Path) -> None:
    pencil = Pencil()
    bench = bench_with(pencil, tmp_path)
    of_twin = start(images(2, adapter=adapter(A)))
    of_other = start(images(2, adapter=adapter(B)), twin=OTHER, job=UUID(int=8))
    middle = InTheMiddle(bench, pencil, withdrawn=TWIN)
    said: list[Report] = []
    bench.do_together([of_twin, of_other], lambda _: middle, said.append)
    assert [type(report) for report in said] == [Delivered, Delivered]
    assert middle.forgotten_by_then == []
    assert pencil.forgotten == [A]


def test_an_engine_that_cannot_forget_is_let_go(tmp_path: Path) -> None:
    loaded: list[Pencil] = []

    def load(_: str) -> Pencil:
        loaded.append(Pencil(error_of_forgetting=RuntimeError("no")))
        return loaded[-1]

    bench = Workbench(load, Cupboard({f"adapter/{A}": b"lora"}), tmp_path)
    bench.do(start(images(adapter=adapter(A))), Calm())
    bench.forget(Forget(TWIN, epoch=2))
    bench.do(start(images(), twin=None), Calm())
    assert len(loaded) == 2


MARK = 7 / 256
"""A weight of Ada's, exact in every format: where it is found, something of her is."""


def marked_adapter(engine: Any, mark: float) -> bytes:
    """A LoRA with one and the same weight everywhere."""
    tensors = {}
    for name, shape in engine._diffusion.bank.targets.items():
        up = (shape.outputs, 4, *([1, 1] if len(shape.inputs) == 3 else []))
        tensors[f"unet.{name}.lora_A.weight"] = np.full((4, *shape.inputs), mark, np.float16)
        tensors[f"unet.{name}.lora_B.weight"] = np.full(up, mark, np.float16)
    return bytes(save(tensors))


def tensors_with(mark: float, others: Sequence[object] = ()) -> list[object]:
    """All tensors of this process that hold the value, besides `others`.

    Weights of engines that other tests have left here hold a value as plain as that by chance.
    """
    import torch

    gc.collect()
    known = {id(one) for one in others}
    return [
        one
        for one in gc.get_objects()
        if issubclass(type(one), torch.Tensor)
        and id(one) not in known
        and one.is_floating_point()
        and bool((one == mark).any())
    ]


def picture(data: bytes) -> ImageWork:
    digest = hashlib.sha256(data).hexdigest()
    return ImageWork(
        engine="stable-diffusion-1.5",
        prompt="a lighthouse in fog",
        negative_prompt="",
        style="plain",
        width=16,
        height=16,
        num_inference_steps=2,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=(ImageItem(0, 7, upload_to("q/0.png")),),
        adapter=Download("adapter", digest),
    )


@pytest.mark.engine
def test_no_tensor_of_a_withdrawn_twin_is_left_in_a_real_engine(
    weights_dir: Path, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    others = [*tensors_with(MARK), *tensors_with(2 * MARK)]
    engine = load_diffusion_engine(
        tiny("stable-diffusion-1.5"),
        weights_dir=weights_dir,
        cache_dir=tmp_path / "cache",
        device_name="cpu",
    )
    of_ada, of_grace = marked_adapter(engine, MARK), marked_adapter(engine, 2 * MARK)
    cupboard = Cupboard({"adapter": of_ada})
    bench = Workbench(lambda _: engine, cupboard, tmp_path / "trainings")
    assert isinstance(bench.do(start(picture(of_ada)), Calm()), Delivered)
    cupboard.held["adapter"] = of_grace
    assert isinstance(bench.do(start(picture(of_grace), twin=OTHER), Calm()), Delivered)
    assert tensors_with(MARK, others)

    bench.forget(Forget(TWIN, epoch=2))
    assert tensors_with(MARK, others) == []
    assert tensors_with(2 * MARK, others), "whoever has not withdrawn stays warm"


class BreaksAfter(Calm):
    """Progress that breaks the work at a step, as an error of the device does."""

    def __init__(self, step: int) -> None:
        self._step = step

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if phase is Phase.STEP and step >= self._step:
            raise RuntimeError("the device is gone")


@pytest.mark.engine
def test_checkpoints_of_a_real_training_go_with_the_consent(
    weights_dir: Path, tmp_path: Path
) -> None:
    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    engine = load_diffusion_engine(
        tiny("stable-diffusion-1.5"),
        weights_dir=weights_dir,
        cache_dir=tmp_path / "cache",
        device_name="cpu",
    )
    trainings = tmp_path / "trainings"
    bench = Workbench(lambda _: engine, Cupboard({"photo-of-ada": photo(1)}), trainings)
    work = msgspec.structs.replace(
        training(), engine="stable-diffusion-1.5", steps=6, sample_prompts=("smiling",)
    )
    for twin, epoch in ((TWIN, 1), (TWIN, 2), (OTHER, 1)):
        broke = bench.do(start(work, twin=twin, epoch=epoch), BreaksAfter(5))
        assert broke == Broke(FailureReason.ENGINE_ERROR)
        place = training_place(trainings, LIGHTHOUSE, twin=twin, epoch=epoch)
        assert list(place.glob("*/adapter.safetensors")), "there is a checkpoint to continue from"

    forget_trainings(trainings, TWIN, before_epoch=2)
    assert {folder.name for folder in trainings.iterdir()} == {
        f"{TWIN}.2.{LIGHTHOUSE}",
        f"{OTHER}.1.{LIGHTHOUSE}",
    }


@dataclass
class Desk(Bench):
    """A worker whose files the test sees."""

    folder: Path = Path("trainings")

    def forget_files(self, twin: UUID, epoch: int) -> None:
        forget_trainings(self.folder, twin, epoch)

    def checkpoint(self, epoch: int = 1, twin: UUID = TWIN) -> Path:
        place = training_place(self.folder, LIGHTHOUSE, twin=twin, epoch=epoch)
        place.mkdir(parents=True)
        (place / "state.pt").write_bytes(b"a likeness")
        return place


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(folder=tmp_path)


def test_a_worker_forgets_in_memory_and_on_the_disk_as_soon_as_it_hears_of_it(desk: Desk) -> None:
    desk.grant(desk.claimed(twin=TWIN))
    desk.steps()
    desk.child_says(Delivered(outputs=()))
    place, others = desk.checkpoint(), desk.checkpoint(twin=OTHER)
    desk.publish(CONTROL, ForgetTwin(TWIN, 2))
    desk.steps(1)
    assert desk.child.orders[1:] == [Forget(TWIN, 2)]
    assert not place.exists()
    assert others.exists()


def test_a_worker_that_comes_later_has_heard_it_before_its_first_job(desk: Desk) -> None:
    place = desk.checkpoint()
    desk.publish(CONTROL, ForgetTwin(TWIN, 2))
    desk.worker.close()
    desk.worker = desk.start_worker("press", desk.transport)
    desk.claimed(twin=TWIN)
    assert not place.exists()


def test_a_child_is_told_of_nobody_whom_it_cannot_hold(desk: Desk) -> None:
    desk.grant(desk.claimed(twin=OTHER))
    desk.steps()
    desk.publish(CONTROL, ForgetTwin(TWIN, 2))
    desk.steps(1)
    assert not [order for order in desk.child.orders if isinstance(order, Forget)]


def test_what_a_child_wrote_until_it_was_ended_goes_too(desk: Desk) -> None:
    claim = desk.claimed(twin=TWIN)
    desk.grant(claim)
    desk.steps()
    desk.publish(CONTROL, StopJob(LIGHTHOUSE, StopReason.CONSENT_WITHDRAWN))
    desk.publish(CONTROL, ForgetTwin(TWIN, 2))
    desk.steps(1)
    assert desk.child.orders[1:] == [Stop(), Forget(TWIN, 2)]
    # It does not listen, and writes once more before it is ended.
    place = desk.checkpoint()
    desk.pass_by(30.0)
    [failed] = desk.said(JobFailed)
    assert failed.reason is FailureReason.STOPPED
    assert not place.exists()
