from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timezone
from typing import Callable, Iterable, Optional, Tuple, Union

from .errors import ReceiptRefused, ServingError
from .forwarder import Forwarder
from .gateway import Gateway
from .journal import Journal
from .receipt import fingerprint, sha256, value_commitment, weights_root
from .signer import Signer, write_time

#: The header in which a receipt goes with its output, so that the output's bytes stay what they are.
RECEIPT_HEADER = "Proofward-Receipt"

Weights = Union[str, Iterable[Tuple[str, bytes]]]


class Serving:
    """A serving process that makes receipts from the weights it has loaded, and hands them in when the gateway is there."""

    def __init__(
        self,
        *,
        weights: Weights,
        endpoint: str,
        site: str,
        channel: str,
        key: str,
        certificate: str,
        journal: str,
        gateway: Gateway,
        on_problem: Callable[[Exception], None] = lambda error: None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        kept_bytes: int = 1 << 20,
        idle: float = 1.0,
        longest: float = 60.0,
    ):
        """
        :param weights: a file or folder, hashed now; or paths with the bytes that are in memory, of which alone it is sure
            that nothing was exchanged between loading and hashing
        :param key: private, PEM, ECDSA P-256
        :param certificate: of that key and one of the organisation's authorities, PEM
        :param journal: a file on a disk that outlives the process; ``.cursor``, ``.lock`` and ``.refused`` lie beside it
        :param on_problem: hears of each failure to hand receipts in, from another thread
        :param kept_bytes: how much of what the gateway has stays in the journal before it is shortened
        :raises ServingError: JournalError, or the file system's errors
        """
        self._site, self._endpoint, self._now = site, endpoint, now
        self._signer = Signer(channel, key, certificate)
        files = (
            fingerprint(weights)
            if isinstance(weights, str)
            else [(path, sha256(content)) for path, content in weights]
        )
        if not files:
            # A root over nothing would say of any model that it was this one.
            raise ServingError("there are no weights")
        self.model = weights_root(files)
        self._journal = Journal(journal, channel, site, endpoint)
        self._forwarder = Forwarder(self._journal, gateway, on_problem, now, kept_bytes, idle, longest)

    @property
    def sequence(self) -> int:
        """The last number that was given out; 0 before the first."""
        return self._journal.sequence

    @property
    def handed_in(self) -> int:
        """The last number that the gateway has, or that was set aside."""
        return self._journal.handed_in

    def issue(self, given: bytes, output: bytes, reference: Optional[str] = None) -> dict:
        """Makes a receipt, and answers when it is on the disk; the output may leave then, and not before.

        :param reference: of :func:`external_reference`
        :returns: ``{"signed": …, "salts": {"input": …, "output": …}}``
        :raises ServingError: while the certificate is not valid; JournalError where it cannot be written
        """
        at = self._now()
        self._signer.require_valid_at(at)
        salts = {"input": os.urandom(32).hex(), "output": os.urandom(32).hex()}
        said = {
            "schema": 1,
            "id": os.urandom(16).hex(),
            "site": self._site,
            "endpoint": self._endpoint,
            "at": write_time(at),
            "model": self.model,
            "input": value_commitment("input", salts["input"], sha256(given)),
            "output": value_commitment("output", salts["output"], sha256(output)),
        }
        if reference is not None:
            said["reference"] = reference
        signed = self._journal.append(lambda sequence: self._signer.sign({**said, "sequence": sequence}))
        return {"signed": signed, "salts": salts}

    def close(self) -> None:
        """Stops handing in; what was not is handed in after the next start."""
        self._forwarder.stop()
        self._journal.close()


def write_receipt(issued: dict) -> str:
    """The header's value: base64url of the JSON of receipt and salts."""
    text = json.dumps(issued, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def read_receipt(value: Optional[str]) -> dict:
    """:raises ReceiptRefused: where there is none"""
    if value is None:
        raise ReceiptRefused("missing", "the output has no receipt")
    try:
        issued = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        if not isinstance(issued["signed"]["receipt"], dict) or not isinstance(issued["salts"]["output"], str):
            raise ValueError("not of its form")
    except (ValueError, KeyError, TypeError) as cause:
        raise ReceiptRefused("malformed", "what goes with the output is not a receipt") from cause
    return issued
