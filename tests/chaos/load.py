"""More than the line can take at once, and what it takes for long: memory, open files, lag and lateness meanwhile."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.ledger import NARROW, ledger
from tests.chaos.processes import Consumer, end_all
from tests.chaos.servers import forget_names
from tests.chaos.storm import PATIENCE_S, Flow
from tests.conftest import line_of
from tests.e2e.line import prepare, publish, stored
from tests.planted import planted_stream, rules
from tests.receivers import webhook
from wirewatch.embedded import servers
from wirewatch.embedded.started import free_ports
from wirewatch.errors import Unavailable
from wirewatch.notify import add_channel
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import delete_topics, lag
from wirewatch.topics import CONSUMERS

EVERY_S = 5.0
MEMORY_MB = 1_000
"""No consumer may hold more, however much waits for it."""
MORE_FILES = 10
"""So many more open files at the end than in the middle are no growth: connections come and go."""

Say = Callable[[str], None]


class Sample(NamedTuple):
    """A consumer as its metrics show it."""

    at: float
    memory_mb: float
    files: float
    lag: float
    done: float
    age_s: float
    """Sum of the ages of all messages so far; over ``done`` it is how late they were."""


def burst(articles: int, say: Say) -> list[str]:
    """``articles`` at once; findings are what got lost, a lag that stays, or memory past its bound."""
    with _line() as (settings, running, hooked):
        stream = planted_stream(40, articles, now=datetime.now(UTC))
        watched = _Watch(running, say)
        began = time.monotonic()
        publish(settings, stream.published)
        say(f"{len(stream.published)} published in {time.monotonic() - began:.1f} s")
        findings = watched.until(lambda: _done(settings, watched, len(stream.published)))
        took = time.monotonic() - began
        say(f"worked off after {took:.0f} s, {len(stream.published) / took:.0f} articles/s")
        entries = ledger(settings, stream, hooked)
        watched.table(say)
    for entry in entries:
        say(str(entry))
    findings += [str(entry) for entry in entries if entry.lost or entry.doubled]
    return findings + watched.memory_findings()


def soak(minutes: float, rate: float, say: Say) -> list[str]:
    """``rate`` articles a second for ``minutes``; findings are the same, and open files that grow."""
    with _line() as (settings, running, hooked):
        stream = planted_stream(40, int(rate * minutes * 60), now=datetime.now(UTC))
        watched = _Watch(running, say)
        flow = Flow(settings, stream.published, minutes * 60)
        findings = watched.until(
            lambda: not flow.is_alive() and _done(settings, watched, len(stream.published)), patient=flow.is_alive
        )
        entries = ledger(settings, stream, hooked)
        watched.table(say)
    for entry in entries:
        say(str(entry))
    findings += [str(entry) for entry in entries if entry.lost or entry.doubled]
    return findings + watched.memory_findings() + watched.file_findings()


def _done(settings: Settings, watched: _Watch, published: int) -> bool:
    try:
        if watched.last("tagger").done < published or any(lag(settings).values()):
            return False
        return {alert.status for alert in stored(settings)} <= {"sent"}
    except Unavailable:  # the servers have more to do than to answer
        return False


class _Watch:
    """Samples of every consumer, one every few seconds."""

    def __init__(self, running: Mapping[str, Consumer], say: Say) -> None:
        self._running, self._say = running, say
        self._samples: dict[str, list[Sample]] = {name: [] for name in running}
        self._began = time.monotonic()

    def last(self, name: str) -> Sample:
        """The newest sample of a consumer."""
        return self._samples[name][-1]

    def until(self, done: Callable[[], bool], *, patient: Callable[[], bool] = lambda: False) -> list[str]:
        """Sample until ``done``; a finding where nothing moved for long or a consumer died."""
        moved, moved_at = -1.0, time.monotonic()
        while True:
            time.sleep(EVERY_S)
            if dead := [name for name, one in self._running.items() if not one.child.alive()]:
                return [f"{name} died: {self._running[name].child.tail(3)}" for name in dead]
            self._sample()
            so_far = sum(each[-1].done for each in self._samples.values())
            if so_far > moved or patient():
                moved, moved_at = so_far, time.monotonic()
            if done():
                return []
            if time.monotonic() - moved_at > PATIENCE_S:
                return [f"nothing moved for {PATIENCE_S:.0f} s"]

    def table(self, say: Say) -> None:
        """Print, for each consumer, memory, open files and lateness, and how they went."""
        say(f"{'':12}{'messages':>9}{'MB first':>9}{'most':>7}{'last':>7}{'slope/h':>9}{'files':>11}{'most lag':>9}"
            f"{'late: 1st half':>15}{'2nd half':>9}")  # fmt: skip
        for name, all_of_it in self._samples.items():
            half = all_of_it[len(all_of_it) // 2 :]
            first, middle, last = all_of_it[0], half[0], all_of_it[-1]
            slope = np.polyfit([s.at for s in half], [s.memory_mb for s in half], 1)[0] * 3600 if len(half) > 2 else 0
            say(f"{name:12}{last.done:9.0f}{first.memory_mb:9.0f}{max(s.memory_mb for s in all_of_it):7.0f}"
                f"{last.memory_mb:7.0f}{slope:+9.0f}{middle.files:6.0f} {last.files:4.0f}"
                f"{max(s.lag for s in all_of_it):9.0f}{_lateness(first, middle):13.2f} s"
                f"{_lateness(middle, last):7.2f} s")  # fmt: skip

    def memory_findings(self) -> list[str]:
        """Who held more than the bound."""
        most = {name: max(s.memory_mb for s in each) for name, each in self._samples.items()}
        return [f"{name} held {held:.0f} MB, more than {MEMORY_MB}" for name, held in most.items() if held > MEMORY_MB]

    def file_findings(self) -> list[str]:
        """Whose open files grew."""
        halves = {name: (each[len(each) // 2].files, each[-1].files) for name, each in self._samples.items()}
        return [f"{name} had {a:.0f} files open, then {b:.0f}" for name, (a, b) in halves.items() if b > a + MORE_FILES]

    def _sample(self) -> None:
        at = time.monotonic() - self._began
        for name, one in self._running.items():
            self._samples[name].append(_sample(at, str(one.settings.metrics)))
        if len(next(iter(self._samples.values()))) % 6 == 1:
            self._say(f"{at:6.0f} s  " + "  ".join(
                f"{name} {each[-1].done:.0f} ({each[-1].memory_mb:.0f} MB)" for name, each in self._samples.items()
            ))  # fmt: skip


def _sample(at: float, address: str) -> Sample:
    text = httpx.get(f"http://{address}/metrics", timeout=30).raise_for_status().text
    sums = dict[str, float]()
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            if "le" not in one.labels:
                sums[one.name] = sums.get(one.name, 0.0) + one.value
    return Sample(at, sums["process_resident_memory_bytes"] / 2**20, sums["process_open_fds"],
                  sums.get("wirewatch_lag_messages", 0.0), sums.get("wirewatch_messages_total", 0.0),
                  sums.get("wirewatch_message_age_seconds_sum", 0.0))  # fmt: skip


def _lateness(before: Sample, after: Sample) -> float:
    return (after.age_s - before.age_s) / max(1.0, after.done - before.done)


@contextmanager
def _line() -> Iterator[tuple[Settings, dict[str, Consumer], list[str]]]:
    """The line at work, one process a stage, each showing its metrics; and the ids that its receiver got."""
    folder = Path(tempfile.mkdtemp(prefix="wirewatch-load-"))
    folder.chmod(0o755)  # Elasticsearch runs as another user than root
    named = msgspec.structs.replace(line_of(folder), name_prefix=f"load{secrets.token_hex(3)}.", ner="off")
    try:
        with servers(named) as settings, webhook() as hook:
            prepare(settings)
            add_channel(settings, "ops", hook.url())
            save_rules(settings, rules("ops", narrow=NARROW, since=datetime.now(UTC) - timedelta(days=1)))
            running = {
                name: Consumer(msgspec.structs.replace(settings, metrics=f"127.0.0.1:{port}"), name)
                for name, port in zip(CONSUMERS, free_ports(len(CONSUMERS)), strict=True)
            }
            try:
                for one in running.values():
                    _wait_for(one)
                yield settings, running, hook.ids
            finally:
                end_all(running)
                forget_names(settings)
                delete_topics(settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(one: Consumer) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        try:
            _sample(0.0, str(one.settings.metrics))
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return
