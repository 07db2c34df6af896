"""The signing key: made once, readable by its user only, and shared by whoever begins at once."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.provenance.file_signer import KEY_FILE, FileSigner, SigningKeyExposed


def test_a_signature_holds_under_the_chain_and_the_anchor(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path / "keys")
    leaf, root = x509.load_pem_x509_certificates(signer.certificate_chain_pem.encode())
    (anchor,) = x509.load_pem_x509_certificates(signer.trust_anchor_pem.encode())
    assert anchor == root
    leaf.verify_directly_issued_by(root)
    public_key = leaf.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    public_key.verify(signer.sign(b"fog"), b"fog", ec.ECDSA(SHA256()))


def test_the_key_is_made_once(tmp_path: Path) -> None:
    first, second = FileSigner(tmp_path / "keys"), FileSigner(tmp_path / "keys")
    assert first.certificate_chain_pem == second.certificate_chain_pem


def test_processes_that_begin_at_once_use_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        signers = list(pool.map(lambda _: FileSigner(tmp_path / "keys"), range(8)))
    assert len({signer.trust_anchor_pem for signer in signers}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["bundle"]


def test_the_key_is_readable_by_its_user_only(tmp_path: Path) -> None:
    FileSigner(tmp_path / "keys")
    key_file = tmp_path / "keys" / "bundle" / KEY_FILE
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key_file.chmod(0o644)
    with pytest.raises(SigningKeyExposed):
        FileSigner(tmp_path / "keys")
