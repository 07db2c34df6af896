"""Letters by SMTP, as mail servers take them from whoever has an account there."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Literal

from commands.ports.post import Letter, LetterRefused, PostUnavailable

ANSWER_MAX_S = 15.0
"""Of each answer of the server. Whoever is slower is away."""

REFUSED_FOR_GOOD = 500
"""From this code on a server means what it says; below, it may be asked again."""


@dataclass(frozen=True)
class MailServer:
    """Where it is, how the line to it is sealed, and who we are there.

    `ca_file` is whose signature its certificate has to have; the system's authorities if None.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


class SmtpPost:
    """The `Post` of commands. A connection a letter: there are few. Safe between threads."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, letter: Letter) -> None:
        """Hand in one. Raises `LetterRefused`, `PostUnavailable`."""
        message = self._message(letter)
        try:
            smtp = self._connected()
            try:
                smtp.send_message(message)
            except BaseException:
                smtp.close()
                raise
        except smtplib.SMTPRecipientsRefused as refused:
            # One letter has one recipient.
            codes = [code for code, _ in refused.recipients.values()]
            raise _as_ours(max(codes, default=0)) from None
        except smtplib.SMTPAuthenticationError:
            # Ours is wrong, and not the letter: an operator may put it right.
            raise PostUnavailable("the mail server does not let us in") from None
        except smtplib.SMTPNotSupportedError:
            raise LetterRefused("the mail server cannot take such an address") from None
        except smtplib.SMTPResponseException as answered:
            raise _as_ours(answered.smtp_code) from None
        except (smtplib.SMTPException, OSError) as away:
            raise PostUnavailable(type(away).__name__) from None
        # It is taken, whatever the server says when one leaves: sent again, it would be two.
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        smtp.close()

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file)
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=ANSWER_MAX_S, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=ANSWER_MAX_S)
        try:
            if server.security == "starttls":
                # Raises where the server does not offer it: nothing is ever sent in clear instead.
                smtp.starttls(context=context)
            if server.username is not None:
                smtp.login(server.username, server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"] = self._server.sender
            message["To"] = _for_the_wire(letter.to)
            message["Subject"] = letter.subject
        except (ValueError, UnicodeError):
            # A line break, say. The library's sentence quotes the address.
            raise LetterRefused("this is no address") from None
        message["Message-ID"] = make_msgid(domain=self._server.sender.rpartition("@")[2])
        # So that nobody's out-of-office answers it.
        message["Auto-Submitted"] = "auto-generated"
        # In long lines and not folded: a link is read by people in a terminal, too.
        message.set_content(letter.text, cte="7bit" if letter.text.isascii() else None)
        return message


def _for_the_wire(address: str) -> str:
    """The domain in the letters that every mail server reads."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def _as_ours(code: int) -> LetterRefused | PostUnavailable:
    if code >= REFUSED_FOR_GOOD:
        return LetterRefused(f"the mail server answers {code}")
    return PostUnavailable(f"the mail server answers {code}")
