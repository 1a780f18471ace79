from __future__ import annotations

import io
import json
from typing import Callable, Iterable, List, Optional

from .serving import RECEIPT_HEADER, Serving, write_receipt

_NO_RECEIPT = {"title": "no receipt could be made of the output", "status": 503}


class WsgiReceipts:
    """WSGI middleware: each answer of status 2xx with a body leaves when its receipt is in the journal.

    It reads the request's body, since the receipt is of its bytes, and gives the application the same bytes.
    """

    def __init__(
        self,
        application: Callable,
        serving: Serving,
        *,
        limit: int = 1 << 20,
        reference: Optional[Callable[[dict], Optional[str]]] = None,
    ):
        """
        :param limit: the largest request body, in bytes
        :param reference: of an environ, what the request belongs to elsewhere (see :func:`external_reference`), if anything
        """
        self._application = application
        self._serving = serving
        self._limit = limit
        self._reference = reference

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
            return _refuse(start_response, "415 Unsupported Media Type", "the body has a content coding")
        given = self._read(environ)
        if given is None:
            return _refuse(start_response, "413 Content Too Large", f"the body is larger than {self._limit} bytes")
        environ = {**environ, "wsgi.input": io.BytesIO(given), "CONTENT_LENGTH": str(len(given))}
        head: List = []
        written: List[bytes] = []

        def start(status: str, headers: list, exc_info: object = None) -> Callable[[bytes], object]:
            head[:] = [status, headers]
            return written.append

        answer = self._application(environ, start)
        try:
            written.extend(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        output = b"".join(written)
        status, headers = head
        if status[:1] == "2" and output:
            try:
                reference = self._reference and self._reference(environ)
                headers = [*headers, (RECEIPT_HEADER, write_receipt(self._serving.issue(given, output, reference)))]
            except Exception:  # pylint: disable=broad-except
                # Without a receipt no output leaves, whatever the reason.
                body = json.dumps(_NO_RECEIPT).encode()
                start_response("503 Service Unavailable", [("content-type", "application/problem+json")])
                return [body]
        start_response(status, headers)
        return [output]

    def _read(self, environ: dict) -> Optional[bytes]:
        stream = environ["wsgi.input"]
        if environ.get("CONTENT_LENGTH"):
            length = int(environ["CONTENT_LENGTH"])
            return None if length > self._limit else stream.read(length)
        # Without a length a stream may be read to its end only where the server says that it has one.
        given = stream.read(self._limit + 1) if environ.get("wsgi.input_terminated") else b""
        return None if len(given) > self._limit else given


def _refuse(start_response: Callable, status: str, reason: str) -> Iterable[bytes]:
    start_response(status, [("content-type", "text/plain; charset=utf-8")])
    return [reason.encode()]
