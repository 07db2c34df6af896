"""What could not be handled, one by one: what kind of thing, which kind of error, since when.

What `suite parked` tries again or drops is read elsewhere, with its content. Here nobody's is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from queries.survey.connections import Connections, Looks
from queries.survey.pseudonym import pseudonym

SHOWN_MAX: LiteralString = "25"
"""Of each kind."""

_REPORTS: LiteralString = f"""
SELECT 'message:' || id, topic, error, attempts, first_at
  FROM events.parked_messages ORDER BY id LIMIT {SHOWN_MAX}
"""
_INTENTS: LiteralString = f"""
SELECT 'intent:' || intent_id, reaction, coalesce(last_error, ''), attempts, parked_at
  FROM events.intents
 WHERE done_at IS NULL AND parked_at IS NOT NULL ORDER BY parked_at LIMIT {SHOWN_MAX}
"""
_OWNERS: LiteralString = f"""
SELECT owner_id, event_type, error, attempts, first_at
  FROM views.parked_owners ORDER BY first_at LIMIT {SHOWN_MAX}
"""
_LISTED: tuple[tuple[str, Looks, LiteralString], ...] = (
    ("message", "writer", _REPORTS),
    ("intent", "writer", _INTENTS),
    ("owner", "projector", _OWNERS),
)


@dataclass(frozen=True)
class ParkedThing:
    """One of them. `kind` is message, intent or owner. `id` is what `suite parked` calls it; an
    owner stands under a pseudonym. `what` is a topic, reaction or event type, `error` a class.
    """

    kind: str
    id: str
    what: str
    error: str
    attempts: int
    since: datetime


def parked_things(connections: Connections) -> tuple[ParkedThing, ...]:
    """Look now: those that stand longest."""
    found = []
    for kind, role, statement in _LISTED:
        with connections.reading(role) as connection:
            rows = connection.execute(statement).fetchall()
        for id, what, error, attempts, since in rows:
            name = f"owner:{pseudonym(id)}" if kind == "owner" else id
            found.append(ParkedThing(kind, name, what, error, attempts, since))
    return tuple(found)
