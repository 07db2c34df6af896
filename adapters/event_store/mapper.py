"""Events as rows: explicit event types, the bytes of our stored form, sealed text."""

from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.kernel.aggregate import Aggregate
from domain.kernel.stored_form import EventNotStorable, Sealer, StoredForm


class StoredFormMapper:
    """Maps events of one owner, in both directions.

    `owner_id` is whose key seals personal text; reading needs none, since the bytes name their key.
    """

    def __init__(self, form: StoredForm, sealer: Sealer, owner_id: UUID | None = None) -> None:
        self._form = form
        self._sealer = sealer
        self._owner_id = owner_id

    def to_stored_event(self, event: Aggregate.Event) -> StoredEvent:
        """The event as it is stored. Raises `EventNotStorable`."""
        if self._owner_id is None:
            raise EventNotStorable("this mapper only reads")
        return StoredEvent(
            originator_id=event.originator_id,
            originator_version=event.originator_version,
            topic=type(event).TOPIC,
            state=self._form.encode(event, self._owner_id, self._sealer),
        )

    def to_domain_event(self, stored: StoredEvent) -> Aggregate.Event:
        """The event behind stored bytes of any released version. Raises `StoredEventUnreadable`."""
        return self._form.decode(
            stored.topic,
            cast(UUID, stored.originator_id),
            stored.originator_version,
            stored.state,
            self._sealer,
        )
