from __future__ import annotations

import asyncio
import json
from typing import Callable, List, Optional

from .serving import RECEIPT_HEADER, Serving, write_receipt


class AsgiReceipts:
    """ASGI middleware: each answer of status 2xx with a body leaves when its receipt is in the journal.

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
        :param reference: of a scope, what the request belongs to elsewhere (see :func:`external_reference`), if anything
        """
        self._application = application
        self._serving = serving
        self._limit = limit
        self._reference = reference

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if any(name == b"content-encoding" and value != b"identity" for name, value in scope["headers"]):
            await _answer(send, 415, b"text/plain; charset=utf-8", b"the body has a content coding")
            return
        given = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            # What is too large is read to its end, so that the answer arrives, and not kept.
            given = (given + message.get("body", b""))[: self._limit + 1]
            more = message.get("more_body", False)
        if len(given) > self._limit:
            reason = f"the body is larger than {self._limit} bytes".encode()
            await _answer(send, 413, b"text/plain; charset=utf-8", reason)
            return

        body = [{"type": "http.request", "body": given, "more_body": False}]
        head: dict = {}
        written: List[bytes] = []

        async def receive_again() -> dict:
            return body.pop() if body else await receive()

        async def keep(message: dict) -> None:
            if message["type"] == "http.response.start":
                head.update(message)
                return
            if message["type"] != "http.response.body":
                return
            written.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._leave(scope, given, head, b"".join(written), send)

        await self._application(scope, receive_again, keep)

    async def _leave(self, scope: dict, given: bytes, head: dict, output: bytes, send: Callable) -> None:
        headers = list(head.get("headers", []))
        if 200 <= head["status"] < 300 and output:
            try:
                reference = self._reference and self._reference(scope)
                # It waits for the disk, and others are not to wait for it.
                issued = await asyncio.get_running_loop().run_in_executor(
                    None, self._serving.issue, given, output, reference
                )
            except Exception:  # pylint: disable=broad-except
                # Without a receipt no output leaves, whatever the reason.
                refusal = json.dumps({"title": "no receipt could be made of the output", "status": 503}).encode()
                await _answer(send, 503, b"application/problem+json", refusal)
                return
            headers.append((RECEIPT_HEADER.lower().encode(), write_receipt(issued).encode()))
        await send({**head, "headers": headers})
        await send({"type": "http.response.body", "body": output, "more_body": False})


async def _answer(send: Callable, status: int, media_type: bytes, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", media_type)]})
    await send({"type": "http.response.body", "body": body, "more_body": False})
