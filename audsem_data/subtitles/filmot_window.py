"""A window that moves over a Filmot dump from one beginning of an object to the next; it holds a block of the file.

An object begins on a line whose first character is its brace, before a quote or the end of the line.
"""

import re
from typing import IO

BLOCK = 2 << 20
_MARK = b"\xef\xbb\xbf"
# A caption such as `{wind}` may stand first on a line too, where a string holds a raw line break.
_BEGINS = re.compile(rb'(?<=\n)\{[^\S\n]*["\n]')
_BEGINS_LAST = re.compile(rb'(?<=\n)\{[^\S\n]*(?:["\n]|\Z)')


class Window:
    """The bytes that are held, a line break before them; `at` is where the next piece begins in `data`.

    One buffer is filled again and again: what is read stays in the processor's cache until it is looked at.

    Attributes:
        data: bytes of the file, or a line break and then bytes; others once the window has moved.
        at: a place in data.
        offset: where data begins in the file.
        last: the file ends with data.
    """

    def __init__(self, file: IO[bytes], begin: int) -> None:
        """Move to the first piece that begins at or after `begin`; at 0, whatever stands there is one."""
        self._file = file
        self._buffer = bytearray(2 * BLOCK)
        self.at, self.last = 1, False
        if begin:
            file.seek(begin - 1)
            self._hold(b"", begin - 1)
            self._more()
            self._seek()
        else:
            head = file.read(len(_MARK))
            marked = head == _MARK
            self._hold(b"\n" if marked else b"\n" + head, len(_MARK) - 1 if marked else -1)
            self._more()

    @property
    def position(self) -> int:
        """Where the next piece begins in the file."""
        return self.offset + self.at

    @property
    def at_object(self) -> bool:
        """Whether an object begins here."""
        return self._begins.match(self.data, self.at) is not None

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.data)

    def grow(self, longest: int) -> bool:
        """Hold more of the file; False where the piece that begins here is held whole, or is too long."""
        brace = self._buffer.find(b"\n{", self.at, len(self.data))
        whole = self.last or (brace >= 0 and self._begins.search(self.data, brace + 1) is not None)
        if whole or len(self.data) - self.at > longest:
            return False
        self._hold(self.data[self.at - 1 :], self.position - 1)
        self.at = 1
        self._more()
        return True

    def next_piece(self, longest: int) -> bytes | None:
        """Return the bytes up to the next beginning of an object, and move there; None if they are too many."""
        while self.grow(longest):
            pass
        found = self._begins.search(self.data, self.at + 1)
        if not found and not self.last:
            self._seek(self.at + 1)
            return None
        stop = found.start() if found else len(self.data)
        piece, self.at = bytes(self.data[self.at : stop]), stop
        return piece if len(piece) <= longest else None

    def _seek(self, start: int = 0) -> None:
        """Move to the next beginning of an object, dropping what was passed."""
        while not (found := self._begins.search(self.data, start)) and not self.last:
            size = len(self.data)
            line = self._buffer.rfind(b"\n", start, size)
            kept = line if line >= 0 and size - line < BLOCK else size - 1
            self._hold(self.data[kept:], self.offset + kept)
            start = 0
            self._more()
        self.at = found.start() if found else len(self.data)

    @property
    def _begins(self) -> re.Pattern[bytes]:
        return _BEGINS_LAST if self.last else _BEGINS

    def _hold(self, data: bytes | memoryview, offset: int) -> None:
        """Hold this alone, which may be the end of what is held."""
        with memoryview(self._buffer) as buffer:
            buffer[: len(data)] = data
        self.data, self.offset = memoryview(self._buffer)[: len(data)], offset

    def _more(self) -> None:
        """Read a block more, if the file has as much."""
        size = len(self.data)
        end = size + BLOCK
        if end > len(self._buffer):
            larger = bytearray(2 * end)
            larger[:size] = self.data
            self._buffer = larger
        buffer = memoryview(self._buffer)
        while size < end and (count := self._file.readinto(buffer[size:end])):  # type: ignore[attr-defined]
            size += count
        self.last = size < end
        self.data = buffer[:size]
