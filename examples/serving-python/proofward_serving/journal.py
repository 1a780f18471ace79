from __future__ import annotations

import json
import os
import threading
from typing import Any, Callable, List, Optional, Tuple

from .errors import JournalError

#: A gateway takes bodies of 1 MiB.
MOST_BYTES = 900_000

_held: set = set()


class Journal:
    """A site's receipts of one endpoint in the order of their numbers, one JSON line each, in the same files as the
    TypeScript middleware's: either can go on with what the other has left.

    A number is settled when its line is on the disk, and no output leaves before. Lines are appended, and taken out at the
    beginning when the gateway has them. After a failed write nothing is appended any more: what of it reached the disk is
    known only to the next start.
    """

    def __init__(self, path: str, channel: str, site: str, endpoint: str):
        """:raises JournalError: where another process has it, it is another's, or lines are lost"""
        self.path = path
        self._owner = {"channel": channel, "site": site, "endpoint": endpoint}
        self._writing = threading.Lock()
        self._failure: Optional[JournalError] = None
        _lock(path)
        try:
            self._file = open(path, "a+b", buffering=0, opener=_private)
            try:
                self._open()
            except BaseException:
                self._file.close()
                raise
        except BaseException:
            _unlock(path)
            raise

    @property
    def sequence(self) -> int:
        """The last number that was given out; 0 before the first."""
        return self._last

    @property
    def handed_in(self) -> int:
        """The last number that the gateway has, or that was set aside."""
        return self._handed_in

    def append(self, make: Callable[[int], dict]) -> dict:
        """Gives a receipt the next number, and answers when it is on the disk."""
        with self._writing:
            if self._failure is not None:
                raise self._failure
            signed = make(self._last + 1)
            line = json.dumps(signed, separators=(",", ":")).encode() + b"\n"
            try:
                _write(self._file.fileno(), line)
                os.fsync(self._file.fileno())
            except OSError as cause:
                self._failure = JournalError(f"{self.path}: not written; start again")
                raise self._failure from cause
            self._last += 1
            self._settled += len(line)
            return signed

    def read(self, most: int) -> List[Tuple[dict, int]]:
        """The next receipts to be handed in, each with the byte after it."""
        found: List[Tuple[dict, int]] = []
        with self._writing:
            file, begin, end = self._file.fileno(), self._offset, self._settled
        for text, after in _lines(file, begin, end):
            found.append((json.loads(text), after))
            if len(found) == most or after - begin > MOST_BYTES:
                break
        return found

    def move(self, sequence: int, offset: int) -> None:
        """Notes up to where all was handed in."""
        _replace(self.path + ".cursor", json.dumps({"sequence": sequence}).encode())
        self._handed_in, self._offset = sequence, offset

    def shorten(self, keep: int) -> None:
        """Takes out what was handed in, where that is more than so many bytes and half of the file."""
        with self._writing:
            handed_in = self._offset - self._begin
            if handed_in <= keep or handed_in < self._settled / 2 or self._failure is not None:
                return
            title = self._title(self._handed_in)
            rest = os.pread(self._file.fileno(), self._settled - self._offset, self._offset)
            _replace(self.path, title + rest)
            old, self._file = self._file, open(self.path, "a+b", buffering=0, opener=_private)
            old.close()
            self._begin = self._offset = len(title)
            self._settled = len(title) + len(rest)

    def close(self) -> None:
        with self._writing:
            self._failure = self._failure or JournalError(f"{self.path}: it was closed")
            self._file.close()
        _unlock(self.path)

    def _title(self, after: int = 0) -> bytes:
        title: dict = {"proofward": "receipt-journal", "version": 1, **self._owner}
        if after > 0:
            title["after"] = after
        return json.dumps(title, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _open(self) -> None:
        after = self._begun()
        self._handed_in = max(after, _cursor(self.path))
        self._last, self._settled, self._offset = after, self._begin, self._begin
        torn = False
        size = os.fstat(self._file.fileno()).st_size
        for text, end in _lines(self._file.fileno(), self._begin, size):
            receipt = _receipt(text)
            # A machine that stops before an fsync leaves anything at the end, and nothing whole after it.
            if receipt is None:
                torn = True
                continue
            number = self._last - after + 2
            if torn:
                raise JournalError(f"{self.path}: line {number} is damaged")
            if receipt.get("sequence") != self._last + 1 or any(
                receipt.get(name) != self._owner[name] for name in ("site", "endpoint")
            ):
                raise JournalError(f"{self.path}: line {number} is another's")
            self._last, self._settled = self._last + 1, end
            if self._last == self._handed_in:
                self._offset = end
        if self._last < self._handed_in:
            raise JournalError(f"{self.path}: it has lost lines that were handed in already")
        if size > self._settled:
            self._file.truncate(self._settled)
            os.fsync(self._file.fileno())

    def _begun(self) -> int:
        size = os.fstat(self._file.fileno()).st_size
        for text, end in _lines(self._file.fileno(), 0, size):
            title = _parsed(text)
            if not isinstance(title, dict) or title.get("proofward") != "receipt-journal" or title.get("version") != 1:
                raise JournalError(f"{self.path}: not a journal of receipts")
            if any(title.get(name) != value for name, value in self._owner.items()):
                raise JournalError(f"{self.path}: of the endpoint {title.get('endpoint')} of {title.get('site')}")
            self._begin = end
            return int(title.get("after", 0))
        title = self._title()
        if not title.startswith(os.pread(self._file.fileno(), size, 0)):
            raise JournalError(f"{self.path}: not a journal of receipts")
        self._file.truncate(0)
        _write(self._file.fileno(), title)
        os.fsync(self._file.fileno())
        # A journal that vanishes would begin with 1 again.
        _sync_folder(self.path)
        self._begin = len(title)
        return 0


def set_aside(path: str, entry: dict) -> None:
    """Appends to a file what can never be handed in, and answers when it is on the disk."""
    with open(path, "ab", buffering=0, opener=_private) as file:
        _write(file.fileno(), json.dumps(entry, separators=(",", ":")).encode() + b"\n")
        os.fsync(file.fileno())
    _sync_folder(path)


def _lines(file: int, begin: int, end: int):
    rest = b""
    at = begin
    while at < end:
        piece = os.pread(file, min(1 << 20, end - at), at)
        if not piece:
            return
        at += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        after = at - len(rest) - sum(len(line) + 1 for line in whole)
        for line in whole:
            after += len(line) + 1
            yield line, after


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _receipt(text: bytes) -> Optional[dict]:
    signed = _parsed(text)
    if not isinstance(signed, dict) or not isinstance(signed.get("receipt"), dict) or "signature" not in signed:
        return None
    return signed["receipt"]


def _cursor(journal: str) -> int:
    try:
        with open(journal + ".cursor", "rb") as file:
            sequence = json.loads(file.read())["sequence"]
    except FileNotFoundError:
        # Without it all is handed in again, which is no harm.
        return 0
    except (ValueError, TypeError, KeyError) as cause:
        raise JournalError(f"{journal}.cursor: not the cursor of a journal") from cause
    return int(sequence)


def _replace(path: str, content: bytes) -> None:
    """Replaces a file as a whole, on the disk: a crash leaves one of both."""
    following = path + ".next"
    with open(following, "wb", buffering=0, opener=_private) as file:
        _write(file.fileno(), content)
        os.fsync(file.fileno())
    os.replace(following, path)
    _sync_folder(path)


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _sync_folder(path: str) -> None:
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lock(path: str) -> None:
    """Two processes would give out the same numbers. The lock of a process that is gone is void."""
    file = path + ".lock"
    for _ in range(3):
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            os.write(handle, str(os.getpid()).encode())
            os.close(handle)
            _held.add(file)
            return
        try:
            with open(file, encoding="ascii") as holder:
                pid = int(holder.read() or 0)
        except (FileNotFoundError, ValueError):
            pid = 0
        if file in _held if pid == os.getpid() else _is_alive(pid):
            break
        try:
            os.remove(file)
        except FileNotFoundError:
            pass
    raise JournalError(f"{path}: another process has it ({file})")


def _unlock(path: str) -> None:
    _held.discard(path + ".lock")
    try:
        os.remove(path + ".lock")
    except FileNotFoundError:
        pass


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
