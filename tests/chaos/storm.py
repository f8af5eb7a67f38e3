"""A known stream through the real line while a schedule of faults is carried out."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.chaos.ledger import NARROW, Entry, ledger, thrown_together
from tests.chaos.plan import CLOCK_OFF_S, Fault, Schedule
from tests.chaos.processes import Consumer, end_all, start_all
from tests.chaos.servers import Servers
from tests.e2e.line import indexed, prepare, publish, quick, stored
from tests.planted import Stream, rules
from tests.receivers import webhook
from wirewatch.errors import WirewatchError
from wirewatch.models import Article
from wirewatch.notify import add_channel
from wirewatch.search.rules import save_rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag

PATIENCE_S = 150.0
"""So long nothing may move once the faults are over: a busy machine is slow, a line that stands still fails."""


class Report(NamedTuple):
    """What was done to the line, and what came of it."""

    kills: int
    reached: Counter[str]
    done: Counter[str]
    notes: list[str]
    ledger: list[Entry]
    findings: list[str]
    repeated: int
    together: int

    def lines(self) -> list[str]:
        """The report to be read."""
        return [
            f"{self.kills + self.reached.total()} kills and freezes: {self.kills} at random, at failpoints: "
            + ", ".join(f"{point} {n}" for point, n in sorted(self.reached.items())),
            "faults: " + ", ".join(f"{kind} {n}" for kind, n in sorted(self.done.items())),
            *self.notes,
            f"{'':38}{'wanted':>8}{'found':>8}",
            *map(str, self.ledger),
            f"{self.repeated} notifications came again under their id and were dropped by the receiver",
            f"{self.together} of the planted stories share a story with another; their alerts are not told apart above",
            *(self.findings or ["nothing lost, nothing doubled"]),
        ]


def storm(servers: Servers, schedule: Schedule, stream: Stream, seconds: float, say: Callable[[str], None]) -> Report:
    """Carry the schedule out while the stream flows for ``seconds``, wait until the line is done, and add up."""
    clear = quick(servers.clear, batch_size=20)
    prepare(clear)
    with webhook() as hook:
        add_channel(clear, "ops", hook.url())
        save_rules(clear, rules("ops", narrow=NARROW, since=datetime.now(UTC) - timedelta(days=1)))
        storming = _Storm(servers, quick(servers.settings, batch_size=20), schedule, say)
        flow = Flow(clear, stream.published, seconds * 0.8)
        try:
            storming.through(seconds)
            stood_still = storming.settle(clear, flow, stream)
        finally:
            storming.end()
            flow.stop.set()
            flow.join(60)
        entries = ledger(clear, stream, hook.ids)
    findings = [*stood_still, *storming.unclean, *(str(entry) for entry in entries if entry.lost or entry.doubled)]
    repeated = len(hook.ids) - len(set(hook.ids))
    consumers = storming.running.values()
    return Report(sum(one.kills for one in consumers), sum((one.reached for one in consumers), Counter[str]()),
                  storming.done, [*storming.notes, *(line for one in consumers for line in one.exits)], entries,
                  findings, repeated, thrown_together(clear, stream))  # fmt: skip


class Flow(threading.Thread):
    """Publishes a second's articles each second, each piece until Kafka has it."""

    def __init__(self, settings: Settings, articles: list[Article], seconds: float) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        size = max(1, round(len(articles) / seconds))
        self._pieces = [articles[n : n + size] for n in range(0, len(articles), size)]
        self.stop = threading.Event()
        self.start()

    def run(self) -> None:
        """Every piece at least once; a piece that Kafka did not take whole goes again, under the same ids."""
        began = time.monotonic()
        for n, piece in enumerate(self._pieces):
            while not self.stop.wait(max(0.0, began + n - time.monotonic())):
                try:
                    publish(self._settings, piece)
                    break
                except WirewatchError:
                    self.stop.wait(0.5)


