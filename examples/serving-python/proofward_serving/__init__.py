"""Inference receipts of a Python serving process, for a gateway of Proofward."""

from .asgi import AsgiReceipts
from .errors import JournalError, ReceiptRefused, ServingError
from .gateway import Gateway
from .receipt import external_reference, reference_key, value_commitment, weights_root
from .require import require_receipt
from .serving import RECEIPT_HEADER, Serving, read_receipt
from .wsgi import WsgiReceipts

__all__ = [
    "AsgiReceipts",
    "Gateway",
    "JournalError",
    "RECEIPT_HEADER",
    "ReceiptRefused",
    "Serving",
    "ServingError",
    "WsgiReceipts",
    "external_reference",
    "read_receipt",
    "reference_key",
    "require_receipt",
    "value_commitment",
    "weights_root",
]
