"""The stored form of events: one encoder and one decoder for aggregates, projections and audit.

The bytes are msgspec JSON: `v` (the event's `schema_version`), `timestamp` (RFC 3339, UTC), then
the event's own fields. Aggregate id, aggregate version and event type are not in the bytes:
they stand beside them, in the row's columns or the message's headers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from types import UnionType
from typing import Any, Protocol, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import Erased, FreeText, PersonalText

STORED_EVENT_SIZE_MAX_BYTES = 64 * 1024
"""No event is larger: blobs belong in the object store, and a huge row stalls every writer."""

_BESIDE_THE_BYTES = {"originator_id", "originator_version", "originator_topic", "timestamp"}


class SealedText(msgspec.Struct, frozen=True):
    """Personal text as it is stored: ciphertext and the name of the key that opens it."""

    key_id: UUID
    sealed: bytes


class Sealer(Protocol):
    """Seals and opens the personal text of one owner."""

    def seal(self, owner_id: UUID, text: str, *, bound_to: bytes) -> SealedText:
        """Encrypt `text` so that it opens only at the place that `bound_to` names."""
        ...

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        """Decrypt, or answer `Erased` where the key no longer exists."""
        ...


class NoKeys:
    """For readers without keys, such as the relay and the auditor: all text reads as erased."""

    def seal(self, owner_id: UUID, text: str, *, bound_to: bytes) -> SealedText:
        """Refuse: whoever holds no keys writes no personal text."""
        raise EventNotStorable("personal text cannot be written without keys")

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        """Everything is unreadable here."""
        return Erased()


class EventNotStorable(Exception):
    """What may never be written: an unknown type, an event or a save beyond its limit, a gap in the
    versions, a NUL in a text, which no table takes. Names type and field, never content."""


class StoredEventUnreadable(Exception):
    """Stored bytes that no decoder of this release reads. Names type and version, never content."""


Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class StoredForm:
    """Encodes and decodes the events it was given, and no others.

    `upcasters` maps (event type, version) to a pure function that turns the fields of that version
    into those of the next.
    """

    def __init__(
        self,
        event_classes: Iterable[type[Aggregate.Event]],
        upcasters: Mapping[tuple[str, int], Upcaster] | None = None,
    ) -> None:
        self._by_type = {cls.TOPIC: _EventShape(cls) for cls in event_classes}
        self._upcasters = dict(upcasters or {})

    @property
    def event_types(self) -> tuple[str, ...]:
        """Every stored name this release knows, sorted."""
        return tuple(sorted(self._by_type))

    def payload_types(self) -> Mapping[str, type[msgspec.Struct]]:
        """What the bytes of each event are, by `<event type>.v<version>`, sorted: for schemas."""
        return {
            f"{name}.v{shape.event_class.schema_version}": shape.payload
            for name, shape in sorted(self._by_type.items())
        }

    def event_class(self, event_type: str) -> type[Aggregate.Event]:
        """The class behind a stored name. Raises `StoredEventUnreadable` where there is none."""
        return self._shape(event_type, version=None).event_class

    def reads(self, event_type: str, data: bytes) -> bool:
        """Whether this release knows the type and the version of stored bytes.

        Costs far less than decoding them. What is read may still turn out to be unreadable.
        """
        shape = self._by_type.get(event_type)
        if shape is None:
            return False
        try:
            return _stored_version(event_type, data) <= shape.event_class.schema_version
        except StoredEventUnreadable:
            return False

    def encode(self, event: Aggregate.Event, owner_id: UUID, sealer: Sealer) -> bytes:
        """The bytes to store. Raises `EventNotStorable`."""
        shape = self._by_type.get(type(event).TOPIC)
        if shape is None or shape.event_class is not type(event):
            raise EventNotStorable(f"{type(event).__qualname__} is not a registered event")
        values = {name: getattr(event, name) for name in shape.names}
        for name in shape.personal:
            text = values[name]
            if isinstance(text, PersonalText):
                if "\x00" in text.value:
                    raise EventNotStorable(f"{type(event).TOPIC}: {name} holds a NUL")
                place = bound_to(event.originator_id, event.originator_version, name)
                values[name] = sealer.seal(owner_id, text.value, bound_to=place)
            elif isinstance(text, Erased):
                raise EventNotStorable("erased text cannot be written again")
        data = msgspec.json.encode(
            shape.payload(v=type(event).schema_version, timestamp=event.timestamp, **values)
        )
        if b"\\u0000" in data and _holds_nul(msgspec.json.decode(data)):
            raise EventNotStorable(f"{type(event).TOPIC} holds a NUL")
        if len(data) > STORED_EVENT_SIZE_MAX_BYTES:
            raise EventNotStorable(
                f"{type(event).TOPIC} is {len(data)} bytes; the limit is "
                f"{STORED_EVENT_SIZE_MAX_BYTES}"
            )
        return data

    def decode(
        self,
        event_type: str,
        originator_id: UUID,
        originator_version: int,
        data: bytes,
        sealer: Sealer,
    ) -> Aggregate.Event:
        """The event behind stored bytes of any released version. Raises `StoredEventUnreadable`."""
        shape = self._shape(event_type, originator_version)
        payload = self._payload(shape, event_type, data)
        event = object.__new__(shape.event_class)
        # All at once: to set the fields of a frozen class one by one takes three times as long as
        # to read the bytes. Their types are those of the payload, which has checked them.
        values = vars(event)
        values.update(msgspec.structs.asdict(payload))
        del values["v"]
        values["originator_id"] = originator_id
        values["originator_version"] = originator_version
        if shape.creates is not None:
            values["originator_topic"] = shape.creates
        for name in shape.personal:
            sealed = values[name]
            if sealed is not None:
                place = bound_to(originator_id, originator_version, name)
                values[name] = sealer.open(sealed, bound_to=place)
        return event

    def _shape(self, event_type: str, version: int | None) -> "_EventShape":
        shape = self._by_type.get(event_type)
        if shape is None:
            raise StoredEventUnreadable(f"unknown event type {event_type!r} (version {version})")
        return shape

    def _payload(self, shape: "_EventShape", event_type: str, data: bytes) -> msgspec.Struct:
        current = shape.event_class.schema_version
        try:
            payload = shape.decoder.decode(data)
            if cast(Any, payload).v == current:
                return payload
        except msgspec.ValidationError as error:
            if _stored_version(event_type, data) == current:
                raise StoredEventUnreadable(f"{event_type} v{current}: {error}") from error
        except msgspec.DecodeError as error:
            raise StoredEventUnreadable(f"{event_type}: not JSON") from error
        return self._upcast(shape, event_type, data)

    def _upcast(self, shape: "_EventShape", event_type: str, data: bytes) -> msgspec.Struct:
        values: dict[str, Any] = msgspec.json.decode(data)
        for version in range(values["v"], shape.event_class.schema_version):
            step = self._upcasters.get((event_type, version))
            if step is None:
                raise StoredEventUnreadable(f"no upcaster for {event_type} v{version}")
            values = {**step(values), "v": version + 1}
        if values["v"] != shape.event_class.schema_version:
            raise StoredEventUnreadable(f"{event_type} v{values['v']} is newer than this release")
        try:
            return msgspec.convert(values, shape.payload)
        except msgspec.ValidationError as error:
            raise StoredEventUnreadable(f"{event_type} after upcasting: {error}") from error


def bound_to(originator_id: UUID, originator_version: int, field: str) -> bytes:
    """The place of one text: moved to another row or field, it no longer opens."""
    return originator_id.bytes + originator_version.to_bytes(8, "big") + field.encode()


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case list():
            return any(_holds_nul(part) for part in value)
        case dict():
            return any(_holds_nul(part) for pair in value.items() for part in pair)
        case _:
            return False


class _Versioned(msgspec.Struct):
    v: int


def _stored_version(event_type: str, data: bytes) -> int:
    try:
        return msgspec.json.decode(data, type=_Versioned).v
    except msgspec.DecodeError as error:
        raise StoredEventUnreadable(f"{event_type}: no version") from error


class _EventShape:
    """One event class with the struct that its bytes are read and written through."""

    def __init__(self, event_class: type[Aggregate.Event]) -> None:
        self.event_class = event_class
        hints = get_type_hints(event_class)
        own = [field for field in fields(event_class) if field.name not in _BESIDE_THE_BYTES]
        self.names = tuple(field.name for field in own)
        self.personal = tuple(f.name for f in own if _is_personal(hints[f.name]))
        columns: list[tuple[str, Any] | tuple[str, Any, Any]] = [
            ("v", int),
            ("timestamp", datetime),
        ]
        for field in own:
            kind = hints[field.name]
            if field.name in self.personal:
                kind = SealedText | None if type(None) in get_args(kind) else SealedText
            if field.default_factory is not MISSING:
                made = msgspec.field(default_factory=field.default_factory)
                columns.append((field.name, kind, made))
            elif field.default is not MISSING:
                columns.append((field.name, kind, field.default))
            else:
                columns.append((field.name, kind))
        self.payload = msgspec.defstruct(
            event_class.TOPIC.replace(".", "_").replace("-", "_"), columns, kw_only=True
        )
        self.decoder = msgspec.json.Decoder(self.payload)
        creating = issubclass(event_class, Aggregate.Created)
        self.creates = event_class.TOPIC.partition(".")[0] if creating else None


def _is_personal(kind: Any) -> bool:
    """Whether a field's type is `FreeText`, or `FreeText | None`."""
    if get_origin(kind) in (Union, UnionType):
        return PersonalText in get_args(kind)
    return kind is PersonalText
