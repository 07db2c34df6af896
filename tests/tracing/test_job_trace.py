"""One request is one trace, from the mutation to the result, whichever process does what."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from anyio.to_thread import run_sync

from commands.jobs.request_images import RequestImages
from domain.job_state import JobState
from domain.kernel.identity import job_id
from domain.kernel.personal_text import PersonalText
from processes.tracing.trace_context import root_of
from tests.tracing.collector import Collector, Received, collecting
from tests.tracing.traced_studio import TracedStudio, traced_studio

PROMPT = "a lighthouse in fog, seen by Ada"
REQUEST = RequestImages(
    engine="pocket",
    prompt=PersonalText(PROMPT),
    count=1,
    price_version=1,
    session_jurisdiction="XX",
)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
async def drawn(
    collector: Collector, database: str, admin_database: str, tmp_path: Path
) -> tuple[UUID, UUID]:
    """A job that was asked for and ended, and whose it is. Everything has stopped since."""
    with traced_studio(database, admin_database, tmp_path, collector.url) as studio:
        owner = await run_sync(studio.living.creator)
        job = await ended(studio, owner)
    return job, owner


async def ended(studio: TracedStudio, owner: UUID) -> UUID:
    key = uuid4()
    answer = await studio.mutate(REQUEST, owner, key)
    job: UUID = answer.job_id
    assert job == job_id(owner, key)
    await run_sync(studio.living.comes_to, job, owner, JobState.COMPLETED)
    return job


def by_name(spans: list[Received]) -> dict[str, Received]:
    return {span.name: span for span in spans}


def ancestors(span: Received, spans: list[Received]) -> list[str]:
    """The names from a span up to its root."""
    by_id = {one.span: one for one in spans}
    names = [span.name]
    while span.parent in by_id:
        span = by_id[span.parent]
        names.append(span.name)
    return names


async def test_a_jobs_spans_share_one_trace_from_the_mutation_to_the_result(
    drawn: tuple[UUID, UUID], collector: Collector
) -> None:
    job, _ = drawn
    spans = collector.of(job.hex)
    assert {span.process for span in spans} >= {"api", "reactor", "worker", "recorder", "screener"}
    result = by_name(spans)["command record-rendered"]
    assert ancestors(result, spans) == [
        "command record-rendered",
        "publish job.rendered",
        "work image",
        "publish job.granted",
        "command record-claim",
        "publish job.claimed",
        "publish job.queued",
        "mutation RequestImages",
    ]
    verdict = by_name(spans)["command record-screening"]
    assert ancestors(verdict, spans)[:3] == [
        "command record-screening",
        "publish outputs.screened",
        "work outputs",
    ]


async def test_the_trace_is_found_by_the_jobs_id_and_begins_with_the_mutation(
    drawn: tuple[UUID, UUID], collector: Collector
) -> None:
    job, _ = drawn
    [root] = [span for span in collector.of(job.hex) if not span.parent]
    assert (root.process, root.name) == ("api", "mutation RequestImages")
    assert root.span == f"{root_of(job).span_id:016x}"
    [command] = [span for span in collector.of(job.hex) if span.name == "command request-images"]
    assert command.parent == root.span
    assert not any(span.is_error for span in collector.of(job.hex))


async def test_no_span_says_whose_it_is_or_what_was_asked_for(
    drawn: tuple[UUID, UUID], collector: Collector
) -> None:
    _, owner = drawn
    assert collector.raw
    for whose in (str(owner), owner.hex, "lighthouse", "Ada", "http://", ".png", "gallery/"):
        assert whose.encode() not in collector.raw


async def test_a_collector_that_is_away_slows_and_fails_nobody(
    database: str, admin_database: str, tmp_path: Path
) -> None:
    with traced_studio(database, admin_database, tmp_path, "http://127.0.0.1:1") as studio:
        owner = await run_sync(studio.living.creator)
        await ended(studio, owner)
