"""Which processes run on this machine, by what each of them shows."""

from collections.abc import Iterator

from processes.healthcheck import Ailment, Unwell, check_process
from processes.heartbeat import as_it_was_started
from processes.metrics.ports import first_port_for_another, metrics_port
from processes.settings import PROCESS_NAMES, Settings
from processes.status.line import Line

_ADVICE = {
    Ailment.NOT_READY: "its log says what it waits for; the database is the likeliest",
    Ailment.NOT_BEGUN: "start it: `suite up` runs all, `suite run {process}` this one",
    Ailment.GONE: "it was killed: `suite up` starts it again, or `suite run {process}` does",
    Ailment.HANGS: "after SUITE_TURN_MAX_S it ends itself; if it does not, kill it",
    Ailment.DATABASE: "mend the database: the process goes on by itself",
    Ailment.TOPICS: "mend the topics: the process goes on by itself",
}


def running(settings: Settings, *, all_expected: bool) -> Iterator[Line]:
    """A line a process. Where not `all_expected`, one that is not here may run elsewhere."""
    shown = tuple(_shown(settings))
    if not shown:
        where = f"none has shown itself in {settings.running}"
        yield Line("processes", where, "start the studio: `suite up`" if all_expected else None)
        return
    for process in PROCESS_NAMES:
        members: list[str | None] = [member for name, member in shown if name == process]
        if not members and all_expected:
            members = [None]
        own = settings
        if process == "api":
            # As many as are seen: whoever looks may have other settings than who started them.
            own = settings.model_copy(
                update={"api_processes": max(settings.api_processes, len(members))}
            )
        for member in members:
            yield _line(own, process, member)


def _shown(settings: Settings) -> Iterator[tuple[str, str]]:
    """Process and member of every heartbeat."""
    if not settings.running.is_dir():
        return
    for file in sorted(settings.running.iterdir()):
        process, at, member = file.name.partition("@")
        if at and process in PROCESS_NAMES:
            yield process, member


def _line(settings: Settings, process: str, member: str | None) -> Line:
    own = settings if member is None else settings.model_copy(update={"worker_name": member})
    started = as_it_was_started(own, process)
    subject = member if member in _further(process, member) else process
    try:
        check_process(started, process)
    except Unwell as unwell:
        advice = _ADVICE[unwell.ailment].format(process=process)
        return Line(subject or process, str(unwell.ailment), advice)
    is_told = started is not own
    port = metrics_port(started, process) if is_told else _port(settings, process, member)
    shows = "shows no metrics" if port is None else f"metrics at {_url(settings, port)}"
    return Line(subject or process, f"its main loop turns; {shows}")


def _further(process: str, member: str | None) -> list[str | None]:
    """The member itself, where it is one of several that the supervisor numbers: `worker-2`."""
    name, _, number = (member or "").rpartition("-")
    return [member] if name == process and number.isdecimal() else []


def _port(settings: Settings, process: str, member: str | None) -> int | None:
    if not _further(process, member):
        return metrics_port(settings, process)
    number = int((member or "").rpartition("-")[2])
    first = first_port_for_another(settings, process, number - 2)
    return metrics_port(settings.model_copy(update={"metrics_port": first}), process)


def _url(settings: Settings, port: int) -> str:
    host = settings.metrics_host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"
