"""Identity checks, twins and purchases are told as they go, and resumed by position as the rest."""

from typing import Any

from adapters.identity.sandbox import SandboxChoice
from adapters.payment.sandbox import CheckoutStatus
from commands.twin.record_photo_verdicts import RecordPhotoVerdicts
from domain.photo_set import PhotoFlaw, PhotoVerdict
from tests.api.creator import Creator, uuid_of
from tests.api.live_studio import ROOT, LiveStudio
from tests.api.streams import Sse, sse

OPERATIONS = ROOT / "graphql" / "operations"
ACCOUNT = (OPERATIONS / "WatchAccount.graphql").read_text()
WALLET = (OPERATIONS / "WatchWallet.graphql").read_text()


def said(feed: Sse) -> list[Any]:
    """All that comes until it is quiet: type by type, in order."""
    return [event.value for event in feed.rest()]


def test_the_decision_of_an_identity_check_comes_by_itself(ada: Creator) -> None:
    ada.live.settle()
    with sse(ada, ACCOUNT) as feed:
        snapshot = feed.value()
        assert snapshot["verification"]["status"] == "NONE"
        assert snapshot["verification"]["startedAt"] is None
        tries = snapshot["verification"]["triesLeft"]
        ada.verified(SandboxChoice.RESUBMISSION)
        states = [event["verification"] for event in said(feed)]
        assert (states[-1]["status"], states[-1]["reason"]) == ("PENDING", "RESUBMISSION")
        assert states[-1]["triesLeft"] == tries - 1
        assert states[-1]["startedAt"] is not None
        ada.verified(SandboxChoice.DECLINED)
        last = said(feed)[-1]["verification"]
        assert (last["status"], last["reason"]) == ("DECLINED", "DECLINED")
        ada.verified()
        last = said(feed)[-1]["verification"]
        assert (last["status"], last["reason"]) == ("VERIFIED", None)
        assert last["triesLeft"] == tries - 3


def test_who_is_under_age_is_told_that_there_is_no_other_try(ada: Creator) -> None:
    ada.live.settle()
    with sse(ada, ACCOUNT) as feed:
        feed.next()
        ada.verified(SandboxChoice.UNDER_AGE)
        last = said(feed)[-1]["verification"]
    assert (last["status"], last["reason"], last["triesLeft"]) == ("DECLINED", "UNDER_AGE", 0)


def test_a_twin_is_followed_from_its_name_to_its_likeness(ada: Creator) -> None:
    ada.verified().rich()
    with sse(ada, ACCOUNT) as feed:
        assert feed.value()["twins"] == []
        twin = ada.twin()
        ada.live.settle()
        told = said(feed)
        assert {event["twin"]["id"] for event in told} == {twin}
        assert told[-1]["twin"]["consent"]["granted"] is True
        ada.accepted(twin)
        photos = [event["twin"]["photos"] for event in said(feed)][-1]
        assert {photo["state"] for photo in photos} == {"accepted"}
        ada.finished(ada.training(twin))
        last = said(feed)[-1]["twin"]
    assert (last["status"], last["trained"]["engine"]) == ("TRAINED", "pocket")


def test_each_photo_has_a_verdict_of_its_own_under_the_id_that_its_form_named(ada: Creator) -> None:
    ada.verified()
    twin = ada.twin()
    ada.live.settle()
    with sse(ada, ACCOUNT) as feed:
        feed.next()
        submission = ada.submitted(twin)
        ada.live.settle()
        shown = said(feed)[-1]["twin"]
        assert shown["submission"] == submission
        assert [photo["index"] for photo in shown["photos"]] == list(range(12))
        assert {photo["verdict"] for photo in shown["photos"]} == {"WAITING"}
        ids = [uuid_of(photo["id"]) for photo in shown["photos"]]
        flawed = (PhotoVerdict(ids[5], (PhotoFlaw.UNREADABLE,)),)
        good = tuple(PhotoVerdict(one) for one in ids if one != ids[5])
        judged = RecordPhotoVerdicts(uuid_of(twin), uuid_of(submission), good + flawed, (), "eye")
        ada.live.does(judged, ada.person)
        ada.live.settle()
        shown = said(feed)[-1]["twin"]
    found = {photo["index"]: photo["verdict"] for photo in shown["photos"]}
    assert found == {**dict.fromkeys(range(12), "GOOD"), 5: "FLAWED"}
    assert [photo["flaws"] for photo in shown["photos"] if photo["index"] == 5] == [["unreadable"]]


