"""The work of screening one clip of Ada, and where its files go."""

import hashlib

from domain.checks import Check
from tests.gpu_consumers.screening.ada import TEMPLATE_KEY
from tests.gpu_consumers.screening.clips import FRAME_RATE
from tests.gpu_consumers.screening.output_desk import ASSET, QUARANTINE_KEY, TWIN_CHECKS
from topics.messages.work import (
    ClipToScreen,
    OutputsWork,
    OutputToScreen,
    RenditionPlace,
    RenditionRole,
)

KEYS = {role: f"gallery/{ASSET}/1/{role.value}" for role in RenditionRole}
MEDIA_TYPES = {
    RenditionRole.MASTER: "video/mp4",
    RenditionRole.PREVIEW: "image/webp",
    RenditionRole.GIF: "image/gif",
    RenditionRole.POSTER: "image/png",
}
FRAMES_MIN = 3 * FRAME_RATE


def clip_work(
    clip: bytes,
    *,
    frames: int = 32,
    checks: tuple[str, ...] = TWIN_CHECKS,
    engine: str = "pocket",
    media_type: str = "video/x-matroska",
) -> OutputsWork:
    """A clip of four seconds unless said otherwise, with all of its files."""
    others = (role for role in RenditionRole if role is not RenditionRole.MASTER)
    output = OutputToScreen(
        item=0,
        asset=ASSET,
        quarantine_key=QUARANTINE_KEY,
        gallery_key=KEYS[RenditionRole.MASTER],
        sha256=hashlib.sha256(clip).hexdigest(),
        media_type=media_type,
        renditions=tuple(RenditionPlace(role, KEYS[role]) for role in others),
    )
    return OutputsWork(
        engine=engine,
        rating="GENERAL",
        outputs=(output,),
        required_checks=checks,
        template_key=TEMPLATE_KEY if Check.NO_ENROLLED_MATCH not in checks else None,
        clip=ClipToScreen(frames, FRAME_RATE, FRAMES_MIN),
    )
