"""A real child process with a tiny engine, and an object store of three routes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from gpu_consumers.worker.assignments import (
    Advanced,
    Broke,
    Delivered,
    Report,
    Start,
    StartTogether,
    Stop,
)
from gpu_consumers.worker.child import ChildSettings
from gpu_consumers.worker.child_process import ChildProcess
from topics.messages.progress import Phase
from topics.messages.results import FailureReason
from topics.messages.work import ImageItem, ImageWork, Upload, VideoItem, VideoWork

pytestmark = pytest.mark.engine

PATIENCE_S = 90.0


@pytest.fixture
def store() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that keeps what is posted to it."""
    posted: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/upload", posted
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def child(weights_dir: Path, tmp_path: Path) -> Iterator[ChildProcess]:
    process = ChildProcess(ChildSettings(tmp_path, weights_dir, device_name="cpu", threads=1))
    yield process
    process.end()


ONE_JOB = UUID(int=1)


def a_lighthouse(address: str, steps: int, job: UUID = ONE_JOB) -> Start:
    upload = Upload(address, {"key": "quarantine/0.png"}, "quarantine/0.png", "image/png", 10**6)
    work = ImageWork(
        engine="stable-diffusion-1.5",
        prompt="a lighthouse in fog",
        negative_prompt="",
        style="plain",
        width=16,
        height=16,
        num_inference_steps=steps,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=(ImageItem(0, 7, upload),),
    )
    return Start(job, 1, work)


def until(child: ChildProcess, is_it: Callable[[Report], bool]) -> list[Report]:
    """All reports up to the one that is meant."""
    seen: list[Report] = []
    ends_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends_s:
        for report in child.reports(1.0):
            seen.append(report)
            if is_it(report):
                return seen
    raise AssertionError(f"not reported: {seen}")


def test_a_child_renders_stops_and_renders_again(
    child: ChildProcess, store: tuple[str, list[bytes]]
) -> None:
    address, posted = store
    child.send(a_lighthouse(address, steps=3))
    seen = until(child, lambda report: isinstance(report, Delivered))
    phases = [report.phase for report in seen if isinstance(report, Advanced)]
    assert (phases[0], phases[-1]) == (Phase.LOAD, Phase.UPLOAD)
    assert b"\x89PNG" in posted[0]

    child.send(a_lighthouse(address, steps=1000))
    until(child, lambda report: isinstance(report, Advanced) and report.phase is Phase.STEP)
    child.send(Stop())
    seen = until(child, lambda report: not isinstance(report, Advanced))
    assert seen[-1] == Broke(FailureReason.STOPPED)

    child.send(a_lighthouse(address, steps=3))
    until(child, lambda report: isinstance(report, Delivered))
    assert posted[0].split(b"\x89PNG")[1][:200] == posted[1].split(b"\x89PNG")[1][:200]

    child.end()
    assert not child.is_alive


def test_of_two_jobs_that_a_child_draws_together_one_is_stopped_and_one_delivered(
    child: ChildProcess, store: tuple[str, list[bytes]]
) -> None:
    address, posted = store
    stays, goes = UUID(int=2), UUID(int=3)
    starts = tuple(a_lighthouse(address, steps=100, job=job) for job in (goes, stays))
    child.send(StartTogether(starts))
    until(
        child,
        lambda report: (
            isinstance(report, Advanced) and (report.job, report.phase) == (goes, Phase.STEP)
        ),
    )
    child.send(Stop(goes))
    first = until(child, lambda report: not isinstance(report, Advanced))[-1]
    second = until(child, lambda report: not isinstance(report, Advanced))[-1]
    assert first == Broke(FailureReason.STOPPED, goes)
    assert isinstance(second, Delivered)
    assert second.job == stays
    assert len(posted) == 1


def test_a_child_draws_a_clip_and_uploads_its_frames(
    store: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    address, posted = store
    child = ChildProcess(ChildSettings(tmp_path, device_name="cpu", threads=1))
    key = "quarantine/0.mkv"
    upload = Upload(address, {"key": key}, key, "video/x-matroska", 10**8)
    work = VideoWork(
        engine="pocket",
        prompt="smiling, front view",
        negative_prompt="",
        style="neon",
        motion="nod",
        width=256,
        height=256,
        frames=4,
        frame_rate=8,
        num_inference_steps=2,
        guidance_scale=4.0,
        twin_strength=1.0,
        items=(VideoItem(0, 7, upload),),
    )
    child.send(Start(UUID(int=1), 1, work))
    seen = until(child, lambda report: not isinstance(report, Advanced))
    child.end()
    [done] = [report for report in seen if isinstance(report, Delivered)]
    assert [(output.frames, output.media_type) for output in done.outputs] == [
        (4, "video/x-matroska")
    ]
    shown = [report for report in seen if isinstance(report, Advanced) and report.preview_png]
    assert shown[0].preview_items == (0,)
    assert b"matroska" in posted[0]


def test_the_parent_loads_no_torch() -> None:
    program = (
        "import sys, gpu_consumers.worker.worker, gpu_consumers.worker.child_process, "
        "gpu_consumers.engines.registry; "
        "sys.exit(any(name in sys.modules for name in "
        "('torch', 'diffusers', 'peft', 'av', 'domain', 'eventsourcing', 'psycopg')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("chosen", "turns"), [(None, "0"), ("ACTIVE", "30000000000")], ids=["by default", "chosen"]
)
def test_threads_that_wait_for_others_sleep_unless_the_operator_says_otherwise(
    chosen: str | None,
    turns: str,
    store: tuple[str, list[bytes]],
    weights_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if chosen is None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    else:
        monkeypatch.setenv("OMP_WAIT_POLICY", chosen)
    # Then OpenMP says at its start how often a thread that waits looks before it sleeps.
    monkeypatch.setenv("OMP_DISPLAY_ENV", "VERBOSE")
    child = ChildProcess(ChildSettings(tmp_path, weights_dir, device_name="cpu", threads=1))
    child.send(a_lighthouse(store[0], steps=1))
    until(child, lambda report: isinstance(report, Delivered))
    child.end()
    assert f"GOMP_SPINCOUNT = '{turns}'" in capfd.readouterr().err
