"""What the balance read model claims, read as an auditor may read it."""

from adapters.postgres.connect import open_pool
from domain.kernel.role import Role
from processes.audit.verify import Balance
from queries.viewer import as_viewer
from queries.wallet.ledger import BEFORE_ALL, all_balances


def claimed_balances(database_url: str) -> dict[str, Balance]:
    """Every owner's balance as the read model has it now, by owner id."""
    with (
        open_pool(database_url, "reader", size_max=1, application="audit") as readers,
        as_viewer(readers, BEFORE_ALL, Role.AUDITOR) as view,
    ):
        return {
            str(row.owner_id): Balance(row.available, row.reserved, row.spent, row.position)
            for row in all_balances(view)
        }
