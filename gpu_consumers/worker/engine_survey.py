"""Which engines this machine can load: looked for at the start, and now and then again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from gpu_consumers.engines.engine_loader import EngineLoader
from gpu_consumers.engines.weights_check import WeightsUnfit, digest_of, weight_files
from topics.messages.attendance import OfferedEngine

LOOK_INTERVAL_S: Final = 60.0

_log = logging.getLogger(__name__)

_Stamp = tuple[tuple[str, int, int], ...]


class _Digest(msgspec.Struct, frozen=True):
    stamp: _Stamp
    digest: str


class EngineSurvey:
    """What can be loaded from `weights_dir`. `memory` is a file that outlives the process.

    A digest is read anew only where a file has another size or time: weights are gigabytes.
    """

    def __init__(
        self, loaders: Collection[EngineLoader], weights_dir: Path | None, memory: Path
    ) -> None:
        self._loaders = tuple(loaders)
        self._weights_dir = weights_dir
        self._memory = memory
        self._digests = _remembered(memory)
        self._offers: tuple[OfferedEngine, ...] = ()
        self._said: dict[str, str] = {}

    @property
    def offers(self) -> tuple[OfferedEngine, ...]:
        """The engines of the last look; those of the first as soon as each was looked at."""
        return self._offers

    def run(self, stop: threading.Event) -> None:
        """Look again and again until `stop` is set. For a thread of its own."""
        while True:
            self.look()
            if stop.wait(LOOK_INTERVAL_S):
                return

    def look(self) -> None:
        """Look at every engine's folder. What cannot be loaded is said once, in plain words."""
        for loader in self._loaders:
            others = [offer for offer in self._offers if offer.engine != loader.id]
            offer = self._offer(loader)
            self._offers = tuple(others if offer is None else [*others, offer])
        _remember(self._memory, self._digests)

    def _offer(self, loader: EngineLoader) -> OfferedEngine | None:
        folder = loader.weights_dir(self._weights_dir)
        try:
            # Looked at before its digest is read: half a file is not worth a digest.
            files = weight_files(loader, self._weights_dir)
            stamp = tuple(
                (file.relative_to(folder).as_posix(), seen.st_size, seen.st_mtime_ns)
                for file in files
                for seen in [file.stat()]
            )
            known = self._digests.get(loader.id)
            if known is None or known.stamp != stamp:
                known = self._digests[loader.id] = _Digest(stamp, digest_of(folder, files))
        except WeightsUnfit as unfit:
            # Whoever has brought nothing misses nothing.
            is_asked_for = self._weights_dir is not None or folder.is_dir()
            level = logging.WARNING if is_asked_for else logging.INFO
            self._say(level, loader.id, f"not offered: {unfit}")
            return None
        except OSError as error:
            why = f"engine {loader.id} cannot be read: {error.strerror}"
            self._say(logging.WARNING, loader.id, f"not offered: {why}")
            return None
        self._say(logging.INFO, loader.id, f"offered: {loader.id}, weights {known.digest[:12]}")
        return OfferedEngine(loader.id, known.digest)

    def _say(self, level: int, engine: str, what: str) -> None:
        if self._said.get(engine) != what:
            self._said[engine] = what
            _log.log(level, "%s", what)


def _remembered(memory: Path) -> dict[str, _Digest]:
    try:
        return msgspec.json.decode(memory.read_bytes(), type=dict[str, _Digest])
    except (OSError, msgspec.DecodeError):
        return {}


def _remember(memory: Path, digests: dict[str, _Digest]) -> None:
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_bytes(msgspec.json.encode(digests))
    except OSError as error:
        # Read anew after the next start: nothing depends on it.
        _log.warning("digests not remembered: %s", error.strerror)
