"""From a fact of the log to its intents: pure, one fact at a time."""

from collections.abc import Iterator
from datetime import datetime

import structlog

from commands.ports.intents import Intent
from commands.reactions.deeds import ReadEvent
from commands.reactions.reaction import Answer
from commands.reactions.registry import REACTIONS, answers_to
from commands.reactions.wanted_form import encode_wanted
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import reaction_key
from domain.kernel.stored_form import NoKeys, StoredForm
from topics.messages.fact import Fact

log = structlog.get_logger()

READING = "event-is-read"
"""The reaction to an event that this release cannot read: have another one read it."""

_CAUSES = frozenset(reaction.event_class.TOPIC for reaction in REACTIONS)
_KEYS = NoKeys()


def intents_of(fact: Fact, form: StoredForm, *, now: datetime) -> Iterator[Intent]:
    """What a fact asks for. One that cannot be read, or answered, asks to be read again.

    So no event is ever passed over, and none holds up those behind it.
    """
    if not form.reads(fact.event_type, fact.data):
        log.error("event unknown", position=fact.position, event_type=fact.event_type)
        yield reading(fact, now=now)
    elif fact.event_type in _CAUSES:
        try:
            yield from list(answered(fact, form, now=now))
        except Exception as error:
            log.error("event unanswered", position=fact.position, error=type(error).__name__)
            yield reading(fact, now=now)


def answered(fact: Fact, form: StoredForm, *, now: datetime) -> Iterator[Intent]:
    """The intents of a fact. Raises `StoredEventUnreadable`, and whatever a reaction may raise."""
    for answer in answers_to(event_of(fact, form), fact.owner_id):
        yield intent_of(answer, fact, now=now)


def event_of(fact: Fact, form: StoredForm) -> Aggregate.Event:
    """The event of a fact, its text sealed. Raises `StoredEventUnreadable`."""
    return form.decode(
        fact.event_type, fact.originator_id, fact.originator_version, fact.data, _KEYS
    )


def intent_of(answer: Answer, fact: Fact, *, now: datetime) -> Intent:
    """The row that an answer becomes."""
    return Intent(
        intent_id=answer.key,
        owner_id=fact.owner_id,
        cause_position=fact.position,
        reaction=answer.reaction,
        target=answer.target,
        payload=encode_wanted(answer.wanted),
        created_at=now,
        next_try_at=now if answer.due_at is None else answer.due_at,
    )


def reading(fact: Fact, *, now: datetime) -> Intent:
    """The row that an unread event becomes."""
    return Intent(
        intent_id=reaction_key(fact.originator_id, fact.originator_version, READING),
        owner_id=fact.owner_id,
        cause_position=fact.position,
        reaction=READING,
        target="",
        payload=encode_wanted(ReadEvent(fact.position)),
        created_at=now,
        next_try_at=now,
    )
