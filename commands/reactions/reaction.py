"""What a reaction is: one pure answer to one type of event."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import reaction_key


@dataclass(frozen=True)
class Intended:
    """One thing that is to be done because of an event: a command, or a deed of `deeds.py`.

    `target` tells the things apart that one reaction wants because of one event, and is part of
    their keys. `due_at` is when it is to be done; None means at once.
    """

    wanted: Any
    target: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Reaction:
    """Answers every event of one class with something to do, with several such things, or nothing.

    `name` is part of the idempotency key of the answer, so it is a promise like an event type.
    `react` takes the event and its owner, and does nothing but decide: the same event again gets
    the same answer. It answers a command or a deed, None, or a tuple of `Intended`.
    """

    name: str
    event_class: type[Aggregate.Event]
    react: Callable[[Any, UUID], Any | None]

    def answers(self, cause: Aggregate.Event, owner_id: UUID) -> Iterator["Answer"]:
        """What `cause` asks for, each under a key of its own."""
        found = self.react(cause, owner_id)
        if found is None:
            return
        for one in found if isinstance(found, tuple) else (Intended(found),):
            yield Answer(
                reaction=self.name,
                target=one.target,
                key=reaction_key(
                    cause.originator_id, cause.originator_version, self.name, one.target
                ),
                wanted=one.wanted,
                due_at=one.due_at,
            )


@dataclass(frozen=True)
class Answer:
    """What one reaction asks for: a command to execute under `key`, or a deed.

    The command that reports a deed as done is executed under `key` too.
    """

    reaction: str
    target: str
    key: UUID
    wanted: Any
    due_at: datetime | None = None
