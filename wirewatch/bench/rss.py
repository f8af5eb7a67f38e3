"""How long the RSS producer takes for many feeds, what processor time and memory; and `reader` for the same feeds.

Two polls each: the first brings every item, at the second no feed has changed. Each contender works in a process of its
own, because processor time and memory belong to a process and its children: this module, run as a program, is that
process. What is measured is polling, not the start of Python and not making topics and indices.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import psutil

from wirewatch.errors import BenchFailed
from wirewatch.feeds.listed import Feed
from wirewatch.settings import Settings, load_settings

T = TypeVar("T")

READER_WORKERS = 8
_LOOK_S = 0.05


class PollFigures(msgspec.Struct, frozen=True):
    """One poll of all feeds: seconds by the clock and on the processor, children included; what came of it."""

    took_s: float
    cpu_s: float
    new: int
    unchanged: int = 0


class RssFigures(msgspec.Struct, frozen=True):
    """Both polls, and the most memory that the process and its children held together.

    ``published`` are the messages that lay in Kafka after each poll; None where a contender does not publish.
    """

    first: PollFigures
    second: PollFigures
    memory_mb: int = 0
    published: tuple[int, int] | None = None


def reader_is_here() -> bool:
    """Whether the library to compare with is installed (the extra ``dev``)."""
    return importlib.util.find_spec("reader") is not None


def measure(
    settings: Settings, urls: Sequence[str], *, say: Callable[[str], None] = lambda _: None
) -> dict[str, RssFigures]:
    """wirewatch's figures and, where it is installed, those of reader on the same feeds, one after the other.

    ``settings`` name servers that run; what is stored there goes under a name of its own and is deleted again. Raises
    BenchFailed.
    """
    from wirewatch.search.indices import delete_indices, ensure_indices
    from wirewatch.stream.admin import delete_topics, ensure_topics

    own = msgspec.structs.replace(
        settings,
        name_prefix=f"{settings.name_prefix}bench{secrets.token_hex(3)}.",
        feeds_allow_private=True,
        log_level="warning",
    )
    ensure_topics(own)
    ensure_indices(own)
    try:
        say("polling")
        found = {"wirewatch": _in_a_process("wirewatch", urls, own)}
        if reader_is_here():
            say("polling with reader")
            found["reader"] = _in_a_process("reader", urls, own)
    finally:
        delete_topics(own)
        delete_indices(own)
    return found


def of_reader(run: Mapping[str, RssFigures]) -> dict[str, float]:
    """What share of reader's time wirewatch took for each poll; empty where reader was not measured."""
    if "reader" not in run:
        return {}
    own, other = run["wirewatch"], run["reader"]
    return {
        "first": round(own.first.took_s / other.first.took_s, 3),
        "second": round(own.second.took_s / other.second.took_s, 3),
    }


def median_run(runs: Sequence[dict[str, RssFigures]]) -> dict[str, RssFigures]:
    """The run in the middle, by the share of reader's time, or by the time itself."""
    by_share = sorted(runs, key=lambda run: of_reader(run).get("first", run["wirewatch"].first.took_s))
    return by_share[len(by_share) // 2]


def _in_a_process(who: str, urls: Sequence[str], settings: Settings) -> RssFigures:
    with subprocess.Popen(
        [sys.executable, "-m", "wirewatch.bench.rss", who],
        env={**os.environ, **settings.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        memory = _Memory(child.pid)
        said, errors = child.communicate(msgspec.json.encode(list(urls)))
        most = memory.most()
    if child.returncode:
        raise BenchFailed(f"rss ({who})", errors.decode(errors="replace"))
    return msgspec.structs.replace(msgspec.json.decode(said, type=RssFigures), memory_mb=most >> 20)


class _Memory:
    """Looks at what a process and its children hold, until it is asked for the most."""

    def __init__(self, pid: int) -> None:
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(psutil.Process(pid),), daemon=True)
        self._thread.start()

    def most(self) -> int:
        """Bytes."""
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self, process: psutil.Process) -> None:
        while not self._over.wait(_LOOK_S):
            held = 0
            try:
                for one in (process, *process.children(recursive=True)):
                    held += one.memory_info().rss
            except psutil.Error:  # one of them has just ended
                continue
            self._most = max(self._most, held)


def _wirewatch(urls: Sequence[str]) -> RssFigures:
    from producers.rss import run
    from wirewatch.stream.admin import lag

    settings = load_settings()
    feeds = [Feed(url, f"Feed {number}") for number, url in enumerate(urls)]
    polls, published = [], []
    for _ in range(2):
        took_s, cpu_s, done = _timed(lambda: run(settings, feeds, force=True))
        polls.append(PollFigures(took_s, cpu_s, done.new, done.unchanged))
        published.append(lag(settings)["tagger"])
    return RssFigures(polls[0], polls[1], published=(published[0], published[1]))


def _reader(urls: Sequence[str]) -> RssFigures:
    # reader's own copy of feedparser asks for sgmllib, which feedparser itself has replaced by a fork
    sys.modules.setdefault("sgmllib", importlib.import_module("feedparser_sgmllib"))
    from reader import make_reader

    with tempfile.TemporaryDirectory(prefix="wirewatch-bench-") as folder:
        feeds = make_reader(str(Path(folder) / "reader.sqlite"))
        for url in urls:
            feeds.add_feed(url)
        polls = []
        for _ in range(2):
            took_s, cpu_s, results = _timed(
                lambda: list(feeds.update_feeds_iter(workers=READER_WORKERS, scheduled=False))
            )
            updated = [one.value for one in results if one.value is not None and not isinstance(one.value, Exception)]
            if failed := [str(one.value) for one in results if isinstance(one.value, Exception)]:
                raise BenchFailed("rss (reader)", failed[0])
            polls.append(PollFigures(took_s, cpu_s, sum(one.new for one in updated), len(results) - len(updated)))
        feeds.close()
    return RssFigures(polls[0], polls[1])


def _timed(do: Callable[[], T]) -> tuple[float, float, T]:
    clock, cpu = time.perf_counter(), _cpu_s()
    done = do()
    return round(time.perf_counter() - clock, 3), round(_cpu_s() - cpu, 3), done


def _cpu_s() -> float:
    """Of this process and its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    _urls = msgspec.json.decode(sys.stdin.buffer.read(), type=list[str])
    sys.stdout.buffer.write(msgspec.json.encode({"wirewatch": _wirewatch, "reader": _reader}[sys.argv[1]](_urls)))
