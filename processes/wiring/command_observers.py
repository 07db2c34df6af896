"""Who sees the commands of a process pass."""

from processes.metrics.commands import CommandMetrics
from processes.observed_studio import CommandObserver
from processes.sight import Sight


def command_observers(sight: Sight) -> list[CommandObserver]:
    """They are counted, and followed where there is a collector. To be called once a process."""
    observers: list[CommandObserver] = [CommandMetrics(sight.registry)]
    if sight.tracing is not None:
        # Imported here, as the tracing itself.
        from processes.tracing.commands import CommandSpans

        observers.append(CommandSpans(sight.tracing))
    return observers
