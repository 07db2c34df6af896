"""Idempotency, reading one's own writes, pages that do not drift, and the auditor's ledger."""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any
from uuid import uuid4

from api.consistency import WAIT_MAX_S
from commands.ports.event_store import OWNER_WAITING_MAX
from domain.kernel.role import Role
from tests.api.creator import Creator, somebody
from tests.api.live_studio import LiveStudio

POSITION = (
    "query($p: Position) { viewer(minPosition: $p) { __typename ... on Viewer { position } "
    "... on NotYetConsistent { code lag } ... on ReadModelParked { code } } }"
)
LEDGER = (
    "query($p: Position!, $after: UUID) { ledger(asOf: $p, first: 1, after: $after) { __typename "
    "... on Ledger { asOf moreBehind accounts { owner available reserved spent } } "
    "... on Refusal { code } } }"
)
SLICE = (
    "query($p: Position!) { ledgerSlice(until: $p) { __typename "
    "... on LedgerSlice { isLast available reserved spent } ... on Refusal { code } } }"
)
JOBS = (
    "query($after: Cursor) { viewer { ... on Viewer { jobs(first: 2, after: $after) "
    "{ pageInfo { hasNextPage endCursor } edges { cursor node { id } } } } } }"
)


def test_one_key_fifty_times_at_once_is_one_event_and_one_debit(ada: Creator) -> None:
    ada.verified().rich()
    before = ada.wallet()["available"]
    asked: dict[str, Any] = {
        "idempotencyKey": str(uuid4()),
        "engine": "pocket",
        "prompt": "a lighthouse in fog",
        "count": 1,
        "priceVersion": 1,
    }

    def ask(_: int) -> str:
        return str(ada.did("requestImages", "job millicredits position", **asked))

    # As many at once as may wait for their turn: who is one too many is told to ask again.
    with ThreadPoolExecutor(OWNER_WAITING_MAX) as pool:
        answers = set(pool.map(ask, range(50)))
    assert len(answers) == 1
    ada.live.settle()
    events = ada.live.event_types(ada.person)
    assert events.count("job.requested") == events.count("wallet.reserved") == 1
    wallet = ada.wallet()
    assert wallet["available"] + wallet["reserved"] == before
    other = ada.mutate("requestImages", **{**asked, "prompt": "a lighthouse in the sun"})
    assert other["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_parallel_spends_never_overdraw(ada: Creator) -> None:
    ada.verified().rich()
    available = ada.wallet()["available"]
    wish: dict[str, Any] = {
        "engine": "pocket",
        "prompt": "a lighthouse",
        "count": 8,
        "priceVersion": 1,
    }
    price = ada.run("Quote", images={"engine": "pocket", "count": 8})["millicredits"]

    def ask(_: int) -> str:
        return str(ada.mutate("requestImages", **wish)["__typename"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(available // price + 5)))
    assert answers.count("RequestImagesSuccess") == available // price
    assert set(answers) == {"RequestImagesSuccess", "InsufficientCredits"}
    ada.live.settle()
    assert ada.wallet()["available"] == available % price


def test_a_write_is_visible_from_its_position_on(ada: Creator) -> None:
    ada.live.project()
    position = ada.did("createTwin", name="Ada")["position"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ada.ask, POSITION, p=position)
        ada.live.project()
        found = waiting.result()
    assert found["__typename"] == "Viewer"
    assert int(found["position"]) >= int(position)


def test_who_is_parked_is_told_so_at_once(ada: Creator) -> None:
    ada.live.project()
    reached = ada.ask(POSITION)["position"]
    ada.live.projector.note_lost(ada.person, "Undecodable")
    position = ada.did("createTwin", name="Ada")["position"]
    ada.live.project()
    began_s = monotonic()
    answer = ada.ask(POSITION, p=position)
    assert (answer["__typename"], answer["code"]) == ("ReadModelParked", "READ_MODEL_PARKED")
    assert monotonic() - began_s < WAIT_MAX_S
    # What stands there is still to be seen.
    assert int(ada.ask(POSITION)["position"]) <= int(reached)


def test_waiting_readers_hold_no_connection_from_others(ada: Creator) -> None:
    """More of them wait than the pool has connections, and a reader who does not wait is served."""
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(ada.ask, POSITION, p=str(2**63 - 1)) for _ in range(20)]
        assert ada.ask(POSITION)["__typename"] == "Viewer"
        assert not all(found.done() for found in waiting)
        answers = [found.result() for found in waiting]
    assert {answer["code"] for answer in answers} == {"NOT_YET_CONSISTENT"}
    assert all(answer["lag"] > 0 for answer in answers)


def test_pages_do_not_drift_while_jobs_land(ada: Creator) -> None:
    ada.verified().rich()
    jobs = [ada.images(count=1) for _ in range(5)]
    ada.live.settle()
    seen: list[str] = []
    after = None
    for _ in range(3):
        page = ada.ask(JOBS, after=after)["jobs"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]
        ada.images(count=1)
        ada.live.settle()
    assert seen == jobs[::-1]
    assert not page["pageInfo"]["hasNextPage"]


def test_jobs_are_found_by_state(ada: Creator) -> None:
    ada.verified().rich()
    kept, cancelled = ada.images(), ada.images()
    ada.did("cancelJob", job=cancelled)
    ada.live.settle()
    by_state = (
        "query($s: [JobState!]) { viewer { ... on Viewer { jobs(states: $s) "
        "{ edges { node { id } } } } } }"
    )
    for state, job in (("REQUESTED", kept), ("CANCELLED", cancelled)):
        edges = ada.ask(by_state, s=[state])["jobs"]["edges"]
        assert [edge["node"]["id"] for edge in edges] == [job]


def test_only_an_auditor_reads_the_ledger_as_of_a_position(fresh: LiveStudio) -> None:
    ada, grace = Creator(fresh, "Ada").rich(), Creator(fresh, "Grace")
    before = str(fresh.project())
    grace.verified().rich()
    grace.images()
    now = str(fresh.settle())
    auditor = somebody(fresh, Role.AUDITOR)

    for question in (LEDGER, SLICE):
        assert ada.ask(question, p=now) == {"__typename": "NotFound", "code": "NOT_FOUND"}
        safety = somebody(fresh, Role.SAFETY)
        assert safety.ask(question, p=now)["code"] == "NOT_FOUND"

    then = auditor.ask(LEDGER, p=before)
    assert [account["owner"] for account in then["accounts"]] == [str(ada.person)]
    assert auditor.ask(SLICE, p=before)["available"] == ada.wallet()["available"]

    first = auditor.ask(LEDGER, p=now)
    second = auditor.ask(LEDGER, p=now, after=first["moreBehind"])
    assert first["moreBehind"] == first["accounts"][0]["owner"]
    assert second["moreBehind"] is None
    sums = auditor.ask(SLICE, p=now)
    assert sums["isLast"]
    accounts = [*first["accounts"], *second["accounts"]]
    assert {account["owner"] for account in accounts} == {str(ada.person), str(grace.person)}
    assert sum(account["reserved"] for account in accounts) == sums["reserved"] > 0
    assert sum(account["available"] for account in accounts) == sums["available"]


def test_prices_are_shown_to_whoever_has_not_signed_in(live: LiveStudio, ada: Creator) -> None:
    ada.token = None
    found = ada.run("Catalogue")
    assert next(engine["id"] for engine in found["engines"]) == "pocket"
    assert found["packages"][0]["millicredits"] > 0
    assert found["photoCount"] == {"minimum": 10, "maximum": 20}
