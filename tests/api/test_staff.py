"""What staff see: each role its own, and nobody what is not theirs to see."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from adapters.event_store.log import EventLog
from adapters.postgres.connect import connect
from adapters.postgres.embedded import EmbeddedPostgres
from api.ids import global_id
from commands.jobs.fail_job import FailJob
from domain.job_state import JobFailure
from domain.kernel.role import Role
from processes.audit import verify as verifier
from processes.audit.verify import verify
from queries.survey.pseudonym import pseudonym
from tests.api.creator import Creator, Visitor, somebody, uuid_of
from tests.api.live_studio import LiveStudio, live_studio
from tests.conftest import TEMPLATE
from tests.web.staffed import staffed

LEDGER = "/audit/ledger.jsonl"
VERIFIER = "/audit/verify.py"
PROMPT = "a lighthouse in fog"
OTHERS = tuple(role for role in Role if role is not Role.AUDITOR)


@pytest.fixture(scope="module")
def live(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStudio]:
    """A studio of its own: an operator sees everybody's."""
    postgres_server.create_database("staffed", template=TEMPLATE)
    with live_studio(postgres_server.url("staffed"), tmp_path_factory.mktemp("staffed")) as found:
        yield found


@pytest.fixture(scope="module")
def ada(live: LiveStudio) -> Creator:
    """Has bought credits and asked for pictures."""
    found = Creator(live, "Ada").verified().rich()
    found.images(prompt=PROMPT, count=2)
    live.settle()
    staffed(live)
    return found


def entries(who: Visitor, owner: UUID, **asked: Any) -> Any:
    wish = {"owner": str(owner), "first": 50, "asOf": "999999999", **asked}
    return who.run("LedgerEntries", **wish)


def ledger_of(who: Visitor, until: str) -> dict[str, Any]:
    """The slices of the whole ledger up to a position, added up as the page does."""
    slices = [who.run("LedgerSlice", until=until)]
    while not slices[-1]["isLast"]:
        slices.append(who.run("LedgerSlice", until=until, after=slices[-1]["upTo"]))
    sums: dict[str, Any] = {
        name: sum(one[name] for one in slices) for name in ("entries", "owners", "available")
    }
    sums["equations"] = [
        {
            "rule": last["rule"],
            "holds": sum(
                side["left"] - side["right"]
                for one in slices
                for side in one["sides"]
                if side["rule"] == last["rule"]
            )
            == 0,
        }
        for last in slices[-1]["sides"]
    ]
    return sums


def fetched(who: Visitor, path: str) -> tuple[int, bytes]:
    answer = who.http.get(path, headers=who.headers)
    return answer.status_code, answer.content


def overwritten(live: LiveStudio, statement: LiteralString) -> None:
    """Somebody changed the read models."""
    with connect(live.database, "projector") as connection:
        connection.execute(statement)


@pytest.mark.parametrize("role", OTHERS)
def test_for_who_is_no_auditor_no_owner_and_no_ledger_is_there(
    live: LiveStudio, ada: Creator, role: Role
) -> None:
    who = somebody(live, role)
    answers = [entries(who, owner) for owner in (ada.person, uuid4(), who.person)]
    answers.append(who.run("Ledger", first=1))
    answers.append(who.run("LedgerSlice", until="999999999"))
    answers.append(who.run("LedgerDiff", since="0", until="999999999", first=1))
    assert {answer["code"] for answer in answers} == {"NOT_FOUND"}
    assert len({json.dumps(answer) for answer in answers}) == 1
    absent = fetched(who, "/audit/nothing")
    for path in (LEDGER, VERIFIER):
        assert fetched(who, path)[0] == absent[0] == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_for_who_is_no_operator_there_is_no_such_look(live: LiveStudio, role: Role) -> None:
    assert somebody(live, role).run("Operations")["code"] == "NOT_FOUND"


def test_who_has_not_signed_in_is_told_nothing(live: LiveStudio, ada: Creator) -> None:
    visitor = Visitor(live)
    assert visitor.run("Operations")["code"] == "NOT_SIGNED_IN"
    assert visitor.run("Ledger", first=1)["code"] == "NOT_SIGNED_IN"
    assert visitor.run("LedgerSlice", until="9")["code"] == "NOT_SIGNED_IN"
    assert visitor.run("LedgerDiff", since="0", until="9", first=1)["code"] == "NOT_SIGNED_IN"
    assert entries(visitor, ada.person)["code"] == "NOT_SIGNED_IN"
    assert fetched(visitor, LEDGER)[0] == fetched(visitor, VERIFIER)[0] == 404


