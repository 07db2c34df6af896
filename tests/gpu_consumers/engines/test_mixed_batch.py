"""Pictures of several people's jobs in one batch: one pass a step, and each as if it were alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec.structs import replace as replace_struct

from gpu_consumers.engines.adapter_file import (
    Adapter,
    AdapterInvalid,
    LayerPair,
    write_adapter,
)
from gpu_consumers.engines.loaded_engine import (
    NotDrawn,
    PictureSpoilt,
    Preview,
    RenderedPicture,
    Share,
    ShareOutcome,
    ShowPreview,
    SourceUnreadable,
    Stopped,
)
from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.images.image_batch import PictureJob, render_together
from tests.gpu_consumers.engines.test_diffusion_engine import difference, photo
from tests.gpu_consumers.worker.test_workbench import Cupboard
from topics.messages.progress import Phase
from topics.messages.results import RenderedOutput
from topics.messages.work import Download, ImageItem, ImageWork, SourcePicture, Upload

if TYPE_CHECKING:
    from gpu_consumers.engines.diffusion_engine import DiffusionEngine

pytestmark = pytest.mark.engine

OTHERS = ("stable-diffusion-1.5", "stable-diffusion-xl", "z-image")
"""Of those that ask once a step: others make a pass for either half of guidance."""
PEOPLE = 8
STEPS = 4
LEVELS_APART = 2
"""Of 255, between a picture of a batch and the same one alone: the last bits of floating point
depend on the size of the tensors, and guidance and enlarging make more of them."""

NOWHERE = Upload("http://store/upload", {}, "quarantine/0.png", "image/png", 1_000_000)
SCENES = ("smiling", "looking left", "looking right", "in fog", "a lighthouse", "a photo", "fog")


@dataclass
class Watching:
    """One job's progress, which may stop it after so many steps."""

    stop_after: int | None = None
    steps: list[int] = field(default_factory=list)
    previews: list[Preview] = field(default_factory=list)

    def report(
        self, phase: Phase, step: int, steps_total: int, preview: ShowPreview | None = None
    ) -> None:
        if phase is Phase.STEP:
            self.steps.append(step)
        if preview is not None:
            self.previews.append(preview())
        if self.stop_after is not None and len(self.steps) >= self.stop_after:
            raise Stopped


