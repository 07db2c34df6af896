"""What a reaction is: one pure answer to one type of event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from commands.reactions.intents import Intent
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import reaction_key


@dataclass(frozen=True)
class Reaction:
    """Answers every event of one class with a command, an intent, or nothing.

    `name` is part of the idempotency key of the answer, so it is a promise like an event type.
    `react` takes the event and its owner, and does nothing but decide: the same event again gets
    the same answer.
    """

    name: str
    event_class: type[Aggregate.Event]
    react: Callable[[Any, UUID], Any | Intent | None]

    def key(self, cause: Aggregate.Event) -> UUID:
        """The idempotency key of the command that answers `cause`."""
        return reaction_key(cause.originator_id, cause.originator_version, self.name)


@dataclass(frozen=True)
class Answer:
    """What one reaction asks for: a command to execute under `key`, or an intent to carry out.

    The command that reports an intent as done is executed under `key` too.
    """

    reaction: str
    key: UUID
    wanted: Any | Intent
