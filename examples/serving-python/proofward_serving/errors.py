from __future__ import annotations

from typing import Optional


class ServingError(Exception):
    """A process that cannot make receipts as it was set up, or a request that it cannot make one of."""


class JournalError(Exception):
    """A journal that is another one's, is held by another process, or has lost lines."""


class ReceiptRefused(Exception):
    """An output that is not to be used: it has no receipt, or one that does not hold."""

    def __init__(self, fault: str, reason: str):
        super().__init__(reason)
        self.fault = fault


class Problem(Exception):
    """A gateway's answer that is a problem document, or no answer of a gateway (`code` is None)."""

    def __init__(self, message: str, code: Optional[str] = None, pointer: str = "", retry_after: float = 0.0):
        super().__init__(message)
        self.code = code
        self.pointer = pointer
        self.retry_after = retry_after
