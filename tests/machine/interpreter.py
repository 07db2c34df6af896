"""Carries out the steps of a program, and finds fault with what comes of each."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from commands.gallery.unneeded_bytes import UnneededOfAsset, UnneededOfJob, UnneededOfTwin
from commands.handlers import HANDLERS
from commands.ports.event_store import OutcomeUnknown
from commands.ports.object_store import PlaceClosed
from commands.studio import Accepted, Question
from domain.kernel.identity import publish_packs_id, source_photos_id
from domain.kernel.refusal import Refusal
from domain.refusals import IdempotencyKeyReused
from tests.machine.covered import Covered
from tests.machine.invariants import Broken, Invariants
from tests.machine.known import Known, KnownOwner
from tests.machine.read_models import ReadModels
from tests.machine.stage import NeverAtRest, Stage
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

SWEEPS_ASK = (UnneededOfJob, UnneededOfAsset, UnneededOfTwin)
TEN_DAYS_S = 10 * 24 * 3_600


class Interpreter:
    """One studio, and what is known about it. `carry_out` raises `Broken`."""

    def __init__(self, stage: Stage, read_models: ReadModels) -> None:
        self.stage = stage
        self.read_models = read_models
        self.known = Known()
        self.invariants = Invariants(stage, read_models)
        self.program: list[Step] = []
        self._answers: dict[tuple[UUID, UUID], tuple[Any, Accepted[Any]]] = {}

    def carry_out(self, step: Step) -> None:
        """One step."""
        self.program.append(step)
        stage = self.stage
        match step:
            case Do():
                self._do(step)
            case Put():
                for key in step.keys:
                    with suppress(PlaceClosed):
                        stage.objects.put(key, b"bytes", media_type="image/png")
            case Reacts() | Passes():
                self._react(0 if isinstance(step, Reacts) else step.seconds)
            case StandsStill():
                stage.clock.pass_by(seconds=step.seconds)
            case Restarts():
                stage.start()
            case RereadsLog():
                stage.follows(0)
            case LosesAnswers():
                stage.lose_answers(step.count)
            case ProvidersAre():
                stage.providers.is_down = step.down
            case Pays():
                stage.providers.pays(
                    step.purchase, step.status, step.amount_minor_units, step.currency
                )
            case Decides():
                stage.providers.decides(step.verification, step.outcome, adult=step.adult)
            case Projects():
                self.invariants.projected(again=step.again)
            case Rebuilds():
                self.read_models.rebuild()

    def check(self) -> None:
        """Whatever has to hold at any time."""
        self.invariants.check()

    def end(self) -> None:
        """Ten days pass, and whatever has to hold then."""
        self.carry_out(ProvidersAre(down=False))
        self.carry_out(Passes(TEN_DAYS_S))
        self.check()
        self.invariants.check_at_the_end()
        self._nothing_is_kept_that_nothing_covers()

    def _do(self, step: Do) -> None:
        is_question = isinstance(HANDLERS[type(step.command)], Question)
        earlier = None if is_question else self._answers.get((step.owner, step.key))
        ask = self.stage.studio.preview if is_question else self.stage.studio.execute
        try:
            answer = ask(step.command, owner_id=step.owner, key=step.key)
        except Refusal as refusal:
            if earlier is not None:
                self._refused_again(step, earlier[0], refusal)
        except OutcomeUnknown:
            # Every try has lost its acknowledgement: the next one under this key tells.
            return
        except Exception as error:
            name = f"{type(step.command).__name__} raised {type(error).__name__}"
            raise Broken(name, repr(error)) from error
        else:
            if is_question:
                self.known.learn(step, answer, now=self.stage.clock())
                if isinstance(step.command, SWEEPS_ASK):
                    self._nothing_covered_is_unneeded(answer)
            elif earlier is None:
                self._answers[step.owner, step.key] = step.command, answer
                self.known.learn(step, answer.result, now=self.stage.clock())
            elif earlier != (step.command, answer):
                raise Broken("one key has two answers", f"{earlier!r}, then {answer!r}")

    def _refused_again(self, step: Do, earlier: Any, refusal: Refusal) -> None:
        reused = isinstance(refusal, IdempotencyKeyReused)
        if reused is (earlier == step.command):
            raise Broken("a used key is refused wrongly", f"{earlier!r}: {refusal!r}")

    def _react(self, seconds: int) -> None:
        covered = self._covered()
        there = [key for key in self.stage.objects.keys("") if key in covered]
        try:
            self.stage.passes(seconds)
        except NeverAtRest:
            raise Broken("the reactor does not come to rest", "") from None
        lost = [key for key in there if self.stage.objects.head(key) is None]
        still_covered = self._covered() if lost else Covered(())
        for key in lost:
            if key in still_covered:
                raise Broken("covered bytes were deleted", key)

    def _nothing_covered_is_unneeded(self, keys: Any) -> None:
        covered = self._covered() if keys else Covered(())
        for key in keys:
            if key in covered:
                raise Broken("covered bytes are called unneeded", key)

    def _nothing_is_kept_that_nothing_covers(self) -> None:
        covered = self._covered(all_there_may_be=True)
        for key in self.stage.objects.keys(""):
            if key not in covered:
                raise Broken(f"something in {key.split('/')[0]} is kept that nothing covers", key)

    def _covered(self, *, all_there_may_be: bool = False) -> Covered:
        aggregates = [
            aggregate
            for owner, of_owner in list(self.known.of.items())
            for aggregate in self.stage.load_all(
                [*of_owner.twins, *of_owner.jobs, *of_owner.assets, *_kept_by(owner, of_owner)],
                owner,
            )
        ]
        return Covered(aggregates, all_there_may_be=all_there_may_be)


def _kept_by(owner: UUID, known: KnownOwner) -> tuple[UUID, ...]:
    photos = (source_photos_id(owner),) if known.source_photos else ()
    return (*photos, publish_packs_id(owner)) if known.packs else photos
