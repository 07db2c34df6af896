"""Where the Kafka cluster is, how to get in, and how long its members may be silent."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach Apache Kafka. `bootstrap` is `host:port`, several separated by commas.

    Plain text unless told otherwise. `ssl_certificate_file` and `ssl_key_file` are the client's,
    for mutual TLS. `lease_s` bounds both a member's silence towards the broker and the time between
    two of its polls; the broker's `group.min.session.timeout.ms` is its lower limit. A client gives
    up that has not found the cluster within `bootstrap_timeout_s`.
    """

    bootstrap: str
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    ssl_ca_file: str | None = None
    ssl_certificate_file: str | None = None
    ssl_key_file: str | None = None
    ssl_key_password: str | None = field(default=None, repr=False)
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    replication: int = 1
    lease_s: float = 30.0
    publish_timeout_s: float = 30.0
    metadata_timeout_s: float = 10.0
    bootstrap_timeout_s: float = 15.0

    def client(self) -> dict[str, Any]:
        """What every client of kafka-python is told."""
        return {
            "bootstrap_servers": self.bootstrap.split(","),
            "client_id": "suite",
            "bootstrap_timeout_ms": int(self.bootstrap_timeout_s * 1000),
            "security_protocol": self.security_protocol,
            "ssl_cafile": self.ssl_ca_file,
            "ssl_certfile": self.ssl_certificate_file,
            "ssl_keyfile": self.ssl_key_file,
            "ssl_password": self.ssl_key_password,
            "sasl_mechanism": self.sasl_mechanism,
            "sasl_plain_username": self.sasl_username,
            "sasl_plain_password": self.sasl_password,
        }
