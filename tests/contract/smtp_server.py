"""A mail server on this machine that speaks SMTP, and can be as bad as a real one."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

USERNAME, PASSWORD = "studio", "a lamp of its own"


@dataclass
class SmtpServer:
    """What was handed in, how it answers, and whether anything was said in clear."""

    port: int = 0
    letters: list[Message] = field(default_factory=list)
    answers_recipient: str = "250 well"
    answers_quit: str = "221 farewell"
    offers_starttls: bool = True
    said_in_clear: list[str] = field(default_factory=list)


@contextmanager
def smtp_server(certificate: Path, key: Path) -> Iterator[SmtpServer]:
    """A running one, with a line that is sealed by STARTTLS, and a user."""
    told = SmtpServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Spoken(socketserver.StreamRequestHandler):
        is_sealed = False

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())
            self.wfile.flush()

        def handle(self) -> None:
            self.say("220 localhost")
            while line := self.rfile.readline().decode().strip():
                if not self.is_sealed:
                    told.said_in_clear.append(line)
                verb = line.split(" ")[0].upper()
                answer = getattr(self, f"do_{verb.lower()}", None)
                if answer is None:
                    self.say("502 what?")
                elif answer(line) is False:
                    return

        def do_ehlo(self, line: str) -> None:
            offers = ["localhost", "AUTH PLAIN", "8BITMIME"]
            if told.offers_starttls and not self.is_sealed:
                offers.append("STARTTLS")
            for offer in offers[:-1]:
                self.say(f"250-{offer}")
            self.say(f"250 {offers[-1]}")

        def do_starttls(self, line: str) -> bool:
            self.say("220 go on")
            try:
                sealed = context.wrap_socket(self.connection, server_side=True)
            except OSError:
                return False
            self.connection = sealed
            self.rfile = sealed.makefile("rb")
            self.wfile = sealed.makefile("wb")
            self.is_sealed = True
            return True

        def do_auth(self, line: str) -> None:
            said = base64.b64decode(line.split(" ")[2]).decode()
            known = said == f"\0{USERNAME}\0{PASSWORD}"
            self.say("235 come in" if known else "535 no")

        def do_mail(self, line: str) -> None:
            self.say("250 well")

        def do_rcpt(self, line: str) -> None:
            self.say(told.answers_recipient)

        def do_rset(self, line: str) -> None:
            self.say("250 well")

        def do_data(self, line: str) -> None:
            self.say("354 go on")
            lines = []
            while (said := self.rfile.readline()) != b".\r\n":
                lines.append(said)
            told.letters.append(message_from_bytes(b"".join(lines), policy=default))
            self.say("250 taken")

        def do_quit(self, line: str) -> bool:
            self.say(told.answers_quit)
            return False

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Spoken) as server:
        server.daemon_threads = True
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, name="smtp")
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