class _Storm:
    def __init__(self, servers: Servers, settings: Settings, schedule: Schedule, say: Callable[[str], None]) -> None:
        self._servers, self._settings, self._say = servers, settings, say
        self._left = list(schedule.faults)
        self._over: list[tuple[float, Callable[[], None]]] = []
        self.done = Counter[str]()
        self.notes: list[str] = []
        self.unclean: list[str] = []
        self._began = time.monotonic()
        self.running = start_all(settings, schedule)

    def through(self, seconds: float) -> None:
        """Until every fault has begun and is over."""
        while self._left or self._over or self._now() < seconds:
            self._tick()
            time.sleep(0.1)

    def settle(self, settings: Settings, flow: threading.Thread, stream: Stream) -> list[str]:
        """Until the line has done all that came, or a finding: for so long nothing moved."""
        before: object = None
        moved_at = time.monotonic()
        while True:
            self._tick()
            try:
                behind = lag(settings)
                statuses = Counter(alert.status for alert in stored(settings))
                now = (indexed(settings), behind, statuses, flow.is_alive())
            except (WirewatchError, OSError) as error:
                now = (str(error),)  # type: ignore[assignment]
            else:
                if now[0] == len(stream.ids) and not any(behind.values()) and set(statuses) <= {"sent"} and not now[3]:
                    return []
            if now != before:
                before, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > PATIENCE_S:
                return [f"the line stood still for {PATIENCE_S:.0f} s at {now}"]
            time.sleep(1)

    def end(self) -> None:
        """Good weather, and all processes stopped."""
        for _, over in self._over:
            over()
        end_all(self.running)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _tick(self) -> None:
        for one in self.running.values():
            one.keep(self._now())
        for entry in [entry for entry in self._over if entry[0] <= self._now()]:
            self._over.remove(entry)
            entry[1]()
        while self._left and self._left[0].at <= self._now():
            fault = self._left.pop(0)
            self._say(str(fault))
            over = self._begin(fault)
            self.done[fault.kind] += 1
            if over is not None:
                self._over.append((self._now() + fault.lasts, over))

    def _begin(self, fault: Fault) -> Callable[[], None] | None:
        """Let it happen; returns what ends it, where something must."""
        where, _, what = fault.kind.partition(" ")
        match where:
            case "kill":
                self.running[fault.target].kill()
            case "freeze":
                self.running[fault.target].freeze(self._now() + fault.lasts)
            case "group":
                joined = Consumer(self._settings, f"{fault.target}-joined")
                return lambda: self._leave(joined)
            case "clock":
                turned = self.running[fault.target]
                turned.set_clock(CLOCK_OFF_S if what == "ahead" else -CLOCK_OFF_S)
                return lambda: turned.set_clock(0)
            case "disk":
                return self._fill_disk()
            case "kafka" if what == "restarted":
                self._servers.stop_broker(kill=fault.lasts > 5)
                self._servers.start_broker()
            case _:
                return self._worsen(where, what)
        return None

    def _worsen(self, where: str, what: str) -> Callable[[], None]:
        weather = self._servers.kafka if where == "kafka" else self._servers.elasticsearch
        match what.split():
            case ["cut"]:
                weather.cut = True
            case ["unheard"]:
                weather.unheard = True
            case ["delayed"]:
                weather.delay_s = 0.2
            case ["answers", status]:
                weather.status = int(status)
        hang_up = where == "kafka" and what in ("cut", "unheard")
        if hang_up and weather.cut:
            self._servers.kafka.hang_up()

        def over() -> None:
            weather.clear()
            if hang_up:
                self._servers.kafka.hang_up()

        return over

    def _fill_disk(self) -> Callable[[], None] | None:
        if not self._servers.small_disk:
            self.notes.append("disk full: skipped, a small tmpfs can be mounted by root only")
            return None
        self._servers.fill_disk()

        def over() -> None:
            self._servers.free_disk()
            if not self._servers.broker_runs():
                self.notes.append("disk full: the broker stopped, and was started again with room")
                self._servers.start_broker()

        return over

    def _leave(self, joined: Consumer) -> None:
        if not joined.child.alive():  # the faults of the servers end one that is starting, as they do the others
            self.notes.append(f"{joined.name} ended by itself with exit code {joined.child.exit_code()}")
            return
        began = time.monotonic()
        code = joined.child.stop()
        took = time.monotonic() - began
        self.notes.append(f"{joined.name} left in {took:.1f} s with exit code {code}")
        if code not in (0, 128 + signal.SIGTERM):  # told so early that it was not up yet, it ends by the signal
            self.unclean.append(f"{joined.name} was told to stop and ended with {code} after {took:.1f} s: "
                                f"{joined.child.tail(3)}")  # fmt: skip
