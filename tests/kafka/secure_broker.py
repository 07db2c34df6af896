"""A broker that speaks TLS: one listener with user names and passwords, one with certificates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from tests.parts.kafka_broker import kafka_cluster

ADA_PASSWORD = "a-lighthouse-in-fog"
GRACE_PASSWORD = "a-harbour-at-noon"
KEY_PASSWORD = "a-lamp-of-its-own"

PASSWORDS, CERTIFICATES = "PASSWORDS", "CERTIFICATES"

_JAAS = "org.apache.kafka.common.security"


class Authority:
    """Signs certificates. `file` is its own, in PEM."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._sign(name, self._key, ca=True))

    def issue(self, name: str, password: str | None = None) -> tuple[Path, Path]:
        """A certificate for localhost and its key, each a file."""
        key = ec.generate_private_key(ec.SECP256R1())
        hidden: KeySerializationEncryption = NoEncryption()
        if password is not None:
            hidden = BestAvailableEncryption(password.encode())
        certificate, secret = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(self._sign(name, key, ca=False) + self.file.read_bytes())
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
        return certificate, secret

    def _sign(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> bytes:
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class SecureBroker:
    """Where it is, and what a client may show. `stranger` signed nothing of it."""

    passwords: str
    certificates: str
    plain_text: str
    authority: Path
    stranger: Path
    ada_certificate: Path
    ada_key: Path


@contextmanager
def secure_broker(folder: Path) -> Iterator[SecureBroker]:
    """A running one that knows Ada by SCRAM and Grace by PLAIN, and whom its authority signed.

    Skips as `kafka_cluster` does.
    """
    authority = Authority("lighthouse-authority", folder)
    stranger = Authority("somebody-else", folder)
    certificate, key = authority.issue("broker")
    keystore = folder / "broker.pem"
    keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
    ada_certificate, ada_key = authority.issue("ada", KEY_PASSWORD)
    with kafka_cluster(
        folder / "kafka",
        nodes=1,
        settings=_settings(keystore, authority.file),
        listeners=[PASSWORDS, CERTIFICATES],
    ) as cluster:
        admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
        ada = UserScramCredentialUpsertion("ada", ScramMechanism.SCRAM_SHA_512, ADA_PASSWORD)
        admin.alter_user_scram_credentials([ada])
        admin.close()
        yield SecureBroker(
            passwords=cluster.bootstrap_at(PASSWORDS),
            certificates=cluster.bootstrap_at(CERTIFICATES),
            plain_text=cluster.bootstrap,
            authority=authority.file,
            stranger=stranger.file,
            ada_certificate=ada_certificate,
            ada_key=ada_key,
        )


def _settings(keystore: Path, authority: Path) -> dict[str, str]:
    passwords, certificates = (f"listener.name.{n.lower()}" for n in (PASSWORDS, CERTIFICATES))
    return {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,"
        f"{PASSWORDS}:SASL_SSL,{CERTIFICATES}:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(keystore),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
        f"{certificates}.ssl.client.auth": "required",
        f"{passwords}.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        f"{passwords}.scram-sha-512.sasl.jaas.config": f"{_JAAS}.scram.ScramLoginModule required;",
        f"{passwords}.plain.sasl.jaas.config": f"{_JAAS}.plain.PlainLoginModule required "
        f'user_grace="{GRACE_PASSWORD}";',
    }


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
