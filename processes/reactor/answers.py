"""From a fact of the log to its intents: pure, one fact at a time."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from commands.ports.intents import Intent, Over
from commands.reactions.deeds import AnnounceWork, ReadEvent
from commands.reactions.reaction import Answer
from commands.reactions.registry import REACTIONS, answers_to
from commands.reactions.wanted_form import encode_wanted
from commands.reactions.work_is_over import ENDING, work_over
from domain.kernel.aggregate import Aggregate
from domain.kernel.identity import reaction_key
from domain.kernel.stored_form import NoKeys, StoredForm
from topics.messages.fact import Fact

log = structlog.get_logger()

READING = "event-is-read"
"""The reaction to an event that this release cannot read: have another one read it."""

_CAUSES = frozenset(
    [reaction.event_class.TOPIC for reaction in REACTIONS] + [kind.TOPIC for kind in ENDING]
)
_KEYS = NoKeys()


@dataclass(frozen=True)
class Asked:
    """What a fact asks for, and which announced work it takes up or ends."""

    intents: tuple[Intent, ...] = ()
    over: tuple[Over, ...] = ()


def asked_by(fact: Fact, form: StoredForm, *, now: datetime) -> Asked:
    """What a fact asks for. One that cannot be read, or answered, asks to be read again.

    So no event is ever passed over, and none holds up those behind it.
    """
    if not form.reads(fact.event_type, fact.data):
        log.error("event unknown", position=fact.position, event_type=fact.event_type)
        return Asked(intents=(reading(fact, now=now),))
    if fact.event_type not in _CAUSES:
        return Asked()
    try:
        return answered(fact, form, now=now)
    except Exception as error:
        log.error("event unanswered", position=fact.position, error=type(error).__name__)
        return Asked(intents=(reading(fact, now=now),))


def answered(fact: Fact, form: StoredForm, *, now: datetime) -> Asked:
    """What a fact asks for. Raises `StoredEventUnreadable`, and whatever a reaction may raise."""
    event = event_of(fact, form)
    answers = answers_to(event, fact.owner_id)
    return Asked(
        intents=tuple(intent_of(answer, fact, now=now) for answer in answers),
        over=tuple(Over(fact.owner_id, target, fact.position) for target in work_over(event)),
    )


def event_of(fact: Fact, form: StoredForm) -> Aggregate.Event:
    """The event of a fact, its text sealed. Raises `StoredEventUnreadable`."""
    return form.decode(
        fact.event_type, fact.originator_id, fact.originator_version, fact.data, _KEYS
    )


def intent_of(answer: Answer, fact: Fact, *, now: datetime) -> Intent:
    """The row that an answer becomes. Work is announced in a queue of its kind."""
    wanted = answer.wanted
    return Intent(
        intent_id=answer.key,
        owner_id=fact.owner_id,
        cause_position=fact.position,
        reaction=answer.reaction,
        target=answer.target,
        payload=encode_wanted(wanted),
        created_at=now,
        next_try_at=now if answer.due_at is None else answer.due_at,
        queue=wanted.kind if isinstance(wanted, AnnounceWork) else None,
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
