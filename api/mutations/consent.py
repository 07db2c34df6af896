"""What a person agrees to for their twin: release, consent scope by scope, withdrawal."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from api.answering import answering, execute
from api.context import StudioContext
from api.ids import own_id
from api.refusals import InputInvalid, result_union
from api.scalars import Position
from commands.catalogue import ConsentScope
from commands.twin.add_consent_scopes import AddConsentScopes
from commands.twin.grant_consent import GrantConsent
from commands.twin.sign_biometric_release import SignBiometricRelease
from commands.twin.take_back_consent_scopes import TakeBackConsentScopes
from commands.twin.withdraw_consent import WithdrawConsent
from domain import refusals

Info = strawberry.Info[StudioContext, None]

LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
"""It is stored in an event, so it may not be any text."""


@strawberry.input
class SignBiometricReleaseInput:
    idempotency_key: UUID
    twin: strawberry.ID
    text_sha256: str
    locale: str = "en"


@strawberry.input
class GrantConsentInput:
    idempotency_key: UUID
    twin: strawberry.ID
    text_sha256: str
    scopes: list[str]


@strawberry.input
class AddConsentScopesInput:
    idempotency_key: UUID
    twin: strawberry.ID
    text_sha256: str
    scopes: list[str]


@strawberry.input
class TakeBackConsentScopesInput:
    idempotency_key: UUID
    twin: strawberry.ID
    scopes: list[str]


@strawberry.input
class WithdrawConsentInput:
    idempotency_key: UUID
    twin: strawberry.ID


@strawberry.type
class SignBiometricReleaseSuccess:
    position: Position


@strawberry.type
class GrantConsentSuccess:
    epoch: int
    position: Position


@strawberry.type
class AddConsentScopesSuccess:
    epoch: int
    scopes: list[str]
    position: Position


@strawberry.type
class TakeBackConsentScopesSuccess:
    epoch: int
    scopes: list[str]
    position: Position


@strawberry.type
class WithdrawConsentSuccess:
    epoch: int
    position: Position


SignBiometricReleaseResult = result_union(
    "SignBiometricReleaseResult",
    SignBiometricReleaseSuccess,
    refusals.ConsentTextChanged,
    refusals.AlreadyDecided,
)
GrantConsentResult = result_union(
    "GrantConsentResult",
    GrantConsentSuccess,
    refusals.NotVerified,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.ConsentTextChanged,
    refusals.RatingNotAllowed,
    refusals.AlreadyDecided,
)
AddConsentScopesResult = result_union(
    "AddConsentScopesResult",
    AddConsentScopesSuccess,
    refusals.NotVerified,
    refusals.ConsentMissing,
    refusals.BiometricReleaseMissing,
    refusals.ConsentTextChanged,
    refusals.RatingNotAllowed,
    refusals.AlreadyDecided,
)
TakeBackConsentScopesResult = result_union(
    "TakeBackConsentScopesResult", TakeBackConsentScopesSuccess, refusals.ConsentMissing
)
WithdrawConsentResult = result_union(
    "WithdrawConsentResult", WithdrawConsentSuccess, refusals.ConsentMissing
)


@strawberry.type
class ConsentMutations:
    @strawberry.mutation(
        description="Sign the biometric release, word for word.",
    )
    @answering(SignBiometricReleaseResult)
    async def sign_biometric_release(self, info: Info, input: SignBiometricReleaseInput) -> Any:
        if not LOCALE.fullmatch(input.locale):
            raise InputInvalid("locale", "A locale looks like en or de-AT.")
        command = SignBiometricRelease(
            twin_id=own_id("Twin", input.twin),
            text_sha256=input.text_sha256,
            locale=input.locale,
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return SignBiometricReleaseSuccess(position=Position(accepted.position))

    @strawberry.mutation(
        description="Consent to the exact text, within the scopes ticked.",
    )
    @answering(GrantConsentResult)
    async def grant_consent(self, info: Info, input: GrantConsentInput) -> Any:
        command = GrantConsent(
            twin_id=own_id("Twin", input.twin),
            text_sha256=input.text_sha256,
            scope=_scopes(input.scopes),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return GrantConsentSuccess(
            epoch=accepted.result.epoch, position=Position(accepted.position)
        )

    @strawberry.mutation(
        description="Tick more, or accept a new text: nothing stops, nothing is deleted.",
    )
    @answering(AddConsentScopesResult)
    async def add_consent_scopes(self, info: Info, input: AddConsentScopesInput) -> Any:
        command = AddConsentScopes(
            twin_id=own_id("Twin", input.twin),
            text_sha256=input.text_sha256,
            scope=_scopes(input.scopes),
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return AddConsentScopesSuccess(
            epoch=accepted.result.epoch,
            scopes=[scope.value for scope in accepted.result.scope],
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Take scopes back: what rests on them stops and hides, the rest goes on.",
    )
    @answering(TakeBackConsentScopesResult)
    async def take_back_consent_scopes(self, info: Info, input: TakeBackConsentScopesInput) -> Any:
        command = TakeBackConsentScopes(
            twin_id=own_id("Twin", input.twin), scope=_scopes(input.scopes)
        )
        accepted = await execute(info.context, command, input.idempotency_key)
        return TakeBackConsentScopesSuccess(
            epoch=accepted.result.epoch,
            scopes=[scope.value for scope in accepted.result.scope],
            position=Position(accepted.position),
        )

    @strawberry.mutation(
        description="Withdraw consent: work stops, credits return, bytes go.",
    )
    @answering(WithdrawConsentResult)
    async def withdraw_consent(self, info: Info, input: WithdrawConsentInput) -> Any:
        command = WithdrawConsent(twin_id=own_id("Twin", input.twin))
        accepted = await execute(info.context, command, input.idempotency_key)
        return WithdrawConsentSuccess(
            epoch=accepted.result.epoch, position=Position(accepted.position)
        )


def _scopes(given: Sequence[str]) -> tuple[ConsentScope, ...]:
    try:
        return tuple(ConsentScope(scope) for scope in dict.fromkeys(given))
    except ValueError:
        raise InputInvalid("scopes", "The consent has no such scope.") from None
