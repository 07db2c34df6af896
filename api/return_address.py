"""Where somebody comes back to from a provider's page: this studio, and nowhere else."""

from api.context import StudioContext
from api.refusals import InputInvalid


def own_url(context: StudioContext, url: str) -> str:
    """A URL of this studio to come back to. Raises `InputInvalid` for any other."""
    if not (url == context.parts.public_url or url.startswith(context.parts.public_url + "/")):
        raise InputInvalid("returnUrl", "The return address has to be one of this studio.")
    return url
