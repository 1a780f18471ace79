from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import List

from .errors import Problem

#: The most of one request.
MOST_RECEIPTS = 500


class Gateway:
    """The organisation's own gateway, as far as it takes receipts; the API key needs the scope ``records:write``."""

    def __init__(self, url: str, api_key: str, timeout: float = 30.0):
        self._url = url.rstrip("/")
        self._api_key = api_key
        self._timeout = timeout

    def add(self, receipts: List[dict]) -> dict:
        """Hands receipts in, all or none; the same again is no harm.

        :raises Problem: what the gateway answered, or that it did not
        """
        request = urllib.request.Request(
            f"{self._url}/v1/receipts",
            data=json.dumps({"receipts": receipts}).encode(),
            headers={
                "authorization": f"Bearer {self._api_key}",
                "content-type": "application/json",
                "accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise _problem(error) from error
        except (OSError, ValueError) as cause:
            raise Problem(f"{self._url}: no answer of a gateway") from cause


def _problem(error: urllib.error.HTTPError) -> Problem:
    try:
        document = json.loads(error.read())
        retry_after = float(error.headers.get("retry-after") or 0)
        return Problem(
            f"{document['code']}: {document['detail']}", document["code"], document.get("pointer", ""), retry_after
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Problem(f"status {error.code} of something else than a gateway")
