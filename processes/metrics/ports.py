"""Which port is whose: the first one is a setting, and each process has its place behind it."""

from processes.settings import PROCESS_NAMES, Settings


def metrics_port(settings: Settings, process: str) -> int | None:
    """Where a process shows its metrics; None where none shall.

    The same for a process that is started alone and for a child of `suite up`.
    """
    if settings.metrics_port == 0:
        return None
    return settings.metrics_port + PROCESS_NAMES.index(process)


def first_port_for_another(settings: Settings, process: str, number: int) -> int:
    """The setting with which one more process of a kind, the first being number 0, has a port
    behind those of all the others.
    """
    if settings.metrics_port == 0:
        return 0
    return settings.metrics_port + len(PROCESS_NAMES) + number - PROCESS_NAMES.index(process)
