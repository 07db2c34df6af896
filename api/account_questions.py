"""What anybody may ask before they sign in, and of the texts that somebody agrees to."""

import strawberry

from api.context import StudioContext
from api.types.consent_decision import AgreedText, agreed
from commands.account.password_link import LINK_MINUTES

Info = strawberry.Info[StudioContext, None]


@strawberry.type(description="How somebody who forgot their password gets a new one.")
class PasswordHelp:
    by_post: bool = strawberry.field(
        description="Whether the studio sends links. Otherwise its operator makes them."
    )
    minutes: int = strawberry.field(description="How long a link works.")


@strawberry.type
class AccountQuestions:
    @strawberry.field(description="Needs no session.")
    async def password_help(self, info: Info) -> PasswordHelp:
        by_post = info.context.parts.letters is not None
        return PasswordHelp(by_post=by_post, minutes=LINK_MINUTES)

    @strawberry.field(
        description="A consent or release of any version by its digest, or null. Needs no session."
    )
    async def agreed_text(self, info: Info, sha256: str) -> AgreedText | None:
        return agreed(sha256)
