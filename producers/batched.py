"""Many small questions at once, asked as a few large ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Batched(Generic[A, B]):
    """Gathers single calls and answers them together, by ``do`` in a thread of its own, one batch after the other.

    While one batch is under way the next gathers; ``wait_s`` is what the first call of a batch waits for ``size`` of
    them. ``do`` gives an answer for each question, in order; what it raises, each caller of the batch gets.
    """

    def __init__(self, do: Callable[[Sequence[A]], Sequence[B]], *, size: int, wait_s: float) -> None:
        self._do, self._size, self._wait_s = do, size, wait_s
        self._waiting: list[tuple[A, asyncio.Future[B]]] = []
        self._enough = asyncio.Event()
        self._last = False
        self._work: asyncio.Task[None] | None = None

    async def __call__(self, question: A) -> B:
        """The answer to one question."""
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if len(self._waiting) >= self._size or self._last:
            self._enough.set()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    def no_more(self) -> None:
        """Wait for company no longer: who would come has come."""
        self._last = True
        self._enough.set()

    async def _answer_all(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), self._wait_s)
            batch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
            if len(self._waiting) < self._size and not self._last:
                self._enough.clear()
            try:
                answers = await asyncio.to_thread(self._do, [question for question, _ in batch])
            except Exception as error:  # each caller gets it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
