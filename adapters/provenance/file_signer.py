"""The key that signs content credentials, in a folder: for one machine, behind the signer's port.

The first use makes an ES256 key and a chain of its own: a root, whose key is thrown away at once,
and one signing certificate. Readers that are given `trust_anchor_pem` trust what is signed with it.
"""

import contextlib
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALIDITY = timedelta(days=3650)
KEY_FILE = "signing-key.pem"
CHAIN_FILE = "certificate-chain.pem"
ANCHOR_FILE = "trust-anchor.pem"
_BUNDLE = "bundle"


class SigningKeyExposed(Exception):
    """The key's file can be read by others than its user. It is not used: make a new one."""


class FileSigner:
    """Signs with the key in `folder`, and makes it where there is none.

    Several processes may begin at once: one of them makes the key, all use it. Raises
    SigningKeyExposed.
    """

    def __init__(self, folder: Path) -> None:
        bundle = folder / _BUNDLE
        if not bundle.exists():
            _make(folder, bundle, datetime.now(UTC))
        key_file = bundle / KEY_FILE
        if key_file.stat().st_mode & 0o077:
            raise SigningKeyExposed(KEY_FILE)
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the signing key is not an elliptic-curve key")
        self._key = key
        self._chain_pem = (bundle / CHAIN_FILE).read_text()
        self._anchor_pem = (bundle / ANCHOR_FILE).read_text()

    @property
    def certificate_chain_pem(self) -> str:
        """The signing certificate first, then the root."""
        return self._chain_pem

    @property
    def trust_anchor_pem(self) -> str:
        """The root: what a reader has to trust."""
        return self._anchor_pem

    def sign(self, data: bytes) -> bytes:
        """An ES256 signature of `data`, DER-encoded."""
        return self._key.sign(data, ec.ECDSA(SHA256()))


def _make(folder: Path, bundle: Path, at: datetime) -> None:
    """Make key and chain aside and rename them into place, so that nobody meets half of them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f"{_BUNDLE}-{secrets.token_hex(8)}"
    draft.mkdir(mode=0o700)
    root_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    root = _root_certificate(root_key, at)
    leaf = _signing_certificate(key, root, root_key, at)
    pem_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(draft / KEY_FILE, pem_key)
    _write(draft / CHAIN_FILE, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    _write(draft / ANCHOR_FILE, root.public_bytes(Encoding.PEM))
    try:
        draft.rename(bundle)
    except OSError:
        # Somebody else was first, and theirs counts.
        for name in (KEY_FILE, CHAIN_FILE, ANCHOR_FILE):
            (draft / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            draft.rmdir()


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _root_certificate(key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    name = _name("AI Content Suite root")
    usage = _usage(signs_certificates=True)
    return (
        _begun(name, name, key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _signing_certificate(
    key: ec.EllipticCurvePrivateKey,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    issuer_key = root_key.public_key()
    return (
        _begun(_name("AI Content Suite screener"), root.subject, key.public_key(), at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        # C2PA's readers accept this extended usage unless they are configured otherwise.
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + VALIDITY)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AI Content Suite"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
