"""Asks everything that can be asked, and says it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from adapters.postgres.connect import SuperuserRefused, connect
from adapters.postgres.embedded import EmbeddedPostgres
from processes.settings import Settings
from processes.status.judged import judged
from processes.status.line import Line
from processes.status.running import running
from processes.survey.connections import open_connections
from processes.survey.topic_lags import TopicLags, topic_lags
from processes.wiring.transport import open_transport
from queries.survey.survey import Surveyor
from topics.registry import FACTS
from topics.transport import TopicUnknown, TransportUnreachable

ANSWER_TIMEOUT_S = 4

_AWAY = (psycopg.Error, PoolTimeout, SuperuserRefused)


@dataclass(frozen=True)
class Status:
    """All lines, in the order in which they are best read."""

    lines: tuple[Line, ...]

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to do."""
        return all(line.is_well for line in self.lines)

    def as_json(self) -> str:
        """For programs."""
        lines = [
            {
                "subject": line.subject,
                "well": line.is_well,
                "what": line.what,
                "advice": line.advice,
            }
            for line in self.lines
        ]
        return json.dumps({"well": self.is_well, "lines": lines}, indent=2)


def status_of(settings: Settings) -> Status:
    """Look now: at this machine's processes, the database and the topics. Takes a few seconds.

    Without `SUITE_DATABASE_URL` it is the studio that `suite up` runs under `SUITE_HOME`.
    """
    is_embedded = settings.database_url is None
    reached = _with_database(settings)
    lines = list(running(reached, all_expected=is_embedded))
    try:
        _try_database(reached)
    except _AWAY as error:
        # Only the class: the message may name hosts and users.
        advice = "mend it, or SUITE_DATABASE_URL"
        if is_embedded and any(line.is_well for line in lines):
            advice = "it stands still while processes run: end `suite up`, and start it again"
        elif is_embedded:
            advice = "start the studio: `suite up`"
        lines.append(Line("database", f"out of reach ({type(error).__name__})", advice))
        return Status(tuple(lines))
    lines.append(Line("database", "answers"))
    lines.extend(_surveyed(reached))
    return Status(tuple(lines))


def say(status: Status, *, as_json: bool) -> int:
    """Print it, for a program or for a person. Answers the exit code."""
    if as_json:
        print(status.as_json())
    else:
        show(status, Console())
    return 0 if status.is_well else 1


def show(status: Status, console: Console) -> None:
    """Print it for a person. Colours where the console has some: see `NO_COLOR`."""
    width = max(len(line.subject) for line in status.lines)
    for line in status.lines:
        style, sign = ("green", "✓") if line.is_well else ("bold red", "✗")
        console.print(
            Text.assemble((sign, style), f" {line.subject:<{width}}  ", line.what), soft_wrap=True
        )
        if line.advice is not None:
            console.print(Text(f"  → {line.advice}", "yellow"), soft_wrap=True)
    ill = sum(not line.is_well for line in status.lines)
    if ill:
        console.print(Text(f"{ill} of {len(status.lines)} need you", "bold red"))
    else:
        console.print(Text("all is well", "bold green"))


def _with_database(settings: Settings) -> Settings:
    if settings.database_url is not None:
        return settings
    url = EmbeddedPostgres(settings.home / "postgres").url()
    return settings.model_copy(update={"database_url": SecretStr(url)})


def _try_database(settings: Settings) -> None:
    limited = psycopg.conninfo.make_conninfo(
        settings.require_database_url(), connect_timeout=ANSWER_TIMEOUT_S
    )
    with connect(limited, "projector", application="status") as connection:
        connection.execute("SELECT 1 FROM events.positions LIMIT 1")


def _surveyed(settings: Settings) -> Iterator[Line]:
    with open_connections(settings.require_database_url(), "writer", "projector") as connections:
        surveyor = Surveyor(connections, partitions=FACTS.partitions)
        try:
            # What is amiss in the ledger counts once it is so twice.
            surveyor.look()
            survey = surveyor.look()
        except _AWAY as error:
            name = type(error).__name__
            yield Line(
                "survey", f"not possible ({name})", "has `suite migrate` of this release run?"
            )
            return
    topics: TopicLags | None = None
    trouble: Sequence[Line] = ()
    try:
        with open_transport(settings) as transport:
            topics = topic_lags(transport)
    except (*_AWAY, TransportUnreachable, TopicUnknown) as error:
        advice = "`suite topics create` makes what is missing; the settings are SUITE_KAFKA_…"
        trouble = [Line("topics", f"out of reach ({type(error).__name__})", advice)]
    yield from judged(survey, topics)
    yield from trouble
