"""Sign up, sign in, sign out, and the identity check."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering, execute
from api.chosen_password import chosen_password, typed_forms
from api.context import (
    SESSION_COOKIE,
    SESSION_LIFETIME,
    StudioContext,
    new_token,
    token_digest,
)
from api.device import device_of
from api.email_address import address_forms, normal_address
from api.ids import global_id
from api.parts import Parts
from api.refusals import result_union
from api.return_address import own_url
from api.scalars import Position
from api.sign_in_limit import FAMILIAR_FOR, network_of, sign_in_tries, sign_up_tries
from commands.account.register_person import RegisterPerson
from commands.account.start_verification import StartVerification
from commands.ports.accounts import Account
from commands.ports.tries import Try
from domain import refusals
from domain.kernel.identity import person_id
from domain.kernel.personal_text import text_or
from domain.kernel.role import Role

Info = strawberry.Info[StudioContext, None]

SIGN_INS_AT_ONCE = 2
"""Another sign-in may have the same password hashed anew between our look and our session."""


@strawberry.input
class SignUpInput:
    idempotency_key: UUID
    email: str
    password: str


@strawberry.input
class SignInInput:
    email: str
    password: str


@strawberry.input
class StartVerificationInput:
    idempotency_key: UUID
    return_url: str


@strawberry.type
class SignUpSuccess:
    position: Position


@strawberry.type
class SignedInViewer:
    id: strawberry.ID
    email: str
    role: str


@strawberry.type
class SignInSuccess:
    token: str = strawberry.field(
        description="For clients without cookies: send it as `Authorization: Bearer …`."
    )
    viewer: SignedInViewer


@strawberry.type
class SignOutSuccess:
    signed_out: bool


@strawberry.type
class StartVerificationSuccess:
    redirect_url: str = strawberry.field(description="Send the person there.")
    position: Position


SignUpResult = result_union(
    "SignUpResult",
    SignUpSuccess,
    refusals.TooManyRequests,
    refusals.EmailTaken,
    refusals.PasswordTooWeak,
    refusals.PasswordTooCommon,
    refusals.PasswordHoldsAddress,
)
SignInResult = result_union(
    "SignInResult", SignInSuccess, refusals.TooManyRequests, refusals.SignInFailed
)
SignOutResult = result_union("SignOutResult", SignOutSuccess)
StartVerificationResult = result_union(
    "StartVerificationResult",
    StartVerificationSuccess,
    refusals.AlreadyDecided,
    refusals.UnderAge,
)


@strawberry.type
class AccountMutations:
    @strawberry.mutation(
        description="Open an account. The same key again opens it once.",
    )
    @answering(SignUpResult)
    async def sign_up(self, info: Info, input: SignUpInput) -> Any:
        parts = info.context.parts
        tries = sign_up_tries(network_of(info.context.address))
        await run_sync(lambda: parts.tries.take(tries, at=parts.clock()))
        position = await run_sync(_sign_up, info.context, input, limiter=parts.threads.passwords)
        return SignUpSuccess(position=Position(position))

    @strawberry.mutation(
        description="Open a session: a cookie for browsers, a token for others.",
    )
    @answering(SignInResult)
    async def sign_in(self, info: Info, input: SignInInput) -> Any:
        parts = info.context.parts
        # Not among the few threads that hash: whoever is refused waits for nobody's password.
        tries = await run_sync(_counted, info.context, input)
        for _ in range(SIGN_INS_AT_ONCE):
            account = await run_sync(
                _signed_in, info.context, input, tries, limiter=parts.threads.passwords
            )
            token = new_token()
            if await run_sync(_open_session, info.context, account, token):
                break
        else:
            # The password was changed meanwhile.
            raise refusals.SignInFailed()
        _set_cookie(info.context, token, SESSION_LIFETIME)
        return SignInSuccess(
            token=token,
            viewer=SignedInViewer(
                id=global_id("Viewer", account.person_id),
                email=input.email.strip(),
                role=account.role.value,
            ),
        )

    @strawberry.mutation(
        description="End this session at once. May be repeated.",
    )
    @answering(SignOutResult)
    async def sign_out(self, info: Info) -> Any:
        token = info.context.token
        if token is not None:
            await run_sync(info.context.parts.accounts.close_session, token_digest(token))
        _set_cookie(info.context, "", timedelta(0))
        if info.context.response is not None:
            # What was seen goes with whoever saw it: the next at this browser is somebody else.
            info.context.response.headers["Clear-Site-Data"] = '"cache"'
        return SignOutSuccess(signed_out=True)

    @strawberry.mutation(
        description="Begin an identity and age check at the provider's own page.",
    )
    @answering(StartVerificationResult)
    async def start_verification(self, info: Info, input: StartVerificationInput) -> Any:
        parts = info.context.parts
        return_url = own_url(info.context, input.return_url)
        command = StartVerification(provider=parts.identity.name)
        accepted = await execute(info.context, command, input.idempotency_key)
        session = await info.context.session()
        url = await run_sync(
            lambda: parts.identity.start(
                accepted.result.verification_id,
                owner_id=session.person_id,
                return_url=return_url,
            )
        )
        return StartVerificationSuccess(redirect_url=url, position=Position(accepted.position))


def _counted(context: StudioContext, asked: SignInInput) -> tuple[Try, ...]:
    """What a sign-in counts as, counted. Raises `TooManyRequests`."""
    parts, network = context.parts, network_of(context.address)
    now, (email, *_) = parts.clock(), address_forms(asked.email)
    is_familiar = parts.familiar.is_familiar(email, network, at=now)
    tries = sign_in_tries(network, email, is_familiar=is_familiar)
    parts.tries.take(tries, at=now)
    return tries


def _sign_up(context: StudioContext, asked: SignUpInput) -> int:
    parts = context.parts
    email = normal_address("email", asked.email)
    secret = chosen_password(parts, asked.password, email=email)
    person = person_id(asked.idempotency_key)
    known = parts.accounts.find(person)
    if known is not None and not _is_repeated(parts, known, email, secret):
        raise refusals.IdempotencyKeyReused()
    if known is None:
        try:
            parts.accounts.create(
                person,
                email=email,
                password_hash=parts.passwords.hash(secret),
                at=parts.clock(),
                role=Role.CREATOR,
            )
        except ValueError:
            # The same key came twice at once, with two addresses, and the other was quicker.
            raise refusals.IdempotencyKeyReused() from None
    # After the account: a crash in between is mended by the same key again, or at sign-in.
    accepted = parts.studio.execute(RegisterPerson(), owner_id=person, key=person)
    return accepted.position


def _is_repeated(parts: Parts, known: Account, email: str, secret: str) -> bool:
    """Whether an account was opened by this very sign-up before."""
    stored = address_forms(text_or(parts.accounts.email_of(known.person_id)))
    same_address = email.casefold() in {form.casefold() for form in stored}
    return same_address and parts.passwords.matches(known.password_hash, secret)


def _signed_in(context: StudioContext, asked: SignInInput, tries: Sequence[Try]) -> Account:
    """The account that was signed in to. Only a wrong address or password stays counted."""
    parts = context.parts
    try:
        account = _authenticated(parts, asked)
    except refusals.SignInFailed:
        raise
    except BaseException:
        parts.tries.give_back(tries)
        raise
    parts.tries.give_back(tries)
    email, *_ = address_forms(asked.email)
    until = parts.clock() + FAMILIAR_FOR
    parts.familiar.remember(email, network_of(context.address), until=until)
    return account


def _authenticated(parts: Parts, asked: SignInInput) -> Account:
    found = (parts.accounts.find_by_email(form) for form in address_forms(asked.email))
    account = next((one for one in found if one is not None), None)
    typed = typed_forms(asked.password)
    if not typed:
        raise refusals.SignInFailed()
    if account is None:
        # As slow as for an address that exists, so that time does not tell them apart.
        for secret in typed:
            parts.passwords.hash(secret)
        raise refusals.SignInFailed()
    right = [one for one in typed if parts.passwords.matches(account.password_hash, one)]
    if not right:
        raise refusals.SignInFailed()
    normal, *_ = typed
    if normal not in right or parts.passwords.is_outdated(account.password_hash):
        before, fresh = account.password_hash, parts.passwords.hash(normal)
        parts.accounts.replace_password_hash(account.person_id, fresh, instead_of=before)
        account = replace(account, password_hash=fresh)
    parts.studio.execute(RegisterPerson(), owner_id=account.person_id, key=account.person_id)
    return account


def _open_session(context: StudioContext, account: Account, token: str) -> bool:
    """False where the account has another password by now."""
    now = context.parts.clock()
    return context.parts.accounts.open_session(
        token_digest(token),
        person_id=account.person_id,
        at=now,
        expires_at=now + SESSION_LIFETIME,
        device=device_of(context.connection.headers.get("user-agent", "")),
        proved_by=account.password_hash,
    )


def _set_cookie(context: StudioContext, token: str, lifetime: timedelta) -> None:
    if context.response is not None:
        context.response.set_cookie(
            SESSION_COOKIE,
            token,
            max_age=int(lifetime.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=context.is_https,
            path="/",
        )
