"""What belongs to nobody: price lists and policies, version after version."""

from domain.policy import Policy
from domain.price_list import PriceList
from projections.read_model import Change, ReadModel, added
from projections.tables import POLICIES, PRICE_LISTS
from topics.messages.fact import Fact

price_lists = ReadModel("price_lists")
policies = ReadModel("policies")


@price_lists.on(PriceList.Published)
def _prices_published(event: PriceList.Published, fact: Fact) -> list[Change]:
    return [
        added(
            PRICE_LISTS,
            fact,
            version=event.version,
            entries=event.entries,
            packages=event.packages,
            previous_accepted_until=event.accepted_until,
            published_at=event.timestamp,
        )
    ]


@policies.on(Policy.Published)
def _policy_published(event: Policy.Published, fact: Fact) -> list[Change]:
    return [
        added(POLICIES, fact, version=event.version, rows=event.rows, published_at=event.timestamp)
    ]
