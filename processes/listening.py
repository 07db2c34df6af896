"""The socket that an API process listens on, which several of one studio may share."""

import socket

from processes.settings import Settings

BACKLOG = 2_048
"""Connections that may wait for the loop."""


def listen(settings: Settings, *, shared: bool) -> socket.socket:
    """Open it. Raises `OSError` where somebody listens there who does not share, or may not."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server(
        (settings.host, settings.port), family=family, backlog=BACKLOG, reuse_port=shared
    )
