"""The bytes of receipts, as docs/records.md has them; evidence/vectors/receipts.json holds all implementations to them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any, Iterable, List, Tuple

#: What OpenSSF Model Signing leaves out of a model's folder, beside the signature itself.
IGNORED = frozenset([".git", ".gitattributes", ".github", ".gitignore", "model.sig"])


def canonical(value: Any) -> bytes:
    """RFC 8785 of what receipts are made of: text, whole numbers below 2^53, and members with ASCII names."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode("utf-8")


def receipt_bytes(channel: str, receipt: dict) -> bytes:
    """What is signed."""
    return canonical(["proofward/receipt/v1", channel, receipt])


def value_commitment(of: str, salt: str, digest: str) -> str:
    """The commitment to an input or output.

    :param of: ``input`` or ``output``
    :param salt: 32 random bytes in hex, one of its own for each value
    :param digest: SHA-256 of the value's bytes, in hex
    """
    return sha256(canonical(["proofward/receipt-value/v1", of, salt, digest]))


def reference_key(commitment_key: bytes) -> bytes:
    """The key of a site's external references, from the organisation's commitment key."""
    return hmac.new(commitment_key, canonical(["proofward/reference-key/v1"]), hashlib.sha256).digest()


def external_reference(key: bytes, system: str, identifier: str) -> str:
    """What a receipt holds of an accession number or a DICOM or FHIR id."""
    said = canonical(["proofward/external-reference/v1", system, identifier])
    return hmac.new(key, said, hashlib.sha256).hexdigest()


def weights_root(files: Iterable[Tuple[str, str]]) -> str:
    """Model Signing's root over files, each its path (with ``/``) and SHA-256 in hex."""
    ordered = sorted(files, key=lambda file: file[0].split("/"))
    return sha256(b"".join(bytes.fromhex(digest) for _, digest in ordered))


def fingerprint(path: str) -> List[Tuple[str, str]]:
    """The files that a path stands for, with their digests: a file by its own name, a folder's by their paths in it.

    :raises ValueError: for a symbolic link, which may lead out of what is hashed, and for what is neither file nor folder
    """
    if os.path.isfile(path):
        return [(os.path.basename(path), _digest(path))]
    found: List[Tuple[str, str]] = []
    _walk(path, "", found)
    return found


def _walk(folder: str, prefix: str, found: List[Tuple[str, str]]) -> None:
    with os.scandir(folder) as entries:
        listed = list(entries)
    for entry in listed:
        name = prefix + entry.name
        if name in IGNORED:
            continue
        if entry.is_symlink():
            raise ValueError(f"{entry.path}: a symbolic link")
        if entry.is_dir():
            _walk(entry.path, name + "/", found)
        elif entry.is_file():
            found.append((name, _digest(entry.path)))
        else:
            raise ValueError(f"{entry.path}: neither a file nor a folder")


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def sha256(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()
