"""What a worker reports is checked by its message's own types, before anybody handles it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.objects.keys import checked_key
from domain.engines import ENGINES, engine
from domain.policy import DEFAULT_ROWS
from gpu_consumers.worker.assignments import REPORTS, Delivered
from tests.topics.any_message import any_of, unbounded_fields
from tests.topics.sample_messages import FACT, SAMPLES, encoded
from topics.codec import Undecodability, Undecodable, decode
from topics.messages import bounds
from topics.messages.dead_letter import DeadLetter
from topics.messages.results import (
    JobClaimed,
    JobFailed,
    JobRendered,
    OutputsScreened,
    PhotosJudged,
    RenderedOutput,
    TrainedAdapter,
)
from topics.registry import FACTS, RESULTS, TOPICS, Message

MESSAGES = sorted({kind for topic in TOPICS for kind in topic.messages}, key=lambda k: k.__name__)
REPORTS_OF_WORKERS = [JobClaimed, JobRendered, JobFailed, OutputsScreened, PhotosJudged]


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_field_of_every_message_has_a_bound(kind: type[Message]) -> None:
    somebody_elses = ["headers", "value"] if kind is DeadLetter else []
    assert unbounded_fields(kind) == somebody_elses


def spoiled(name: str, path: str, value: Any) -> object:
    """What a sample reads as, with one field of it changed: `outputs.0.sha256`."""
    record = encoded(SAMPLES[name])
    content = msgspec.json.decode(record.value)
    *steps, last = path.split(".")
    place = content
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return decode(RESULTS, record.headers, msgspec.json.encode(content))


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("job.rendered", "outputs.0.sha256", "5e" * 40_000),
        ("job.rendered", "outputs.0.sha256", "5E" * 32),
        ("job.rendered", "outputs.0.sha256", "5e" * 32 + "\n"),
        ("job.rendered", "outputs.0.media_type", "image/png\x00"),
        ("job.rendered", "outputs.0.media_type", "image/png\n"),
        ("job.rendered", "outputs.0.media_type", "image"),
        ("job.rendered", "outputs.0.object_key", "quarantine/../gallery/hers.png"),
        ("job.rendered", "outputs.0.object_key", "/quarantine/0.png"),
        ("job.rendered", "outputs.0.object_key", "quarantine/0.png\n"),
        ("job.rendered", "outputs.0.size_bytes", 2**63),
        ("job.rendered", "outputs.0.size_bytes", -1),
        ("job.rendered", "outputs.0.width", 0),
        ("job.rendered", "outputs.0.height", 2**31),
        ("job.rendered", "outputs.0.seed", 2**64),
        ("job.rendered", "outputs.0.item", -1),
        ("job.rendered", "attempt", 2**31),
        ("job.rendered", "adapter.similarity", None),
        ("job.rendered", "adapter.similarity", 1e300),
        ("job.rendered", "adapter.rank", 0),
        ("job.claimed", "worker", ""),
        ("job.claimed", "worker", "gpu-1\x1b[2J"),
        ("job.claimed", "worker", "g" * (bounds.NAME_LENGTH_MAX + 1)),
        ("outputs.screened", "outputs.0.checks.0.model", "a\x00b"),
        ("outputs.screened", "outputs.0.checks.0.model", "m" * 129),
        ("outputs.screened", "outputs.0.checks.0.check", "c" * 41),
        ("outputs.screened", "outputs.0.size_bytes", 2**63),
        ("photos.judged", "photos.0.flaws", ["blurred"] * 33),
        ("photos.judged", "photos.0.flaws", ["Blurred\x00"]),
        ("photos.judged", "analyser", "\x7f"),
    ],
)
def test_a_report_outside_its_bounds_is_undecodable(name: str, path: str, value: Any) -> None:
    found = spoiled(name, path, value)
    assert isinstance(found, Undecodable)
    assert found.reason is Undecodability.VALUE


@pytest.mark.parametrize(
    ("name", "field", "most"),
    [
        ("job.rendered", "outputs", bounds.OUTPUTS_MAX),
        ("outputs.screened", "outputs", bounds.OUTPUTS_MAX),
        ("outputs.screened", "adapter_checks", bounds.CHECKS_MAX),
        ("photos.judged", "photos", bounds.PHOTOS_MAX),
    ],
)
def test_a_report_lists_no_more_than_its_bound(name: str, field: str, most: int) -> None:
    content = msgspec.json.decode(encoded(SAMPLES[name]).value)
    one = content[field][0] if content[field] else content["outputs"][0]["checks"][0]
    assert not isinstance(spoiled(name, field, [one] * most), Undecodable)
    assert isinstance(spoiled(name, field, [one] * (most + 1)), Undecodable)


@pytest.mark.parametrize("kind", REPORTS_OF_WORKERS)
def test_what_the_type_allows_is_read_as_it_was_written(kind: type[Message]) -> None:
    @given(message=any_of(kind))
    def check(message: Message) -> None:
        record = encoded(message)
        assert decode(RESULTS, record.headers, record.value) == message

    check()


@given(key=st.text(st.sampled_from("aZ0._-/\n\x00 é"), max_size=12) | st.text(max_size=20))
def test_a_reported_key_is_one_that_the_object_store_takes(key: str) -> None:
    try:
        msgspec.convert(key, bounds.ObjectKey)
        is_key = True
    except msgspec.ValidationError:
        is_key = False
    try:
        checked_key(key)
    except ValueError:
        assert not is_key
    else:
        assert is_key


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_sequence", b"9223372036854775808"),
        ("ce_sequence", b"0"),
        ("ce_type", b"job.requested\x00"),
        ("ce_type", b"j" * 101),
        ("ce_time", b"2026-06-01T12:00:00"),
    ],
)
def test_a_fact_outside_its_bounds_is_undecodable(header: str, value: bytes) -> None:
    record = encoded(FACT)
    headers = tuple((name, value if name == header else old) for name, old in record.headers)
    assert isinstance(decode(FACTS, headers, record.value), Undecodable)


def test_a_fact_that_no_store_could_hold_is_undecodable() -> None:
    record = encoded(FACT)
    large = b"x" * (bounds.EVENT_SIZE_MAX_BYTES + 1)
    assert isinstance(decode(FACTS, record.headers, large), Undecodable)


@pytest.mark.parametrize("name", ENGINES)
def test_whatever_an_engine_may_be_asked_fits(name: str) -> None:
    entry = engine(name)
    assert entry.prompt_length_max <= bounds.PROMPT_LENGTH_MAX
    samples = 0 if entry.training is None else entry.training.sample_count
    clips = 0 if entry.clips is None else entry.clips.count.maximum
    assert max(entry.count.maximum, clips, samples) <= bounds.OUTPUTS_MAX
    msgspec.convert(entry.id, bounds.EngineId)


def test_the_checks_of_the_policy_as_it_ships_fit() -> None:
    for row in DEFAULT_ROWS:
        assert len(row.checks) <= bounds.CHECKS_MAX
        msgspec.convert(row.checks, tuple[bounds.CheckName, ...])


def test_a_child_that_reports_no_number_is_not_believed() -> None:
    adapter = TrainedAdapter("adapters/0", "5e" * 32, 9, 16, 90, float("nan"))
    with pytest.raises(msgspec.ValidationError):
        REPORTS.decode(msgspec.msgpack.encode(Delivered((), adapter)))
    output = RenderedOutput(0, "a/0", "5e" * 40_000, 9, 64, 64, "image/png", 7)
    with pytest.raises(msgspec.ValidationError):
        REPORTS.decode(msgspec.msgpack.encode(Delivered((output,))))
