"""The whole suite on one machine: a database where none is given, and everything prepared."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapters.postgres.embedded import EmbeddedPostgres
from processes.child_health import ailment_of
from processes.metrics.ports import first_port_for_another
from processes.prepare import prepare
from processes.settings import PREFIX, PROCESS_NAMES, Settings
from processes.supervisor import Health, Supervisor, own_command


@dataclass(frozen=True)
class Installation:
    """A prepared installation. `environment` is what its processes are started with."""

    settings: Settings
    environment: dict[str, str]
    admin_url: str | None

    def supervisor(
        self, on_change: Callable[[str, str], None], more_workers: Sequence[str] = ()
    ) -> Supervisor:
        """One that runs all eight processes, more workers (`worker-2`, `worker-3` …), and as many
        API processes as the settings say (`api-2` …).

        It restarts what ends, and what is unwell.
        """
        more = (*more_workers, *(f"api-{n}" for n in range(2, self.settings.api_processes + 1)))

        def own_environment(name: str) -> dict[str, str]:
            # Two members of a group with one name would fence each other for ever.
            if name not in more:
                return {}
            port = first_port_for_another(self.settings, name.partition("-")[0], more.index(name))
            return {f"{PREFIX}WORKER_NAME": name, f"{PREFIX}METRICS_PORT": str(port)}

        return Supervisor(
            (*PROCESS_NAMES, *more),
            own_command,
            self.environment,
            on_change,
            own_environment,
            Health(partial(ailment_of, self.settings), self.settings.turn_max_s),
        )


def postgres_folder(settings: Settings) -> Path:
    """Where the embedded database is kept."""
    return settings.home / "postgres"


@contextmanager
def installed(settings: Settings, on_step: Callable[[str], None]) -> Iterator[Installation]:
    """Start the embedded database if it is needed, and prepare everything.

    The database stops at the end, after whatever used it inside.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    embedded = settings.database_url is None
    server: Any = EmbeddedPostgres(postgres_folder(settings)) if embedded else nullcontext()
    if embedded:
        on_step("starting PostgreSQL")
    with server:
        admin_url: str | None = None
        if embedded:
            admin_url = server.admin_url()
            settings = settings.model_copy(update={"database_url": SecretStr(server.url())})
            prepare(settings, server.admin_url(), on_step)
        yield Installation(settings, _environment(settings), admin_url)


def _environment(settings: Settings) -> dict[str, str]:
    """What children are started with: every setting that differs from its default."""
    given = {"PYTHONUNBUFFERED": "1"}
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        if value == field.default and name != "home":
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, Path):
            value = value.resolve()
        elif isinstance(value, tuple):
            value = ",".join(str(entry) for entry in value)
        given[f"{PREFIX}{name.upper()}"] = str(value)
    return {**os.environ, **given}
