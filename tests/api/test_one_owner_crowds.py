"""Whoever asks for a lot at once waits behind themselves, and behind nobody else."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from psycopg_pool import PoolTimeout

from adapters.event_store.owner_turns import OwnerTurns
from adapters.event_store.store import owner_lock
from api.answering import answering
from api.app import WORKER_THREADS
from api.refusals import result_union
from commands.ports.event_store import (
    OWNER_WAITING_MAX,
    ConcurrentChange,
    OutcomeUnknown,
    OwnerBusy,
)
from tests.api.creator import Creator
from tests.api.live_studio import LiveStudio

AT_ONCE = WORKER_THREADS + 20
PATIENCE_S = 20.0


@contextmanager
def at_work_elsewhere(live: LiveStudio, creator: Creator) -> Iterator[None]:
    """Another process carries out a command of hers, which takes its time."""
    with psycopg.connect(live.database) as elsewhere:
        elsewhere.execute("SELECT pg_advisory_xact_lock(%s)", [owner_lock(creator.person)])
        yield


def test_one_owners_crowd_keeps_nobody_else_waiting_and_is_told_when_to_come_again(
    fresh: LiveStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Creator(fresh, "Ada")
    # On a machine that is short of breath, nobody is to give up before the end of the test.
    monkeypatch.setattr("adapters.event_store.store.OWNER_LOCK_TIMEOUT_MS", PATIENCE_S * 1_000)
    monkeypatch.setattr(fresh.store, "_turns", OwnerTurns(wait_max_s=PATIENCE_S))

    def ask(number: int) -> Any:
        return ada.mutate("createTwin", "TooMuchAtOnce", "retryAfterS", name=f"Ada {number}")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        with at_work_elsewhere(fresh, ada):
            asked = {threads.submit(ask, number) for number in range(AT_ONCE)}
            refused: set[Future[Any]] = set()
            while len(refused) < AT_ONCE - OWNER_WAITING_MAX - 1:
                done, _ = wait(asked - refused, PATIENCE_S, FIRST_COMPLETED)
                assert done
                refused |= done
            # Hers hold one connection and a few threads; Grace never waits for any of them.
            Creator(fresh, "Grace").did("createTwin", name="Grace at sea")
            assert not any(future.done() for future in asked - refused)
        wait(asked, PATIENCE_S)
    for future in refused:
        answer = future.result()
        assert (answer["__typename"], answer["code"]) == ("TooMuchAtOnce", "TOO_MUCH_AT_ONCE")
        assert answer["retryAfterS"] > 0
    # Eight twins is all that anybody may have: each of hers that waited was carried out.
    ends = sorted(future.result()["__typename"] for future in asked - refused)
    assert ends == sorted(["CreateTwinSuccess"] * 8 + ["TooManyTwins"])


def test_whoever_waits_for_another_process_is_told_when_to_come_again(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.event_store.store.OWNER_LOCK_TIMEOUT_MS", 20)
    with at_work_elsewhere(ada.live, ada):
        answer = ada.mutate("createTwin", "TooMuchAtOnce", "retryAfterS", name="Ada at work")
    assert answer["__typename"] == "TooMuchAtOnce"
    ada.did("createTwin", name="Ada at work")


def test_a_webhook_that_has_to_wait_is_sent_again_by_its_provider(
    ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.event_store.store.OWNER_LOCK_TIMEOUT_MS", 20)
    ada.pay(ada.checkout())
    url, body, headers, _ = ada.live.webhooks.sent[-1]
    with at_work_elsewhere(ada.live, ada):
        answer = httpx.post(url, verify=False, content=body, headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert httpx.post(url, verify=False, content=body, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("busy", "code"),
    [
        (OwnerBusy(3), "TOO_MUCH_AT_ONCE"),
        (ConcurrentChange(), "TRY_AGAIN"),
        (OutcomeUnknown(), "TRY_AGAIN"),
        (PoolTimeout(), "TRY_AGAIN"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_passes_by_itself_is_a_refusal_that_says_when_to_come_again(
    busy: Exception, code: str
) -> None:
    @answering(result_union("AnyResult", int))
    async def resolver() -> Any:
        raise busy

    answer = await resolver()
    assert answer.code == code
    assert answer.retry_after_s > 0
