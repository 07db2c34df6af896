"""A mutation of somebody who has just signed up, held in the API for as long as a test likes."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from uuid import UUID, uuid4

import httpx
import psycopg

from processes.demo.client import StudioClient
from tests.faults.installed_studio import ROOT, InstalledStudio
from tests.faults.oracle import until

PASSWORD = "a lighthouse in fog"
ANSWER_PATIENCE_S = 60.0


class WaitingMutation:
    """One twin, asked for under one key."""

    def __init__(self, studio: InstalledStudio, client: StudioClient) -> None:
        self._studio = studio
        self._client = client
        self._made: list[str] = []
        self._variables = {"input": {"idempotencyKey": str(uuid4()), "name": "Ada at work"}}
        self._owner = self._sign_up()

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Ask, and have the API wait for its owner's lock inside the block."""
        with (
            psycopg.connect(self._studio.admin_url, autocommit=True) as admin,
            # Nobody decides anything for this owner while this is held.
            self._studio.store.transaction(self._owner),
        ):
            self._asking = threading.Thread(target=self._ask)
            self._asking.start()
            until(lambda: _waits_for_a_lock(admin), "the API waits for the owner's lock")
            yield

    def is_made_once(self) -> None:
        """Ask again, as often as it takes and once more: it is always the same twin."""
        self._asking.join(ANSWER_PATIENCE_S)
        assert self._studio.is_ready()
        self._ask()
        self._ask()
        assert len(self._made) >= 2
        assert len(set(self._made)) == 1
        twins = [
            fact
            for fact in self._studio.events.stream()
            if fact.event_type == "twin.created" and fact.owner_id == self._owner
        ]
        assert len(twins) == 1

    def _ask(self) -> None:
        # The client asks again by itself, but not for as long as a slow machine takes to restart.
        with suppress(httpx.TransportError):
            self._made.append(self._client.run("CreateTwin", self._variables)["twin"])

    def _sign_up(self) -> UUID:
        email = f"{uuid4()}@demo.example"
        self._client.run(
            "SignUp",
            {"input": {"idempotencyKey": str(uuid4()), "email": email, "password": PASSWORD}},
        )
        self._client.sign_in(email, PASSWORD)
        return next(
            fact.owner_id
            for fact in reversed(list(self._studio.events.stream()))
            if fact.event_type == "person.registered"
        )


@contextmanager
def waiting_mutation(studio: InstalledStudio) -> Iterator[WaitingMutation]:
    """Somebody who signs up, and asks for a twin when told to."""
    with closing(StudioClient(studio.address, ROOT / "graphql" / "operations")) as client:
        yield WaitingMutation(studio, client)


def _waits_for_a_lock(admin: psycopg.Connection[tuple[object, ...]]) -> bool:
    found = admin.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' "
        "AND application_name LIKE '%api%' AND datname = current_database()"
    ).fetchone()
    return found is not None and found != (0,)
