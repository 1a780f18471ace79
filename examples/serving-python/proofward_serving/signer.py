from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .errors import ServingError
from .receipt import receipt_bytes


class Signer:
    """What receipts are signed with: an ECDSA P-256 key, and its certificate of one of the site's authorities."""

    def __init__(self, channel: str, key: str, certificate: str):
        self._channel = channel
        self._certificate = certificate
        loaded = serialization.load_pem_private_key(key.encode(), password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or not isinstance(loaded.curve, ec.SECP256R1):
            raise ServingError("receipts are signed with an ECDSA P-256 key")
        self._key = loaded
        self._x509 = x509.load_pem_x509_certificate(certificate.encode())
        if self._x509.public_key() != loaded.public_key():
            raise ServingError("the certificate is of another key")

    def require_valid_at(self, time: datetime) -> None:
        """:raises ServingError: while no gateway would take a receipt"""
        begin, end = self._x509.not_valid_before_utc, self._x509.not_valid_after_utc
        if not begin <= time <= end:
            raise ServingError(f"it is {time.isoformat()}, and the certificate is valid from {begin} to {end}")

    def sign(self, receipt: dict) -> dict:
        signature = self._key.sign(receipt_bytes(self._channel, receipt), ec.ECDSA(hashes.SHA256()))
        return {
            "receipt": receipt,
            "signature": base64.b64encode(signature).decode(),
            "certificate": self._certificate,
        }


def was_valid(certificate: str, at: datetime, tolerance: timedelta) -> bool:
    """Whether a certificate was valid at a time, or began so little after it."""
    try:
        read = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        return False
    return read.not_valid_before_utc - tolerance <= at <= read.not_valid_after_utc


def is_signed(channel: str, signed: dict, certificate: str) -> bool:
    """Whether a receipt is signed with a certificate's key."""
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        signature = base64.b64decode(signed["signature"], validate=True)
        key.verify(signature, receipt_bytes(channel, signed["receipt"]), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)


def write_time(time: datetime) -> str:
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"
