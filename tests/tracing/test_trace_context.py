"""What a message may say of its trace, and what is believed of it."""

from uuid import UUID

import pytest

from processes.tracing.trace_context import Place, place_in, root_of

JOB = UUID("0af76519-16cd-53dd-8448-eb211c80319c")
ANOTHER_JOB = UUID("ce985c91-4614-46cf-8634-a145d91f6011")
ROOT = "00-0af7651916cd53dd8448eb211c80319c-8448eb211c80319c-01"


def test_the_trace_of_a_job_has_the_jobs_id() -> None:
    assert root_of(JOB).traceparent == ROOT
    assert place_in(ROOT, JOB) == root_of(JOB)


def test_a_place_reads_as_it_was_written() -> None:
    place = Place(JOB.int, 7)
    assert place_in(place.traceparent, JOB) == place


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "a lighthouse in fog",
        ROOT.replace("00-", "ff-", 1),
        ROOT.upper(),
        f"{ROOT}-more",
        f"00-{JOB.hex}-{'0' * 16}-01",
        root_of(ANOTHER_JOB).traceparent,
    ],
)
def test_whoever_sends_a_message_is_believed_within_its_own_trace_only(said: str | None) -> None:
    assert place_in(said, JOB) is None
