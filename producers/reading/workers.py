"""Processes that read feeds, one a core; each reads one feed at a time and is replaced when it hangs or dies."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from types import TracebackType
from typing import Self

import msgspec

from producers.reading.items import ReadFeed, ToRead, Unreadable
from producers.reading.worker import LENGTH

TIME_LIMIT_S = 20.0
"""Seconds for one feed; the slowest honest one takes a tenth of a second."""
_LARGEST = 64 << 20


class Workers:
    """Reads feeds on all cores; use it as an async context manager. Processes are started when they are needed."""

    def __init__(self, count: int | None = None, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._count = count or len(os.sched_getaffinity(0))
        self._time_limit_s = time_limit_s
        self._idle: list[Process] = []
        self._all: set[Process] = set()
        self._turns = asyncio.Semaphore(self._count)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in list(self._all):
            await self._end(process)

    async def read(self, to_read: ToRead) -> ReadFeed | Unreadable:
        """What is in the feed; a feed on which a worker hangs or dies is unreadable."""
        async with self._turns:
            process = self._idle.pop() if self._idle else await self._start()
            try:
                async with asyncio.timeout(self._time_limit_s):
                    answer = await _ask(process, msgspec.msgpack.encode(to_read))
            except TimeoutError:
                await self._end(process)
                return Unreadable(f"it was not read after {self._time_limit_s:.0f} s")
            except (asyncio.IncompleteReadError, ConnectionError):
                await self._end(process)
                return Unreadable("reading it broke the process that read it")
            except BaseException:
                await self._end(process)
                raise
            self._idle.append(process)
        return msgspec.msgpack.decode(answer, type=ReadFeed | Unreadable)

    async def _start(self) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "producers.reading.worker", stdin=PIPE, stdout=PIPE, limit=1 << 20
        )
        self._all.add(process)
        return process

    async def _end(self, process: Process) -> None:
        self._all.discard(process)
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ask(process: Process, message: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(len(message).to_bytes(LENGTH, "big") + message)
    await process.stdin.drain()
    length = int.from_bytes(await process.stdout.readexactly(LENGTH), "big")
    if length > _LARGEST:
        raise ConnectionError("the answer is longer than any can be")
    return await process.stdout.readexactly(length)
