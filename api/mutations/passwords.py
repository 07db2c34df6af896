"""A new password: by a link for whoever forgot theirs, or from the old one."""

from typing import Any

import strawberry
from anyio.to_thread import run_sync

from api.answering import answering
from api.chosen_password import chosen_password, typed_forms
from api.context import StudioContext, token_digest
from api.email_address import address_forms
from api.refusals import NotSignedIn, result_union
from api.sign_in_limit import link_use_tries, network_of, password_tries, take_link_tries
from commands.account.password_link import LINK_MINUTES, link_digest
from commands.ports.accounts import Session
from domain import refusals
from domain.kernel.personal_text import text_or

Info = strawberry.Info[StudioContext, None]

TOKEN_LENGTH_MAX = 100


@strawberry.input
class RequestPasswordLinkInput:
    email: str


@strawberry.input
class SetPasswordInput:
    token: str = strawberry.field(description="What stands at the end of the link's address.")
    password: str


@strawberry.input
class ChangePasswordInput:
    old_password: str
    password: str


@strawberry.type
class RequestPasswordLinkSuccess:
    minutes: int = strawberry.field(
        description="If there is an account, a link is on its way that works once, for so long. "
        "Whether there is one is not said."
    )


@strawberry.type
class SetPasswordSuccess:
    email: str = strawberry.field(description="Of the account. All of its sessions have ended.")


@strawberry.type
class ChangePasswordSuccess:
    sessions_ended: int = strawberry.field(description="All but the one that asked.")


RequestPasswordLinkResult = result_union(
    "RequestPasswordLinkResult",
    RequestPasswordLinkSuccess,
    refusals.TooManyRequests,
    refusals.PostMissing,
)
SetPasswordResult = result_union(
    "SetPasswordResult",
    SetPasswordSuccess,
    refusals.TooManyRequests,
    refusals.PasswordLinkOver,
    refusals.PasswordTooWeak,
    refusals.PasswordTooCommon,
    refusals.PasswordHoldsAddress,
)
ChangePasswordResult = result_union(
    "ChangePasswordResult",
    ChangePasswordSuccess,
    refusals.TooManyRequests,
    refusals.PasswordWrong,
    refusals.PasswordTooWeak,
    refusals.PasswordTooCommon,
    refusals.PasswordHoldsAddress,
)


@strawberry.type
class PasswordMutations:
    @strawberry.mutation(
        description="Have a link sent by which a new password is set. The answer, and the time it "
        "takes, are the same whether or not the address has an account.",
    )
    @answering(RequestPasswordLinkResult)
    async def request_password_link(self, info: Info, input: RequestPasswordLinkInput) -> Any:
        await run_sync(_wish, info.context, input.email)
        return RequestPasswordLinkSuccess(minutes=LINK_MINUTES)

    @strawberry.mutation(
        description="Set a password by a link, once. Every session of the account ends.",
    )
    @answering(SetPasswordResult)
    async def set_password(self, info: Info, input: SetPasswordInput) -> Any:
        parts = info.context.parts
        tries = link_use_tries(network_of(info.context.address))
        await run_sync(lambda: parts.tries.take(tries, at=parts.clock()))
        email = await run_sync(_set, info.context, input, limiter=parts.threads.passwords)
        return SetPasswordSuccess(email=email)

    @strawberry.mutation(
        description="Change the password, from the one there is now. Every other session of the "
        "account ends, and every link that sets a password. Asked again with the same new "
        "password, whatever the old one, it is answered the same.",
    )
    @answering(ChangePasswordResult)
    async def change_password(self, info: Info, input: ChangePasswordInput) -> Any:
        parts = info.context.parts
        session = await info.context.session()
        token = info.context.token
        if token is None:
            raise NotSignedIn()
        tries = password_tries(session.person_id)
        await run_sync(lambda: parts.tries.take(tries, at=parts.clock()))
        ended = await run_sync(
            _changed, info.context, session, token, input, limiter=parts.threads.passwords
        )
        return ChangePasswordSuccess(sessions_ended=ended)


def _wish(context: StudioContext, given: str) -> None:
    parts, network = context.parts, network_of(context.address)
    if parts.letters is None:
        raise refusals.PostMissing()
    forms = address_forms(given)
    at = parts.clock()
    is_familiar = parts.familiar.is_familiar(forms[0], network, at=at)
    take_link_tries(parts.tries, network, forms[0], is_familiar=is_familiar, at=at)
    parts.letters.wish(forms)


def _set(context: StudioContext, asked: SetPasswordInput) -> str:
    parts = context.parts
    if len(asked.token) > TOKEN_LENGTH_MAX or not asked.token.isascii():
        raise refusals.PasswordLinkOver()
    digest = link_digest(asked.token)
    person = parts.links.person(digest, at=parts.clock())
    if person is None:
        raise refusals.PasswordLinkOver()
    email = text_or(parts.accounts.email_of(person))
    secret = chosen_password(parts, asked.password, email=address_forms(email)[0])
    # A password that is refused uses nothing up: the link is there for another.
    if parts.links.use(digest, parts.passwords.hash(secret), at=parts.clock()) is None:
        raise refusals.PasswordLinkOver()
    return email


def _changed(
    context: StudioContext, session: Session, token: str, asked: ChangePasswordInput
) -> int:
    parts = context.parts
    tries = password_tries(session.person_id)
    try:
        ended = _change(context, session, token, asked)
    except refusals.PasswordWrong:
        raise
    except BaseException:
        parts.tries.give_back(tries)
        raise
    parts.tries.give_back(tries)
    return ended


def _change(
    context: StudioContext, session: Session, token: str, asked: ChangePasswordInput
) -> int:
    parts = context.parts
    account = parts.accounts.find(session.person_id)
    if account is None:
        raise NotSignedIn()

    def is_it(given: str) -> bool:
        return any(
            parts.passwords.matches(account.password_hash, form) for form in typed_forms(given)
        )

    # Asked again, after a lost answer, the old one is the new one.
    if not is_it(asked.old_password) and not is_it(asked.password):
        raise refusals.PasswordWrong()
    email = text_or(parts.accounts.email_of(session.person_id))
    secret = chosen_password(parts, asked.password, email=address_forms(email)[0])
    ended = parts.accounts.change_password(
        session.person_id,
        parts.passwords.hash(secret),
        instead_of=account.password_hash,
        this=token_digest(token),
    )
    if ended is None:
        # It was changed elsewhere between our look and now.
        raise refusals.PasswordWrong()
    return ended