def test_an_earlier_checkpoint_is_used_and_the_feed_says_which(
    ada: Creator, grace: Creator
) -> None:
    twin = ada.ready_to_train()
    with sse(ada, ACCOUNT) as feed:
        feed.next()
        ada.finished(ada.training(twin), checkpoints={60: 0.75, 90: 0.875})
        shown = said(feed)[-1]["twin"]["checkpoints"]
        assert [(one["step"], one["similarity"], one["chosen"]) for one in shown] == [
            (60, 0.75, False),
            (90, 0.875, False),
            (120, 0.91, True),
        ]
        choice: dict[str, Any] = {"twin": twin, "engine": "pocket", "step": 60}
        ada.did("chooseCheckpoint", **choice)
        ada.live.settle()
        shown = said(feed)[-1]["twin"]
    assert [one["step"] for one in shown["checkpoints"] if one["chosen"]] == [60]
    assert (shown["trained"]["step"], shown["trained"]["similarity"]) == (60, 0.75)
    refused = ada.mutate("chooseCheckpoint", **{**choice, "step": 61})
    assert (refused["__typename"], refused["code"]) == ("CheckpointUnknown", "CHECKPOINT_UNKNOWN")
    assert grace.mutate("chooseCheckpoint", **choice)["code"] == "NOT_FOUND"
    ada.did("withdrawConsent", twin=twin)
    ada.live.settle()
    [after] = [edge["node"] for edge in ada.run("Viewer")["twins"]["edges"]]
    assert after["checkpoints"] == []


def test_whoever_comes_back_is_told_what_was_decided_meanwhile(ada: Creator) -> None:
    ada.live.settle()
    with sse(ada, ACCOUNT) as feed:
        position = feed.next().id
    ada.verified()
    with sse(ada, ACCOUNT, last_event_id=position) as feed:
        events = feed.rest()
        assert [event.value["__typename"] for event in events] == ["VerificationChanged"] * 2
        assert events[-1].value["verification"]["status"] == "VERIFIED"
    with sse(ada, ACCOUNT, last_event_id=events[-1].id) as feed:
        assert feed.rest() == []


def test_an_account_feed_is_of_its_viewer_alone(ada: Creator, grace: Creator) -> None:
    ada.live.settle()
    with sse(grace, ACCOUNT) as hers:
        hers.next()
        ada.verified()
        assert hers.rest() == []


def test_what_becomes_of_a_purchase_comes_by_itself(ada: Creator) -> None:
    ada.live.settle()
    ada.verified()
    with sse(ada, WALLET) as feed:
        assert feed.value()["purchases"] == []
        declined = ada.checkout()
        ada.live.settle()
        begun = said(feed)[-1]
        assert (begun["purchase"]["state"], begun["wallet"]["available"]) == ("STARTED", 0)
        ada.pay(declined, CheckoutStatus.FAILED)
        failed = said(feed)[-1]["purchase"]
        assert (failed["id"], failed["state"]) == (begun["purchase"]["id"], "FAILED")
        assert failed["failure"] == "DECLINED"
        ada.rich()
        paid = said(feed)[-1]
        assert paid["purchase"]["state"] == "CREDITED"
        # One event: whoever resumes after it has heard of the credits and of their purchase.
        assert paid["wallet"]["available"] == paid["purchase"]["credits"]
        ada.images()
        ada.live.settle()
        assert [event["purchase"] for event in said(feed)] == [None]
    with sse(ada, WALLET) as feed:
        assert [one["state"] for one in feed.value()["purchases"]] == ["CREDITED", "FAILED"]


def test_what_ended_while_somebody_was_away_is_told_in_one_query(live: LiveStudio) -> None:
    ada = Creator(live).verified().rich()
    ada.finished(ada.images(count=1))
    position = ada.run("Viewer")["position"]
    last_seen = live.clock()
    assert away(ada, after=position) == {"completed": 0, "jobs": [], "purchases": []}
    done = ada.images(count=2)
    ada.finished(done, failed={1: ["face_count"]})
    ada.did("cancelJob", job=ada.images())
    ada.rich()
    ada.images()
    live.settle()
    expected = {"completed": 1, "jobs": [done], "purchases": ["CREDITED"]}
    assert away(ada, after=position) == expected
    assert away(ada, since=last_seen.isoformat()) == expected
    whole = ada.run("WhileAway", after=position)["whileAway"]
    assert (whole["released"], whole["refused"], whole["countsAreLeast"]) == (1, 1, False)
    assert len(away(ada, after="0")["jobs"]) == 2
    assert away(Creator(live, "Grace"), after="0")["jobs"] == []


def away(creator: Creator, **since: Any) -> dict[str, Any]:
    found = creator.run("WhileAway", **since)["whileAway"]
    return {
        "completed": found["completed"],
        "jobs": [job["id"] for job in found["jobs"]],
        "purchases": [one["state"] for one in found["purchases"]],
    }
