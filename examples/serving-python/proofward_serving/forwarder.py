from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from typing import Callable, Optional

from .errors import Problem
from .gateway import MOST_RECEIPTS, Gateway
from .journal import Journal, set_aside
from .signer import read_time, was_valid, write_time

#: How far two clocks may be apart, for a gateway.
TOLERANCE = timedelta(minutes=15)


class Forwarder:
    """Hands a journal in, in the order of the numbers: first the gateway's answer, then the cursor, so that after a crash
    receipts are handed in twice and never left out. A refusal holds all that follows back, since a gap is worse than a
    wait; only what can never be handed in is set aside, into a file beside the journal.
    """

    def __init__(
        self,
        journal: Journal,
        gateway: Gateway,
        on_problem: Callable[[Exception], None],
        now: Callable[[], datetime],
        kept_bytes: int,
        idle: float,
        longest: float,
    ):
        self._journal = journal
        self._gateway = gateway
        self._on_problem = on_problem
        self._now = now
        self._kept = kept_bytes
        self._idle = idle
        self._longest = longest
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proofward-receipts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Does not wait until all is handed in; the next start goes on."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            try:
                pause = 0.0 if self._forward() else self._idle
                failures = 0
            except Exception as error:  # pylint: disable=broad-except
                # Whatever it was: a thread that ends would keep everything in the journal without a word.
                self._on_problem(error)
                asked = error.retry_after if isinstance(error, Problem) else 0.0
                pause = min(self._longest, max(asked, self._idle * 2 ** min(failures, 16)))
                failures += 1
            self._stopped.wait(pause)

    def _forward(self) -> bool:
        entries = self._journal.read(MOST_RECEIPTS)
        if not entries:
            return False
        try:
            self._hand_in(entries)
        except Problem as problem:
            index = _refused(problem)
            if index is None or index >= len(entries):
                raise
            # Those before it are not held back.
            if index > 0:
                self._hand_in(entries[:index])
            signed, offset = entries[index]
            if not self._is_for_good(problem, signed):
                raise
            path = self._journal.path + ".refused"
            said = {"at": write_time(self._now()), "code": problem.code, "message": str(problem), "signed": signed}
            # First kept, then passed over.
            set_aside(path, said)
            self._journal.move(signed["receipt"]["sequence"], offset)
            self._on_problem(problem)
        self._journal.shorten(self._kept)
        return True

    def _hand_in(self, entries: list) -> None:
        self._gateway.add([signed for signed, _ in entries])
        signed, offset = entries[-1]
        self._journal.move(signed["receipt"]["sequence"], offset)

    def _is_for_good(self, problem: Problem, signed: dict) -> bool:
        """Of a time that cannot have been the own clock is the judge, so nothing is given up while that one is wrong."""
        at = read_time(signed["receipt"]["at"])
        if problem.code == "SEQUENCE_REPEATED":
            return True
        if problem.code == "RECEIPT_AHEAD":
            return at > self._now() + TOLERANCE
        return problem.code == "RECEIPT_INVALID" and not was_valid(signed["certificate"], at, TOLERANCE)


def _refused(problem: Problem) -> Optional[int]:
    found = re.match(r"/receipts/(\d+)(?:/|$)", problem.pointer)
    return None if found is None else int(found.group(1))
