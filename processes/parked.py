"""`suite parked`: what a handler could not handle and keeps trying, shown, tried now, or dropped.

An id says what it is of: `message:17` a report, `owner:<uuid>` read models, `intent:<uuid>` an
effect.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from adapters.event_store.log import EventLog
from adapters.intents.postgres import open_intents
from adapters.parked_messages.postgres import PostgresParkedMessages
from adapters.postgres.connect import open_pool
from adapters.vault.subject_keys import SubjectKeys
from commands.ports.intents import WHEN_WOKEN, IntentState
from commands.ports.parked_messages import ParkedMessage
from domain.events import STORED_FORM
from processes.secrets import load_secrets
from processes.settings import Settings
from processes.wiring.clock import system_clock
from processes.wiring.transport import open_transport
from projections.catch_up import CatchUp, Outcome
from projections.parked_owners import ParkedOwner
from topics.messages.dead_letter import DeadLetter
from topics.registry import DEAD_LETTERS
from topics.transport import From, Transport

LISTED_MAX = 200
"""Of each kind. Who has more has one cause, and finds it in the first of them."""

LETTERS_COUNTED_MAX = 10_000
LETTERS_WAIT_S = 2.0


class Kind(StrEnum):
    """What can be parked."""

    MESSAGE = "message"
    OWNER = "owner"
    INTENT = "intent"


ADVICE = {
    Kind.MESSAGE: "a report that could not be recorded; later ones of its job wait behind it",
    Kind.OWNER: "read models that stand before a fact; they are read on from the event store",
    Kind.INTENT: "an effect that fails every time; it is tried again at the slowest pace",
}


class UnknownId(Exception):
    """Nothing of this name is parked: a slip of the pen, or it is done already."""


class NotDroppable(Exception):
    """It can only be tried again."""


@dataclass(frozen=True)
class Entry:
    """One thing that is parked. `about` is an id, `what` a stored name, `error` a class."""

    kind: Kind
    id: str
    about: str
    what: str
    error: str
    attempts: int
    since: datetime
    due: datetime | None


@dataclass(frozen=True)
class Listing:
    """Everything that is parked, and the dead letters by topic and reason, which nobody retries."""

    at: datetime
    entries: tuple[Entry, ...]
    letters: tuple[tuple[str, int], ...]


def listed(settings: Settings) -> Listing:
    """What is parked now."""
    url = settings.require_database_url()
    with (
        open_pool(url, "writer", size_max=1, application="parked") as writers,
        open_intents(url, connections_max=1, application="parked") as intents,
        _catch_up(settings) as catch_up,
        open_transport(settings) as transport,
    ):
        entries = (
            *map(_of_message, PostgresParkedMessages(writers).listed(LISTED_MAX)),
            *map(_of_owner, catch_up.parked(LISTED_MAX)),
            *map(_of_intent, intents.parked(LISTED_MAX)),
        )
        return Listing(system_clock(), entries, count_letters(transport))


def rendered(listing: Listing) -> Iterator[str]:
    """The lines of a listing, for a person."""
    for kind in Kind:
        of_kind = [entry for entry in listing.entries if entry.kind is kind]
        if not of_kind:
            continue
        yield f"{kind}: {ADVICE[kind]}"
        for entry in of_kind:
            tries = "waits behind" if entry.attempts == 0 else f"{entry.attempts} tries"
            yield (
                f"  {entry.id}  {entry.about}  {entry.what}  {entry.error}  {tries}  "
                f"for {span(listing.at - entry.since)}  {_next_try(entry, listing.at)}"
            )
    if not listing.entries:
        yield "nothing is parked"
    for what, count in listing.letters:
        yield f"dead letters: {count} of {what}"
    if listing.entries:
        yield (
            "All of it is tried again by itself. Once its cause is mended, `suite parked retry ID` "
            "does so now; `suite parked drop ID --yes` forgets a report or an effect for good."
        )


def retry(settings: Settings, id: str) -> str:
    """Try one thing again, now. Says what came of it. Raises `UnknownId`."""
    kind, name = _parsed(id)
    match kind:
        case Kind.MESSAGE:
            from processes.recorder.parking import Retried
            from processes.wiring.recorder import open_recorder

            with (
                open_transport(settings) as transport,
                open_recorder(settings, transport) as recorder,
            ):
                retried = recorder.retry(_number(name))
            if retried is Retried.GONE:
                raise UnknownId(id)
            return str(retried.value)
        case Kind.OWNER:
            with _catch_up(settings) as catch_up:
                tried = catch_up.retry(_uuid(name))
            if tried.outcome is Outcome.NOT_PARKED:
                raise UnknownId(id)
            return str(tried.outcome.value)
        case Kind.INTENT:
            url = settings.require_database_url()
            with open_intents(url, connections_max=1, application="parked") as intents:
                if not intents.retry(_uuid(name), now=system_clock()):
                    raise UnknownId(id)
            return "due now: the reactor carries it out"


def drop(settings: Settings, id: str) -> str:
    """Forget one thing for good. Raises `UnknownId`, and `NotDroppable` for an owner."""
    kind, name = _parsed(id)
    url = settings.require_database_url()
    match kind:
        case Kind.MESSAGE:
            with open_pool(url, "writer", size_max=1, application="parked") as writers:
                if not PostgresParkedMessages(writers).drop(_number(name)):
                    raise UnknownId(id)
            return "dropped: its job ends by its own bounds, and what waited behind it is due"
        case Kind.OWNER:
            raise NotDroppable(
                "an owner cannot be dropped, only retried: without that fact their read models "
                "would show what never was. Mend the cause, or run a release that knows the fact."
            )
        case Kind.INTENT:
            with open_intents(url, connections_max=1, application="parked") as intents:
                if not intents.drop(_uuid(name), now=system_clock()):
                    raise UnknownId(id)
            return "dropped: nobody will do this"


def count_letters(transport: Transport) -> tuple[tuple[str, int], ...]:
    """How many dead letters there are by where they lay and why, most first; at most so many."""
    counted: Counter[str] = Counter()
    with transport.broadcast([DEAD_LETTERS], From.START) as reader:
        while counted.total() < LETTERS_COUNTED_MAX and (found := reader.poll(LETTERS_WAIT_S)):
            for one in found:
                letter = one.message
                if isinstance(letter, DeadLetter):
                    counted[f"{letter.topic} ({letter.group}): {letter.reason}"] += 1
                else:
                    counted["records of no form"] += 1
    return tuple(counted.most_common())


def span(duration: timedelta) -> str:
    """A duration in the largest unit that it fills."""
    seconds = max(duration.total_seconds(), 0.0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _next_try(entry: Entry, at: datetime) -> str:
    if entry.due is None:
        return "tried when it is woken"
    return f"tried in {span(entry.due - at)}" if entry.due > at else "due"


@contextmanager
def _catch_up(settings: Settings) -> Iterator[CatchUp]:
    url = settings.require_database_url()
    secrets = load_secrets(settings.secrets)
    with (
        open_pool(url, "projector", size_max=1, application="parked") as pool,
        open_pool(url, "vault", size_max=1, application="parked") as vault,
        EventLog(url, connections_max=1, application="parked") as events,
    ):
        keys = SubjectKeys(vault, secrets.key_encryption)
        yield CatchUp(pool.connection, STORED_FORM, keys, events.read_of, now=system_clock)


def _of_message(parked: ParkedMessage) -> Entry:
    record = parked.record
    return Entry(
        Kind.MESSAGE,
        f"{Kind.MESSAGE}:{parked.id}",
        f"job {parked.about}",
        _name_of(record.headers),
        parked.error,
        parked.attempts,
        parked.first_at,
        parked.due_at,
    )


def _name_of(headers: Sequence[tuple[str, bytes]]) -> str:
    """What a record says it is, from whoever sent it: shown without what a terminal would obey."""
    name = dict(headers).get("ce_type", b"?").decode("utf-8", "replace")[:64]
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _of_owner(parked: ParkedOwner) -> Entry:
    return Entry(
        Kind.OWNER,
        f"{Kind.OWNER}:{parked.owner_id}",
        f"position {parked.position}",
        parked.event_type or "an unreadable record",
        parked.error,
        parked.attempts,
        parked.first_at,
        parked.due_at,
    )


def _of_intent(state: IntentState) -> Entry:
    intent = state.intent
    return Entry(
        Kind.INTENT,
        f"{Kind.INTENT}:{intent.intent_id}",
        f"owner {intent.owner_id}",
        " ".join(filter(None, [intent.reaction, intent.target])),
        state.last_error or "?",
        intent.attempts,
        state.parked_at or intent.created_at,
        None if intent.next_try_at >= WHEN_WOKEN else intent.next_try_at,
    )


def _parsed(id: str) -> tuple[Kind, str]:
    kind, _, name = id.partition(":")
    if kind not in list(Kind) or not name:
        raise UnknownId(id)
    return Kind(kind), name


def _number(name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        raise UnknownId(name)
    return int(name)


def _uuid(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        raise UnknownId(name) from None
