"""A process that reads feeds: `ToRead` comes in on standard input, what was read goes out on standard output.

A process, because reading costs milliseconds of pure Python a feed and one process uses one core; and because one that
hangs on a feed, or eats the memory, can be ended and replaced.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from typing import BinaryIO

import msgspec

MEMORY = 2 << 30
"""Bytes of address space; a feed that needs more is none."""
LENGTH = 4
"""Bytes before each message, which say its length, big-endian."""


def main() -> None:
    """Read one message after the other until standard input ends."""
    from producers.reading.items import ReadFeed, ToRead, Unreadable, read_feed

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints must not stand among our messages
    while (message := _next(source)) is not None:
        result: ReadFeed | Unreadable
        try:
            result = read_feed(msgspec.msgpack.decode(message, type=ToRead))
        except MemoryError:
            result = Unreadable("it needs too much memory to be read")
        except Exception as error:  # one feed must not cost the others; the words go into its health
            result = Unreadable(f"it cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:150]}")
        answer = msgspec.msgpack.encode(result)
        target.write(len(answer).to_bytes(LENGTH, "big") + answer)
        target.flush()


def _next(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH)
    return source.read(int.from_bytes(head, "big")) if len(head) == LENGTH else None


if __name__ == "__main__":
    main()
