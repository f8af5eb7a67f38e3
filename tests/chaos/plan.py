"""What goes wrong, and when: a pure function of the seed, so that a run that found something can be run again."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

FAILPOINTS = {
    "tagger": ("tagger.after_effect",),
    "clusterer": ("clusterer.after_effect", "clusterer.inside_transaction"),
    "indexer": ("indexer.after_effect",),
    "alerter": ("alerter.after_create", "alerter.after_publish", "alerter.after_effect"),
    "notifier": ("notifier.after_claim", "notifier.after_send", "notifier.after_effect"),
}
"""Where each consumer can be made to die; those of the producers have tests of their own."""

PROCESSES = tuple(f"{stage}-{n}" for stage in FAILPOINTS for n in (1, 2))
"""Two of each stage; of the clusterers one works and one stands by."""

KINDS = (
    "clock ahead",  # of one process, by CLOCK_OFF_S
    "clock behind",
    "freeze",  # SIGSTOP, later SIGCONT: long enough that its work moves on, so that it comes back as a zombie
    "kafka cut",  # connections end and new ones too
    "kafka delayed",  # each answer and each request waits a little
    "kafka unheard",  # requests arrive, the answers to them do not
    "kafka restarted",  # the broker stops as it should, or by kill -9
    "elasticsearch cut",
    "elasticsearch delayed",
    "elasticsearch unheard",
    "elasticsearch answers 429",
    "elasticsearch answers 503",
    "group grows",  # one more consumer of a stage joins, and leaves cleanly
    "disk full",  # where the broker keeps its log
)


CLOCK_OFF_S = 2 * 3600
"""Hours, but not so many that a fresh article looks too old to be told of."""


class Fault(NamedTuple):
    """``kind`` befalls ``target`` for ``lasts`` seconds, from ``at`` seconds after the start on."""

    at: float
    kind: str
    target: str
    lasts: float

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.kind:26}{self.target:12}{self.lasts:5.1f} s"


class Schedule(NamedTuple):
    """Faults by time, and the failpoints that the starts of each process are armed with, one after the other."""

    faults: tuple[Fault, ...]
    armed: dict[str, tuple[str, ...]]

    def lines(self) -> list[str]:
        """The schedule to be read."""
        return [*map(str, self.faults), *(f"{name}: {' '.join(points)}" for name, points in self.armed.items())]


def plan(seed: int, seconds: float) -> Schedule:
    """A schedule for ``seconds``: every kind of fault in turn, kills at random, and every failpoint at least once.

    From two minutes on each failpoint kills twice and freezes once. All is over within ``seconds``.
    """
    dice = Random(seed)
    faults = [*_kills(dice, seconds), *_others(dice, seconds)]
    return Schedule(tuple(sorted(faults)), _armed(dice, ["KILL"] if seconds < 120 else ["KILL", "KILL", "STOP"]))


def _kills(dice: Random, seconds: float) -> list[Fault]:
    at, faults = 12.0, []
    while at < seconds:
        faults.append(Fault(round(at, 1), "kill", dice.choice(PROCESSES), 0.0))
        at += dice.uniform(6, 18)
    return faults


def _others(dice: Random, seconds: float) -> list[Fault]:
    at, faults, left = 14.0, list[Fault](), list[str]()
    while at < seconds - 8:
        left = left or dice.sample(KINDS, len(KINDS))
        kind = left.pop()
        target = ""
        if kind == "group grows":
            target = dice.choice(list(FAILPOINTS))
        elif kind == "freeze" or kind.startswith("clock"):
            target = dice.choice(PROCESSES)
        faults.append(Fault(round(at, 1), kind, target, round(dice.uniform(2, 8), 1)))
        at += dice.uniform(7, 15)
    return faults


def _armed(dice: Random, signals: list[str]) -> dict[str, tuple[str, ...]]:
    armed: dict[str, tuple[str, ...]] = {}
    for stage, points in FAILPOINTS.items():
        all_of_it = [f"{point}:{dice.randint(1, 3)}:{number}" for number in signals for point in points]
        dice.shuffle(all_of_it)
        armed |= {f"{stage}-{n}": tuple(all_of_it[n - 1 :: 2]) for n in (1, 2)}
    return armed
