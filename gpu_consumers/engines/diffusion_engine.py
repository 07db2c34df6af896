"""How a latent diffusion engine does a whole job: pictures for a work, or a twin from photos."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from gpu_consumers.engines.adapter_file import AdapterInvalid, read_adapter
from gpu_consumers.engines.batch_watch import BatchWatch
from gpu_consumers.engines.clip_drawing import Clip, ClipDrawer
from gpu_consumers.engines.clip_rendering import rendered_clips
from gpu_consumers.engines.diffusion_model import Picture
from gpu_consumers.engines.drawing_work import (
    DrawingWork,
    drawn_source,
    drawn_strength,
    steps_each,
)
from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.enlarging import enlarged
from gpu_consumers.engines.latent_animation import with_motion
from gpu_consumers.engines.latent_diffusion import (
    DrawSettings,
    LatentDiffusion,
    Row,
)
from gpu_consumers.engines.loaded_engine import (
    EarlierCheckpoint,
    HeldTwin,
    NotDrawn,
    PictureSpoilt,
    Progress,
    RenderedClip,
    RenderedPicture,
    Share,
    ShareOutcome,
    SourceUnreadable,
    TrainedTwin,
    TwinFile,
    TwinNotHeld,
)
from gpu_consumers.engines.model_loading import load_latent_diffusion
from gpu_consumers.engines.slot_bank import RowTwin
from gpu_consumers.training.likeness import best
from gpu_consumers.training.photograph_faces import photograph_faces
from gpu_consumers.training.training_attempts import FindPhotographFaces, TrainingAttempts
from topics.messages.progress import Phase
from topics.messages.work import ImageWork, TrainingWork, VideoWork

_PNGS_AT_ONCE: Final = 4


class DiffusionEngine:
    """A `LoadedEngine` over a model of any family. `cache_dir` outlives the process.

    `weights_dir` is where its motion adapter is looked for with the first clip that is asked for,
    and the operator's captioner with every training. `photograph_faces`: who sees faces in what it
    draws, where its entry names nobody; asked for at every training.
    """

    def __init__(
        self,
        diffusion: LatentDiffusion,
        cache_dir: Path,
        weights_dir: Path | None,
        photograph_faces: FindPhotographFaces = lambda: None,
    ) -> None:
        self._diffusion = diffusion
        self._weights_dir = weights_dir
        self._animation: ClipDrawer | None = None
        self._has_leftovers = False
        self._is_at_work = False
        loader = diffusion.loader
        self._factors = (
            None if loader.preview_factors is None else loader.preview_factors(diffusion)
        )
        self._training = TrainingAttempts(
            diffusion, cache_dir, weights_dir, photograph_faces, self._factors
        )

    @property
    def engine(self) -> str:
        return self._loader.id

    @property
    def render_batch_max(self) -> int:
        return self._loader.render_batch_max

    @property
    def twins_max(self) -> int:
        return self._diffusion.bank.twins_max

    @property
    def training_batch_max(self) -> int:
        return self._loader.twin.batch_size

    @property
    def _loader(self) -> EngineLoader:
        return self._diffusion.loader

    def holds(self, adapter_sha256: str) -> bool:
        """See `LoadedEngine.holds`."""
        return self._diffusion.bank.holds(adapter_sha256)

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
        with self._an_attempt():
            return self._render(work, adapter, source, progress, batch_size)

    def render_together(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        """See `LoadedEngine.render_together`."""
        with self._an_attempt():
            return self._draw(shares)

    def animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        """See `LoadedEngine.animate`."""
        with self._an_attempt():
            return self._animate(work, adapter, source, progress)

    def train(
        self,
        work: TrainingWork,
        photos: Sequence[bytes],
        progress: Progress,
        *,
        checkpoints_dir: Path,
        batch_size: int,
    ) -> TrainedTwin:
        """See `LoadedEngine.train`."""
        with self._an_attempt():
            candidates = self._training.checkpoints(
                work, photos, progress, checkpoints_dir=checkpoints_dir, batch_size=batch_size
            )
            chosen = best(candidates)
            trained = TrainedTwin(
                adapter=chosen.adapter,
                rank=work.rank,
                step=chosen.step,
                similarity=chosen.similarity,
                samples=tuple(
                    self._delivered(item, work.seed + item, sample)
                    for item, sample in enumerate(chosen.samples)
                ),
                others=tuple(
                    EarlierCheckpoint(one.adapter, one.step, one.similarity)
                    for one in candidates
                    if one is not chosen
                ),
            )
        # It held far more than a picture needs, and what it held may hold itself.
        self._has_leftovers = True
        return trained

    def forget(self, adapter_sha256: str) -> None:
        """See `LoadedEngine.forget`."""
        self._diffusion.bank.forget(adapter_sha256)
        if self._has_leftovers and not self._is_at_work:
            self._diffusion.release_memory()
            self._has_leftovers = False

    @contextmanager
    def _an_attempt(self) -> Iterator[None]:
        """The block begins with the memory that the last one left, if that one failed."""
        # Not every time: looking through all objects costs a tenth of a small job.
        if self._has_leftovers:
            self._diffusion.release_memory()
        self._has_leftovers = self._is_at_work = True
        try:
            yield
            self._has_leftovers = False
        finally:
            self._is_at_work = False

    def _render(
        self,
        work: ImageWork,
        adapter: TwinFile | None,
        source: bytes | None,
        progress: Progress,
        batch_size: int,
    ) -> list[RenderedPicture]:
        steps = steps_each(work)
        batches = -(-len(work.items) // batch_size)
        progress.report(Phase.ENCODE, 0, batches * steps)
        finished: list[RenderedPicture] = []
        for start in range(0, len(work.items), batch_size):
            items = work.items[start : start + batch_size]
            before = start // batch_size * steps
            share = Share(work, items, adapter, source, progress, before, batches * steps)
            [drawn] = self._draw([share])
            if isinstance(drawn, NotDrawn):
                raise drawn.error
            finished += drawn
        return finished

    def _draw(self, shares: Sequence[Share]) -> list[ShareOutcome]:
        watch = BatchWatch(shares, self._factors)
        rows: list[Row] = []
        for number, share in enumerate(shares):
            try:
                rows += self._rows(share)
            except (AdapterInvalid, SourceUnreadable, TwinNotHeld) as error:
                watch.leave_out(number, error)
            else:
                watch.add(number)
        drawn: dict[int, list[Picture]] = {number: [] for number in range(len(shares))}
        if rows:
            work = shares[0].work
            settings = DrawSettings(work.width, work.height, work.num_inference_steps)
            for row, picture in self._diffusion.draw(
                rows, settings, watch.after_step, job_of=watch.share_of
            ):
                if picture is None:
                    watch.leave_out(watch.share_of(row), PictureSpoilt())
                else:
                    drawn[watch.share_of(row)].append(picture)
        return self._all_delivered(shares, drawn, watch.left_out)

    def _rows(self, share: Share) -> list[Row]:
        """Raises AdapterInvalid, SourceUnreadable, TwinNotHeld."""
        work = share.work
        twin = self._twin(work, share.adapter)
        row = Row(
            prompt=self._prompt(work, twin),
            negative_prompt=work.negative_prompt,
            seed=0,
            guidance_scale=work.guidance_scale,
            twin=twin,
            source=drawn_source(work, share.source),
            strength=drawn_strength(work),
        )
        return [replace(row, seed=item.seed) for item in share.items]

    def _animate(
        self, work: VideoWork, adapter: TwinFile | None, source: bytes | None, progress: Progress
    ) -> list[RenderedClip]:
        steps = steps_each(work)
        progress.report(Phase.ENCODE, 0, len(work.items) * steps)
        if self._animation is None:
            own = self._diffusion.model.clips()
            self._animation = own or with_motion(self._diffusion, self._weights_dir)
        twin = self._twin(work, adapter)
        clip = Clip(
            prompt=self._prompt(work, twin, work.motion),
            negative_prompt=work.negative_prompt,
            seed=0,
            twin=twin,
            first_frame=drawn_source(work, source),
            strength=drawn_strength(work),
            motion=work.motion,
        )
        return rendered_clips(
            self._animation,
            clip,
            work,
            progress,
            factors=self._factors,
            scale=self._loader.delivery_scale,
        )

    def _prompt(self, work: DrawingWork, twin: RowTwin | None, motion: str = "") -> str:
        return self._loader.prompt_for(
            work.prompt, work.style, names_twin=twin is not None, motion=motion
        )

    def _twin(self, work: DrawingWork, adapter: TwinFile | None) -> RowTwin | None:
        """A twin without strength is not drawn, and not named either."""
        if adapter is None or work.twin_strength == 0:
            return None
        return RowTwin(self._hold(adapter), work.twin_strength)

    def _hold(self, adapter: TwinFile) -> str:
        """The slot key of this file, which is in its slot afterwards. Raises TwinNotHeld."""
        bank = self._diffusion.bank
        if isinstance(adapter, HeldTwin):
            if not bank.holds(adapter.adapter_sha256):
                raise TwinNotHeld
            return adapter.adapter_sha256
        key = hashlib.sha256(adapter).hexdigest()
        if not bank.holds(key):
            checked = read_adapter(
                adapter,
                bank.targets,
                rank_max=self._loader.rank_max,
                size_bytes_max=self._loader.adapter_size_bytes_max,
                component=self._diffusion.model.component,
            )
            bank.put(key, checked)
        return key

    def _all_delivered(
        self,
        shares: Sequence[Share],
        drawn: Mapping[int, Sequence[Picture]],
        left_out: Mapping[int, NotDrawn],
    ) -> list[ShareOutcome]:
        # A large PNG takes a quarter of a second, nearly all of it without the interpreter's lock.
        with ThreadPoolExecutor(_PNGS_AT_ONCE, "png") as threads:
            delivered = {
                number: [
                    threads.submit(self._delivered, item.item, item.seed, picture)
                    for item, picture in zip(share.items, drawn[number], strict=True)
                ]
                for number, share in enumerate(shares)
                if number not in left_out
            }
            return [
                left_out.get(number) or tuple(picture.result() for picture in delivered[number])
                for number in range(len(shares))
            ]

    def _delivered(self, item: int, seed: int, picture: Picture) -> RenderedPicture:
        image = enlarged(picture, self._loader.delivery_scale)
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
        return RenderedPicture(item, seed, buffer.getvalue(), image.width, image.height)


def load_diffusion_engine(
    loader: EngineLoader,
    *,
    weights_dir: Path | None,
    cache_dir: Path,
    device_name: str,
    gates_dir: Path | None = None,
) -> DiffusionEngine:
    """Load an engine whose model draws pictures, of any family. Raises EngineAbsent.

    `gates_dir`: where the models lie that see faces in photographs, if this machine has any.
    """
    diffusion = load_latent_diffusion(loader, weights_dir, device_name)
    return DiffusionEngine(diffusion, cache_dir, weights_dir, lambda: photograph_faces(gates_dir))
