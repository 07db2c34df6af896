"""What the tests of the auditor's file share: one honest ledger of Ada and Grace."""

import pytest

from tests.audit.ledger_file import lines_of
from tests.projections.studio_history import ADA, GRACE, StudioHistory, a_whole_journey


@pytest.fixture(scope="session")
def history() -> StudioHistory:
    told = a_whole_journey()
    a_whole_journey(GRACE, told)
    person, wallet = told.person(ADA), told.wallet(ADA)
    told.requested_pictures(person, None, wallet, "a lighthouse in fog")
    return told


@pytest.fixture(scope="session")
def exported(history: StudioHistory) -> tuple[bytes, ...]:
    lines = lines_of(history.rows)
    assert len(lines) == history.position + 2
    return lines
