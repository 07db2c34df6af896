"""Every other family from request to gallery: the real engine code, tiny and random.

What each draws stands for the pocket model's: photographs stay closed until their gates have
models. It is drawn at an eighth of the size that is asked for, and delivered as large as any.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import av
import msgspec
import pytest
from PIL import Image

import domain.engines
from adapters.postgres.embedded import EmbeddedPostgres
from commands.jobs.request_video import RequestVideo
from commands.quote import QuoteClips
from domain.engines import ENGINES
from domain.job_state import JobState
from domain.kernel.personal_text import PersonalText
from domain.refusals import PromptUnsupported, SourceMissing
from domain.video_settings import clip_options
from gpu_consumers.engines.loaded_engine import (
    LoadedEngine,
    Progress,
    RenderedClip,
    RenderedPicture,
    Share,
    ShareOutcome,
    TwinFile,
)
from gpu_consumers.engines.pocket.loading import LOADER as POCKET
from gpu_consumers.engines.registry import LOADERS
from queries.gallery.filtering import GalleryFilter
from queries.gallery.gallery import Asset
from tests.faults.oracle import until
from tests.flow.living_studio import LivingStudio
from tests.flow.painter import Painter
from tests.gpu_consumers.conftest import weights_dir
from topics.in_memory import InMemoryTransport
from topics.messages.work import ImageWork, VideoWork

pytestmark = pytest.mark.engine

__all__ = ["weights_dir"]

SHRUNK = 8
KLEIN, QWEN, WAN, SVD = "flux-2-klein", "qwen-image", "wan-2.2", "stable-video-diffusion"


def small(work: Any) -> Any:
    """The same work, drawn at an eighth of its size."""
    return msgspec.structs.replace(work, width=work.width // SHRUNK, height=work.height // SHRUNK)


class FamilyPainter(Painter):
    """Draws with whichever engine it is given, instead of by itself."""

    def __init__(self, weights: Path, folder: Path) -> None:
        super().__init__()
        self._weights, self._folder = weights, folder
        self._drawing: LoadedEngine | None = None

    def take(self, engine: str) -> None:
        """From now on draw with this one."""
        import torch

        from gpu_consumers.engines import diffusion_engine, still_engine

        torch.set_num_threads(1)
        # The folder is the other engine's; the id is the one that may be asked for.
        loader = replace(
            LOADERS[engine], id=POCKET.id, delivery_scale=POCKET.delivery_scale * SHRUNK, slots=2
        )
        where: dict[str, Any] = {"weights_dir": self._weights, "device_name": "cpu"}
        if engine == SVD:
            self._drawing = still_engine.load_still_engine(loader, **where)
        else:
            self._drawing = diffusion_engine.load_diffusion_engine(
                loader, cache_dir=self._folder, **where
            )

    @property
    def drawing(self) -> LoadedEngine:
        """The engine that it draws with."""
        assert self._drawing is not None
        return self._drawing

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
        return self.drawing.render(small(work), adapter, source, progress, batch_size=batch_size)

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """See `LoadedEngine.render_together`."""
        return self.drawing.render_together(
            [replace(share, work=small(share.work)) for share in shares]
        )

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        """See `LoadedEngine.animate`."""
        return self.drawing.animate(small(work), adapter, source, progress)


class FamilyStudio(LivingStudio):
    """A studio whose worker has engines of many families."""

    def __init__(self, painter: FamilyPainter, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.painter = self.family = painter


@pytest.fixture(scope="module")
def studio(
    postgres_server: EmbeddedPostgres,
    flow_database: str,
    weights_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[FamilyStudio]:
    folder = tmp_path_factory.mktemp("families")
    url, admin_url = postgres_server.url(flow_database), postgres_server.admin_url(flow_database)
    with InMemoryTransport() as transport, ExitStack() as stack:
        painter = FamilyPainter(weights_dir, folder / "cache")
        studio = FamilyStudio(painter, url, admin_url, transport, folder, stack)
        studio.start()
        yield studio
        studio.oracle.rest()
        studio.oracle.check()


@pytest.fixture(scope="module")
def owner(studio: FamilyStudio) -> UUID:
    return studio.creator()


def animate(studio: FamilyStudio, owner: UUID, **wishes: Any) -> UUID:
    """Ask for a clip of three seconds, in two steps. Answers the job."""
    usual: dict[str, Any] = {
        "engine": "pocket",
        "prompt": PersonalText("a lighthouse keeper"),
        "price_version": 1,
        "session_jurisdiction": "XX",
        "duration_s": 3,
        "num_inference_steps": 2,
        "seed": 7,
    }
    job: UUID = studio.does(RequestVideo(**{**usual, **wishes}), owner).job_id
    return job


def newest(studio: FamilyStudio, owner: UUID, job: UUID, kind: str) -> Asset:
    """What came of a job, in the gallery."""
    studio.comes_to(job, owner, JobState.COMPLETED)
    only = GalleryFilter(kinds=(kind,))
    found = until(
        lambda: [one for one in studio.gallery_of(owner, only) if one.job_id == job],
        "it is in the gallery",
    )
    made: Asset = found[0]
    return made


def film_of(studio: FamilyStudio, clip: Asset) -> tuple[int, int]:
    """How many frames a clip has, and how many a second."""
    with av.open(io.BytesIO(studio.objects.get(clip.object_key)), "r") as film:
        rate = film.streams.video[0].average_rate
        assert rate is not None
        return len(list(film.decode(video=0))), int(rate)


@pytest.mark.parametrize("engine", [KLEIN, QWEN])
def test_a_picture_of_a_family_comes_into_the_gallery(
    studio: FamilyStudio, owner: UUID, engine: str
) -> None:
    studio.family.take(engine)
    job = studio.draw(None, owner, num_inference_steps=2, seed=7)
    drawn = newest(studio, owner, job, "image")
    with Image.open(io.BytesIO(studio.objects.get(drawn.object_key))) as image:
        assert image.size == (512, 512)
        assert len(image.getcolors(512 * 512) or ()) > 16


def test_a_clip_of_wan_comes_into_the_gallery_from_words(studio: FamilyStudio, owner: UUID) -> None:
    studio.family.take(WAN)
    clip = newest(studio, owner, animate(studio, owner), "video")
    assert clip.source_asset_id is None
    assert film_of(studio, clip) == (24, 8)


def test_a_clip_of_svd_comes_into_the_gallery_from_a_picture_without_a_word(
    studio: FamilyStudio, owner: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.family.take(KLEIN)
    picture = newest(studio, owner, studio.draw(None, owner, num_inference_steps=2), "image")
    studio.family.take(SVD)
    pocket, still, clips = ENGINES["pocket"], ENGINES[SVD], clip_options(ENGINES[SVD])
    moved = msgspec.structs.replace(
        pocket,
        reads_words=still.reads_words,
        negative_prompt=still.negative_prompt,
        clips=msgspec.structs.replace(
            clip_options(pocket),
            needs_source=clips.needs_source,
            keeps_first_frame=clips.keeps_first_frame,
        ),
    )
    monkeypatch.setattr(domain.engines, "ENGINES", {**ENGINES, "pocket": moved})
    nothing = PersonalText("")
    begins: dict[str, Any] = {"source_asset_id": picture.asset_id, "source_strength": 1.0}
    with pytest.raises(SourceMissing):
        animate(studio, owner, prompt=nothing)
    with pytest.raises(PromptUnsupported):
        animate(studio, owner, **begins)
    asked = QuoteClips("pocket", prompt=PersonalText("a lighthouse"), duration_s=3, **begins)
    said = studio.studio.preview(asked, owner_id=owner, key=uuid4())
    assert not said.prompt.is_read
    clip = newest(studio, owner, animate(studio, owner, prompt=nothing, **begins), "video")
    assert clip.source_asset_id == picture.asset_id
    assert film_of(studio, clip) == (24, 8)
