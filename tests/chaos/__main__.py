"""`python -m tests.chaos`: see CONTRIBUTING.md."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from tests.chaos.load import burst, soak
from tests.chaos.plan import plan
from tests.chaos.servers import servers_of_a_run
from tests.chaos.storm import storm
from tests.planted import planted_stream

RATE = 8
"""Articles a second: what ten processes of Python and two servers do on two cores while half of them start anew."""


def say(line: str) -> None:
    """Print a line now."""
    print(line, flush=True)


def hammer(seed: int, minutes: float) -> list[str]:
    """Faults by the schedule of ``seed``; the findings."""
    seconds = minutes * 60
    schedule = plan(seed, seconds)
    say(f"seed {seed}, {minutes:g} minutes; again with: make chaos SEED={seed} MINUTES={minutes:g}")
    for line in schedule.lines():
        say(f"  {line}")
    stream = planted_stream(40, max(600, int(RATE * seconds)), now=datetime.now(UTC), seed=seed)
    with servers_of_a_run() as servers:
        report = storm(servers, schedule, stream, seconds, say)
    for line in report.lines():
        say(line)
    return report.findings


def main() -> int:
    """Run it; 1 where something was found, each finding named."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("what", nargs="?", choices=("faults", "burst", "soak"), default="faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="of faults (10) or soak (30)")
    parser.add_argument("--articles", type=int, default=50_000, help="of a burst")
    parser.add_argument("--rate", type=float, default=40, help="articles a second of a soak")
    given = parser.parse_args()
    match given.what:
        case "burst":
            findings = burst(given.articles, say)
        case "soak":
            findings = soak(given.minutes or 30, given.rate, say)
        case _:
            findings = hammer(given.seed, given.minutes or 10)
    for finding in findings:
        say(f"FOUND: {finding}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
