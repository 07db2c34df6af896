"""Messages as records: CloudEvents' Kafka protocol binding in binary mode.

What a message is stands in headers (`ce_type`, `ce_id`, …); what it says is the value. A fact's
value is the stored bytes, unchanged; a dead letter's are the bytes it was found with; every other
message is msgspec JSON.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from topics.messages.bounds import EVENT_SIZE_MAX_BYTES
from topics.messages.dead_letter import DeadLetter
from topics.messages.fact import Fact, Watermark
from topics.registry import SCHEMA_VERSION, Message, Topic

MESSAGE_SIZE_MAX_BYTES = 900_000
"""Below Kafka's default limit of 1 MiB for a record, with room for its headers."""

Headers: TypeAlias = tuple[tuple[str, bytes], ...]

_ORIGIN = "x-dead-letter-"


class MessageTooLarge(Exception):
    """The message would not fit into a record. Nothing was published."""


class MessageOutOfBounds(Exception):
    """The message says more than its type allows: nobody could read it. Nothing was published."""


class Undecodability(StrEnum):
    """Why a record could not be read."""

    HEADERS = "headers"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_VERSION = "unknown-version"
    VALUE = "value"


class Undecodable(msgspec.Struct, frozen=True):
    """A record as it was found. It goes to the dead letters, never into a handler."""

    reason: Undecodability
    headers: Headers
    value: bytes


class Encoded(msgspec.Struct, frozen=True):
    """A message as a record without its key."""

    headers: Headers
    value: bytes


def message_type(kind: type[Message]) -> str:
    """The `ce_type` of a message class. Facts have their event's; a dead letter keeps its own."""
    tag = kind.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{kind.__name__} has no type of its own")
    return tag


def dataschema(type_name: str, version: int) -> str:
    """The name of a schema: `urn:suite:schema:job.queued:v1`."""
    return f"urn:suite:schema:{type_name}:v{version}"


def encode(
    message: Message,
    *,
    source: str,
    message_id: str,
    at: datetime,
    traceparent: str | None = None,
) -> Encoded:
    """The record of a message.

    `source` is a URI reference (`/suite/relay`). `message_id` and `at` are those of this
    publication; a fact brings its own. Raises `MessageTooLarge`.
    """
    match message:
        case Fact():
            headers, value = _fact(message, source), message.data
        case DeadLetter():
            headers, value = _dead_letter(message), message.value
        case _:
            type_name = message_type(type(message))
            headers = _attributes(message_id, type_name, source, at, SCHEMA_VERSION)
            value = msgspec.json.encode(message)
            if isinstance(message, Watermark):
                headers = (*headers, ("ce_sequence", b"%d" % message.position))
    if traceparent is not None:
        headers = (*headers, ("traceparent", traceparent.encode()))
    if len(value) > MESSAGE_SIZE_MAX_BYTES:
        raise MessageTooLarge(f"{len(value)} bytes; the limit is {MESSAGE_SIZE_MAX_BYTES}")
    return Encoded(headers, value)


def require_bounds(message: Message) -> None:
    """Make sure that whoever reads this message finds it within the bounds of its type.

    For who publishes what somebody else has measured. Raises `MessageOutOfBounds`, which names the
    field and never its content.
    """
    try:
        _decoder(type(message)).decode(msgspec.json.encode(message))
    except (msgspec.DecodeError, UnicodeError) as error:
        raise MessageOutOfBounds(f"{type(message).__name__}: {error}") from error


def decode(
    topic: Topic, headers: Iterable[tuple[str, bytes]], value: bytes
) -> Message | Undecodable:
    """The message behind a record of `topic`. Never raises for what a record contains."""
    found = tuple((name, bytes(content)) for name, content in headers)
    try:
        return _decode(topic, found, value)
    except _Unreadable as error:
        return Undecodable(error.reason, found, value)


