"""Seconds until a clip of four seconds, 512 px a side, is screened and all its files are written.

With the pocket model's own analyser, over encoding the same files without anybody looking.
"""

import tempfile
import time
from pathlib import Path

import msgspec
import torch

from adapters.provenance.file_signer import FileSigner
from benchmarks.measure import alternating, report, seconds
from gpu_consumers.engines.pocket.analyser import PocketFaceAnalyser
from gpu_consumers.engines.pocket.loading import LOADER
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.face_template import FaceTemplate
from gpu_consumers.screening.lists import FaceList, HashList, issue_list
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from gpu_consumers.screening.released_files import animated_gif, animated_webp, mp4, poster
from tests.gpu_consumers.screening.ada import CLAIM, TEMPLATE_KEY, store
from tests.gpu_consumers.screening.clip_work import KEYS, clip_work
from tests.gpu_consumers.screening.clips import FRAME_RATE, matroska, portrait_clip
from tests.gpu_consumers.screening.output_desk import JOB, QUARANTINE_KEY

ROUNDS = 5
FRAMES = 4 * FRAME_RATE


def main() -> None:
    """Screen one clip several times, each time as if it were the first."""
    torch.set_num_threads(1)
    pocket = PocketFaceAnalyser.load(LOADER.weights_dir(None))
    analyser = TimedAnalyser(pocket)
    clip = portrait_clip(FRAMES, "turn", 512)
    upload = matroska(clip)
    objects = store()
    objects.put(QUARANTINE_KEY, upload, media_type="video/x-matroska")
    identity = pocket.analyse(clip[0]).identity
    template = FaceTemplate(pocket.MODEL_ID, identity, identity)
    objects.put(TEMPLATE_KEY, msgspec.json.encode(template), media_type="application/json")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lists = Lists(folder / "known-pictures.json", folder / "listed-people.json")
        issue_list(folder / "known-pictures.json", HashList("sandbox", time.time(), ()))
        issue_list(folder / "listed-people.json", FaceList("x", time.time(), pocket.MODEL_ID, ()))
        checks = OutputChecks(analyser, lists)
        gate = OutputGate(objects, analyser, checks, Credentials(FileSigner(folder / "keys")))

        def screened() -> None:
            objects.delete(KEYS.values())
            gate.screen(clip_work(upload, frames=FRAMES), job=JOB, attempt=1, claim_id=CLAIM)

        def encoded() -> None:
            for encode in (mp4, animated_webp, animated_gif):
                encode(clip, FRAME_RATE)
            poster(clip)

        taken = alternating(
            ROUNDS, screened=lambda: seconds(screened), encoded=lambda: seconds(encoded)
        )
        sizes = {f"{role.value}_bytes": len(objects.get(key)) for role, key in KEYS.items()}
    report(
        "clip_screening",
        "the same four files encoded, unjudged and unsigned",
        screened_s=taken["screened"],
        baseline_encoded_s=taken["encoded"],
        ratio=taken["screened"] / taken["encoded"],
        upload_bytes=len(upload),
        **sizes,
    )


if __name__ == "__main__":
    main()
