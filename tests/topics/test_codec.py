"""Messages become records and come back; what cannot be read is told apart and never raises."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topics.sample_messages import (
    ADA,
    FACT,
    JOB,
    NOON,
    SAMPLES,
    TRACE,
    encoded,
    from_the_wire,
    golden_file,
    on_the_wire,
)
from topics.codec import (
    MESSAGE_SIZE_MAX_BYTES,
    Headers,
    MessageTooLarge,
    Undecodability,
    Undecodable,
    decode,
    encode,
    traceparent_of,
)
from topics.messages.attendance import ScreenerPresent, WorkerPresent
from topics.messages.control import ForgetTwin, StopJob, StopReason
from topics.messages.dead_letter import DeadLetter
from topics.messages.grants import ClaimRefused, JobGranted
from topics.messages.results import JobClaimed, PackMade, PhotosJudged, SourcePhotoJudged
from topics.registry import CONTROL, DEAD_LETTERS, FACTS, RESULTS, TOPICS, Message, Topic, key_of

STOP = StopJob(JOB, StopReason.CANCELLED)


def topic_of(message: Message) -> Topic:
    return next(topic for topic in TOPICS if type(message) in topic.messages)


def with_header(headers: Headers, name: str, value: bytes | None) -> Headers:
    others = tuple(pair for pair in headers if pair[0] != name)
    return others if value is None else (*others, (name, value))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bytes_of_a_released_message_never_change(name: str) -> None:
    assert on_the_wire(encoded(SAMPLES[name])) == golden_file(name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_the_bytes_of_a_released_message_are_read_for_ever(name: str) -> None:
    record = from_the_wire(golden_file(name).read_bytes())
    topic = topic_of(SAMPLES[name])
    assert decode(topic, record.headers, record.value) == SAMPLES[name]


def test_every_message_of_every_topic_has_golden_bytes() -> None:
    sampled = {type(message) for message in SAMPLES.values()}
    assert {kind for topic in TOPICS for kind in topic.messages} == sampled
    assert {file.name for file in golden_file("any").parent.iterdir()} == {
        golden_file(name).name for name in SAMPLES
    }


def test_a_facts_value_is_the_stored_bytes() -> None:
    assert encoded(FACT).value is FACT.data


def test_a_facts_headers_are_cloud_events_attributes() -> None:
    headers = dict(encoded(FACT).headers)
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_id"] == f"{JOB}:1".encode()
    assert headers["ce_type"] == b"job.requested"
    assert headers["ce_time"] == b"2026-06-01T12:00:00Z"
    assert headers["ce_sequence"] == b"42"
    assert headers["ce_dataschema"] == b"urn:suite:schema:job.requested:v1"


def test_the_trace_of_a_message_is_passed_on() -> None:
    record = encode(STOP, source="/suite/api", message_id="1", at=NOON, traceparent=TRACE)
    assert traceparent_of(record.headers) == TRACE
    assert traceparent_of(encoded(STOP).headers) is None


def test_a_message_with_an_unknown_field_is_read_without_it() -> None:
    record = encoded(STOP)
    newer = msgspec.json.encode(msgspec.json.decode(record.value) | {"by": "somebody"})
    assert decode(CONTROL, record.headers, newer) == STOP


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("ce_type", b"job.dreamed", Undecodability.UNKNOWN_TYPE),
        ("ce_type", b"\xff", Undecodability.HEADERS),
        ("ce_type", None, Undecodability.HEADERS),
        ("ce_dataschema", b"urn:suite:schema:job.stop:v2", Undecodability.UNKNOWN_VERSION),
        ("ce_dataschema", None, Undecodability.HEADERS),
    ],
)
def test_a_message_that_this_release_does_not_know_is_undecodable(
    header: str, value: bytes | None, reason: Undecodability
) -> None:
    record = encoded(STOP)
    headers = with_header(record.headers, header, value)
    assert decode(CONTROL, headers, record.value) == Undecodable(reason, headers, record.value)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"type":"job.stop"}', b"\xff"])
def test_a_value_that_does_not_fit_its_type_is_undecodable(value: bytes) -> None:
    headers = encoded(STOP).headers
    assert decode(CONTROL, headers, value) == Undecodable(Undecodability.VALUE, headers, value)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("ce_sequence", b"soon"),
        ("ce_ownerid", b"Ada"),
        ("ce_id", b"1"),
        ("ce_time", b"noon"),
        ("ce_ownerid", None),
    ],
)
def test_a_fact_with_broken_headers_is_undecodable(header: str, value: bytes | None) -> None:
    record = encoded(FACT)
    found = decode(FACTS, with_header(record.headers, header, value), record.value)
    assert isinstance(found, Undecodable)
    assert found.reason is Undecodability.HEADERS


def test_a_message_of_another_topic_is_undecodable() -> None:
    record = encoded(STOP)
    assert isinstance(decode(RESULTS, record.headers, record.value), Undecodable)


def test_a_dead_letter_holds_the_record_as_it_was_found() -> None:
    original = encoded(STOP)
    letter = DeadLetter(
        topic="suite.results.v1",
        partition=0,
        offset=5,
        reason="unknown-type",
        group="recorder",
        headers=original.headers,
        value=original.value,
    )
    record = encoded(letter)
    assert record.value == original.value
    assert record.headers[: len(original.headers)] == original.headers
    assert decode(DEAD_LETTERS, record.headers, record.value) == letter


def test_a_message_beyond_the_limit_is_refused() -> None:
    large = msgspec.structs.replace(FACT, data=b" " * (MESSAGE_SIZE_MAX_BYTES + 1))
    with pytest.raises(MessageTooLarge):
        encoded(large)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        encode(STOP, source="/suite", message_id="1", at=datetime(2026, 6, 1))  # noqa: DTZ001


@given(
    headers=st.lists(st.tuples(st.sampled_from(["ce_type", "ce_id", "x"]), st.binary(max_size=9))),
    value=st.binary(max_size=40),
    topic=st.sampled_from(TOPICS),
)
def test_no_bytes_make_decoding_raise(
    headers: list[tuple[str, bytes]], value: bytes, topic: Topic
) -> None:
    decode(topic, headers, value)


def test_every_message_is_keyed_as_the_registry_says() -> None:
    for message in SAMPLES.values():
        match topic_of(message).key:
            case "owner":
                assert key_of(message) in (str(ADA), "")
            case "member":
                assert isinstance(message, WorkerPresent | ScreenerPresent)
                assert key_of(message) == message.member
            case "worker":
                assert isinstance(message, JobGranted | ClaimRefused)
                assert key_of(message) == message.worker
            case "job" if isinstance(message, ForgetTwin):
                assert key_of(message) == str(message.twin)
            case "job" if isinstance(message, PhotosJudged):
                assert key_of(message) == str(message.submission)
            case "job" if isinstance(message, SourcePhotoJudged | PackMade) or (
                isinstance(message, JobClaimed) and message.packs is not msgspec.UNSET
            ):
                assert key_of(message) == str(message.job)
            case "job":
                assert key_of(message) == str(JOB)
            case other:
                assert other == "original key"
