"""Start everything, take people through the journey, leave pictures, ledger and report."""

import argparse
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.live import Live as RichLive
from rich.table import Table

from adapters.event_store.log import EventLog
from adapters.parts.kafka import BrokerFailed, PartUnavailable
from adapters.parts.s3 import S3Failed, S3Server
from adapters.provenance.file_signer import FileSigner
from gpu_consumers.engines.pocket.world.photo_set import photo_set
from gpu_consumers.screening.credentials import Credentials
from processes.audit.claimed_balances import claimed_balances
from processes.audit.export import export
from processes.audit.verify import verify_file
from processes.demo.accident import Accident
from processes.demo.broker import home_on_kafka
from processes.demo.bucket import StoreAccident, home_on_s3
from processes.demo.client import DemoRefused, StudioClient
from processes.demo.contact_sheet import contact_sheet
from processes.demo.journey import Journey, Live
from processes.demo.memory import PeakMemory
from processes.demo.story import Story
from processes.embedded import Installation, installed
from processes.log import configure
from processes.settings import Settings, load_settings
from processes.up import wait_until_ready
from processes.wiring.members import member_name

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"
NAMES = ("Ada", "Grace", "Katherine", "Mary", "Dorothy")
# The first of them wears no glasses, whose rims the pocket model runs together with the brows.
SEED = 5_226
PHOTOS = 12
MORE_WORKERS = ("worker-2",)


