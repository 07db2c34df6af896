"""Events as bytes and back: what a store does to an aggregate, without a store."""

from typing import TypeVar, cast
from uuid import UUID

import msgspec

from domain.events import STORED_FORM
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_text import FreeText, PersonalText
from domain.kernel.stored_form import SealedText, Sealer
from tests.domain.people import named

A = TypeVar("A", bound=Aggregate)


class StoredRow(msgspec.Struct, frozen=True):
    """One row of the event table, with its JSON as text."""

    event_type: str
    originator_id: UUID
    originator_version: int
    data: str


class GlassSealer:
    """Seals so that anybody can look through, but only at the place the text is bound to."""

    def seal(self, owner_id: UUID, text: str, *, bound_to: bytes) -> SealedText:
        """The text after its place."""
        return SealedText(named("glass"), bound_to + text.encode())

    def open(self, sealed: SealedText, *, bound_to: bytes) -> FreeText:
        """The text, if this is its place."""
        assert sealed.sealed.startswith(bound_to)
        return PersonalText(sealed.sealed.removeprefix(bound_to).decode())


GLASS: Sealer = GlassSealer()


def events_of(aggregate: Aggregate) -> tuple[Aggregate.Event, ...]:
    """What an aggregate has decided since it was loaded. Leaves it as it is."""
    return cast(tuple[Aggregate.Event, ...], tuple(aggregate.pending_events))


def stored(aggregate: Aggregate, owner_id: UUID) -> list[StoredRow]:
    """The pending events of an aggregate as rows."""
    return [
        StoredRow(
            type(event).TOPIC,
            event.originator_id,
            event.originator_version,
            STORED_FORM.encode(event, owner_id, GLASS).decode(),
        )
        for event in events_of(aggregate)
    ]


def read(row: StoredRow) -> Aggregate.Event:
    """The event behind a row."""
    return STORED_FORM.decode(
        row.event_type, row.originator_id, row.originator_version, row.data.encode(), GLASS
    )


def replayed(rows: list[StoredRow], onto: A | None = None) -> A:
    """The aggregate behind rows, from nothing or from a snapshot."""
    aggregate: Aggregate | None = onto
    for row in rows:
        aggregate = read(row).mutate(aggregate)
    assert aggregate is not None
    return cast(A, aggregate)


def settled(aggregate: A) -> dict[str, object]:
    """Everything an aggregate knows, whether or not its events were collected."""
    return {**vars(aggregate), "_pending_events": None}
