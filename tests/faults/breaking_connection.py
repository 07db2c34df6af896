"""A way to PostgreSQL that breaks around COMMIT, on the way there or on the way back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

COMMIT_DONE = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete of COMMIT, as the server sends it once the transaction is durable."""

COMMIT_ASKED = b"COMMIT\x00"
"""How the text of the statement ends in the client's Parse message."""

READ_SIZE_BYTES = 65_536


class BreakingConnection:
    """Passes every connection on until told to break one."""

    def __init__(self, listening: socket.socket, server: str) -> None:
        self._listening = listening
        self._server = server
        self._lock = Lock()
        self._answers_to_lose = 0
        self._questions_to_lose = 0

    def lose_answers(self, count: int) -> None:
        """Break after the server has committed and before the client hears of it."""
        self._answers_to_lose = count

    def lose_questions(self, count: int) -> None:
        """Break after the client has asked to commit and before the server hears of it."""
        self._questions_to_lose = count

    def serve(self) -> None:
        """Accept connections until the listening socket is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                Thread(target=self._pass_on, args=[client, server, "question"], daemon=True).start()
                Thread(target=self._pass_on, args=[server, client, "answer"], daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, direction: str) -> None:
        with suppress(OSError):
            while data := source.recv(READ_SIZE_BYTES):
                if self._breaks_here(data, direction):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _breaks_here(self, data: bytes, direction: str) -> bool:
        with self._lock:
            if direction == "answer" and self._answers_to_lose and COMMIT_DONE in data:
                self._answers_to_lose -= 1
                return True
            if direction == "question" and self._questions_to_lose and COMMIT_ASKED in data:
                self._questions_to_lose -= 1
                return True
        return False


@contextmanager
def breaking_connection(url: str, folder: Path) -> Iterator[tuple[str, BreakingConnection]]:
    """A URL that leads to the same database by way of a socket in `folder`, and what breaks it."""
    parts = conninfo_to_dict(url)
    name = f".s.PGSQL.{parts['port']}"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / name))
    listening.listen()
    way = BreakingConnection(listening, f"{parts['host']}/{name}")
    serving = Thread(target=way.serve, daemon=True)
    serving.start()
    host = quote(str(folder), safe="")
    try:
        yield (
            f"postgresql://{parts['user']}@/{parts['dbname']}?host={host}&port={parts['port']}",
            way,
        )
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        serving.join()