def traceparent_of(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """The W3C trace context of a record, passed on as it came."""
    for name, content in headers:
        if name == "traceparent":
            return content.decode("ascii", "replace")
    return None


class _Unreadable(Exception):
    def __init__(self, reason: Undecodability) -> None:
        super().__init__(reason)
        self.reason = reason


class _Versioned(msgspec.Struct):
    v: int


_VERSION_OF_FACT = msgspec.json.Decoder(_Versioned)
_DECODERS: dict[type[Message], msgspec.json.Decoder[Message]] = {}


def _attributes(
    message_id: str, type_name: str, source: str, at: datetime, version: int | None
) -> Headers:
    attributes = (
        ("ce_specversion", b"1.0"),
        ("ce_id", message_id.encode()),
        ("ce_type", type_name.encode()),
        ("ce_source", source.encode()),
        ("ce_time", _rfc3339(at)),
        ("content-type", b"application/json"),
    )
    if version is None:
        return attributes
    return (*attributes, ("ce_dataschema", dataschema(type_name, version).encode()))


def _fact(fact: Fact, source: str) -> Headers:
    try:
        version = _VERSION_OF_FACT.decode(fact.data).v
    except msgspec.DecodeError:
        version = None
    return (
        *_attributes(
            f"{fact.originator_id}:{fact.originator_version}",
            fact.event_type,
            source,
            fact.recorded_at,
            version,
        ),
        ("ce_sequence", b"%d" % fact.position),
        ("ce_ownerid", str(fact.owner_id).encode()),
    )


def _dead_letter(letter: DeadLetter) -> Headers:
    return (
        *letter.headers,
        (f"{_ORIGIN}topic", letter.topic.encode()),
        (f"{_ORIGIN}partition", b"%d" % letter.partition),
        (f"{_ORIGIN}offset", b"%d" % letter.offset),
        (f"{_ORIGIN}reason", letter.reason.encode()),
        (f"{_ORIGIN}group", letter.group.encode()),
    )


def _decode(topic: Topic, headers: Headers, value: bytes) -> Message:
    named = dict(headers)
    if DeadLetter in topic.messages:
        return _read_dead_letter(named, headers, value)
    type_name = _text(named, "ce_type")
    for kind in topic.messages:
        if kind is not Fact and message_type(kind) == type_name:
            return _read(kind, type_name, named, value)
    if Fact in topic.messages:
        return _read_fact(type_name, named, value)
    raise _Unreadable(Undecodability.UNKNOWN_TYPE)


def _read(kind: type[Message], type_name: str, named: Mapping[str, bytes], value: bytes) -> Message:
    if _text(named, "ce_dataschema") != dataschema(type_name, SCHEMA_VERSION):
        raise _Unreadable(Undecodability.UNKNOWN_VERSION)
    try:
        return _decoder(kind).decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _Unreadable(Undecodability.VALUE) from error


def _decoder(kind: type[Message]) -> msgspec.json.Decoder[Message]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder


def _read_fact(type_name: str, named: Mapping[str, bytes], value: bytes) -> Fact:
    originator, _, version = _text(named, "ce_id").rpartition(":")
    if len(value) > EVENT_SIZE_MAX_BYTES:
        raise _Unreadable(Undecodability.VALUE)
    try:
        said = {
            "position": int(_text(named, "ce_sequence")),
            "owner_id": _text(named, "ce_ownerid"),
            "originator_id": originator,
            "originator_version": int(version),
            "event_type": type_name,
            "data": value,
            "recorded_at": _text(named, "ce_time"),
        }
        fact = msgspec.convert(said, Fact)
    except ValueError as error:
        raise _Unreadable(Undecodability.HEADERS) from error
    if fact.recorded_at.tzinfo is None:
        raise _Unreadable(Undecodability.HEADERS)
    return fact


def _read_dead_letter(named: Mapping[str, bytes], headers: Headers, value: bytes) -> DeadLetter:
    try:
        return msgspec.convert(
            {
                "topic": _text(named, f"{_ORIGIN}topic"),
                "partition": int(_text(named, f"{_ORIGIN}partition")),
                "offset": int(_text(named, f"{_ORIGIN}offset")),
                "reason": _text(named, f"{_ORIGIN}reason"),
                "group": _text(named, f"{_ORIGIN}group"),
                "headers": tuple(pair for pair in headers if not pair[0].startswith(_ORIGIN)),
                "value": value,
            },
            DeadLetter,
        )
    except ValueError as error:
        raise _Unreadable(Undecodability.HEADERS) from error


def _text(named: Mapping[str, bytes], name: str) -> str:
    try:
        return named[name].decode()
    except (KeyError, UnicodeDecodeError) as error:
        raise _Unreadable(Undecodability.HEADERS) from error


def _rfc3339(at: datetime) -> bytes:
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()
