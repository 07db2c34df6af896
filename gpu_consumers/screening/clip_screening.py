"""Screens one clip: decoded apart, judged frame by frame, its files made from judged frames."""

import hashlib
import logging
from collections.abc import Callable

from gpu_consumers.engines.registry import LOADERS
from gpu_consumers.screening.clip_decoding import (
    CLIP_MEDIA_TYPE,
    ClipLimits,
    Frames,
    UndecodedClip,
    decode_clip,
)
from gpu_consumers.screening.clip_judging import ClipJudge
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.objects import ScreenerObjects
from gpu_consumers.screening.released_files import (
    EncodedFile,
    animated_gif,
    animated_webp,
    mp4,
    poster,
)
from gpu_consumers.screening.signed_copies import PROVENANCE, Draft, SignedCopies, places
from gpu_consumers.screening.unscreened import unscreened
from topics.messages.bounds import CLIP_SECONDS_MAX
from topics.messages.results import ScreenedOutput
from topics.messages.work import ClipToScreen, OutputsWork, OutputToScreen, RenditionRole

_log = logging.getLogger(__name__)


class ClipScreening:
    """Screens one clip after another."""

    def __init__(self, objects: ScreenerObjects, judge: ClipJudge, copies: SignedCopies) -> None:
        self._objects = objects
        self._judge = judge
        self._copies = copies

    def screen(
        self,
        output: OutputToScreen,
        clip: ClipToScreen,
        work: OutputsWork,
        template: FaceTemplate | None,
    ) -> ScreenedOutput:
        """All required checks. Raises only where the object store does not answer."""
        frames = self._frames(output, clip, work.engine)
        if frames is None:
            return unscreened(output, work)
        judged = self._judge.judge(
            frames,
            clip,
            [name for name in dict.fromkeys(work.required_checks) if name != PROVENANCE],
            engine=work.engine,
            template=template,
            has_twin=work.template_key is not None,
            rating=work.rating,
        )
        delivered = frames[: judged.frames]
        return self._copies.after(
            judged.checks,
            output,
            is_required=PROVENANCE in work.required_checks,
            drafts=lambda: _drafts(output, delivered, clip.frame_rate),
            shown=delivered[0],
            likeness=judged.likeness,
        )

    def _frames(self, output: OutputToScreen, clip: ClipToScreen, engine: str) -> Frames | None:
        """The frames of the very bytes that were reported; None where there are none."""
        limits = _limits(engine)
        facts = self._objects.head(output.quarantine_key)
        if (
            limits is None
            or facts is None
            or output.media_type != CLIP_MEDIA_TYPE
            or clip.frames > clip.frame_rate * CLIP_SECONDS_MAX
            # Asked before it is read: nobody has promised how much there is.
            or facts.size_bytes > limits.file_bytes_max
        ):
            return None
        data = self._objects.get(output.quarantine_key)
        if hashlib.sha256(data).hexdigest() != output.sha256:
            return None
        decoded = decode_clip(data, frames=clip.frames, limits=limits)
        if isinstance(decoded, UndecodedClip):
            _log.warning("no clip: asset %s, %s", output.asset, decoded.flaw)
            return None
        return decoded


def _limits(engine: str) -> ClipLimits | None:
    loader = LOADERS.get(engine)
    if loader is None or loader.motion is None:
        return None
    return ClipLimits(loader.motion.upload_bytes_max, loader.motion.delivered_side_max)


def _drafts(output: OutputToScreen, frames: Frames, frame_rate: int) -> list[Draft]:
    """The master and every file that was asked for. Raises NotMade, or what an encoder raises."""
    encoders: dict[RenditionRole, Callable[[], EncodedFile]] = {
        RenditionRole.MASTER: lambda: mp4(frames, frame_rate),
        RenditionRole.PREVIEW: lambda: animated_webp(frames, frame_rate),
        RenditionRole.GIF: lambda: animated_gif(frames, frame_rate),
        RenditionRole.POSTER: lambda: poster(frames),
    }
    found = places(output, frozenset(encoders))
    return [Draft(place, encoders[place.role]()) for place in found]
