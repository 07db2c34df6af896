"""What ended while somebody was away."""

import strawberry

from api.types.job import Job
from api.types.purchase import Purchase, purchase
from queries.jobs.while_away import WhileAway as AwayRows


@strawberry.type(description="What ended while the viewer was away, but for what they cancelled.")
class WhileAway:
    completed: int = strawberry.field(description="So many jobs.")
    failed: int = strawberry.field(description="So many jobs.")
    released: int = strawberry.field(description="So many pictures, clips and samples.")
    refused: int = strawberry.field(description="So many outputs. They cost nothing.")
    counts_are_least: bool = strawberry.field(description="There were more than are counted.")
    jobs: list[Job] = strawberry.field(description="The newest 20 of them, the newest first.")
    purchases: list[Purchase] = strawberry.field(description="The newest 20, paid or failed.")


def while_away(found: AwayRows, jobs: list[Job]) -> WhileAway:
    """The answer, with its jobs as they are shown."""
    return WhileAway(
        completed=found.completed,
        failed=found.failed,
        released=found.released,
        refused=found.refused,
        counts_are_least=found.is_least,
        jobs=jobs,
        purchases=[purchase(row) for row in found.purchases],
    )