class Display:
    """What is shown while the journeys go on."""

    def __init__(self, names: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._step = dict.fromkeys(names, "waiting")
        self._progress = dict.fromkeys(names, "")

    def step(self, name: str, title: str) -> None:
        """A journey came to its next step."""
        with self._lock:
            self._step[name], self._progress[name] = title, ""

    def progress(self, name: str, step: int, steps_total: int) -> None:
        """A job of a journey went on."""
        done = int(20 * step / max(1, steps_total))
        with self._lock:
            self._progress[name] = f"{'█' * done}{'░' * (20 - done)} {step}/{steps_total}"

    def __rich__(self) -> Table:
        table = Table(box=None, show_header=False)
        with self._lock:
            for name, title in self._step.items():
                table.add_row(f"[bold]{name}[/bold]", title, self._progress[name])
        return table


def main() -> int:
    """Run the demo. Answers the exit status."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--people", type=int, default=1, choices=range(1, len(NAMES) + 1))
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--kafka",
        action="store_true",
        help="topics on Apache Kafka, two workers, one of them killed in the middle of a job",
    )
    parser.add_argument(
        "--s3",
        action="store_true",
        help="objects on an S3 server; a worker and then the server are killed in the middle",
    )
    asked = parser.parse_args()
    console = Console()
    names = NAMES[: asked.people]
    if asked.s3:
        return _demo_on_s3(names, asked.out or Path("var/demo-s3"), console)
    if not asked.kafka:
        out = asked.out or Path("var/demo")
        return _demo(names, out, out / "suite", (), console)
    out = asked.out or Path("var/demo-kafka")
    try:
        with home_on_kafka(out, lambda step: console.print(f"· {step}")) as home:
            return _demo(names, out, home, MORE_WORKERS, console)
    except (PartUnavailable, BrokerFailed) as missing:
        console.print(f"[red]{missing}[/red]")
        return 1


def _demo_on_s3(names: Sequence[str], out: Path, console: Console) -> int:
    try:
        with home_on_s3(lambda step: console.print(f"· {step}")) as (home, server):
            return _demo(names, out, home, (), console, server)
    except (PartUnavailable, S3Failed) as missing:
        console.print(f"[red]{missing}[/red]")
        return 1


def _demo(
    names: Sequence[str],
    out: Path,
    home: Path,
    more_workers: Sequence[str],
    console: Console,
    server: S3Server | None = None,
) -> int:
    began_s = time.monotonic()
    out.mkdir(parents=True, exist_ok=True)
    settings = load_settings().model_copy(
        update={"home": home, "port": _free_port(), "log_level": "warning"}
    )
    configure(settings, "demo")
    with (
        PeakMemory(os.getpid()) as memory,
        installed(settings, lambda step: console.print(f"· {step}")) as installation,
    ):
        try:
            stories, audit = _run(installation, names, out, more_workers, console, server)
        except DemoRefused as refused:
            console.print(f"[red]{refused}[/red]")
            return 1
    seconds = time.monotonic() - began_s
    _report(stories, audit, seconds, memory.peak_bytes, out)
    _table(stories, audit, seconds, memory.peak_bytes, out, console)
    return 0 if audit["findings"] == 0 else 1


def _run(
    installation: Installation,
    names: Sequence[str],
    out: Path,
    more_workers: Sequence[str],
    console: Console,
    server: S3Server | None,
) -> tuple[list[Story], dict[str, int]]:
    stop = threading.Event()
    settings = installation.settings
    supervisor = installation.supervisor(lambda name, state: None, more_workers)
    accident = None
    store_accident = None
    if more_workers or server is not None:
        members = {member_name(settings, "worker"): "worker"} | {
            name: name for name in more_workers
        }
        accident = Accident(settings.require_database_url(), members, supervisor.pid)
        if server is not None:
            worker = accident
            store_accident = StoreAccident(server, lambda: worker.killed is not None)
    running = threading.Thread(target=supervisor.run, args=(stop,))
    running.start()
    try:
        started = len(supervisor.names)
        console.print(f"· starting {started} processes at {settings.address}")
        if not wait_until_ready(settings.address, stop):
            raise DemoRefused("the studio does not answer")
        happening = [one for one in (accident, store_accident) if one is not None]
        stories = _walk_all(settings, names, happening, console)
        audit = _audit(settings, out)
        if accident is not None:
            _tell(accident, console)
        if store_accident is not None:
            _tell_of_store(store_accident, console)
    finally:
        stop.set()
        running.join()
    _write(stories, out)
    return stories, audit


def _tell(accident: Accident, console: Console) -> None:
    if accident.killed is None:
        raise DemoRefused("every job ended before its worker could be killed")
    console.print(
        f"· {accident.killed} was killed in the middle of a job, which took "
        f"{accident.attempts()} attempts"
    )


def _tell_of_store(accident: StoreAccident, console: Console) -> None:
    if not accident.has_passed():
        raise DemoRefused("every job ended before the S3 server could be killed")
    console.print("· the S3 server was killed in the middle of a job, and came back")


def _walk_all(
    settings: Settings,
    names: Sequence[str],
    happening: Sequence[Accident | StoreAccident],
    console: Console,
) -> list[Story]:
    display = Display(names)

    def progress(name: str, step: int, steps_total: int) -> None:
        display.progress(name, step, steps_total)
        for accident in happening:
            accident.progressed(step, steps_total)

    live = Live(display.step, progress)
    # The same as the screener's: whoever verifies has to know whom to trust.
    credentials = Credentials(FileSigner(settings.secrets / "provenance"))

    def walk(number: int, name: str) -> Story:
        client = StudioClient(settings.address, OPERATIONS)
        journey = Journey(client, name, photo_set(SEED + number, PHOTOS), live, credentials)
        return journey.walk(settings.address)

    with (
        RichLive(display, console=console, refresh_per_second=4),
        ThreadPoolExecutor(len(names)) as people,
    ):
        return [future.result() for future in [people.submit(walk, *p) for p in enumerate(names)]]


def _audit(settings: Settings, out: Path) -> dict[str, int]:
    """Export the ledger, replay it, and compare every balance with the read model."""
    url = settings.require_database_url()
    path = out / "ledger.jsonl"
    with EventLog(url, application="audit") as events, path.open("wb") as file:
        export(events.chained(), file, anchor=events.anchor())
    report = verify_file(path, claimed=claimed_balances(url))
    return {
        "events": report.rows,
        "ledger_events": report.ledger_rows,
        "balances": len(report.balances),
        "findings": len(report.findings),
    }


def _write(stories: Sequence[Story], out: Path) -> None:
    for story in stories:
        folder = out / "pictures" / story.name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(story.images, start=1):
            (folder / f"{number:02}.png").write_bytes(picture.data)
        for clip in story.clips:
            for suffix, data in clip.files.items():
                (folder / f"video{suffix}").write_bytes(data)
        for remix in story.remixes:
            (folder / "remix-source.png").write_bytes(remix.source.data)
            (folder / "remix.png").write_bytes(remix.picture.data)
    contact_sheet(stories, out / "contact-sheet.png")


def _report(
    stories: Sequence[Story], audit: dict[str, int], seconds: float, peak_bytes: int, out: Path
) -> None:
    report = {
        "seconds": round(seconds, 1),
        "peak_memory_mb": round(peak_bytes / 1e6),
        "audit": audit,
        "people": [
            {
                "name": story.name,
                "steps": [
                    {"step": title, "seconds": round(spent_s, 2)} for title, spent_s in story.steps
                ],
                "likeness": story.similarity,
                "samples": len(story.samples),
                "pictures": len(story.images),
                "clips": [
                    {
                        "milliseconds": clip.duration_ms,
                        "likeness": clip.likeness,
                        "bytes": {end: len(data) for end, data in clip.files.items()},
                    }
                    for clip in story.clips
                ],
                "remixes": len(story.remixes),
                "millicredits": story.balance,
            }
            for story in stories
        ],
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n")


def _table(
    stories: Sequence[Story],
    audit: dict[str, int],
    seconds: float,
    peak_bytes: int,
    out: Path,
    console: Console,
) -> None:
    table = Table(title="The journey")
    table.add_column("step")
    for story in stories:
        table.add_column(story.name, justify="right")
    for index, (title, _) in enumerate(stories[0].steps):
        table.add_row(title, *(f"{story.steps[index][1]:.1f} s" for story in stories))
    console.print(table)
    console.print(
        f"{seconds:.0f} s, at most {peak_bytes / 1e9:.1f} GB; {audit['events']} events audited, "
        f"{audit['findings']} findings"
    )
    for name in ("contact-sheet.png", "pictures", "ledger.jsonl", "report.json"):
        console.print(f"  {out / name}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
