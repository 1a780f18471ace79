from __future__ import annotations

from typing import Iterable, Optional

from .errors import ReceiptRefused
from .receipt import sha256, value_commitment
from .signer import is_signed


def require_receipt(
    output: bytes,
    issued: Optional[dict],
    *,
    channel: str,
    site: str,
    certificates: Iterable[str],
    models: Optional[Iterable[str]] = None,
    given: Optional[bytes] = None,
) -> dict:
    """Lets an output through that has a receipt which holds: signed by the site, about these very bytes.

    :param certificates: the site's signers, PEM; their keys count
    :param models: the fingerprints of the versions that may answer; any where it is left out
    :param given: the request's bytes, to be sure that this is the answer to it
    :raises ReceiptRefused: for any other; the output is then not to be used
    """
    if issued is None:
        raise ReceiptRefused("missing", "the output has no receipt")
    signed, salts = issued["signed"], issued["salts"]
    receipt = signed["receipt"]
    if receipt.get("site") != site:
        raise ReceiptRefused("site", f"the receipt is of {receipt.get('site')}")
    if not any(is_signed(channel, signed, certificate) for certificate in certificates):
        raise ReceiptRefused("signature", "the receipt is not signed by one of the site's signers in this channel")
    if models is not None and receipt["model"] not in models:
        raise ReceiptRefused("model", "the output is of weights that are not among those expected")
    if value_commitment("output", salts["output"], sha256(output)) != receipt["output"]:
        raise ReceiptRefused("output", "the receipt is of another output")
    if given is not None and value_commitment("input", salts["input"], sha256(given)) != receipt["input"]:
        raise ReceiptRefused("input", "the receipt is of another input")
    return signed
