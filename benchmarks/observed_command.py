"""What it costs a command to be counted, and to be followed by a collector that is away.

Three doors over one store, in turns: unwatched, counted as in every process, counted and followed
with spans that nobody takes. The command is the shortest, so that what is added shows most.
"""

import logging
from contextlib import ExitStack
from uuid import uuid4

from prometheus_client import CollectorRegistry

from benchmarks.measure import alternating, database, report, seconds
from benchmarks.timed_requests import SECRET, open_desk
from commands.account.register_person import RegisterPerson
from commands.handlers import HANDLERS
from commands.jobs.expire_attempt import ExpireAttempt
from commands.studio import Studio
from domain.kernel.identity import SYSTEM
from processes.metrics.commands import CommandMetrics
from processes.observed_studio import CommandObserver, ObservedStudio
from processes.prepare import publish_defaults
from processes.tracing.commands import CommandSpans
from processes.tracing.exporting import exported
from processes.wiring.clock import system_clock

COMMANDS = 20
ROUNDS = 60
PASSES = 5_000
NOBODY_LISTENS = "http://127.0.0.1:1"


def main() -> None:
    """Each door carries out the same command, for new people, in turns with the others."""
    # As in a process: what the exporter says of nobody listening is no news.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    with database() as (url, admin_url), ExitStack() as stack:
        desk = open_desk(url, admin_url, stack)
        publish_defaults(desk.studio)
        tracing = stack.enter_context(exported(NOBODY_LISTENS, "benchmark"))

        def door(*observers: CommandObserver) -> Studio:
            return ObservedStudio(desk.store, HANDLERS, system_clock, SECRET, observers)

        counting, following = CommandMetrics(CollectorRegistry()), CommandSpans(tracing)
        counted, followed = door(counting), door(counting, following)

        def mutated() -> None:
            for _ in range(COMMANDS):
                with tracing.mutation("RegisterPerson", uuid4()):
                    register(followed)

        def each(studio: Studio) -> None:
            for _ in range(COMMANDS):
                register(studio)

        taken = alternating(
            ROUNDS,
            bare=lambda: seconds(lambda: each(desk.studio)),
            counted=lambda: seconds(lambda: each(counted)),
            followed=lambda: seconds(mutated),
        )
    report(
        "observed_command",
        "the same command through a Studio that nobody watches",
        baseline_ms=1000 * taken["bare"] / COMMANDS,
        counted_ms=1000 * taken["counted"] / COMMANDS,
        followed_ms=1000 * taken["followed"] / COMMANDS,
        counting_alone_us=1e6 * seconds(lambda: alone(counting)) / PASSES,
        following_alone_us=1e6 * seconds(lambda: alone(following)) / PASSES,
        ratio=taken["counted"] / taken["bare"],
        ratio_followed=taken["followed"] / taken["bare"],
    )


def alone(observer: CommandObserver) -> None:
    """What an observer does, around nothing: on a busy machine the difference above is noise."""
    command = ExpireAttempt(uuid4(), 1, uuid4())
    for _ in range(PASSES):
        with observer.command("expire-attempt", command, owner_id=SYSTEM, key=SYSTEM):
            pass


def register(studio: Studio) -> None:
    """One person more."""
    studio.execute(RegisterPerson(), owner_id=uuid4(), key=uuid4())


if __name__ == "__main__":
    main()
