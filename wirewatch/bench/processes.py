"""The processes of a measurement: consumers started for it and the servers they use, each with what it costs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from wirewatch.embedded import Child, stop_all
from wirewatch.errors import BenchFailed
from wirewatch.settings import Settings

SERVERS = {"kafka": "kafka.Kafka", "elasticsearch": "-Des.path.home"}
"""What the command line of each embedded server holds."""


class Cost(NamedTuple):
    """What a process has used so far: seconds of processor time, and megabytes it holds now."""

    cpu_s: float
    memory_mb: int

    def ms_each(self, before: Cost, articles: int) -> float:
        """Milliseconds of processor time an article took since ``before``."""
        return round(1000 * (self.cpu_s - before.cpu_s) / articles, 2)


class Processes:
    """Consumers at work, and the embedded servers below this process; several of one name count together."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._servers = [
            (name, process)
            for process in psutil.Process().children(recursive=True)
            for name, mark in SERVERS.items()
            if any(mark in word for word in _command_line(process))
        ]

    def costs(self) -> dict[str, Cost]:
        """Name -> cost until now; servers that run elsewhere are left out. Raises BenchFailed when a consumer died."""
        total: dict[str, Cost] = {}
        for name, process in (*map(_process, self._children), *self._servers):
            times, held = process.cpu_times(), process.memory_info().rss // 2**20
            before = total.get(name, Cost(0.0, 0))
            total[name] = Cost(before.cpu_s + times.user + times.system, before.memory_mb + held)
        return total


def _process(child: Child) -> tuple[str, psutil.Process]:
    try:
        if child.alive():
            return child.name, psutil.Process(child.pid)
    except psutil.NoSuchProcess:  # it ended between the two lines
        pass
    raise BenchFailed(child.name, child.tail())


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@contextmanager
def at_work(settings: Settings, commands: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Processes]:
    """Run each (name, arguments of this interpreter) as a process with these settings until the block ends."""
    folder = Path(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    environment: Mapping[str, str] = os.environ | settings.environment()
    children = [
        Child(name, [sys.executable, *arguments], env=environment, cwd=folder, log=folder / "logs" / f"{name}-{n}.log")
        for n, (name, arguments) in enumerate(commands)
    ]
    try:
        for child in children:
            child.start()
        yield Processes(children)
    finally:
        stop_all(children)
