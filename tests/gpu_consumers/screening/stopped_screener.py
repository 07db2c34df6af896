"""A screener that stands still where it is told to, to be killed there. Run as a module.

`argv`: the folder of everything, and the moment. It says `here` when it has come so far.
"""

import sys
import threading
from pathlib import Path

import msgspec

from adapters.objects.folder import FolderObjectStore
from adapters.objects.presigned import Presigner
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.screening import clip_screening
from gpu_consumers.screening.credentials import Credentials
from gpu_consumers.screening.face_analyser import TimedAnalyser
from gpu_consumers.screening.output_checks import Lists, OutputChecks
from gpu_consumers.screening.output_gate import OutputGate
from tests.gpu_consumers.screening.ada import CLAIM, TEMPLATE_KEY, StubAnalyser
from tests.gpu_consumers.screening.clip_work import clip_work
from tests.gpu_consumers.screening.clips import matroska, portrait_clip
from tests.gpu_consumers.screening.output_desk import JOB, NOW_S, QUARANTINE_KEY, TEMPLATE
from topics.messages.results import OutputsScreened

MOMENTS = ("before the film", "while encoding", "before signing", "before a file", "half a file")


def opened(folder: Path) -> FolderObjectStore:
    return FolderObjectStore(folder / "objects", Presigner("http://studio.test", b"k" * 32))


def uploaded(folder: Path) -> None:
    """Everything is in place but the lists."""
    objects = opened(folder)
    objects.put(QUARANTINE_KEY, matroska(portrait_clip()), media_type="video/x-matroska")
    objects.put(TEMPLATE_KEY, msgspec.json.encode(TEMPLATE), media_type="application/json")


def screened(folder: Path, objects: FolderObjectStore, signer: FileSigner) -> OutputsScreened:
    analyser = TimedAnalyser(StubAnalyser())
    lists = Lists(folder / "known-pictures.json", folder / "listed-people.json")
    checks = OutputChecks(analyser, lists, now_s=lambda: NOW_S)
    work = clip_work(objects.get(QUARANTINE_KEY))
    gate = OutputGate(objects, analyser, checks, Credentials(signer))
    return gate.screen(work, job=JOB, attempt=1, claim_id=CLAIM)


def _stand_still(*_: object) -> None:
    sys.stdout.write("here\n")
    sys.stdout.flush()
    threading.Event().wait()


class _StandingStore(FolderObjectStore):
    puts_left = 2

    def put(self, key: str, data: bytes, *, media_type: str) -> None:
        if self.puts_left == 0:
            if sys.argv[2] == "half a file":
                self.draft(key).write(data[: len(data) // 2])
            _stand_still()
        self.puts_left -= 1
        super().put(key, data, media_type=media_type)


class _StandingSigner(FileSigner):
    def sign(self, data: bytes) -> bytes:
        _stand_still()
        return super().sign(data)


def main() -> None:
    folder, moment = Path(sys.argv[1]), sys.argv[2]
    objects, signer = opened(folder), FileSigner(folder / "keys")
    match moment:
        case "before the film":
            setattr(clip_screening, "mp4", _stand_still)  # noqa: B010
        case "while encoding":
            setattr(clip_screening, "animated_gif", _stand_still)  # noqa: B010
        case "before signing":
            signer = _StandingSigner(folder / "keys")
        case _:
            objects = _StandingStore(folder / "objects", objects.presigner)
    screened(folder, objects, signer)


if __name__ == "__main__":
    main()