def test_an_operator_sees_work_and_machines_and_nobody(live: LiveStudio, ada: Creator) -> None:
    operator = somebody(live, Role.OPERATOR)
    seen = operator.run("Operations")
    assert seen["waiting"]["count"] >= 1
    assert [(one["name"], one["draws"]) for one in seen["machines"]] == [
        ("bench", True),
        ("lathe", True),
        ("sieve", False),
    ]
    bench = seen["machines"][0]
    assert (bench["device"], bench["memoryGib"]) == ("NVIDIA H100", 80.0)
    assert bench["engines"] == ["pocket", "stable-diffusion-xl"]
    assert bench["since"] is not None
    [parked] = seen["parked"]
    assert (seen["parkedInAll"], parked["error"]) == (1, "StoredEventUnreadable")
    assert "PARKED" in seen["concerns"]
    assert parked["id"].startswith("message:")
    [hers] = [job for job in seen["jobs"] if job["owner"] == pseudonym(ada.person)]
    assert (hers["kind"], hers["state"], hers["count"]) == ("IMAGES", "REQUESTED", 2)
    assert {lag["reader"] for lag in seen["readers"]} >= {"relay", "reactor", "watchdog"}
    said = json.dumps(seen)
    for private in (str(ada.person), PROMPT, ada.email):
        assert private not in said


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
def test_what_is_somebodys_is_no_more_staffs_than_anybodys(
    live: LiveStudio, ada: Creator, role: Role
) -> None:
    who = somebody(live, role)
    node = "query($id: ID!) { node(id: $id) { __typename id } }"
    job = ada.run("Jobs", first=1)["jobs"]["edges"][0]["node"]["id"]
    purchase = ada.run("Purchases", first=1)["wallet"]["purchases"]["edges"][0]["node"]["id"]
    for kind, id in (("Job", job), ("Purchase", purchase), ("Viewer", ada.run("Viewer")["id"])):
        assert ada.ask(node, id=id)["id"] == id
        others = who.post(node, id=id).response.content
        assert others == who.post(node, id=global_id(kind, uuid4())).response.content
    assert who.wallet()["available"] == 0
    assert who.run("Statement", first=10)["wallet"]["statement"]["edges"] == []


def test_an_operator_sees_what_failed_last(fresh: LiveStudio) -> None:
    ada = Creator(fresh, "Ada").verified().rich()
    job = ada.images()
    fresh.does(FailJob(uuid_of(job), JobFailure.DEADLINE_PASSED), ada.person)
    fresh.settle()
    seen = somebody(fresh, Role.OPERATOR).run("Operations")
    [failed] = seen["failures"]
    assert (seen["failedInAnHour"], failed["failure"]) == (1, "deadline-passed")
    assert "FAILED_LATELY" in seen["concerns"]
    assert failed["id"] == str(uuid_of(job))
    assert seen["jobs"] == []


def test_a_role_ends_with_the_next_request(live: LiveStudio, ada: Creator) -> None:
    who = somebody(live, Role.AUDITOR)
    assert ledger_of(who, "999999999")["entries"] > 0
    live.accounts.set_role(who.person, Role.OPERATOR)
    assert who.run("Ledger", first=1)["code"] == "NOT_FOUND"
    assert fetched(who, LEDGER)[0] == 404
    assert who.run("Operations")["at"]


def test_an_auditor_takes_home_what_the_command_writes_and_it_verifies(
    live: LiveStudio, ada: Creator
) -> None:
    auditor = somebody(live, Role.AUDITOR)
    answer = auditor.http.get(LEDGER, headers=auditor.headers)
    report = verify(answer.content.splitlines(keepends=True))
    assert report.findings == ()
    assert str(report.rows) == answer.headers["ledger-rows"]
    with EventLog(live.database) as log:
        rows = list(log.chained())
    # The log goes on meanwhile: what was copied is its beginning.
    assert bytes.fromhex(report.head_link) == rows[report.rows - 1].link
    assert report.balances[str(ada.person)].available == ada.wallet()["available"]
    assert PROMPT.encode() not in answer.content
    assert fetched(auditor, VERIFIER) == (200, Path(verifier.__file__).read_bytes())