@pytest.fixture(scope="module", params=["pocket", *OTHERS])
def engine(
    request: pytest.FixtureRequest, weights_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> DiffusionEngine:
    """The pocket model as it is shipped, and the others tiny, with random weights."""
    import torch

    from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

    torch.set_num_threads(1)
    loader = LOADERS[request.param]
    if loader.id != "pocket":
        loader = replace(loader, slots=PEOPLE + 1, render_batch_max=PEOPLE, rank_max=8)
    return load_diffusion_engine(
        loader,
        weights_dir=weights_dir,
        cache_dir=tmp_path_factory.mktemp("cache"),
        device_name="cpu",
    )


def twin(engine: DiffusionEngine, seed: int) -> bytes:
    """An adapter with random weights, strong enough to be seen."""
    rng = np.random.default_rng(seed)
    # This one's random weights hardly listen to themselves.
    deviation = 0.3 if engine.engine == "stable-diffusion-xl" else 0.1
    layers = {
        name: LayerPair(
            rng.normal(0, deviation, (4, *shape.inputs)).astype(np.float32),
            rng.normal(0, deviation, (shape.outputs, 4)).astype(np.float32),
        )
        for name, shape in engine._diffusion.bank.targets.items()
    }
    return write_adapter(Adapter(4, layers), {}, component=engine._diffusion.model.component)


def work_of(engine: DiffusionEngine, person: int, **changes: Any) -> ImageWork:
    """One picture of a person in a scene of their own, guided and strong as they like it."""
    side = 64 if engine.engine == "pocket" else 16
    arguments: dict[str, Any] = {
        "engine": engine.engine,
        "prompt": SCENES[person % len(SCENES)],
        "negative_prompt": "fog" if person % 2 else "",
        "style": "plain",
        "width": side,
        "height": side,
        "num_inference_steps": STEPS,
        "guidance_scale": 2.0 + person,
        "twin_strength": 0.6 + 0.1 * person,
        "items": (ImageItem(0, 70 + person, NOWHERE),),
    }
    return ImageWork(**{**arguments, **changes})


def share_of(
    work: ImageWork,
    adapter: bytes | None = None,
    source: bytes | None = None,
    progress: Watching | None = None,
) -> Share:
    return Share(work, work.items, adapter, source, progress or Watching(), 0, STEPS)


def pictures(outcomes: Sequence[ShareOutcome]) -> list[RenderedPicture]:
    """The only picture of each share. None may have been left out."""
    assert not [outcome for outcome in outcomes if isinstance(outcome, NotDrawn)]
    return [outcome[0] for outcome in outcomes if not isinstance(outcome, NotDrawn)]


def alone(engine: DiffusionEngine, share: Share) -> RenderedPicture:
    [drawn] = engine.render(share.work, share.adapter, share.source, Watching(), batch_size=1)
    return drawn


@contextmanager
def counted(engine: DiffusionEngine) -> Iterator[list[int]]:
    """The rows of every pass of the network, counted on the network itself."""
    passes: list[int] = []

    def note(module: Any, inputs: Any, output: Any) -> None:
        passes.append(len(inputs[0]))

    hook = engine._diffusion.network.register_forward_hook(note)
    try:
        yield passes
    finally:
        hook.remove()


def test_eight_people_with_eight_twins_cost_one_pass_a_step_and_get_their_own_pictures(
    engine: DiffusionEngine,
) -> None:
    assert min(engine.twins_max, engine.render_batch_max) >= PEOPLE
    shares = [share_of(work_of(engine, person), twin(engine, person)) for person in range(PEOPLE)]
    with counted(engine) as passes:
        together = pictures(engine.render_together(shares))
    # With guidance every row stands twice in a pass.
    assert passes == [2 * PEOPLE] * STEPS
    singles = [alone(engine, share) for share in shares]
    apart = [difference(mixed, single) for mixed, single in zip(together, singles, strict=True)]
    bare = [alone(engine, replace(share, adapter=None)) for share in shares]
    others = pictures(
        engine.render_together(
            [
                replace(share, adapter=shares[number - 1].adapter)
                for number, share in enumerate(shares)
            ]
        )
    )
    print(f"\n{engine.engine}: levels of 255 from the single picture: {apart}")
    assert max(apart) <= LEVELS_APART
    assert min(difference(*pair) for pair in zip(singles, bare, strict=True)) > 2 * LEVELS_APART
    assert min(difference(*pair) for pair in zip(singles, others, strict=True)) > 2 * LEVELS_APART


def test_who_stops_in_the_middle_makes_the_batch_smaller_and_changes_nobodys_picture(
    engine: DiffusionEngine,
) -> None:
    watching = [Watching(), Watching(stop_after=2), Watching()]
    shares = [
        share_of(work_of(engine, person), twin(engine, person), None, watching[person])
        for person in range(3)
    ]
    with counted(engine) as passes:
        first, second, third = engine.render_together(shares)
    assert passes == [6, 6, 4, 4]
    assert isinstance(second, NotDrawn)
    assert isinstance(second.error, Stopped)
    assert [one.steps for one in watching] == [[1, 2, 3, 4], [1, 2], [1, 2, 3, 4]]
    for share, drawn in ((shares[0], first), (shares[2], third)):
        assert difference(pictures([drawn])[0], alone(engine, share)) <= LEVELS_APART


def test_a_batch_that_everybody_has_stopped_makes_no_further_pass(
    engine: DiffusionEngine,
) -> None:
    shares = [
        share_of(work_of(engine, person), None, None, Watching(stop_after=1)) for person in range(2)
    ]
    with counted(engine) as passes:
        outcomes = engine.render_together(shares)
    assert passes == [4]
    assert [type(outcome) for outcome in outcomes] == [NotDrawn, NotDrawn]


def test_a_remix_begins_later_beside_pictures_of_words_alone(engine: DiffusionEngine) -> None:
    source = SourcePicture(Download("http://store/portrait"), 0.5)
    watching = [Watching(), Watching()]
    shares = [
        share_of(work_of(engine, 0), twin(engine, 0), None, watching[0]),
        share_of(work_of(engine, 1, source=source), twin(engine, 1), photo(3), watching[1]),
    ]
    with counted(engine) as passes:
        together = pictures(engine.render_together(shares))
    assert passes == [2, 2, 4, 4]
    assert [one.steps for one in watching] == [[1, 2, 3, 4], [0, 0, 1, 2]]
    for share, drawn in zip(shares, together, strict=True):
        assert difference(drawn, alone(engine, share)) <= LEVELS_APART


def test_a_poisoned_adapter_or_source_spoils_its_own_share_alone(
    engine: DiffusionEngine,
) -> None:
    source = SourcePicture(Download("http://store/portrait"), 0.5)
    shares = [
        share_of(work_of(engine, 0), b"a pickle, perhaps"),
        share_of(work_of(engine, 1), twin(engine, 1)),
        share_of(work_of(engine, 2, twin_strength=3e38), twin(engine, 2)),
        share_of(work_of(engine, 3, source=source), None, b"no PNG"),
    ]
    invalid, drawn, spoilt, unreadable = engine.render_together(shares)
    errors = [
        type(one.error) if isinstance(one, NotDrawn) else None
        for one in (invalid, drawn, spoilt, unreadable)
    ]
    assert errors == [AdapterInvalid, None, PictureSpoilt, SourceUnreadable]
    assert difference(pictures([drawn])[0], alone(engine, shares[1])) <= LEVELS_APART


def test_previews_show_everybody_their_own_pictures(engine: DiffusionEngine) -> None:
    if engine.engine != "pocket":
        pytest.skip("shows no previews")
    items = tuple(ImageItem(item, 7 + item, NOWHERE) for item in range(2))
    watching = [Watching(), Watching()]
    engine.render_together(
        [
            share_of(work_of(engine, 0, items=items), None, None, watching[0]),
            share_of(work_of(engine, 1), None, None, watching[1]),
        ]
    )
    assert [{preview.items for preview in one.previews} for one in watching] == [{(0, 1)}, {(0,)}]


def test_a_twin_that_is_asked_for_again_does_not_make_room_for_one_beside_it(
    engine: DiffusionEngine,
) -> None:
    slots = engine.twins_max
    for person in range(slots):
        engine.render_together([share_of(work_of(engine, person), twin(engine, person))])
    oldest, newcomer = (
        share_of(work_of(engine, person), twin(engine, person)) for person in (0, slots)
    )
    together = pictures(engine.render_together([oldest, newcomer]))
    for share, drawn in zip((oldest, newcomer), together, strict=True):
        assert difference(drawn, alone(engine, share)) <= LEVELS_APART


def test_more_people_than_slots_are_all_drawn_one_batch_after_the_other(
    engine: DiffusionEngine,
) -> None:
    people = engine.twins_max + 2
    adapters = {f"twin of {person}": twin(engine, person) for person in range(people)}
    cupboard = Cupboard(dict(adapters))
    delivered: dict[int, int] = {}

    def job_of(person: int) -> PictureJob:
        upload = replace_struct(NOWHERE, object_key=f"q/{person}.png")
        items = (ImageItem(0, 70 + person, upload),)
        work = work_of(engine, person, items=items, adapter=Download(f"twin of {person}"))

        def ended(outcome: tuple[RenderedOutput, ...] | Exception) -> None:
            assert not isinstance(outcome, Exception), outcome
            delivered[person] = len(outcome)

        return PictureJob(work, Watching(), ended)

    with counted(engine) as passes:
        render_together(engine, [job_of(person) for person in range(people)], cupboard)
    assert passes == [2 * PEOPLE] * STEPS + [2 * (people - PEOPLE)] * STEPS
    assert delivered == dict.fromkeys(range(people), 1)
    last = work_of(engine, people - 1)
    single = alone(engine, share_of(last, adapters[f"twin of {people - 1}"]))
    drawn = RenderedPicture(0, 0, cupboard.held[f"q/{people - 1}.png"], 0, 0)
    assert difference(drawn, single) <= LEVELS_APART
