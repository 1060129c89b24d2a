"""A small certificate authority of one's own, for readers and their broker (X.509, RFC 5280). Values in, values out.

A reader's certificate is made for the Ed25519 key that it enrolled: the private key stays where it was made, and the
certificate is no secret. TLS and batches may share the key, because what TLS 1.3 signs begins with 64 spaces and a
context (RFC 8446, section 4.4.3), and what a reader signs does not.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LONGEST_NAME = 64
"""X.509's bound on a common name (RFC 5280, ub-common-name)."""

CA_DAYS = 3650
READER_DAYS = 825
SERVER_DAYS = 397
_SKEW = timedelta(hours=1)


def make_authority(name: str, now: datetime) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """A new authority: its private key, and its certificate of ten years."""
    key = generate_private_key(SECP256R1())
    subject = _name(name)
    certificate = (
        _builder(subject, subject, key.public_key(), key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, SHA256())
    )
    return key, certificate


def server_certificate(
    key: EllipticCurvePrivateKey, authority: x509.Certificate, hosts: Sequence[str], now: datetime
) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    """A new key and certificate for the broker under ``hosts``: names, or addresses."""
    own = generate_private_key(SECP256R1())
    certificate = (
        _builder(_name(hosts[0]), authority.subject, own.public_key(), key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    return own, certificate


def reader_certificate(
    key: EllipticCurvePrivateKey, authority: x509.Certificate, reader: str, public_key: bytes, now: datetime
) -> x509.Certificate:
    """A certificate for the enrolled 32-byte ``public_key`` of ``reader`` ("org/reader"), which is its common name.

    :raises ValueError: the name has more than 64 characters.
    """
    if len(reader) > LONGEST_NAME:
        raise ValueError(f"{reader!r} has more than {LONGEST_NAME} characters: give this reader a password instead")
    enrolled = Ed25519PublicKey.from_public_bytes(public_key)
    return (
        _builder(_name(reader), authority.subject, enrolled, key.public_key(), now, READER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, SHA256())
    )


def revocation_list(
    key: EllipticCurvePrivateKey, authority: x509.Certificate, revoked: Iterable[x509.Certificate], now: datetime
) -> x509.CertificateRevocationList:
    """The list of revoked certificates, valid as long as the authority: an expired list would lock everybody out."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - _SKEW)
        .next_update(authority.not_valid_after_utc)
    )
    for certificate in sorted(revoked, key=lambda certificate: certificate.serial_number):
        entry = (
            x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(now - _SKEW)
        ).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: Ed25519PublicKey | EllipticCurvePublicKey,
    issuer_key: EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:LONGEST_NAME])])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