def test_the_equations_hold_at_every_position_and_say_so_when_they_do_not(
    fresh: LiveStudio,
) -> None:
    ada = Creator(fresh, "Ada").verified().rich()
    ada.images(count=2)
    fresh.settle()
    auditor = somebody(fresh, Role.AUDITOR)
    now = auditor.run("Ledger", first=10)
    assert int(now["head"]) == int(now["asOf"])
    for position in range(0, int(now["head"]) + 1, 3):
        then = ledger_of(auditor, str(position))
        assert [one["rule"] for one in then["equations"] if not one["holds"]] == []
    sums = ledger_of(auditor, now["asOf"])
    assert len(sums["equations"]) == 7
    assert sums["owners"] == 1
    overwritten(fresh, "UPDATE views.balances SET available = available + 1")
    overwritten(fresh, "UPDATE views.statement SET available = available - 7 WHERE reserved > 0")
    found = ledger_of(auditor, now["asOf"])["equations"]
    broken = {one["rule"] for one in found if not one["holds"]}
    assert broken == {"BALANCES_AGREE", "AVAILABLE_ADDS_UP", "SOURCES_ARE_USES"}


def test_a_moment_is_a_position(fresh: LiveStudio) -> None:
    ada = Creator(fresh, "Ada").rich()
    auditor = somebody(fresh, Role.AUDITOR)
    first = auditor.run("Ledger", first=1)
    ada.rich()
    second = auditor.run("Ledger", first=1)
    assert int(second["asOf"]) > int(first["asOf"])
    assert auditor.run("Ledger", at=first["at"], first=1)["asOf"] == first["asOf"]
    assert auditor.run("Ledger", at="2001-01-01T00:00:00Z", first=1)["asOf"] == "0"
    both = auditor.run("Ledger", at=first["at"], asOf="1", first=1)
    assert (both["code"], both["path"]) == ("INPUT_INVALID", ["at"])


def test_a_statement_is_paged_and_ends_at_the_position(live: LiveStudio, ada: Creator) -> None:
    auditor = somebody(live, Role.AUDITOR)
    whole = [edge["node"] for edge in entries(auditor, ada.person)["entries"]["edges"]]
    assert [one["kind"] for one in whole] == ["wallet.reserved", "wallet.credited"]
    assert all(sum(p["millicredits"] for p in one["postings"]) == 0 for one in whole)
    page = entries(auditor, ada.person, first=1)["entries"]
    assert page["pageInfo"]["hasNextPage"]
    rest = entries(auditor, ada.person, first=1, after=page["pageInfo"]["endCursor"])["entries"]
    assert [edge["node"] for edge in (*page["edges"], *rest["edges"])] == whole
    before = entries(auditor, ada.person, asOf=whole[-1]["position"])["entries"]["edges"]
    assert [edge["node"] for edge in before] == whole[-1:]
    assert entries(auditor, uuid4())["entries"]["edges"] == []


def test_two_positions_are_compared_and_the_entries_in_between_are_told(fresh: LiveStudio) -> None:
    ada, grace = Creator(fresh, "Ada").rich(), Creator(fresh, "Grace").verified().rich()
    since = str(fresh.settle())
    grace.images(count=2)
    until = str(fresh.settle())
    auditor = somebody(fresh, Role.AUDITOR)
    found = auditor.run("LedgerDiff", since=since, until=until, first=10)
    [change] = found["changes"]
    assert (change["owner"], change["entries"]) == (str(grace.person), 1)
    assert change["before"]["reserved"] == 0
    assert change["now"]["reserved"] == grace.wallet()["reserved"] > 0
    [entry] = entries(auditor, grace.person, since=since, asOf=until)["entries"]["edges"]
    assert entry["node"]["kind"] == "wallet.reserved"
    assert entries(auditor, ada.person, since=since, asOf=until)["entries"]["edges"] == []
    first = auditor.run("LedgerDiff", since="0", until=until, first=1)
    second = auditor.run("LedgerDiff", since="0", until=until, first=1, after=first["moreBehind"])
    told = [one["owner"] for one in (*first["changes"], *second["changes"])]
    assert told == sorted((str(ada.person), str(grace.person)))
    turned = auditor.run("LedgerDiff", since=until, until=since, first=1)
    assert (turned["code"], turned["path"]) == ("INPUT_INVALID", ["since"])
