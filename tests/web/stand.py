"""A studio to look at: `python -m tests.web.stand` serves the page with somebody's pictures in it.

Real database, API and feeds; the pictures are the world's cartoons, drawn without an engine. It
prints where to go and how to sign in, and serves until its input ends (Ctrl+D) or it is stopped.
"""

import io
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adapters.postgres.embedded import VOLATILE, EmbeddedPostgres
from adapters.postgres.migrate import migrate
from commands.jobs.fail_job import FailJob
from commands.jobs.record_claim import RecordClaim
from domain.checks import Check
from domain.job_state import JobFailure
from gpu_consumers.engines.pocket.world.frame import FRAMES, SQUARE
from gpu_consumers.engines.pocket.world.identity import random_identity
from gpu_consumers.engines.pocket.world.portrait import render
from gpu_consumers.engines.pocket.world.scene import random_scene
from gpu_consumers.engines.pocket.world.styles import STYLES
from gpu_consumers.screening.released_files import (
    EncodedFile,
    animated_gif,
    animated_webp,
    mp4,
    poster,
)
from gpu_consumers.screening.thumbnails import thumbnail
from tests.api.creator import PASSWORD, Creator, uuid_of
from tests.api.live_studio import LiveStudio, live_studio
from tests.gpu_consumers.screening.clips import FRAME_RATE, portrait_clip
from tests.web.progress import comes_to
from topics.messages.progress import CheckpointSeen
from topics.messages.work import ThumbnailRole

PICTURES = 24
SIDE_PX = 512
RATIOS = ("1:1", "3:4", "1:1", "16:9", "9:16", "4:3")
"""As people ask for them: squares most of all."""

WISHES = (
    "smiling, looking left, green top, yellow background",
    "red scarf, laughing",
    "glasses, looking right, blue background",
    "a lighthouse keeper in fog",
)


def cartoon(seed: int, ratio: str = "1:1") -> NDArray[np.uint8]:
    """A picture of somebody who is nobody, (512, 512, 3) or of about as many pixels."""
    rng = np.random.default_rng(seed)
    who = random_identity(np.random.default_rng(7))
    style = STYLES[list(STYLES)[seed % len(STYLES)]]
    return render(
        who, random_scene(rng), style=style, frame=FRAMES[ratio].scaled(SIDE_PX // SQUARE.width)
    )


def picture_files(seed: int, ratio: str = "1:1") -> dict[str, EncodedFile]:
    """What a screener makes of a picture."""
    drawn = cartoon(seed, ratio)
    height, width = drawn.shape[:2]
    written = io.BytesIO()
    Image.fromarray(drawn).save(written, "PNG")
    master = EncodedFile(written.getvalue(), "image/png", width, height)
    return {"master": master} | {role.value: thumbnail(drawn, role) for role in ThumbnailRole}


def clip_files(motion: str) -> dict[str, EncodedFile]:
    """What a screener makes of a clip of three seconds."""
    frames = portrait_clip(FRAME_RATE * 3, motion, 256)
    return {
        "master": mp4(frames, FRAME_RATE),
        "preview": animated_webp(frames, FRAME_RATE),
        "gif": animated_gif(frames, FRAME_RATE),
        "poster": poster(frames),
    } | {role.value: thumbnail(frames[0], role) for role in ThumbnailRole}


def furnished(live: LiveStudio, pictures: int = PICTURES) -> Creator:
    """Ada: a twin, pictures and a clip of it, a job that runs, one that waits, one that failed."""
    ada = Creator(live)
    twin = ada.trained()
    ada.rich("studio").rich("studio")
    for seed in range(pictures):
        style, ratio = list(STYLES)[seed % len(STYLES)], RATIOS[seed % len(RATIOS)]
        wish = WISHES[seed % len(WISHES)]
        job = ada.images(twin, count=1, prompt=wish, seed=seed, style=style, aspectRatio=ratio)
        ada.finished(job, picture_files(seed, ratio), says_size=True)
        if seed % 5 == 0:
            ada.did("setFavourite", asset=ada.gallery()[0]["id"], favourite=True)
    ada.finished(ada.clips(durationS=3, twin=twin), clip_files("nod"))
    partly = ada.images(twin, count=4, prompt=WISHES[2])
    ada.finished(partly, picture_files(42), failed={2: [Check.FACE_COUNT]})
    broken = ada.images(twin, count=2, prompt=WISHES[1])
    live.does(FailJob(uuid_of(broken), JobFailure.DEADLINE_PASSED), ada.person)
    running = ada.images(twin, count=2, prompt=WISHES[0])
    claim = ada.claimed(running)
    preview = io.BytesIO()
    Image.fromarray(np.hstack([cartoon(98), cartoon(99)])).resize((256, 128)).save(preview, "PNG")
    comes_to(11, claim, ada, preview_png=preview.getvalue(), preview_items=(0, 1))
    ada.images(twin, count=4, prompt=WISHES[1])
    nova = ada.twin("Nova")
    ada.accepted(nova)
    learns(ada, ada.claimed(ada.training(nova)))
    ada.twin("Not yet")
    live.settle()
    return ada


def learns(ada: Creator, claim: RecordClaim) -> None:
    """A training is half done, and has passed two checkpoints."""
    strip = [np.asarray(Image.fromarray(cartoon(seed)).resize((128, 128))) for seed in (4, 9, 14)]
    samples = io.BytesIO()
    Image.fromarray(np.hstack(strip)).save(samples, "PNG")
    ada.live.settle()
    passed = (CheckpointSeen(48, 0.71), CheckpointSeen(96, 0.88))
    for count, step in ((1, 48), (2, 96)):
        comes_to(
            step,
            claim,
            ada,
            of=192,
            preview_png=samples.getvalue(),
            preview_items=(0, 1, 2),
            checkpoints=passed[:count],
        )


@contextmanager
def standing(folder: Path) -> Iterator[LiveStudio]:
    """A studio of its own, for the length of a `with` block."""
    with EmbeddedPostgres(folder / "postgres", VOLATILE) as server:
        server.create_database("stand")
        migrate(server.admin_url("stand"))
        with live_studio(server.url("stand"), folder / "studio") as live:
            yield live


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.TemporaryDirectory(prefix="suite-stand-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with standing(folder) as live:
            ada = furnished(live)
            print(f"{live.url}\n{ada.email}\n{PASSWORD}", flush=True)
            with suppress(KeyboardInterrupt):
                sys.stdin.read()


if __name__ == "__main__":
    main()
