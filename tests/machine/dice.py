"""Draws the steps of a program, one after another, from a seed."""

from collections import deque
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from commands.jobs.cancel_job import CancelJob
from commands.jobs.end_without_source import EndWithoutSource
from commands.jobs.fail_job import FailJob
from commands.jobs.stop_jobs_of_twin import StopJobsOfTwin
from commands.safety.publish_new_defaults import PublishNewDefaults
from commands.safety.publish_policy import PublishPolicy
from commands.safety.publish_price_list import PublishPriceList
from commands.source_photos.delete_source_photo import DeleteSourcePhoto
from commands.source_photos.forget_source_photo import ForgetPlannedSource
from commands.source_photos.give_up_source_photo import GiveUpSourcePhoto
from commands.twin.clear_first_uploads import ClearFirstUploads
from commands.twin.expire_photo_set import ExpirePhotoSet
from commands.twin.forget_kept_photos import ForgetKeptPhotos
from commands.twin.forget_uploads import ForgetUploads
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_all_consents import WithdrawAllConsents
from commands.twin.withdraw_consent import WithdrawConsent
from domain.kernel.identity import SYSTEM
from tests.machine.arguments import ARGUMENTS
from tests.machine.draw import Draw
from tests.machine.interpreter import Interpreter
from tests.machine.journey import next_command
from tests.machine.steps import (
    Decides,
    Do,
    LosesAnswers,
    Passes,
    Pays,
    Projects,
    ProvidersAre,
    Put,
    Reacts,
    Rebuilds,
    RereadsLog,
    Restarts,
    StandsStill,
    Step,
)
from tests.machine.writers import written_before

OWNERS_AT_ONCE = 3
OWNER_STAYS_STEPS = 350
"""Longer, and replaying one wallet takes most of the time."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
STRANGERS = 0.04
"""Of commands that come from somebody who never signed up."""

OPERATORS = frozenset({PublishPriceList, PublishPolicy, PublishNewDefaults})

SELDOM = {
    WithdrawAllConsents: 0.4,
    WithdrawConsent: 0.4,
    TakeBackConsentScopes: 0.5,
    ExpirePhotoSet: 0.2,
    ForgetUploads: 0.3,
    ForgetKeptPhotos: 0.3,
    ClearFirstUploads: 0.6,
    FailJob: 0.3,
    EndWithoutSource: 0.3,
    CancelJob: 0.6,
    StopJobsOfTwin: 0.5,
    GiveUpSourcePhoto: 0.3,
    DeleteSourcePhoto: 0.5,
    ForgetPlannedSource: 0.3,
}
"""Ends of what an owner has got so far: as often as the others, and nobody ever gets far."""


class Dice:
    """What happens next in a studio."""

    def __init__(self, seed: int, at: Interpreter) -> None:
        self._random = Random(seed)
        self._at = at
        self._waiting: deque[Step] = deque()
        self._drawn = 0
        self._owners: list[UUID] = []

    def opening(self) -> list[Step]:
        """What every studio begins with."""
        now: datetime = self._at.stage.clock.at
        return [
            Do(PublishPriceList(1, now), SYSTEM, self._uuid()),
            Do(PublishPolicy(1, (SYSTEM,)), SYSTEM, self._uuid()),
        ]

    def roll(self) -> Step:
        """The next step."""
        self._drawn += 1
        if self._waiting:
            return self._waiting.popleft()
        if self._drawn % (OWNER_STAYS_STEPS // OWNERS_AT_ONCE) == 1:
            self._owners = [*self._owners[1 - OWNERS_AT_ONCE :], self._uuid()]
        [draw] = self._random.choices(
            (self._ahead, self._anything, self._again, self._besides), (45, 28, 9, 18)
        )
        return draw()

    def _ahead(self) -> Step:
        d = self._draw_for(self._random.choice(self._owners))
        return self._sent(d, next_command(d))

    def _anything(self) -> Step:
        [command] = self._random.choices(list(ARGUMENTS), [SELDOM.get(c, 1.0) for c in ARGUMENTS])
        owner = self._random.choice(self._owners)
        if self._random.random() < STRANGERS:
            owner = self._uuid()
        if command in OPERATORS and self._random.random() < 0.7:
            owner = SYSTEM
        return self._sent(self._draw_for(owner), command)

    def _sent(self, d: Draw, command: type) -> Step:
        step = Do(ARGUMENTS[command](d), d.owner, self._uuid())
        keys = written_before(step.command, d.owner, self._at.known, d.now)
        if not keys:
            return step
        self._waiting.append(step)
        return Put(keys)

    def _again(self) -> Step:
        """The same command, under the same key or another; or another command under its key."""
        if not self._at.known.answered:
            return Reacts()
        done = self._random.choice(self._at.known.answered[-300:])
        match self._random.randrange(4):
            case 0:
                return replace(done, key=self._uuid())
            case 1:
                command = self._random.choice(list(ARGUMENTS))
                return replace(done, command=ARGUMENTS[command](self._draw_for(done.owner)))
            case _:
                return done

    def _besides(self) -> Step:
        random = self._random
        kinds: dict[type[Step], int] = {
            Reacts: 50,
            Passes: 9,
            StandsStill: 3,
            Projects: 14,
            Pays: 8,
            Decides: 6,
            LosesAnswers: 5,
            ProvidersAre: 4,
            Restarts: 6,
            RereadsLog: 2,
        }
        [kind] = random.choices(list(kinds), list(kinds.values()))
        if kind is Projects:
            return Rebuilds() if random.random() < 0.02 else Projects(random.choice((0, 0, 5, 500)))
        if kind is Passes:
            spans = (5, MINUTE, 12 * MINUTE, HOUR, 2 * HOUR, DAY, 8 * DAY, 31 * DAY)
            return Passes(random.choice(spans))
        if kind is StandsStill:
            return StandsStill(random.choice((MINUTE, HOUR, 2 * DAY)))
        if kind is LosesAnswers:
            return LosesAnswers(random.choice((1, 2, 9)))
        if kind is ProvidersAre:
            return ProvidersAre(down=random.random() < 0.3)
        if kind is Pays:
            return self._pays()
        if kind is Decides:
            return self._decides()
        return Restarts() if kind is Restarts else RereadsLog() if kind is RereadsLog else Reacts()

    def _pays(self) -> Step:
        known = self._at.known.of[self._random.choice(self._owners)]
        if not known.purchases:
            return Reacts()
        purchase = self._random.choice(list(known.purchases.values()))
        amount = purchase.price_minor_units - (self._random.random() < 0.1)
        status = self._random.choice(("paid", "paid", "failed", "expired", "declined", "???"))
        return Pays(purchase.purchase_id, status, amount, purchase.currency)

    def _decides(self) -> Step:
        known = self._at.known.of[self._random.choice(self._owners)]
        if not known.verifications:
            return Reacts()
        outcome = self._random.choice(("approved", "approved", "declined", "resubmission", "???"))
        adult = self._random.choice((True, True, True, None))
        return Decides(self._random.choice(known.verifications), outcome, adult)

    def _draw_for(self, owner: UUID) -> Draw:
        return Draw(self._random, self._at.known, self._at.stage, owner)

    def _uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)
