"""A flow transformer from request to gallery: the real engine code, tiny and random.

What it draws stands for the pocket model's: photographs stay closed until their gates have models.
"""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from adapters.postgres.embedded import EmbeddedPostgres
from domain.job_state import JobState
from gpu_consumers.engines.adapter_file import AdapterInvalid, read_adapter
from gpu_consumers.engines.loaded_engine import (
    Progress,
    RenderedPicture,
    Share,
    ShareOutcome,
    TrainedTwin,
    TwinFile,
)
from gpu_consumers.engines.pocket.loading import LOADER as POCKET
from gpu_consumers.engines.registry import LOADERS
from queries.gallery.gallery import Asset
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.painter import Painter
from tests.gpu_consumers.conftest import weights_dir
from topics.in_memory import InMemoryTransport
from topics.messages.work import ImageWork, TrainingWork

pytestmark = pytest.mark.engine

__all__ = ["weights_dir"]

FLOW = replace(
    LOADERS["z-image"],
    id=POCKET.id,
    delivery_scale=POCKET.delivery_scale,
    rank_max=POCKET.rank_max,
    twin=replace(
        LOADERS["z-image"].twin,
        sizes=POCKET.twin.sizes,
        class_pictures=1,
        checkpoint_shares=(1.0,),
        sample_steps=1,
    ),
)


class FlowPainter(Painter):
    """Draws and learns with an engine instead of by itself."""

    def __init__(self, weights: Path, folder: Path) -> None:
        super().__init__()
        import torch

        from gpu_consumers.engines.diffusion_engine import load_diffusion_engine

        torch.set_num_threads(1)
        # The folder is the other engine's; the id is the one that may be asked for.
        self.engine_itself = load_diffusion_engine(
            FLOW, weights_dir=weights, cache_dir=folder, device_name="cpu"
        )

    def holds(self, adapter_sha256: str) -> bool:
        """See `LoadedEngine.holds`."""
        return self.engine_itself.holds(adapter_sha256)

    def render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        *,
        batch_size: int,
    ) -> list[RenderedPicture]:
        """See `LoadedEngine.render`."""
        return self.engine_itself.render(work, adapter, source, progress, batch_size=batch_size)

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """See `LoadedEngine.render_together`."""
        return self.engine_itself.render_together(shares)

    def train(
        self, work: TrainingWork, photos: Sequence[bytes], progress: Progress, **more: Any
    ) -> TrainedTwin:
        """See `LoadedEngine.train`: a few steps of those that are paid for."""
        return self.engine_itself.train(work, photos, progress, **more)


class FlowStudio(LivingStudio):
    """A studio whose worker has a flow transformer."""

    def __init__(self, painter: FlowPainter, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.painter = self.flow_painter = painter


@pytest.fixture
def studio(
    postgres_server: EmbeddedPostgres,
    flow_database: str,
    weights_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FlowStudio]:
    # The screener asks the catalogue what an adapter of this engine may change.
    monkeypatch.setitem(LOADERS, POCKET.id, FLOW)
    url, admin_url = postgres_server.url(flow_database), postgres_server.admin_url(flow_database)
    with InMemoryTransport() as transport, ExitStack() as stack:
        painter = FlowPainter(weights_dir, tmp_path / "cache")
        studio = FlowStudio(painter, url, admin_url, transport, tmp_path, stack)
        studio.start()
        yield studio
        studio.oracle.rest()
        studio.oracle.check()


def drawn(studio: FlowStudio, owner: UUID, twin: UUID | None, seen: int) -> Asset:
    """A picture that is new in the gallery, drawn in two steps."""
    job = studio.draw(twin, owner, num_inference_steps=2, seed=7)
    studio.comes_to(job, owner, JobState.COMPLETED)
    found = until(
        lambda: len(studio.gallery_of(owner)) == seen + 1 and studio.gallery_of(owner),
        "the picture is in the gallery",
    )
    newest: Asset = found[0]
    return newest


def test_a_twin_is_learnt_and_drawn_by_a_flow_transformer(studio: FlowStudio) -> None:
    owner = studio.creator()
    nobody = drawn(studio, owner, None, 0)
    twin = studio.trained_twin(owner)
    adapter = studio.twin(twin, owner).adapter("pocket")
    assert adapter is not None
    file = studio.objects.get(adapter.object_key)
    assert hashlib.sha256(file).hexdigest() == adapter.sha256
    targets = studio.flow_painter.engine_itself._diffusion.bank.targets
    limits: dict[str, int] = {"rank_max": FLOW.rank_max, "size_bytes_max": len(file)}
    assert read_adapter(file, targets, component="transformer", **limits).rank == 16
    with pytest.raises(AdapterInvalid):
        read_adapter(file, targets, component="unet", **limits)

    somebody = drawn(studio, owner, twin, len(studio.gallery_of(owner)))
    assert somebody.twin_id == twin
    pictures = [studio.objects.get(each.object_key) for each in (nobody, somebody)]
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as image:
            assert image.size == (512, 512)
    # One seed and one prompt: what differs is the twin.
    opened = [Image.open(io.BytesIO(picture)).tobytes() for picture in pictures]
    assert opened[0] != opened[1]
