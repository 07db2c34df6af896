"""How clients of Kafka get in, and what stands in the way of one that does not.

kafka-python tries again and again and then says that it could not bootstrap, whatever the reason.
Only then is it asked here, with a connection that carries neither user name nor password.
"""

import socket
import ssl
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from kafka import KafkaAdminClient
from kafka.errors import KafkaConnectionError, KafkaTimeoutError

from topics.kafka_settings import KafkaSettings
from topics.transport import TransportUnreachable

ASK_TIMEOUT_S = 5.0
"""How long a broker may take to answer the question what is wrong."""

_TLS = ("SSL", "SASL_SSL")
_SASL = ("SASL_PLAINTEXT", "SASL_SSL")

Client = TypeVar("Client")


class Obstacle(StrEnum):
    """Why a cluster cannot be used, as an operator can put it right."""

    NO_ANSWER = "nobody answers there"
    FILES = "a certificate or key file is missing, unreadable or not what it should be"
    CERTIFICATE = "its certificate is not of an authority that is trusted, or of another host"
    NO_TLS = "it does not speak TLS there, and the settings ask for it"
    TLS = "it speaks TLS there, and the settings do not"
    CREDENTIALS = "it does not accept the user name, the password or the SASL mechanism"
    NOT_LET_IN = "it answers, but lets nobody in who has no more to show than the settings give"


class ClusterUnreachable(TransportUnreachable):
    """No broker of the cluster can be used. Names its address and the obstacle, and no secret."""

    def __init__(self, bootstrap: str, obstacle: Obstacle) -> None:
        self.bootstrap = bootstrap
        self.obstacle = obstacle
        super().__init__(f"Kafka at {bootstrap}: {obstacle}")


def connected(client: Callable[..., Client], settings: KafkaSettings, **options: Any) -> Client:
    """A client of kafka-python that has found its cluster. Raises `ClusterUnreachable`."""
    try:
        return client(**settings.client(), **options)
    except (KafkaTimeoutError, KafkaConnectionError) as error:
        raise ClusterUnreachable(settings.bootstrap, obstacle(settings)) from error


def reach(settings: KafkaSettings) -> None:
    """Ask the cluster for its metadata, and no more. Raises `ClusterUnreachable`."""
    connected(KafkaAdminClient, settings).close()


def obstacle(settings: KafkaSettings) -> Obstacle:
    """What stands in the way, by the first broker that answers at all."""
    found = Obstacle.NO_ANSWER
    for address in settings.bootstrap.split(","):
        found = _obstacle_at(address, settings)
        if found is not Obstacle.NO_ANSWER:
            break
    return found


def _obstacle_at(address: str, settings: KafkaSettings) -> Obstacle:
    host, _, port = address.strip().rpartition(":")
    try:
        with socket.create_connection((host, int(port)), ASK_TIMEOUT_S) as open_socket:
            if settings.security_protocol in _TLS:
                found = _obstacle_in_tls(open_socket, host, settings)
            else:
                found = Obstacle.TLS if _speaks_tls(open_socket) else None
    except (OSError, ValueError):
        return Obstacle.NO_ANSWER
    if found is not None:
        return found
    # Reached, and of one language: what is left is who we say that we are.
    is_named = settings.security_protocol in _SASL
    return Obstacle.CREDENTIALS if is_named else Obstacle.NOT_LET_IN


def _obstacle_in_tls(
    open_socket: socket.socket, host: str, settings: KafkaSettings
) -> Obstacle | None:
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca_file)
        if settings.ssl_certificate_file:
            context.load_cert_chain(
                settings.ssl_certificate_file,
                settings.ssl_key_file,
                # An empty one, where none is set: the library would ask for it at the terminal.
                password=settings.ssl_key_password or "",
            )
    except OSError:
        # What the ssl module says of a file that it cannot use is an OSError, too.
        return Obstacle.FILES
    try:
        context.wrap_socket(open_socket, server_hostname=host).close()
    except ssl.SSLCertVerificationError:
        return Obstacle.CERTIFICATE
    except (ssl.SSLError, ConnectionError):
        return Obstacle.NO_TLS
    return None


def _speaks_tls(open_socket: socket.socket) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is said over this connection: only whether there could be one is of interest.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(open_socket).close()
    except OSError:
        return False
    return True
