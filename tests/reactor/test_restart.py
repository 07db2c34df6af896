"""What was done is done: no restart repeats it, whatever else could not be done meanwhile."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.identity.sandbox import SandboxChoice
from adapters.objects.in_memory import InMemoryObjectStore
from adapters.objects.presigned import Presigner
from commands.account.note_verification_hint import NoteVerificationHint
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.twin.withdraw_consent import WithdrawConsent
from domain.person import Person
from processes.prepare import publish_defaults
from processes.reactor.deeds import Outside
from tests.api.live_studio import MovableClock
from tests.flow.studio_desk import StudioDesk
from tests.reactor.postgres_reactor import PostgresReactor, started_reactor
from tests.reactor.reactor_spec import (
    ADDRESS,
    SECRET,
    UnreliableIdentity,
    UnreliablePayment,
    no_webhook,
)
from tests.reactor.trained import consents_and_trains, twin_with_release


class Restartable(StudioDesk):
    """A studio on PostgreSQL whose reactor is started whenever a test wants."""

    def __init__(self, url: str, admin_url: str, folder: Path, stack: ExitStack) -> None:
        objects = InMemoryObjectStore(Presigner(f"{ADDRESS}/objects", SECRET))
        http = stack.enter_context(httpx.Client())
        super().__init__(
            url, admin_url, objects, http, stack, kek=bytes(range(32)), args_secret=SECRET
        )
        self.reactors_clock = MovableClock()
        self.identity = UnreliableIdentity(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=self.reactors_clock,
            post=no_webhook,
        )
        payment = UnreliablePayment(
            folder,
            public_url=ADDRESS,
            callback_url=ADDRESS,
            webhook_secret=SECRET,
            clock=self.reactors_clock,
            post=no_webhook,
        )
        self._outside = Outside(objects, self.identity, payment)
        publish_defaults(self.studio)

    def reactor(self) -> AbstractContextManager[PostgresReactor]:
        """Started just now."""
        return started_reactor(self.url, self.studio, self._outside, self.reactors_clock)

    def bytes_of(self, owner: UUID, twin: UUID) -> set[str]:
        """Every key that names a twin or its owner."""
        return {key for key in self.objects.keys("") if str(twin) in key or str(owner) in key}


@pytest.fixture
def desk(database: str, admin_database: str, tmp_path: Path) -> Iterator[Restartable]:
    with ExitStack() as stack:
        yield Restartable(database, admin_database, tmp_path, stack)


def test_a_restart_deletes_nothing_of_a_consent_that_was_given_afterwards(
    desk: Restartable,
) -> None:
    bob = uuid4()
    desk.does(RegisterPerson(), bob)
    check = desk.does(StartVerification(provider="sandbox"), bob).verification_id
    page = desk.identity.start(check, owner_id=bob, return_url=ADDRESS)
    desk.does(NoteVerificationHint(check), bob)
    desk.identity.is_down = True
    ada = desk.creator()
    twin = twin_with_release(desk, ada)
    consents_and_trains(desk, twin, ada)
    desk.does(WithdrawConsent(twin), ada)
    with desk.reactor() as reactor:
        reactor.settles()
    assert desk.bytes_of(ada, twin) == set()
    assert desk.twin(twin, ada).to_delete == ()

    consents_and_trains(desk, twin, ada)
    with desk.reactor() as reactor:
        reactor.settles()
        kept = desk.bytes_of(ada, twin)
        assert desk.twin(twin, ada).adapter("pocket").object_key in kept
    for _ in range(3):
        desk.reactors_clock.pass_by(hours=2)
        with desk.reactor() as reactor:
            reactor.settles()
        assert desk.bytes_of(ada, twin) == kept

    # What could not be done is not forgotten for that.
    verification = desk.identity.verification(check, page.rpartition("=")[2])
    assert verification is not None
    desk.identity.decide(verification, SandboxChoice.APPROVED)
    desk.identity.is_down = False
    desk.reactors_clock.pass_by(hours=2)
    with desk.reactor() as reactor:
        reactor.settles()
    assert desk.load(Person, bob, bob).verified_adult(at=desk.reactors_clock())
