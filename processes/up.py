"""`suite up`: everything on one machine, for a person."""

import threading
import time

import httpx
from rich.console import Console

from processes.embedded import installed
from processes.lifecycle import stop_requested
from processes.listening import listen
from processes.log import configure
from processes.settings import Settings

READY_TIMEOUT_S = 90.0
READY_POLL_S = 0.3


def run_up(settings: Settings) -> None:
    """Start, print the address once it answers, and run until Ctrl-C."""
    stop = stop_requested()
    configure(settings, "supervisor")
    console = Console(stderr=True)
    require_free_port(settings)
    with installed(settings, on_step=lambda step: console.print(f"· {step}")) as installation:
        supervisor = installation.supervisor(
            lambda name, state: console.print(f"  {name:<10} {state}", highlight=False)
        )
        threading.Thread(
            target=_announce, args=(console, settings.address, stop), daemon=True
        ).start()
        supervisor.run(stop)
        console.print("· everything stopped; start again and find it as it was")


def require_free_port(settings: Settings) -> None:
    """End here where somebody listens: several of ours share a port, and so would theirs."""
    try:
        listen(settings, shared=False).close()
    except OSError as error:
        raise SystemExit(
            f"cannot listen at {settings.host}:{settings.port}: {error.strerror}"
        ) from None


def _announce(console: Console, address: str, stop: threading.Event) -> None:
    if wait_until_ready(address, stop):
        console.print(f"\n[bold]The studio is at {address}[/bold]   (Ctrl-C ends it)\n")
    elif not stop.is_set():
        console.print("[red]The studio does not answer; see the log lines above.[/red]")


def wait_until_ready(address: str, stop: threading.Event) -> bool:
    """Until `/readyz` says ready. False after `READY_TIMEOUT_S`, or when `stop` comes first."""
    deadline_s = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline_s and not stop.wait(READY_POLL_S):
        try:
            if httpx.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                return True
        except httpx.TransportError:
            continue
    return False
