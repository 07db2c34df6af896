"""What every new job rests on: an engine that is there, a policy that allows it, a price."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from commands.ports.attendance import at_hand
from commands.work import Work
from domain.engines import EngineEntry, engine
from domain.engines.availability import AtHand, lacks
from domain.job import Job
from domain.job_kind import JobKind
from domain.job_state import JobItem
from domain.kernel.identity import POLICY_ID, PRICE_LIST_ID, SYSTEM, asset_id, job_id, wallet_id
from domain.policy import Policy
from domain.price_list import PriceList, cancel_share_thousandths, price
from domain.refusals import AlreadyDecided, EngineUnavailable, PriceListOutdated
from domain.settings import JobSettings, item_seed


class JobOpened(msgspec.Struct, frozen=True):
    """The job waits for a worker, and its price is set aside."""

    job_id: UUID
    quoted_millicredits: int
    price_version: int


@dataclass(frozen=True)
class Quote:
    """A price and the version of the list it comes from."""

    millicredits: int
    price_version: int
    cancel_share_thousandths: int


def available_engine(engine_id: str, kind: JobKind, work: Work) -> EngineEntry:
    """The entry of an engine that can do this, now or after a wait that a job may last.

    Raises `UnknownEngine`, `EngineUnavailable`.
    """
    entry = engine(engine_id)
    if kind not in entry.pipelines:
        raise EngineUnavailable(entry.id, (kind.value,))
    missing = lacks(entry, _at_hand(entry, work), now=work.now)
    if missing:
        raise EngineUnavailable(entry.id, missing)
    return entry


def _at_hand(entry: EngineEntry, work: Work) -> AtHand:
    # Only what draws photographs asks for the policy here: all else is judged by its rows later.
    policy = work.transaction.load(POLICY_ID, SYSTEM) if entry.photorealistic else None
    rows = policy.rows if isinstance(policy, Policy) else ()
    has_policy = any(row.engine == entry.id for row in rows)
    return at_hand(work.attendance, entry.id, has_policy=has_policy)


def quote(
    work: Work,
    *,
    engine_id: str,
    settings: JobSettings,
    count: int = 1,
    price_version: int | None = None,
) -> Quote:
    """The price under a version of the list; None means the one in force.

    Raises `PriceListOutdated` for a version that is no longer accepted.
    """
    prices = work.load_shared(PriceList, PRICE_LIST_ID)
    if price_version is None:
        version = prices.current
        if version is None:
            raise PriceListOutdated(0)
    else:
        version = prices.accepted(price_version, at=work.now)
    return Quote(
        millicredits=price(version.entries, engine=engine_id, settings=settings, count=count),
        price_version=version.version,
        cancel_share_thousandths=cancel_share_thousandths(
            version.entries, engine=engine_id, settings=settings
        ),
    )


def load_ahead(work: Work, twin_id: UUID | None) -> None:
    """Everything a new job rests on, in one round trip."""
    own = (work.owner_id, wallet_id(work.owner_id), job_id(work.owner_id, work.key), twin_id)
    work.load_ahead(*own, shared=(POLICY_ID, PRICE_LIST_ID))


def new_job_id(work: Work) -> UUID:
    """The id of the job that this command opens.

    Raises `AlreadyDecided` where the key opened one before: its row may have been swept since.
    """
    job = job_id(work.owner_id, work.key)
    if work.find(Job, job) is not None:
        raise AlreadyDecided()
    return job


def record_retry(retried: Job | None, job: UUID, *, at: datetime) -> tuple[Job, ...]:
    """What the save of a new job names besides: the ended one that it does again, if it does."""
    if retried is None:
        return ()
    retried.retry(job, at=at)
    return (retried,)


def policy_of(work: Work) -> Policy:
    """The policy in force."""
    return work.load_shared(Policy, POLICY_ID)


def job_items(job_id: UUID, *, count: int, seed: int) -> tuple[JobItem, ...]:
    """The pictures of a job, each with the asset it may become and a seed of its own."""
    return tuple(
        JobItem(item=item, asset_id=asset_id(job_id, item), seed=item_seed(seed, item))
        for item in range(count)
    )


def seed_of(job_id: UUID) -> int:
    """The seed of a job whose owner named none: the same whenever the job is looked at again."""
    return int.from_bytes(job_id.bytes[:4])
