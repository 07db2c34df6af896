"""What must take place once, counted over a history: however often a message came, or a process."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from domain.asset import Asset
from domain.job import Job
from domain.kernel.aggregate import Aggregate
from domain.twin import Twin
from domain.wallet import Wallet


def doubled_effects(history: Iterable[tuple[UUID, Aggregate.Event]]) -> list[tuple[object, ...]]:
    """Every effect that took place more than once, by what it is an effect of. Empty is right."""
    counted = Counter(effect for _, event in history for effect in _effects(event))
    return [effect for effect, times in counted.items() if times > 1]


def _effects(event: Aggregate.Event) -> tuple[tuple[object, ...], ...]:
    """What an event does that no second event may do again."""
    about = event.originator_id
    match event:
        case Job.Requested():
            return (("request", about),)
        case Job.Started():
            return ("grant of an attempt", about, event.attempt), ("grant", event.claim_id)
        case Job.Rendered():
            return (("result", about, event.attempt),)
        case Job.AttemptFailed():
            return (("failure", about, event.attempt),)
        case Job.AttemptOpened():
            return (("attempt", about, event.attempt),)
        case Job.ResultDiscarded():
            return (("late result", event.claim_id),)
        case Job.Screened():
            return (("screening", about, event.attempt),)
        case Job.Completed() | Job.Failed() | Job.Cancelled():
            return (("end", about),)
        case Asset.Released() | Asset.Refused():
            return (("picture", event.job_id, event.item),)
        case Twin.PhotosAccepted() | Twin.PhotosRejected():
            return (("judgement", event.submission_id),)
        case Twin.AdapterDelivered():
            return (("adapter", event.job_id),)
        case Wallet.Credited():
            return (("credit", event.purchase_id),)
        case Wallet.Reserved():
            return (("reservation", event.job_id),)
        case Wallet.Captured():
            return (("capture", event.job_id),)
        case Wallet.Released() | Wallet.Expired():
            return (("return", event.job_id, type(event)),)
        case _:
            return ()
