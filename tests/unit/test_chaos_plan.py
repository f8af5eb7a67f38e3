"""The schedule of faults: the same for each seed, within its time, with everything in it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.chaos.ledger import compared
from tests.chaos.plan import FAILPOINTS, KINDS, PROCESSES, plan
from wirewatch.topics import CONSUMERS

ROOT = Path(__file__).parents[2]


def in_the_code() -> set[str]:
    """Every failpoint of a consumer that is named in the code; the loop's own are those of each that uses it."""
    folders = ("consumers", "wirewatch/stream")
    texts = {path: path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py")}
    found = set[str]()
    for path, text in texts.items():
        for name in re.findall(r'failpoint\(f?"([^"]+)"\)', text):
            owners = CONSUMERS if name.startswith("{group}") else [path.stem]
            found |= {f"{owner}.{name.partition('.')[2]}" for owner in owners}
    # Inside a transaction is only who has one.
    transactional = {path.stem for path, text in texts.items() if "TransactionalPublisher(" in text} & {*CONSUMERS}
    return {name for name in found if "inside_transaction" not in name or name.partition(".")[0] in transactional}


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    assert plan(5, 600) == plan(5, 600)
    assert plan(5, 600) != plan(6, 600)


def test_every_failpoint_of_a_consumer_in_the_code_is_planned() -> None:
    assert {point for points in FAILPOINTS.values() for point in points} == in_the_code()


@pytest.mark.parametrize("seed", range(20))
def test_each_failpoint_kills_twice_and_freezes_once_in_the_process_that_has_it(seed: int) -> None:
    armed = plan(seed, 600).armed
    assert armed.keys() == {*PROCESSES}
    planned = Counter[tuple[str, str]]()
    for name, specs in armed.items():
        for point, _, number in (spec.split(":") for spec in specs):
            assert point in FAILPOINTS[name.partition("-")[0]]
            planned[point, number] += 1
    every = [point for points in FAILPOINTS.values() for point in points]
    assert planned == {(point, number): n for point in every for number, n in (("KILL", 2), ("STOP", 1))}


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_of_fault_occurs_and_all_is_over_in_time(seed: int) -> None:
    faults = plan(seed, 600).faults
    assert {fault.kind for fault in faults} == {*KINDS, "kill"}
    assert list(faults) == sorted(faults)
    assert all(fault.at > 10 and fault.at + fault.lasts <= 600 for fault in faults)
    assert sum(fault.kind == "kill" for fault in faults) >= 600 / 18 - 2


def test_a_short_schedule_arms_each_failpoint_once() -> None:
    specs = [spec.split(":")[0] for points in plan(1, 40).armed.values() for spec in points]
    assert sorted(specs) == sorted(point for points in FAILPOINTS.values() for point in points)


def test_the_ledger_names_what_is_lost_and_what_is_doubled() -> None:
    entry = compared("articles", ["a", "b", "c"], ["a", "c", "c", "d"])
    assert (entry.lost, entry.doubled) == (("b",), ("c", "d"))
    assert "b" in str(entry)
    assert compared("articles", ["a"], ["a"]) == ("articles", 1, 1, (), ())
