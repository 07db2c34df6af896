"""The library's mapper over our stored form: explicit event types, our bytes, sealed text."""

from typing import cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import EventNotStorable, Sealer, StoredForm


class StoredFormMapper(Mapper[UUID]):
    """Maps events of one owner, in both directions.

    `owner_id` is whose key seals personal text; reading needs none, since the bytes name their key.
    """

    def __init__(self, form: StoredForm, sealer: Sealer, owner_id: UUID | None = None) -> None:
        # The library's constructor takes transcoder, compressor and cipher: the stored form is all.
        self._form = form
        self._sealer = sealer
        self._owner_id = owner_id

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """The event as it is stored. Raises `EventNotStorable`."""
        if self._owner_id is None:
            raise EventNotStorable("this mapper only reads")
        event = cast(Aggregate.Event, domain_event)
        return StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=type(event).TOPIC,
            state=self._form.encode(event, self._owner_id, self._sealer),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        """The event behind stored bytes of any released version. Raises `StoredEventUnreadable`."""
        return self._form.decode(
            stored_event.topic,
            cast(UUID, stored_event.originator_id),
            stored_event.originator_version,
            stored_event.state,
            self._sealer,
        )
