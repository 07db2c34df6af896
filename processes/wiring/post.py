"""The post of this installation: a mail server, or none."""

from adapters.mail.smtp import MailServer, SmtpPost
from commands.ports.post import Post
from processes.settings import Settings


class PostUnset(Exception):
    """A mail server was named, and something that it needs was not said."""


def open_post(settings: Settings) -> Post | None:
    """What carries letters, None where no mail server is named. Raises `PostUnset`."""
    # A variable may be set to nothing, as compose files do.
    if not settings.smtp_host:
        return None
    if not settings.smtp_sender:
        raise PostUnset("SUITE_SMTP_HOST needs SUITE_SMTP_SENDER: the address letters come from")
    if settings.smtp_username and settings.smtp_security == "none":
        raise PostUnset("SUITE_SMTP_USERNAME needs a sealed line: SUITE_SMTP_SECURITY is none")
    secret = settings.smtp_password
    return SmtpPost(
        MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            sender=settings.smtp_sender,
            username=settings.smtp_username or None,
            password=None if secret is None else secret.get_secret_value(),
            ca_file=settings.smtp_cafile,
        )
    )
