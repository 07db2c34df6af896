"""How many threads each kind of blocking work may hold, so that none starves the others."""

from dataclasses import dataclass, field

from anyio import CapacityLimiter

PASSWORDS_MAX = 4
"""Argon2id takes a core and 19 MiB each."""

FEEDS_MAX = 8
"""Feeds look again and again; a reader connection each, fewer than the pool has."""

MEDIA_MAX = 16
"""Files that are read at the same moment. A slow object store holds up these and nobody else."""
ARCHIVES_MAX = 4
"""ZIPs that are read at the same moment. Whoever takes a chunk slowly holds none meanwhile."""

EXPORTS_MAX = 2
"""Pages of the event log that are read and written down at the same moment, for auditors."""


@dataclass(frozen=True)
class Threads:
    """Shares of the worker threads. Commands and queries use the rest."""

    passwords: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(PASSWORDS_MAX))
    feeds: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(FEEDS_MAX))
    media: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(MEDIA_MAX))
    archives: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(ARCHIVES_MAX))
    exports: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(EXPORTS_MAX))
