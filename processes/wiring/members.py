"""Names of group members: stable over restarts, different for different machines."""

import socket

from processes.settings import Settings


def member_name(settings: Settings, process: str) -> str:
    """`SUITE_WORKER_NAME`, or the process and the host's name.

    Several processes of one kind on one host need a name each: a newcomer with the same name takes
    the other's place.
    """
    return settings.worker_name or f"{process}-{socket.gethostname()}"
